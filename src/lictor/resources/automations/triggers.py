"""When an automation fires, as the API shows and takes it."""

from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal, Self
from uuid import UUID, uuid4

from pydantic import AfterValidator, BaseModel, Field, Tag, TypeAdapter, ValidationError, model_validator

from lictor.events.filters import ResourceSpecification
from lictor.resources.automations.unions import AnyOf, OrItsObject, Seconds, by_type
from lictor.validation.fields import MAX_INTEGER

MIN_PROACTIVE_WITHIN = timedelta(seconds=10)
MAX_WITHIN = timedelta(days=3650)


class Posture(StrEnum):
    """Whether a trigger fires because events happen, or because they fail to."""

    Reactive = "Reactive"
    Proactive = "Proactive"
    Metric = "Metric"


def _within_bounds(within: timedelta) -> timedelta:
    if within > MAX_WITHIN:
        raise ValueError(f"must be at most {MAX_WITHIN.days} days")
    return within


Within = Annotated[Seconds, AfterValidator(_within_bounds)]
Specification = Annotated[ResourceSpecification, OrItsObject()]


class Trigger(BaseModel):
    """A condition on what happens."""

    type: str
    id: UUID = Field(default_factory=uuid4, description="Its id, which the server gives.")

    def with_new_ids(self) -> Self:
        """The trigger, and all below it, under ids that nothing has counted for yet."""
        for trigger in self.walk():
            trigger.id = uuid4()
        return self

    def walk(self) -> "Iterator[Trigger]":
        """The trigger, and all below it."""
        yield self


_duration = TypeAdapter(timedelta)


class EventTrigger(Trigger):
    """Fires when so many events happen within some time, or when fewer do."""

    type: Literal["event"] = "event"
    match: Specification = Field(
        default_factory=lambda: ResourceSpecification({}), description="What the event's resource must be."
    )
    match_related: Annotated[ResourceSpecification | list[Specification], OrItsObject()] = Field(
        default_factory=lambda: ResourceSpecification({}),
        description="What one of its related resources must be; each of a list may be another one.",
    )
    after: set[str] = Field(
        default_factory=set, description="Events of which one must happen first; `*` stands for any text."
    )
    expect: set[str] = Field(
        default_factory=set, description="The events to count, or none for all; `*` stands for any text."
    )
    for_each: set[str] = Field(
        default_factory=set,
        description="Labels of the resource: events are counted apart for each of their values."
        " `related:ROLE:LABEL` is a label of the first related resource in a role.",
    )
    posture: Literal[Posture.Reactive, Posture.Proactive] = Field(
        description="Whether to fire on the presence of the events (Reactive) or on their absence (Proactive)."
    )
    threshold: Annotated[int, Field(le=MAX_INTEGER, ge=-MAX_INTEGER)] = Field(
        default=1, description="How many of them."
    )
    within: Within = Field(
        default=timedelta(0),
        ge=timedelta(0),
        json_schema_extra={"minimum": 0.0},
        description="The time in which they are counted; at least 10 seconds for a proactive trigger.",
    )

    @model_validator(mode="before")
    @classmethod
    def _long_enough_to_be_proactive(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        if "within" in data and data["within"] is None:
            raise ValueError("`within` should be a valid timedelta")
        if data.get("posture") != Posture.Proactive:
            return data
        try:
            within = _duration.validate_python(data.get("within") or 0)
        except ValidationError:
            return data  # which the field itself says
        if not within:
            return data | {"within": MIN_PROACTIVE_WITHIN}
        if timedelta(0) < within < MIN_PROACTIVE_WITHIN:
            raise ValueError("`within` for Proactive triggers must be greater than or equal to 10 seconds")
        return data


class CompositeTrigger(Trigger):
    """A trigger made of others."""

    triggers: "list[AnyTrigger]" = Field(description="The triggers it is made of.")
    within: Within | None = Field(description="The time in which they must fire; null for any time.")

    def walk(self) -> Iterator[Trigger]:
        yield self
        for trigger in self.triggers:
            yield from trigger.walk()


class CompoundTrigger(CompositeTrigger):
    """Fires when so many of its triggers have fired."""

    type: Literal["compound"] = "compound"
    require: int | Literal["any", "all"] = Field(description="How many of them must fire.")

    @model_validator(mode="after")
    def _requires_what_there_is(self) -> Self:
        if isinstance(self.require, int):
            if self.require < 1:
                raise ValueError("require must be at least 1")
            if self.require > len(self.triggers):
                raise ValueError("require must be less than or equal to the number of triggers")
        return self


class SequenceTrigger(CompositeTrigger):
    """Fires when its triggers have fired one after the other."""

    type: Literal["sequence"] = "sequence"


AnyTrigger = Annotated[
    Annotated[EventTrigger, Tag("EventTrigger")]
    | Annotated[CompoundTrigger, Tag("CompoundTrigger")]
    | Annotated[SequenceTrigger, Tag("SequenceTrigger")],
    by_type({"event": "EventTrigger", "compound": "CompoundTrigger", "sequence": "SequenceTrigger"}, "EventTrigger"),
    AnyOf(),
]

CompoundTrigger.model_rebuild()
SequenceTrigger.model_rebuild()
