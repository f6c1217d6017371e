"""Index task runs by how long they ran."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    columns = ["total_run_time", sa.text("expected_start_time DESC"), sa.text("id DESC")]
    op.create_index("ix_task_run__duration", "task_run", columns)


def downgrade() -> None:
    op.drop_index("ix_task_run__duration", "task_run")
