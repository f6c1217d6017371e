"""The events that tell of automations that are created, updated or deleted."""

from typing import Any, Literal

import sqlalchemy as sa

from lictor.db.engine import Transaction
from lictor.db.types import load_json
from lictor.events.emit import emit, own_event, resource


async def emit_automation_event(
    tx: Transaction, what: Literal["created", "updated", "deleted"], row: sa.Row[Any]
) -> None:
    """Tells what became of an automation, with all there is to say about it."""
    subject = resource("automation", row.id, row.name)
    await emit(tx, own_event(f"prefect.automation.{what}", subject, payload=automation_json(row)))


def automation_json(row: sa.Row[Any]) -> dict[str, Any]:
    """An automation as templates and people see it."""
    return {
        "id": str(row.id),
        "created": row.created.isoformat().replace("+00:00", "Z"),
        "updated": row.updated.isoformat().replace("+00:00", "Z"),
        "name": row.name,
        "description": row.description,
        "enabled": row.enabled,
        "tags": row.tags,
        "trigger": load_json(row.trigger),
        "actions": load_json(row.actions),
        "actions_on_trigger": load_json(row.actions_on_trigger),
        "actions_on_resolve": load_json(row.actions_on_resolve),
    }
