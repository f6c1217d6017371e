"""Concurrency limits as the API shows and takes them."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from lictor.validation.fields import MAX_INTEGER, DateTime, IndexedText, Name, NotNull

SlotLimit = Annotated[int, Field(ge=0, le=MAX_INTEGER)]
"""How many runs may go at once; none, if need be."""

SlotCount = Annotated[int, Field(gt=0, le=MAX_INTEGER)]
"""How many runs may go at once, at least one."""


SlotDecay = Annotated[float, Field(ge=0, allow_inf_nan=False)]
"""How many taken slots become free each second by themselves."""

OccupancySeconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
"""For how long slots were occupied."""

LeaseSeconds = Annotated[float, Field(ge=60, le=60 * 60 * 24)]
"""How long a lease lasts."""


def _may_be_named(tag: str) -> str:
    """The tag, unless the limit on it could not be named after it."""
    if forbidden := sorted(set("/%&><") & set(tag)):
        raise ValueError(f"must not contain {' '.join(forbidden)}")
    return tag


class ConcurrencyLimitCreate(BaseModel):
    """A limit on how many task runs that bear a tag may be running at once."""

    model_config = ConfigDict(extra="forbid")

    tag: Annotated[IndexedText, AfterValidator(_may_be_named)] = Field(description="The tag.", examples=["database"])
    concurrency_limit: SlotLimit = Field(description="How many task runs may be running at once.", examples=[10])


class ConcurrencyLimit(BaseModel):
    """A limit on how many task runs that bear a tag may be running at once."""

    id: UUID = Field(description="Its id.")
    created: DateTime | None = Field(description="When it was set first.")
    updated: DateTime | None = Field(description="When it changed last.")
    tag: str = Field(description="The tag.")
    concurrency_limit: int = Field(description="How many task runs may be running at once.")
    active_slots: list[UUID] = Field(
        default_factory=list, description="The ids of the task runs that occupy a slot now."
    )


class ConcurrencyLimitV2Create(BaseModel):
    """A limit on how much may happen at once, to be made."""

    model_config = ConfigDict(extra="forbid")

    active: bool = Field(True, description="Whether it is observed.")
    name: Name = Field(description="Its name, which no other limit has.", examples=["database"])
    limit: SlotLimit = Field(description="How many slots there are.", examples=[10])
    active_slots: SlotLimit = Field(0, description="How many of them are taken from the start.")
    denied_slots: SlotLimit = Field(0, description="How many slots count as asked for in vain from the start.")
    slot_decay_per_second: SlotDecay = Field(
        0, description="How many taken slots become free each second by themselves; needed for limits of a rate."
    )


class ConcurrencyLimitV2Update(BaseModel):
    """What can be changed about a limit."""

    model_config = ConfigDict(extra="forbid")

    active: Annotated[bool | None, NotNull] = Field(None, description="Whether it is observed.")
    name: Annotated[Name | None, NotNull] = Field(None, description="Its new name.")
    limit: Annotated[SlotLimit | None, NotNull] = Field(None, description="How many slots there are.")
    active_slots: Annotated[SlotLimit | None, NotNull] = Field(None, description="How many of them are taken.")
    denied_slots: Annotated[SlotLimit | None, NotNull] = Field(
        None, description="How many slots count as asked for in vain."
    )
    slot_decay_per_second: Annotated[SlotDecay | None, NotNull] = Field(
        None, description="How many taken slots become free each second by themselves."
    )


class ConcurrencyLimitV2(BaseModel):
    """A limit on how much may happen at once, with all that is known of it."""

    id: UUID = Field(description="Its id.")
    created: DateTime | None = Field(description="When it was made.")
    updated: DateTime | None = Field(description="When it changed last.")
    active: bool = Field(True, description="Whether it is observed.")
    name: Name = Field(description="Its name, which no other limit has.")
    limit: int = Field(description="How many slots there are.")
    active_slots: int = Field(0, description="How many of them are taken.")
    denied_slots: int = Field(0, description="How many slots were asked for in vain of late.")
    slot_decay_per_second: float = Field(
        0, description="How many taken slots become free each second by themselves, for limits of a rate."
    )
    avg_slot_occupancy_seconds: float = Field(2.0, description="For how many seconds a slot is taken on average.")


class MinimalConcurrencyLimitResponse(BaseModel):
    """A limit, as far as whoever takes its slots has to know it."""

    id: UUID = Field(description="Its id.")
    name: str = Field(description="Its name, or the tag that it is on.")
    limit: int = Field(description="How many slots there are.")


class ConcurrencyLimitWithLeaseResponse(BaseModel):
    """A lease on slots, and the limits that they belong to."""

    lease_id: UUID = Field(description="The id of the lease, by which it is renewed and ended.")
    limits: list[MinimalConcurrencyLimitResponse] = Field(description="The limits.")


class ConcurrencyLeaseHolder(BaseModel):
    """Who holds a lease."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["flow_run", "task_run", "deployment"] = Field(description="What kind of thing it is.")
    id: UUID = Field(description="Its id.")


class GlobalConcurrencyLimitResponse(BaseModel):
    """A limit on how much may happen at once, wherever it happens."""

    id: UUID = Field(description="Its id.")
    created: DateTime | None = Field(description="When it was set first.")
    updated: DateTime | None = Field(description="When it changed last.")
    active: bool = Field(True, description="Whether it is observed.")
    name: str = Field(description="Its name, which no other limit has.")
    limit: int = Field(description="How many slots there are.")
    active_slots: int = Field(description="How many of them are taken.")
    slot_decay_per_second: float = Field(
        2.0, description="How many taken slots become free each second by themselves, for limits of a rate."
    )
