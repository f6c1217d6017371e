"""How many slots of concurrency limits are taken."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.engine import Database
from lictor.resources.concurrency_limits.slots import leased_slots
from lictor.resources.concurrency_limits.table import global_limit

_taken = sa.select(global_limit.c.active_slots + leased_slots(global_limit))


async def slots_taken(db: Database, limit_id: UUID | None = None) -> Any:
    """Of a limit, or of the only one there is: with a lease and without."""
    return await db.read.scalar(_taken if limit_id is None else _taken.where(global_limit.c.id == limit_id))
