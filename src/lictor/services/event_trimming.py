"""Events are not kept for ever. What was made of them, such as task runs, is."""

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import Database, Transaction
from lictor.events.table import event
from lictor.settings import EventSettings

AT_ONCE = 500
"""Events in one transaction: others wait for it, on SQLite all that write."""


async def trim_events(settings: EventSettings, db: Database) -> bool:
    """Deletes the oldest of the events that are older than they are to become; whether there may be more."""
    before = utc_now() - settings.retention_period

    async def trim(tx: Transaction) -> int:
        oldest = sa.select(event.c.id).where(event.c.occurred < before).order_by(event.c.occurred, event.c.id)
        # What another replica is about to delete is none of ours.
        some = oldest.limit(AT_ONCE).with_for_update(skip_locked=True).scalar_subquery()
        return (await tx.execute(sa.delete(event).where(event.c.id.in_(some)))).rowcount

    return await db.try_write(trim) == AT_ONCE
