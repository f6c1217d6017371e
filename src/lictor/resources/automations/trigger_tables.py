import sqlalchemy as sa

from lictor.db.base import metadata
from lictor.db.types import JSONText, Timestamp, UUIDType

trigger_event = sa.Table(
    "trigger_event",
    metadata,
    # An event that an automation waits for. It stays for a while when it has been evaluated, so that an event that is
    # recorded twice is not counted twice.
    sa.Column("automation_id", UUIDType, primary_key=True),
    sa.Column("event_id", UUIDType, primary_key=True),
    sa.Column("id", UUIDType, nullable=False),
    sa.Column("moment", Timestamp, nullable=False),  # when it happened, or was received if that was earlier
    sa.Column("due", Timestamp, nullable=False),
    sa.Column("evaluated", Timestamp),
)

_is_waiting = trigger_event.c.evaluated.is_(None)
sa.Index("ix_trigger_event__waiting", trigger_event.c.due, postgresql_where=_is_waiting, sqlite_where=_is_waiting)
_is_evaluated = trigger_event.c.evaluated.is_not(None)
sa.Index(
    "ix_trigger_event__evaluated",
    trigger_event.c.evaluated,
    postgresql_where=_is_evaluated,
    sqlite_where=_is_evaluated,
)

trigger_bucket = sa.Table(
    "trigger_bucket",
    metadata,
    # The events that a trigger has counted of one key within one window of time.
    sa.Column("trigger_id", UUIDType, primary_key=True),
    sa.Column("key_digest", sa.Text, primary_key=True),
    sa.Column("automation_id", UUIDType, sa.ForeignKey("automation.id", ondelete="CASCADE"), nullable=False),
    sa.Column("key", JSONText, nullable=False),  # the values of the trigger's `for_each`, in the order of its labels
    sa.Column("start", Timestamp, nullable=False),
    sa.Column("end", Timestamp, nullable=False),
    sa.Column("due", Timestamp),  # when its end has to be looked at, if nothing happens before
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("last_event", JSONText),
    sa.Column("event_ids", JSONText),  # of the last that were counted
    sa.Index(None, "automation_id"),
)

_has_an_end = trigger_bucket.c.due.is_not(None)
sa.Index("ix_trigger_bucket__due", trigger_bucket.c.due, postgresql_where=_has_an_end, sqlite_where=_has_an_end)

trigger_part = sa.Table(
    "trigger_part",
    metadata,
    # The last firing of a trigger that is part of a composite one, until that fires or the time for it is over.
    sa.Column("parent_id", UUIDType, primary_key=True),
    sa.Column("trigger_id", UUIDType, primary_key=True),
    sa.Column("automation_id", UUIDType, sa.ForeignKey("automation.id", ondelete="CASCADE"), nullable=False),
    sa.Column("fired", Timestamp, nullable=False),
    sa.Column("place", sa.BigInteger, nullable=False),  # among firings of one moment
    sa.Column("firing", JSONText, nullable=False),
    sa.Index(None, "automation_id"),
)
