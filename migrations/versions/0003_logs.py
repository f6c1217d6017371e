"""Keep logs."""

import sqlalchemy as sa
from alembic import op

from lictor.db import types

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "log",
        sa.Column("id", types.UUIDType()),
        sa.Column("created", types.Timestamp(), nullable=False),
        sa.Column("updated", types.Timestamp(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("flow_run_id", types.UUIDType()),
        sa.Column("task_run_id", types.UUIDType()),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("timestamp", types.Timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_log"),
    )
    op.create_index("ix_log__timestamp_id", "log", ["timestamp", "id"])
    op.create_index("ix_log__flow_run_id_timestamp_id", "log", ["flow_run_id", "timestamp", "id"])
    named = sa.text("task_run_id IS NOT NULL")
    op.create_index(
        "ix_log__task_run_id_timestamp_id",
        "log",
        ["task_run_id", "timestamp", "id"],
        postgresql_where=named,
        sqlite_where=named,
    )


def downgrade() -> None:
    op.drop_table("log")
