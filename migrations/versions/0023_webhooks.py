"""Webhooks that turn requests into events."""

import sqlalchemy as sa
from alembic import op

from lictor.db.types import JSONText, Timestamp, UUIDType

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", UUIDType(), nullable=False),
        sa.Column("created", Timestamp(), nullable=False),
        sa.Column("updated", Timestamp(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("template", JSONText(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("requests_per_minute", sa.Integer(), nullable=False),
        sa.Column("requests_left", sa.Float(), nullable=False),
        sa.Column("last_used", Timestamp()),
        sa.PrimaryKeyConstraint("id", name="pk_webhook"),
        sa.UniqueConstraint("name", name="uq_webhook__name"),
        sa.UniqueConstraint("token_hash", name="uq_webhook__token_hash"),
    )


def downgrade() -> None:
    op.drop_table("webhook")
