"""Who asks for the runs of deployments, and when they did last."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import Database
from lictor.db.functions import value_in
from lictor.resources.deployments.table import deployment

POLL_RESOLUTION = timedelta(seconds=10)
"""A poll within this time of the last one that was noted is not noted: polls read, and hardly ever write."""


async def note_poll(db: Database, ids: Collection[UUID]) -> None:
    """Notes that somebody carries out the runs of these deployments."""
    if not ids:
        return
    now = utc_now()
    polled = deployment.c.last_polled
    stale = sa.and_(value_in(deployment.c.id, ids), sa.or_(polled.is_(None), polled < now - POLL_RESOLUTION))
    if not await db.read.all(sa.select(deployment.c.id).where(stale)):
        return
    changes = {"last_polled": now, "status": "READY", "updated": deployment.c.updated}
    await db.try_write(lambda tx: tx.execute(sa.update(deployment).where(stale).values(**changes)))
