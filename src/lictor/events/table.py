import sqlalchemy as sa

from lictor.db.base import metadata
from lictor.db.types import JSONText, Timestamp, UUIDType

event = sa.Table(
    "event",
    metadata,
    sa.Column("id", UUIDType, primary_key=True),
    sa.Column("occurred", Timestamp, nullable=False),
    sa.Column("received", Timestamp, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("follows", UUIDType),
    sa.Column("resource", JSONText, nullable=False),
    sa.Column("related", JSONText, nullable=False),
    sa.Column("payload", JSONText, nullable=False),
)

sa.Index(None, event.c.occurred, event.c.id)
sa.Index(None, event.c.event, event.c.occurred, event.c.id)

event_resource = sa.Table(
    "event_resource",
    metadata,
    # No foreign key: both are written and deleted together, and to check it takes a third of what writing takes.
    sa.Column("event_id", UUIDType, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),  # 0 is the resource, others are related
    sa.Column("occurred", Timestamp, nullable=False),
    sa.Column("resource_id", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),  # empty for the resource itself
    sa.Column("labels", JSONText, nullable=False),  # all but its id and its role
)

sa.Index(None, event_resource.c.resource_id, event_resource.c.occurred)
