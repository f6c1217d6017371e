"""The events that tell of concurrency limits."""

from typing import Any

import sqlalchemy as sa

from lictor.db.engine import Transaction
from lictor.events.emit import emit, own_event, resource


async def emit_limit_event(tx: Transaction, what: str, limit: sa.Row[Any]) -> None:
    """Tells that a limit was created, updated or deleted."""
    payload = {
        "name": limit.name,
        "limit": limit.limit,
        "active": limit.active,
        "slot_decay_per_second": float(limit.slot_decay_per_second),
    }
    named = resource("concurrency-limit", limit.id, limit.name)
    await emit(tx, own_event(f"prefect.concurrency-limit.{what}", named, payload=payload))
