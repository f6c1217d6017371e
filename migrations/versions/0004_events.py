"""Keep events and the resources that they speak of."""

import sqlalchemy as sa
from alembic import op

from lictor.db.types import JSONText, Timestamp, UUIDType

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "event",
        sa.Column("id", UUIDType(), nullable=False),
        sa.Column("occurred", Timestamp(), nullable=False),
        sa.Column("received", Timestamp(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("follows", UUIDType(), nullable=True),
        sa.Column("resource", JSONText(), nullable=False),
        sa.Column("related", JSONText(), nullable=False),
        sa.Column("payload", JSONText(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_event"),
    )
    op.create_index("ix_event__occurred_id", "event", ["occurred", "id"])
    op.create_index("ix_event__event_occurred_id", "event", ["event", "occurred", "id"])
    op.create_table(
        "event_resource",
        sa.Column("event_id", UUIDType(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("occurred", Timestamp(), nullable=False),
        sa.Column("resource_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("labels", JSONText(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", "position", name="pk_event_resource"),
    )
    op.create_index("ix_event_resource__resource_id_occurred", "event_resource", ["resource_id", "occurred"])


def downgrade() -> None:
    op.drop_table("event_resource")
    op.drop_table("event")
