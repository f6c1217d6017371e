"""The server's own events, each written in the transaction of the change that it tells of.

So there is never the one without the other. A resource that is created, updated or deleted says so like this:

    await emit(tx, own_event("prefect.variable.created", resource("variable", id, name), payload={...}))
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

from lictor.db.base import utc_now
from lictor.db.engine import Transaction
from lictor.db.ids import uuid7
from lictor.db.types import MICROSECOND
from lictor.events.batch_insert import PendingEvent, write
from lictor.events.schemas import ID, NAME, ROLE, Event, RelatedResource, Resource
from lictor.validation.fields import shortened

Labels = dict[str, str]


def resource(
    kind: str, id: object, name: str | None = None, *, role: str | None = None, labels: Mapping[str, str] | None = None
) -> Labels:
    """The labels of something that an event speaks of; with a role it can be a related resource."""
    found = {ID: shortened(f"prefect.{kind}.{id}")}
    if role is not None:
        found[ROLE] = role
    if name is not None:
        found[NAME] = name
    return found | dict(labels or {})


def own_event(
    name: str,
    resource: Labels,
    *,
    related: Iterable[Labels] = (),
    payload: dict[str, Any] | None = None,
    id: UUID | None = None,
    occurred: datetime | None = None,
    follows: UUID | None = None,
) -> Event:
    """An event that this server tells of itself; it happens now unless it says when."""
    return Event.model_construct(
        id=id or uuid7(),
        occurred=occurred or utc_now(),
        event=shortened(name),
        resource=Resource.model_construct(resource),
        related=[RelatedResource.model_construct(labels) for labels in related],
        payload=payload or {},
        follows=follows,
    )


async def emit(tx: Transaction, *events: Event) -> None:
    """Writes events in this transaction; those that follow each other in a call are told in that order."""
    received = utc_now()
    for before, event in pairwise(events):
        event.occurred = max(event.occurred, before.occurred + MICROSECOND)
    await write(tx, [PendingEvent.of(event, received, None, 0) for event in events])


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any] | None:
    """The payload that tells of changed fields, by what they were and what they are; None if none has changed."""
    updates = {name: {"from": before[name], "to": value} for name, value in after.items() if before.get(name) != value}
    return {"updated_fields": list(updates), "updates": updates} if updates else None
