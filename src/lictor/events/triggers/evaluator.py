"""Evaluates the triggers that events concern or whose windows are over, in one transaction with what they lead to.

Whoever records an event that an automation waits for leaves a row that says so. Any replica may evaluate it: it locks
the automation's row, takes all that is due of it in the order in which it happened, and writes what has been counted,
the firings and their actions together. So what a replica was at when it was killed is left as it was.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import Database, Transaction
from lictor.db.failures import DatabaseUnavailable
from lictor.db.functions import value_in
from lictor.db.types import load_json
from lictor.events.actions.outbox import FiredAutomation, put
from lictor.events.rows import StoredEvent
from lictor.events.schemas import ID, ROLE
from lictor.events.table import event
from lictor.events.triggers import memory
from lictor.events.triggers.compiled import Node, compile_trigger
from lictor.events.triggers.evaluation import Evaluation, Happening, Key, Memory
from lictor.events.triggers.grace import grace_of
from lictor.resources.automations.table import automation
from lictor.resources.automations.trigger_tables import trigger_bucket, trigger_event

logger = logging.getLogger(__name__)

AUTOMATIONS_AT_ONCE = 50
EVENTS_AT_ONCE = 500
IDLE_SECONDS = 5.0
"""How long nothing is looked at if nothing is due and nobody tells of anything new."""

FAILURE_SECONDS = 1.0


class Evaluator:
    """Evaluates triggers as long as the server runs."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def run(self) -> None:
        """Evaluates what is due, until it is cancelled."""
        while True:
            try:
                async with self._db.listen(trigger_event.name) as listener:
                    while True:
                        await self.evaluate_all()
                        seconds = await self._seconds_until_due()
                        await wait_within(listener.next(), seconds)
            except DatabaseUnavailable as error:
                logger.warning("Triggers are not evaluated: %s", error)
            except Exception:
                logger.exception("Triggers could not be evaluated")
            await asyncio.sleep(FAILURE_SECONDS)

    async def evaluate_all(self) -> None:
        """Evaluates what is due now."""
        while ids := await self._due():
            if not await self._db.try_write(lambda tx, ids=ids: self._evaluate(tx, ids)):  # type: ignore[misc]
                return  # another replica is at it

    async def _due(self) -> list[UUID]:
        now = utc_now()
        async with self._db.read.connection() as connection:
            found = [await connection.all(statement) for statement in (_due_events(now), _due_buckets(now))]
        return sorted({row.automation_id for rows in found for row in rows})[:AUTOMATIONS_AT_ONCE]

    async def _seconds_until_due(self) -> float:
        async with self._db.read.connection() as connection:
            moments = [await connection.scalar(statement) for statement in (NEXT_EVENT, NEXT_BUCKET)]
        now = utc_now()
        seconds = [(moment - now).total_seconds() for moment in moments if moment is not None]
        return min(IDLE_SECONDS, *seconds) if seconds else IDLE_SECONDS

    async def _evaluate(self, tx: Transaction, ids: Sequence[UUID]) -> bool:
        """Evaluates some automations; whether any of them was to be had."""
        now = utc_now()
        rows = await tx.all(
            sa.select(automation)
            .where(value_in(automation.c.id, ids))
            .order_by(automation.c.id)
            .with_for_update(skip_locked=True)
        )
        removed = await _forget_deleted(tx, ids)
        enabled = {row.id: row for row in rows if row.enabled}
        waiting = await _waiting_events(tx, [row.id for row in rows], now)
        until = min(now - grace_of(tx), _horizon(waiting))
        roots = {id: compile_trigger(load_json(row.trigger)) for id, row in enabled.items()}
        happenings = {id: [_happening(row) for row in waiting[id]] for id in roots}
        memories = await memory.load(tx, roots, _keys(roots, happenings), now)
        fired = []
        for id, root in roots.items():
            evaluation = Evaluation(root, memories.setdefault(id, Memory()))
            evaluation.run(happenings[id], until)
            fired += [FiredAutomation(enabled[id], firing) for firing in evaluation.firings]
        await memory.save(tx, roots, memories)
        await _forget_windows_of_disabled(tx, [row.id for row in rows if not row.enabled], now)
        await put(tx, fired, now)
        await _mark_evaluated(tx, waiting, now)
        return bool(rows) or removed


async def wait_within(waiting: Any, seconds: float) -> None:
    """Waits for something new, for so long."""
    if seconds <= 0:
        waiting.close()
        return
    try:
        async with asyncio.timeout(seconds):
            await waiting
    except TimeoutError:
        pass


