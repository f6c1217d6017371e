import sqlalchemy as sa

from lictor.db.base import identity, metadata
from lictor.db.types import JSONText, Tags, UUIDType

automation = sa.Table(
    "automation",
    metadata,
    *identity(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("tags", Tags, nullable=False),
    sa.Column("trigger", JSONText, nullable=False),
    sa.Column("actions", JSONText, nullable=False),
    sa.Column("actions_on_trigger", JSONText, nullable=False),
    sa.Column("actions_on_resolve", JSONText, nullable=False),
    sa.Index(None, "name", "id"),
    sa.Index(None, "created"),
    sa.Index(None, "updated"),
)

automation_related_resource = sa.Table(
    "automation_related_resource",
    metadata,
    sa.Column(
        "automation_id", UUIDType, sa.ForeignKey("automation.id", ondelete="CASCADE"), primary_key=True, nullable=False
    ),
    sa.Column("resource_id", sa.Text, primary_key=True, nullable=False),
    sa.Column("is_owner", sa.Boolean, nullable=False),
    sa.Index(None, "resource_id"),
)

automation_version = sa.Table(
    "automation_version",
    metadata,
    # One row, with another token after every change to any automation: who keeps them in memory compares it.
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("token", UUIDType, nullable=False),
)
