"""The events that tell of block types."""

from typing import Any

import sqlalchemy as sa

from lictor.db.engine import Transaction
from lictor.events.emit import emit, own_event, resource

TOLD = ("name", "slug", "logo_url", "documentation_url", "description", "code_example", "is_protected")


async def emit_block_type_event(tx: Transaction, what: str, block_type: sa.Row[Any]) -> None:
    """Tells that a block type was created, updated or deleted."""
    payload = {name: getattr(block_type, name) for name in TOLD}
    named = resource("block-type", block_type.id, block_type.name)
    await emit(tx, own_event(f"prefect.block-type.{what}", named, payload=payload))
