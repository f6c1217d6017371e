"""Keeping new logs."""

from collections.abc import Sequence
from typing import Any

from lictor.db.base import utc_now
from lictor.db.engine import Transaction
from lictor.db.ids import uuid7
from lictor.resources.logs import queries
from lictor.resources.logs.schemas import LogCreate


async def record_logs(tx: Transaction, logs: Sequence[LogCreate]) -> list[dict[str, Any]]:
    """Stores logs, all at once; returns their rows. What comes in passes here, and nowhere else."""
    now = utc_now()
    # In the order in which they came, which tells those of one moment apart.
    ids = sorted(uuid7() for _ in logs)
    rows = [{"id": id, "created": now, "updated": now, **log.__dict__} for id, log in zip(ids, logs, strict=True)]
    await queries.INSERTION.run(tx, [[row[name] for name in queries.LOG_COLUMNS] for row in rows])
    return rows
