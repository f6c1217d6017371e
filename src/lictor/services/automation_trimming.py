"""Firings, and the notes of which events were evaluated, are kept as long as events are."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import Database, Transaction
from lictor.db.functions import value_in
from lictor.resources.automations.firing_tables import action, firing
from lictor.resources.automations.trigger_tables import trigger_event
from lictor.settings.events import EventSettings

BATCH_ROWS = 500


async def trim_automations(settings: EventSettings, db: Database) -> bool:
    """Deletes the oldest of what is older than events are to become; whether there may be more."""
    before = utc_now() - settings.retention_period
    evaluated = await db.try_write(lambda tx: _trim_evaluated(tx, before))
    return await db.try_write(lambda tx: _trim_firings(tx, before)) or evaluated


async def _trim_evaluated(tx: Transaction, before: datetime) -> bool:
    """An event that is recorded again is found among the events as long as those are kept, and here as long."""
    old = sa.select(trigger_event.c.id).where(trigger_event.c.evaluated < before).order_by(trigger_event.c.evaluated)
    return await _delete(tx, trigger_event.c.id, old)


async def _trim_firings(tx: Transaction, before: datetime) -> bool:
    """Those of which an action is still to be attempted stay."""
    is_open = sa.exists().where(action.c.firing_id == firing.c.id, action.c.due.is_not(None))
    old = sa.select(firing.c.id).where(firing.c.created < before, sa.not_(is_open)).order_by(firing.c.created)
    return await _delete(tx, firing.c.id, old)


async def _delete(tx: Transaction, id: sa.Column[Any], old: sa.Select[Any]) -> bool:
    found = [row.id for row in await tx.all(old.limit(BATCH_ROWS).with_for_update(skip_locked=True))]
    if found:
        await tx.execute(sa.delete(id.table).where(value_in(id, found)))
    return len(found) == BATCH_ROWS
