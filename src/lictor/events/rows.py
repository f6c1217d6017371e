"""Events as they are read: for answers, for streams, and for those who ask what is in them."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa

from lictor.db.change_stream import ChangeSource
from lictor.db.types import load_json
from lictor.events.schemas import ID, ROLE
from lictor.events.table import event


@dataclass(frozen=True, slots=True)
class StoredResource:
    """A resource of an event, as its row holds it."""

    is_primary: bool
    id: str
    role: str
    labels: dict[str, str]


@dataclass(frozen=True)
class StoredEvent:
    """An event, as its row holds it; what is JSON, as text."""

    id: UUID
    occurred: datetime
    arrived: datetime
    event: str
    follows: UUID | None
    resource: str
    related: str
    payload: str

    @classmethod
    def of(cls, row: sa.Row[Any]) -> "StoredEvent":
        return cls(row.id, row.occurred, row.received, row.event, row.follows, row.resource, row.related, row.payload)

    @cached_property
    def resources(self) -> list[StoredResource]:
        found = []
        for position, labels in enumerate((load_json(self.resource), *load_json(self.related))):
            id, role = labels.pop(ID), labels.pop(ROLE, "") if position else ""
            found.append(StoredResource(position == 0, id, role, labels))
        return found

    @property
    def name(self) -> str:
        return self.event

    @property
    def size(self) -> int:
        return len(self.resource) + len(self.related) + len(self.payload)

    @cached_property
    def topics(self) -> list[str]:
        """By what those who want it may have asked for it."""
        return [self.event, *{resource.id for resource in self.resources}]

    @cached_property
    def text(self) -> str:
        """What searches look at."""
        return f"{self.event} {self.resource} {self.related} {self.payload}"

    @cached_property
    def told(self) -> dict[str, Any]:
        """How the API tells it."""
        return {
            "occurred": self.occurred,
            "event": self.event,
            "resource": orjson.Fragment(self.resource),
            "related": orjson.Fragment(self.related),
            "payload": orjson.Fragment(self.payload),
            "id": str(self.id),
            "follows": None if self.follows is None else str(self.follows),
            "received": self.arrived,
        }

    @cached_property
    def line(self) -> str:
        """How a websocket tells it."""
        return orjson.dumps({"type": "event", "event": self.told}, option=orjson.OPT_UTC_Z).decode()


STORED_EVENTS = ChangeSource(event, (*event.columns,), StoredEvent.of)
