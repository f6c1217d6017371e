"""What is left to evaluate when events are recorded: a row for each automation that waits for one of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.bulk import Insertion
from lictor.db.engine import Transaction
from lictor.db.functions import value_in
from lictor.db.ids import uuid7
from lictor.events.table import event
from lictor.events.triggers.grace import grace_of
from lictor.events.triggers.index import ResourceRow, TriggerIndex, current_index
from lictor.resources.automations.trigger_tables import trigger_event

TRIGGER_EVENTS = Insertion(
    trigger_event,
    ("automation_id", "event_id", "id", "moment", "due"),
    "(automation_id, event_id) DO NOTHING",
    announced=True,
)

EventRow = tuple[Any, ...]
"""Of an event: its id, when it happened, when it was received, its name, and what else its table has."""


async def waiting_rows(
    tx: Transaction, events: Sequence[tuple[EventRow, Sequence[ResourceRow]]]
) -> list[tuple[Any, ...]]:
    """The rows for those of some events that are new and that automations wait for."""
    if not events:
        return []
    index = await current_index(tx)
    if index.is_empty:
        return []
    grace = grace_of(tx)
    rows = [row for columns, resources in events for row in _rows_of(index, columns, resources, grace)]
    if rows:
        ids = {row[1] for row in rows}
        known = {row.id for row in await tx.all(sa.select(event.c.id).where(value_in(event.c.id, list(ids))))}
        rows = sorted((row for row in rows if row[1] not in known), key=lambda row: (row[0], row[1]))
    return rows


def _rows_of(
    index: TriggerIndex, columns: EventRow, resources: Sequence[ResourceRow], grace: timedelta
) -> list[tuple[Any, ...]]:
    id, occurred, received, name = columns[:4]
    return [
        _row(automation_id, id, occurred, received, index, grace) for automation_id in index.interested(name, resources)
    ]


def _row(
    automation_id: UUID, id: UUID, occurred: datetime, received: datetime, index: TriggerIndex, grace: timedelta
) -> tuple[Any, ...]:
    moment = min(occurred, received)
    due = received if index.is_order_free(automation_id) else moment + grace
    return (automation_id, id, uuid7(), moment, due)
