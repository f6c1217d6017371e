"""Add the state to the index that SQLite walks through to search task runs."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _make_anew("id", "tags", "name", "state_type", "state_name")


def downgrade() -> None:
    _make_anew("id", "tags", "name")


def _make_anew(*columns: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.drop_index("ix_task_run__searched", "task_run")
        op.create_index("ix_task_run__searched", "task_run", [*columns])
