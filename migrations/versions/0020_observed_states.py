"""Index states by their types and names, so that which there are is found without a scan."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("flow_run_state", "task_run_state"):
        op.create_index(f"ix_{table}__type_name_timestamp", table, ["type", "name", "timestamp"])


def downgrade() -> None:
    for table in ("flow_run_state", "task_run_state"):
        op.drop_index(f"ix_{table}__type_name_timestamp", table)
