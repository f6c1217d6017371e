from enum import StrEnum

import sqlalchemy as sa

from lictor.db.base import metadata
from lictor.db.types import JSONText, Timestamp, UUIDType


class ActionStatus(StrEnum):
    """What has become of an action."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


firing = sa.Table(
    "automation_firing",
    metadata,
    # What there is to know about a firing, whatever becomes of its automation.
    sa.Column("id", UUIDType, primary_key=True),
    sa.Column("automation_id", UUIDType, nullable=False),
    sa.Column("key", sa.Text, nullable=False, unique=True),  # the same for the same firing, whoever works it out
    sa.Column("fired", Timestamp, nullable=False),
    sa.Column("created", Timestamp, nullable=False),
    sa.Column("is_test", sa.Boolean, nullable=False),
    sa.Column("automation", JSONText, nullable=False),
    sa.Column("firing", JSONText, nullable=False),
    sa.Index(None, "automation_id", "id"),
    sa.Index(None, "created"),
)

action = sa.Table(
    "automation_action",
    metadata,
    sa.Column("id", UUIDType, primary_key=True),
    sa.Column("firing_id", UUIDType, sa.ForeignKey("automation_firing.id", ondelete="CASCADE"), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("action", JSONText, nullable=False),
    sa.Column("event", JSONText),  # the one that the action speaks of
    sa.Column("cause", UUIDType),  # the event that tells of the automation's new state
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due", Timestamp),  # when it is to be attempted, or taken from who has claimed it; none once it is over
    sa.Column("started", Timestamp),
    sa.Column("finished", Timestamp),
    sa.Column("error", sa.Text),
    sa.Column("result", JSONText),
    sa.Index(None, "firing_id", "position"),
)

_is_open = action.c.due.is_not(None)
sa.Index("ix_automation_action__due", action.c.due, postgresql_where=_is_open, sqlite_where=_is_open)
