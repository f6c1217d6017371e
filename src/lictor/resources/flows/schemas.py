"""Flows as the API shows and takes them."""

from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from lictor.resources.runs.schemas import Labels
from lictor.resources.states.schemas import StateType
from lictor.validation.fields import DateTime, Name


class FlowSort(StrEnum):
    """The orders in which flows can be listed."""

    CREATED_DESC = "CREATED_DESC"
    UPDATED_DESC = "UPDATED_DESC"
    NAME_ASC = "NAME_ASC"
    NAME_DESC = "NAME_DESC"


class FlowCreate(BaseModel):
    """A flow to register."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(description="Its name, which no other flow has.", examples=["sync-orders"])
    tags: list[str] = Field(default_factory=list, description="Its tags.", examples=[["nightly", "etl"]])
    labels: Labels | None = Field(default_factory=dict, description="Its labels.", examples=[{"team": "data"}])


class FlowUpdate(BaseModel):
    """What can be changed about a flow."""

    model_config = ConfigDict(extra="forbid")

    tags: list[str] = Field(default_factory=list, description="Its new tags.", examples=[["nightly", "etl"]])


class Flow(BaseModel):
    """A flow."""

    id: UUID = Field(description="Its id.")
    created: DateTime | None = Field(description="When it was registered.")
    updated: DateTime | None = Field(description="When its record changed last.")
    name: Name = Field(description="Its name, which no other flow has.", examples=["sync-orders"])
    tags: list[str] = Field(default_factory=list, description="Its tags.", examples=[["nightly", "etl"]])
    labels: Labels | None = Field(default_factory=dict, description="Its labels.", examples=[{"team": "data"}])


class FlowPaginationResponse(BaseModel):
    """One page of flows."""

    results: list[Flow] = Field(description="The flows of this page.")
    count: int = Field(description="How many flows match in all.")
    limit: int = Field(description="How many a page holds at most.")
    pages: int = Field(description="How many pages there are.")
    page: int = Field(description="Which page this is; the first is 1.")


class FlowBulkDeleteResponse(BaseModel):
    """The flows that were deleted."""

    deleted: list[UUID] = Field(default_factory=list, description="Their ids.")


class SimpleNextFlowRun(BaseModel):
    """The run of a flow that is to start next."""

    id: UUID = Field(description="The run's id.")
    flow_id: UUID = Field(description="The flow's id.")
    name: str = Field(description="The run's name.")
    state_name: str = Field(description="The name of its current state.")
    state_type: StateType = Field(description="The type of that state.")
    next_scheduled_start_time: DateTime = Field(description="When it is to start.")
