"""One attempt of an action: what it knows, and what it has to tell."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import TypeAdapter

from lictor.db.engine import Database
from lictor.db.types import load_json
from lictor.events.schemas import ID, ROLE
from lictor.resources.automations.actions import Action, AnyAction
from lictor.settings import Settings

Labels = Mapping[str, str]

_read_action: TypeAdapter[Action] = TypeAdapter(AnyAction)


class ActionFailed(Exception):
    """An action that cannot be carried out: why, and whether another attempt may end better."""

    def __init__(self, reason: str, *, may_pass: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.may_pass = may_pass


@dataclass
class Attempt:
    """An action that has been claimed, with the firing that it belongs to."""

    row: sa.Row[Any]
    db: Database
    settings: Settings
    related: list[dict[str, str]] = field(default_factory=list)
    """What else the action had to do with, for the events that tell of it."""

    result: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> UUID:
        id: UUID = self.row.id
        return id

    @cached_property
    def action(self) -> Action:
        return _read_action.validate_python(load_json(self.row.action))

    @cached_property
    def automation(self) -> dict[str, Any]:
        automation: dict[str, Any] = load_json(self.row.automation)
        return automation

    @cached_property
    def firing(self) -> dict[str, Any]:
        firing: dict[str, Any] = load_json(self.row.firing)
        return firing

    @cached_property
    def event(self) -> dict[str, Any] | None:
        return None if self.row.event is None else load_json(self.row.event)

    @property
    def idempotency_key(self) -> str:
        """What an object that the action creates is known by, so that no attempt creates a second one."""
        return f"automation {self.automation['id']}, firing {self.row.firing_id}, action {self.row.position}"

    @property
    def resources(self) -> list[Labels]:
        """The resources that the event speaks of."""
        return [] if self.event is None else [self.event["resource"], *self.event["related"]]

    def resource_of_kind(self, kind: str) -> Labels | None:
        return next((labels for labels in self.resources if labels[ID].rpartition(".")[0] == kind), None)

    def id_of_kind(self, kind: str) -> UUID | None:
        resource = self.resource_of_kind(kind)
        return None if resource is None else uuid_in(resource[ID])

    def relate(self, resource_id: str, role: str, name: str | None = None) -> None:
        resource = {ID: resource_id, ROLE: role}
        if name is not None:
            resource["prefect.resource.name"] = name
        self.related.append(resource)


def uuid_in(resource_id: str) -> UUID | None:
    """The id at the end of a resource's id."""
    try:
        return UUID(resource_id.rpartition(".")[2])
    except ValueError:
        return None
