"""Keep who runs tasks in the background, and which task run is whose."""

import sqlalchemy as sa
from alembic import op

from lictor.db.types import Tags, Timestamp, UUIDType

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "task_worker",
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("task_keys", Tags(), nullable=False),
        sa.Column("seen", Timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("identifier", name="pk_task_worker"),
    )
    op.create_table(
        "task_claim",
        sa.Column("task_run_id", UUIDType(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("held_until", Timestamp(), nullable=False),
        sa.ForeignKeyConstraint(
            ["task_run_id"], ["task_run.id"], name="fk_task_claim__task_run_id__task_run", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("task_run_id", name="pk_task_claim"),
    )
    op.create_index("ix_task_claim__worker", "task_claim", ["worker"])
    op.create_index("ix_task_claim__held_until", "task_claim", ["held_until"])


def downgrade() -> None:
    op.drop_table("task_claim")
    op.drop_table("task_worker")