_is_waiting = trigger_event.c.evaluated.is_(None)
NEXT_EVENT = sa.select(trigger_event.c.due).where(_is_waiting).order_by(trigger_event.c.due).limit(1)
NEXT_BUCKET = (
    sa.select(trigger_bucket.c.due).where(trigger_bucket.c.due.is_not(None)).order_by(trigger_bucket.c.due).limit(1)
)


def _due_events(now: datetime) -> sa.Select[Any]:
    oldest = (
        sa.select(trigger_event.c.automation_id)
        .where(_is_waiting, trigger_event.c.due <= now)
        .order_by(trigger_event.c.due)
        .limit(EVENTS_AT_ONCE)
        .subquery()
    )
    return sa.select(oldest.c.automation_id).distinct()


def _due_buckets(now: datetime) -> sa.Select[Any]:
    oldest = (
        sa.select(trigger_bucket.c.automation_id)
        .where(trigger_bucket.c.due <= now)
        .order_by(trigger_bucket.c.due)
        .limit(EVENTS_AT_ONCE)
        .subquery()
    )
    return sa.select(oldest.c.automation_id).distinct()


async def _waiting_events(tx: Transaction, ids: Sequence[UUID], now: datetime) -> dict[UUID, list[sa.Row[Any]]]:
    """The events that are due for each automation, the oldest of them if there are many."""
    found: defaultdict[UUID, list[sa.Row[Any]]] = defaultdict(list)
    if ids:
        statement = (
            sa.select(trigger_event.c.automation_id, trigger_event.c.moment, event)
            .join(event, event.c.id == trigger_event.c.event_id)
            .where(_is_waiting, trigger_event.c.due <= now, value_in(trigger_event.c.automation_id, ids))
            .order_by(trigger_event.c.moment, trigger_event.c.event_id)
            .limit(EVENTS_AT_ONCE)
        )
        for row in await tx.all(statement):
            found[row.automation_id].append(row)
    return found


def _horizon(waiting: dict[UUID, list[sa.Row[Any]]]) -> datetime:
    """Until when all events have been taken: if there are more than are taken at once, until the last of those."""
    moments = [row.moment for rows in waiting.values() for row in rows]
    return max(moments) if len(moments) >= EVENTS_AT_ONCE else datetime.max.replace(tzinfo=UTC)


def _happening(row: sa.Row[Any]) -> Happening:
    stored = StoredEvent.of(row)
    resources = [
        {ID: resource.id} | ({ROLE: resource.role} if resource.role else {}) | resource.labels
        for resource in stored.resources
    ]
    shown = {
        "occurred": _text(stored.occurred),
        "event": stored.event,
        "resource": load_json(stored.resource),
        "related": load_json(stored.related),
        "payload": load_json(stored.payload),
        "id": str(stored.id),
        "follows": None if stored.follows is None else str(stored.follows),
        "received": _text(stored.arrived),
    }
    return Happening(stored.id, row.moment, stored.event, resources, shown)


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _keys(roots: dict[UUID, Node], happenings: dict[UUID, list[Happening]]) -> set[tuple[UUID, Key]]:
    """The keys of triggers that events may count for."""
    return {
        (leaf.id, leaf.key(happening.resources))
        for id, root in roots.items()
        for leaf in root.leaves()
        if not leaf.is_order_free
        for happening in happenings[id]
    }


async def _mark_evaluated(tx: Transaction, waiting: dict[UUID, list[sa.Row[Any]]], now: datetime) -> None:
    for automation_id, rows in sorted(waiting.items()):
        ours = trigger_event.c.automation_id == automation_id
        which = value_in(trigger_event.c.event_id, [row.id for row in rows])
        await tx.execute(sa.update(trigger_event).where(ours, which).values(evaluated=now))


async def _forget_deleted(tx: Transaction, ids: Sequence[UUID]) -> bool:
    """Deletes what waits for automations that are not there any more; whether there was any."""
    is_there = sa.exists().where(automation.c.id == trigger_event.c.automation_id)
    which = value_in(trigger_event.c.automation_id, ids) & sa.not_(is_there)
    return await tx.changed(sa.delete(trigger_event).where(which))


async def _forget_windows_of_disabled(tx: Transaction, ids: Sequence[UUID], now: datetime) -> None:
    if ids:
        which = value_in(trigger_bucket.c.automation_id, ids) & (trigger_bucket.c.due <= now)
        await tx.execute(sa.delete(trigger_bucket).where(which))
