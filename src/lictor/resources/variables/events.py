"""The events that tell of variables."""

from typing import Any

import sqlalchemy as sa

from lictor.db.engine import Transaction
from lictor.db.types import load_json
from lictor.events.emit import emit, own_event, resource


async def emit_variable_event(tx: Transaction, what: str, variable: sa.Row[Any]) -> None:
    """Tells that a variable was created, updated or deleted, and what it holds or held."""
    value = None if variable.value is None else load_json(variable.value)
    payload = {"name": variable.name, "value": value, "tags": variable.tags}
    await emit(
        tx, own_event(f"prefect.variable.{what}", resource("variable", variable.id, variable.name), payload=payload)
    )
