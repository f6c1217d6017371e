"""Index all that a history asks of task runs that have not ended."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.create_index(
            "ix_task_run__not_ended",
            "task_run",
            ["state_type", "expected_start_time"],
            postgresql_include=["state_name", "total_run_time", "start_time", "state_timestamp"],
            postgresql_where=sa.text("state_type NOT IN ('CANCELLED', 'COMPLETED', 'CRASHED', 'FAILED')"),
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_task_run__not_ended", "task_run")
