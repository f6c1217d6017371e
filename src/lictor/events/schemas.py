"""Events as clients send and get them."""

from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from pydantic import AnyHttpUrl, BaseModel, Field, RootModel, model_validator

from lictor.db.base import utc_now
from lictor.validation.fields import DateTime, IndexedText, fits_an_index

ID = "prefect.resource.id"
ROLE = "prefect.resource.role"
NAME = "prefect.resource.name"


class Resource(RootModel[dict[str, str]]):
    """Something that events speak of: its labels, of which one is its id."""

    @model_validator(mode="after")
    def _has_an_id(self) -> Self:
        if ID not in self.root:
            raise ValueError(f"Resources must include the {ID} label")
        if not self.root[ID]:
            raise ValueError(f"The {ID} label must be non-empty")
        fits_an_index(self.root[ID])
        return self


class RelatedResource(Resource):
    """A resource that has a part in an event; one of its labels says which."""

    @model_validator(mode="after")
    def _has_a_role(self) -> Self:
        if ROLE not in self.root:
            raise ValueError(f"Related Resources must include the {ROLE} label")
        if not self.root[ROLE]:
            raise ValueError(f"The {ROLE} label must be non-empty")
        return self


class Event(BaseModel):
    """Something that happened to a resource."""

    occurred: DateTime = Field(description="When it happened, by the sender's clock.")
    event: IndexedText = Field(description="What happened, as a name.", examples=["prefect.flow-run.Completed"])
    resource: Resource = Field(description="What it happened to.")
    related: list[RelatedResource] = Field(default_factory=list, description="What else has a part in it.")
    payload: dict[str, Any] = Field(default_factory=dict, description="What else there is to say of it; any JSON.")
    id: UUID = Field(description="The event's id, given by the sender.")
    follows: UUID | None = Field(default=None, description="The id of an event that happened before this one.")

    def in_role(self, role: str) -> dict[str, str] | None:
        """The labels of the first related resource with this role."""
        return next((resource.root for resource in self.related if resource.root[ROLE] == role), None)


class ReceivedEvent(Event):
    """An event as it is kept."""

    received: DateTime = Field(default_factory=utc_now, description="When it came to the server.")


class EventPage(BaseModel):
    """A part of the events that match."""

    events: list[ReceivedEvent] = Field(description="The events.")
    total: int = Field(description="How many match in all.")
    next_page: AnyHttpUrl | None = Field(description="Where the following ones are, if there are more.")


class Countable(StrEnum):
    """What events can be counted by."""

    day = "day"
    time = "time"
    event = "event"
    resource = "resource"


class EventCount(BaseModel):
    """How many events there are of something."""

    value: str = Field(description="What they have in common, or the number of their interval.")
    label: str = Field(description="How to call that.")
    count: int = Field(description="How many there are.")
    start_time: DateTime = Field(description="When the first of them happened, or their interval begins.")
    end_time: DateTime = Field(description="When the last of them happened, or their interval ends.")
