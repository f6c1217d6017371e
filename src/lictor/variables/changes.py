"""Making and changing variables."""

from typing import Any
from uuid import UUID

from lictor.db.base import utc_now
from lictor.db.engine import Transaction
from lictor.db.ids import uuid7
from lictor.db.types import dump_json
from lictor.filters.operators import Clause
from lictor.http.errors import Conflict, NotFound
from lictor.variables import queries
from lictor.variables.schemas import VariableCreate, VariableUpdate


async def make_variable(tx: Transaction, asked: VariableCreate) -> UUID:
    """Makes a variable; its id."""
    id, now = uuid7(), utc_now()
    row = {"id": id, "created": now, "updated": now, "name": asked.name, "tags": asked.tags}
    if not await tx.changed(queries.insert_variable(row | {"value": _text(asked.value)})):
        raise _taken(asked.name)
    return id


async def change_variable(tx: Transaction, which: Clause, asked: VariableUpdate) -> None:
    """Changes of a variable what was asked."""
    changes: dict[str, Any] = {name: getattr(asked, name) for name in asked.model_fields_set}
    if "value" in changes:
        changes["value"] = _text(asked.value)
    if asked.name is not None and await tx.scalar(queries.another_with_name(which, asked.name)):
        raise _taken(asked.name)
    if not await tx.changed(queries.update_variable(which, changes)):
        raise NotFound("Variable not found.")


def _text(value: Any) -> str | None:
    return None if value is None else dump_json(value)


def _taken(name: str) -> Conflict:
    return Conflict(f"A variable with the name {name!r} already exists.")
