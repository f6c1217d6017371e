"""Making and changing variables."""

from typing import Any
from uuid import UUID

from lictor.db.base import utc_now
from lictor.db.engine import Transaction
from lictor.db.ids import uuid7
from lictor.db.types import dump_json
from lictor.http.errors import Conflict, NotFound
from lictor.query.operators import Clause
from lictor.resources.variables import queries
from lictor.resources.variables.schemas import VariableCreate, VariableUpdate


async def make_variable(tx: Transaction, body: VariableCreate) -> UUID:
    """Makes a variable; its id."""
    id, now = uuid7(), utc_now()
    row = {"id": id, "created": now, "updated": now, "name": body.name, "tags": body.tags}
    if not await tx.changed(queries.insert_variable(row | {"value": _text(body.value)})):
        raise _taken(body.name)
    return id


async def change_variable(tx: Transaction, which: Clause, body: VariableUpdate) -> None:
    """Changes of a variable what was asked."""
    changes: dict[str, Any] = {name: getattr(body, name) for name in body.model_fields_set}
    if "value" in changes:
        changes["value"] = _text(body.value)
    if body.name is not None and await tx.scalar(queries.another_with_name(which, body.name)):
        raise _taken(body.name)
    if not await tx.changed(queries.update_variable(which, changes)):
        raise NotFound("Variable not found.")


def _text(value: Any) -> str | None:
    return None if value is None else dump_json(value)


def _taken(name: str) -> Conflict:
    return Conflict(f"A variable with the name {name!r} already exists.")
