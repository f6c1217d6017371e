"""Indexes that answer questions about task runs without reading their rows."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

HISTORY = ("expected_start_time", "id", "state_type", "state_name", "total_run_time", "start_time", "state_timestamp")


def upgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    op.drop_index("ix_task_run__expected_start_time_id", "task_run")
    op.create_index("ix_task_run__history", "task_run", HISTORY)
    op.drop_index("ix_task_run__start_time", "task_run")
    op.create_index("ix_task_run__start_time_state_type", "task_run", ["start_time", "state_type"])
    op.create_index("ix_task_run__flow_run_id_id", "task_run", ["flow_run_id", "id"])
    if on_postgresql:
        op.execute("ALTER TABLE task_run ALTER COLUMN name SET STATISTICS 1000")
        op.execute("ANALYZE task_run (name)")
    else:
        op.create_index("ix_task_run__searched", "task_run", ["id", "tags", "name"])


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE task_run ALTER COLUMN name SET STATISTICS -1")
    else:
        op.drop_index("ix_task_run__searched", "task_run")
    op.drop_index("ix_task_run__flow_run_id_id", "task_run")
    op.drop_index("ix_task_run__start_time_state_type", "task_run")
    op.create_index("ix_task_run__start_time", "task_run", ["start_time"])
    op.drop_index("ix_task_run__history", "task_run")
    op.create_index("ix_task_run__expected_start_time_id", "task_run", ["expected_start_time", "id"])
