"""Making and changing variables."""

from typing import Any
from uuid import UUID

from lictor.db.base import utc_now
from lictor.db.engine import Transaction
from lictor.db.ids import uuid7
from lictor.db.types import dump_json
from lictor.errors import Conflict, NotFound
from lictor.query.operators import Clause
from lictor.resources.variables import queries
from lictor.resources.variables.events import emit_variable_event
from lictor.resources.variables.schemas import VariableCreate, VariableUpdate


async def make_variable(tx: Transaction, body: VariableCreate) -> UUID:
    """Makes a variable; its id."""
    id, now = uuid7(), utc_now()
    row = {"id": id, "created": now, "updated": now, "name": body.name, "tags": body.tags}
    if not await tx.changed(queries.insert_variable(row | {"value": _text(body.value)})):
        raise _taken(body.name)
    made = await tx.first(queries.variable_row(queries.with_id(id)))
    assert made is not None
    await emit_variable_event(tx, "created", made)
    return id


async def change_variable(tx: Transaction, which: Clause, body: VariableUpdate) -> None:
    """Changes of a variable what was asked."""
    changes: dict[str, Any] = {name: getattr(body, name) for name in body.model_fields_set}
    if "value" in changes:
        changes["value"] = _text(body.value)
    if body.name is not None and await tx.scalar(queries.another_with_name(which, body.name)):
        raise _taken(body.name)
    changed = await tx.first(queries.update_variable(which, changes))
    if changed is None:
        raise NotFound("Variable not found.")
    await emit_variable_event(tx, "updated", changed)


async def drop_variable(tx: Transaction, which: Clause) -> None:
    """Deletes a variable."""
    gone = await tx.first(queries.delete_variable(which))
    if gone is None:
        raise NotFound("Variable not found.")
    await emit_variable_event(tx, "deleted", gone)


def _text(value: Any) -> str | None:
    return None if value is None else dump_json(value)


def _taken(name: str) -> Conflict:
    return Conflict(f"A variable with the name {name!r} already exists.")
