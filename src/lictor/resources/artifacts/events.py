"""The events that tell of artifacts: of the latest one of each key."""

from typing import Any

import sqlalchemy as sa

from lictor.db.engine import Transaction
from lictor.db.types import load_json
from lictor.events.emit import emit, own_event, resource


async def emit_collection_event(tx: Transaction, what: str, latest: sa.Row[Any]) -> None:
    """Tells that a key has its first artifact, has another latest one, or has none any more."""
    related = [resource("artifact", latest.latest_id, role="latest")]
    if latest.flow_run_id is not None:
        related.append(resource("flow-run", latest.flow_run_id, role="flow-run"))
    if latest.task_run_id is not None:
        related.append(resource("task-run", latest.task_run_id, role="task-run"))
    data = None if latest.data is None else load_json(latest.data)
    payload = {"key": latest.key, "type": latest.type, "data": data, "description": latest.description}
    collection = resource("artifact-collection", latest.id, latest.key)
    await emit(tx, own_event(f"prefect.artifact-collection.{what}", collection, related=related, payload=payload))
