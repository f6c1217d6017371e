"""Runs of deployments as requests ask for them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lictor.resources.flow_runs.schemas import FlowRunPolicy
from lictor.resources.runs.names import random_name
from lictor.resources.runs.schemas import Labels, RunName
from lictor.resources.states.schemas import StateCreate
from lictor.resources.work_pools.schemas import QueueFilter
from lictor.validation.fields import DateTime, IndexedText

MAX_BULK_RUNS = 100
MAX_BACKFILL_RUNS = 1000


class DeploymentFlowRunCreate(BaseModel):
    """A run of a deployment to create."""

    model_config = ConfigDict(extra="forbid")

    state: StateCreate | None = Field(None, description="Its first state; scheduled for now unless given.")
    name: RunName = Field(default_factory=random_name, description="Its name.", examples=["gentle-otter"])
    parameters: dict[str, Any] = Field(
        default_factory=dict, description="What the flow is called with, on top of the deployment's parameters."
    )
    enforce_parameter_schema: bool | None = Field(
        None, description="Whether the parameters must be as the schema says; as the deployment says unless given."
    )
    context: dict[str, Any] = Field(default_factory=dict, description="What else there is to know for the run.")
    infrastructure_document_id: UUID | None = Field(None, description="The block that tells where to run it.")
    empirical_policy: FlowRunPolicy = Field(default_factory=FlowRunPolicy, description="How it is retried.")
    tags: list[IndexedText] = Field(
        default_factory=list, description="Its tags, besides the deployment's.", examples=[["nightly", "etl"]]
    )
    idempotency_key: IndexedText | None = Field(
        None, description="Of the runs of a flow, one has this key: it is returned if it is there already."
    )
    labels: Labels | None = Field(None, description="Its labels.", examples=[{"team": "data"}])
    parent_task_run_id: UUID | None = Field(None, description="The task run that stands for it in its parent.")
    work_queue_name: str | None = Field(None, description="The queue of the deployment's work pool; made if need be.")
    job_variables: dict[str, Any] | None = Field(
        None,
        description="What to change about its infrastructure.",
        json_schema_extra={"additionalProperties": True},
    )


class FlowRunCreateResult(BaseModel):
    """What became of one of the runs that were asked for."""

    flow_run_id: UUID | None = Field(None, description="The run's id, if there is one.")
    status: Literal["CREATED", "FAILED"] = Field(description="Whether there is one.")
    error: str | None = Field(None, description="Why there is none.")


class FlowRunBulkCreateResponse(BaseModel):
    """What became of each of the runs that were asked for, in their order."""

    results: list[FlowRunCreateResult] = Field(default_factory=list, description="One result for each.")


class CatchUp(BaseModel):
    """What becomes of runs that a deployment's schedules missed while no server or no worker was there."""

    model_config = ConfigDict(extra="forbid")

    policy: Literal["all", "latest", "none"] | None = Field(
        None,
        description="Which of them still run: all, the latest of each schedule, or none; as the server's setting says"
        " unless given.",
    )
    window_seconds: float | None = Field(
        None,
        ge=0,
        le=100 * 86400,
        description="How many seconds late the latest run may start, and how far back runs are created that no server"
        " created; as the server's setting says unless given.",
    )


class Backfill(BaseModel):
    """A range of time to make up for."""

    model_config = ConfigDict(extra="forbid")

    start_time: DateTime = Field(description="The first moment.", examples=["2026-01-01T00:00:00Z"])
    end_time: DateTime = Field(description="The last moment.", examples=["2026-01-31T00:00:00Z"])
    schedule_id: UUID | None = Field(None, description="Which of the deployment's schedules; all of them unless given.")
    limit: Annotated[int, Field(ge=1, le=MAX_BACKFILL_RUNS)] = Field(
        MAX_BACKFILL_RUNS, description="How many runs to create at most, the earliest first."
    )

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> "Backfill":
        if self.end_time < self.start_time:
            raise ValueError("`end_time` must not be before `start_time`.")
        return self


class BackfillResponse(BaseModel):
    """What a backfill has made."""

    created: list[UUID] = Field(description="The ids of the new runs.")
    existing: int = Field(description="How many of the slots had a run already.")
    next_start_time: datetime | None = Field(
        description="Where to begin the next request, if there are more slots than the limit."
    )


class WorkQueue(BaseModel):
    """A work queue, as it is described where its work pool does not matter."""

    id: UUID = Field(description="Its id.")
    created: DateTime | None = Field(description="When it was made.")
    updated: DateTime | None = Field(description="When it changed last.")
    name: str = Field(description="Its name.", pattern="^[^/%&><]+$")
    description: str | None = Field("", description="What it is for.")
    is_paused: bool = Field(False, description="Whether its runs have to wait for now.")
    concurrency_limit: Annotated[int, Field(ge=0)] | None = Field(
        None, description="How many of its runs may go at once."
    )
    priority: int = Field(1, gt=0, description="Its place among the queues of its pool; 1 comes first.")
    work_pool_id: UUID | None = Field(None, description="The work pool that it is part of.")
    filter: QueueFilter | None = Field(
        None, description="Which deployments' runs it takes.", json_schema_extra={"deprecated": True}
    )
    last_polled: DateTime | None = Field(None, description="When somebody asked for its runs last.")
