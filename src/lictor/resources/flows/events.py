"""The events that tell of flows."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from lictor.db.engine import Transaction
from lictor.db.types import load_json
from lictor.events.emit import emit, own_event, resource


async def emit_flow_events(tx: Transaction, what: str, flows: Iterable[sa.Row[Any]]) -> None:
    """Tells of each of these flows that it was created, updated or deleted."""
    await emit(
        tx,
        *(
            own_event(f"prefect.flow.{what}", resource("flow", flow.id, flow.name), payload=_payload(flow))
            for flow in flows
        ),
    )


def _payload(flow: sa.Row[Any]) -> dict[str, Any]:
    labels = None if flow.labels is None else load_json(flow.labels)
    return {"name": flow.name, "tags": flow.tags, "labels": labels}
