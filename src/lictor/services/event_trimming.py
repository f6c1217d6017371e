"""Events are not kept for ever. What was made of them, such as task runs, is."""

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import Database, Transaction
from lictor.db.functions import value_in
from lictor.events.table import event, event_resource
from lictor.settings.events import EventSettings

BATCH_EVENTS = 500
"""Events in one transaction: others wait for it, on SQLite all that write."""


async def trim_events(settings: EventSettings, db: Database) -> bool:
    """Deletes the oldest of the events that are older than they are to become; whether there may be more."""
    before = utc_now() - settings.retention_period

    async def trim(tx: Transaction) -> int:
        oldest = sa.select(event.c.id).where(event.c.occurred < before).order_by(event.c.occurred, event.c.id)
        # What another replica is about to delete is none of ours.
        some = (await tx.execute(oldest.limit(BATCH_EVENTS).with_for_update(skip_locked=True))).scalars().all()
        for column in (event_resource.c.event_id, event.c.id):
            await tx.execute(sa.delete(column.table).where(value_in(column, some)))
        return len(some)

    return await db.try_write(trim) == BATCH_EVENTS
