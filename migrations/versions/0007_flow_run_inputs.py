"""Flow-run inputs, and the next runs of flows."""

import sqlalchemy as sa
from alembic import op

from lictor.db import types

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "flow_run_input",
        sa.Column("id", types.UUIDType()),
        sa.Column("created", types.Timestamp(), nullable=False),
        sa.Column("updated", types.Timestamp(), nullable=False),
        sa.Column("flow_run_id", types.UUIDType(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_flow_run_input"),
        sa.ForeignKeyConstraint(
            ["flow_run_id"], ["flow_run.id"], name="fk_flow_run_input__flow_run_id__flow_run", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("flow_run_id", "key", name="uq_flow_run_input__flow_run_id_key"),
    )
    op.create_index(
        "ix_flow_run__scheduled",
        "flow_run",
        ["flow_id", "next_scheduled_start_time", "id"],
        postgresql_where=sa.text("state_type = 'SCHEDULED'"),
        sqlite_where=sa.text("state_type = 'SCHEDULED'"),
    )


def downgrade() -> None:
    op.drop_index("ix_flow_run__scheduled", "flow_run")
    op.drop_table("flow_run_input")
