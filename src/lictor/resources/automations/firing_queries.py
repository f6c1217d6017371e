"""Statements on firings and their actions."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.functions import Statement, value_in
from lictor.db.types import load_json
from lictor.events.table import event
from lictor.events.triggers.evaluation import COUNTED
from lictor.resources.automations.firing_tables import ActionStatus, action, firing


def firings_of(automation_id: UUID, status: ActionStatus | None, before: UUID | None, limit: int) -> Statement:
    """The newest firings of an automation, or of those before one; if asked, with an action in this status."""
    return _newest(firing.c.automation_id == automation_id, status, before, limit)


def firings_with(status: ActionStatus, before: UUID | None, limit: int) -> Statement:
    """The newest firings of all automations with an action in this status."""
    return _newest(sa.true(), status, before, limit)


def _newest(which: Any, status: ActionStatus | None, before: UUID | None, limit: int) -> Statement:
    statement = sa.select(firing).where(which).order_by(firing.c.id.desc()).limit(limit)
    if status is not None:
        statement = statement.where(sa.exists().where(action.c.firing_id == firing.c.id, action.c.status == status))
    return statement if before is None else statement.where(firing.c.id < before)


def firing_by_id(id: UUID) -> Statement:
    """One firing."""
    return sa.select(firing).where(firing.c.id == id)


def actions_of(ids: Sequence[UUID]) -> Statement:
    """The actions of firings."""
    return (
        sa.select(action).where(value_in(action.c.firing_id, list(ids))).order_by(action.c.firing_id, action.c.position)
    )


def retry(id: UUID) -> sa.Update:
    """Lets an action that was given up be attempted again, as often as a new one."""
    is_given_up = action.c.status == ActionStatus.FAILED
    changes = {"status": ActionStatus.PENDING, "attempts": 0, "due": utc_now(), "error": None}
    return sa.update(action).where(action.c.id == id, is_given_up).values(changes)


def status_of(id: UUID) -> Statement:
    """What has become of an action."""
    return sa.select(action.c.status).where(action.c.id == id)


def events_by_id(ids: Iterable[UUID]) -> Statement:
    """Events, those of them that are kept."""
    return sa.select(event).where(value_in(event.c.id, list(ids)))


def counted_events(row: sa.Row[Any]) -> list[UUID]:
    """The ids of the events that led to a firing, the last of them."""
    return [UUID(id) for id in _counted(load_json(row.firing))]


def _counted(told: Mapping[str, Any]) -> list[str]:
    inner = [id for part in told["triggering_firings"] for id in _counted(part)]
    return [*inner, *told.get(COUNTED, ())]


def shown(row: sa.Row[Any], actions: Sequence[sa.Row[Any]], kept: Mapping[str, Any]) -> dict[str, Any]:
    """A firing as the API shows it, with those of its events that are kept."""
    told = load_json(row.firing)
    events = {id: kept[id] for id in _counted(told) if id in kept} | {each["id"]: each for each in _events(told)}
    return {
        "id": str(row.id),
        "automation_id": str(row.automation_id),
        "fired": row.fired,
        "created": row.created,
        "is_test": row.is_test,
        "labels": told["triggering_labels"],
        "events": list(events.values()),
        "actions": [_action(one) for one in actions],
    }


def _events(told: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    own = [] if told["triggering_event"] is None else [told["triggering_event"]]
    return [*(each for part in told["triggering_firings"] for each in _events(part)), *own]


def _action(row: sa.Row[Any]) -> dict[str, Any]:
    what = load_json(row.action)
    return {
        "id": str(row.id),
        "position": row.position,
        "type": what["type"],
        "action": what,
        "status": row.status,
        "attempts": row.attempts,
        "due": row.due,
        "started": row.started,
        "finished": row.finished,
        "error": row.error,
        "result": None if row.result is None else load_json(row.result),
    }
