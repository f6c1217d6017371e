"""Flow run notification policies, for clients of Prefect 3.0 to 3.3."""

import sqlalchemy as sa
from alembic import op

from lictor.db.types import Tags, Timestamp, UUIDType

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "flow_run_notification_policy",
        sa.Column("id", UUIDType(), nullable=False),
        sa.Column("created", Timestamp(), nullable=False),
        sa.Column("updated", Timestamp(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("state_names", Tags(), nullable=False),
        sa.Column("tags", Tags(), nullable=False),
        sa.Column("block_document_id", UUIDType(), nullable=False),
        sa.Column("message_template", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_flow_run_notification_policy"),
        sa.ForeignKeyConstraint(
            ["id"], ["automation.id"], name="fk_flow_run_notification_policy__id__automation", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["block_document_id"],
            ["block_document.id"],
            name="fk_flow_run_notification_policy__block_document",
            ondelete="CASCADE",
        ),
    )
    op.create_index(
        "ix_flow_run_notification_policy__block_document_id", "flow_run_notification_policy", ["block_document_id"]
    )


def downgrade() -> None:
    op.drop_table("flow_run_notification_policy")
