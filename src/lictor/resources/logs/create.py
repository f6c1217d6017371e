"""Keeping new logs."""

from collections.abc import Sequence
from operator import attrgetter
from uuid import UUID

from lictor.db.base import utc_now
from lictor.db.engine import Transaction
from lictor.db.ids import uuid7
from lictor.resources.logs import queries
from lictor.resources.logs.schemas import LogCreate
from lictor.validation.pieces import pieces


async def record_logs(tx: Transaction, logs: Sequence[LogCreate]) -> None:
    """Stores logs, all at once. What comes in passes here, and nowhere else."""
    now = utc_now()
    # In the order in which they came, which tells those of one moment apart.
    ids: list[UUID] = []
    async for some in pieces(logs):
        ids += [uuid7() for _ in some]
    ids.sort(key=attrgetter("int"))
    first = 0
    async for some in pieces(logs):
        values = zip(ids[first : first + len(some)], some, strict=True)
        rows = ({"id": id, "created": now, "updated": now, **log.__dict__} for id, log in values)
        await queries.INSERTION.run(tx, [[row[name] for name in queries.LOG_COLUMNS] for row in rows])
        first += len(some)
