import sqlalchemy as sa

from lictor.db.base import metadata
from lictor.db.types import Tags, Timestamp, UUIDType

flow_run_notification_policy = sa.Table(
    "flow_run_notification_policy",
    metadata,
    # What a client said of a policy. What comes of it is the automation of the same id.
    sa.Column("id", UUIDType, sa.ForeignKey("automation.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("created", Timestamp, nullable=False),
    sa.Column("updated", Timestamp, nullable=False),
    sa.Column("is_active", sa.Boolean, nullable=False),  # as its automation is enabled
    sa.Column("state_names", Tags, nullable=False),
    sa.Column("tags", Tags, nullable=False),
    sa.Column(
        "block_document_id",
        UUIDType,
        sa.ForeignKey("block_document.id", name="fk_flow_run_notification_policy__block_document", ondelete="CASCADE"),
        nullable=False,
    ),
    sa.Column("message_template", sa.Text),
    sa.Index(None, "block_document_id"),
)
