"""Slots of concurrency limits are taken back from holders that have not been heard of for too long."""

import sqlalchemy as sa

from lictor.db.clock import expiry_now
from lictor.db.engine import Database
from lictor.db.functions import value_in
from lictor.resources.concurrency_limits import slots
from lictor.resources.concurrency_limits.table import slot_lease
from lictor.settings import Settings

BATCH_LEASES = 100


async def expire_leases(settings: Settings, db: Database) -> bool:
    """Ends the leases that have lasted longest past their time; whether there may be more."""
    expired = slot_lease.c.expiration <= expiry_now()
    oldest = sa.select(slot_lease.c.id).where(expired).order_by(slot_lease.c.expiration).limit(BATCH_LEASES)
    ids = [row.id for row in await db.read.all(oldest)]
    if ids:
        # What was renewed by now is not expired any more; what another replica has ended is not there any more.
        which = value_in(slot_lease.c.id, ids) & expired
        patience = slots.Patience.of(settings)
        await db.try_write(lambda tx: slots.end(tx, which, patience, measured=True))
    return len(ids) == BATCH_LEASES
