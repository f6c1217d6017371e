"""Deployments as the API shows and takes them."""

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from lictor.resources.concurrency_limits.schemas import GlobalConcurrencyLimitResponse, SlotCount
from lictor.resources.deployments.schedules import NewSchedule, Schedule
from lictor.resources.runs.schemas import Labels
from lictor.validation.created_by import CreatedBy
from lictor.validation.fields import DateTime, IndexedText, NotNull, fits_an_index

FORMER_NAMES = {"worker_pool_queue_id", "worker_pool_name", "worker_pool_queue_name", "work_pool_queue_name"}
"""What older clients call the work queue, by names that have no effect any more."""


class DeploymentSort(StrEnum):
    """The orders in which deployments can be listed."""

    CREATED_DESC = "CREATED_DESC"
    UPDATED_DESC = "UPDATED_DESC"
    NAME_ASC = "NAME_ASC"
    NAME_DESC = "NAME_DESC"


class DeploymentStatus(StrEnum):
    """Whether somebody asks for a deployment's runs."""

    READY = "READY"
    NOT_READY = "NOT_READY"


class ConcurrencyLimitStrategy(StrEnum):
    """What becomes of a run for which there is no slot."""

    ENQUEUE = "ENQUEUE"
    CANCEL_NEW = "CANCEL_NEW"


class ConcurrencyOptions(BaseModel):
    """How a deployment's concurrency limit is observed."""

    collision_strategy: ConcurrencyLimitStrategy = Field(
        description="What becomes of a run for which there is no slot."
    )
    grace_period_seconds: int | None = Field(
        None, ge=60, le=86400, description="How long a run may take to start before it loses its slot."
    )


class VersionInfo(BaseModel):
    """Where the code of a version of a deployment comes from."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="The kind of place.")
    version: str = Field(description="The version there.")


class UpdatedBy(CreatedBy):
    """Who changed an object last."""


class DeploymentScheduleCreate(BaseModel):
    """A schedule to give to a deployment."""

    model_config = ConfigDict(extra="forbid")

    active: bool = Field(True, description="Whether it makes runs.")
    schedule: NewSchedule = Field(description="When to run.")
    max_scheduled_runs: SlotCount | None = Field(None, description="How many runs it may have waiting.")
    parameters: dict[str, Any] = Field(default_factory=dict, description="What its runs are called with instead.")
    slug: IndexedText | None = Field(None, description="Its name, which no other schedule of the deployment has.")
    replaces: str | None = Field(None, description="The name of the schedule that it takes the place of.")


class DeploymentScheduleUpdate(BaseModel):
    """A schedule of a deployment, or what to change about the one of the same name."""

    model_config = ConfigDict(extra="forbid")

    active: bool | None = Field(None, description="Whether it makes runs.")
    schedule: NewSchedule | None = Field(None, description="When to run.")
    max_scheduled_runs: SlotCount | None = Field(None, description="How many runs it may have waiting.")
    parameters: dict[str, Any] = Field(default_factory=dict, description="What its runs are called with instead.")
    slug: IndexedText | None = Field(None, description="Its name, which no other schedule of the deployment has.")
    replaces: str | None = Field(None, description="The name of the schedule that gets this name.")


class DeploymentSchedule(BaseModel):
    """A schedule of a deployment."""

    id: UUID = Field(description="Its id.")
    created: DateTime | None = Field(description="When it was made.")
    updated: DateTime | None = Field(description="When it changed last.")
    deployment_id: UUID | None = Field(None, description="The deployment that it makes runs of.")
    schedule: Schedule = Field(description="When to run.")
    active: bool = Field(True, description="Whether it makes runs.")
    max_scheduled_runs: SlotCount | None = Field(None, description="How many runs it may have waiting.")
    parameters: dict[str, Any] = Field(default_factory=dict, description="What its runs are called with instead.")
    slug: str | None = Field(None, description="Its name, which no other schedule of the deployment has.")


def _object_schema(schema: Any) -> Any:
    return {"type": "object", "properties": {}} if schema in (None, {}) else schema


ParameterSchema = Annotated[dict[str, Any], BeforeValidator(_object_schema)]
"""A JSON Schema; an empty one becomes that of an object."""


def _without_former_names(values: Any) -> Any:
    """Also what `mode="before"` validators owe: anything that is no object passes, to be refused by its type."""
    if not isinstance(values, dict):
        return values
    if values.get("concurrency_limit") and values.get("global_concurrency_limit_id"):
        raise ValueError("A deployment cannot have both a concurrency limit and a global concurrency limit.")
    return {name: value for name, value in values.items() if name not in FORMER_NAMES}


class _Asked(BaseModel):
    """What creating and updating have in common."""

    model_config = ConfigDict(extra="forbid")

    version: str | None = Field(None, description="Its version.")
    description: str | None = Field(None, description="What it is for.")
    paused: bool = Field(False, description="Whether its schedules make no runs for now.")
    concurrency_limit: SlotCount | None = Field(None, description="How many of its runs may go at once.")
    concurrency_options: ConcurrencyOptions | None = Field(None, description="How that limit is observed.")
    global_concurrency_limit_id: UUID | None = Field(None, description="A limit that it shares with others.")
    tags: list[IndexedText] = Field(default_factory=list, description="Its tags.", examples=[["nightly", "etl"]])
    pull_steps: list[dict[str, Any]] | None = Field(None, description="How to fetch its code.")
    work_queue_name: str | None = Field(None, description="The queue that its runs wait in; made if need be.")
    work_pool_name: str | None = Field(None, description="The pool whose workers run it.", examples=["on-demand"])
    storage_document_id: UUID | None = Field(None, description="The block that tells where its code is.")
    infrastructure_document_id: UUID | None = Field(None, description="The block that tells where to run it.")
    path: str | None = Field(None, description="The directory that it runs in.")
    entrypoint: str | None = Field(None, description="Where in its code the flow is.", examples=["etl.py:sync_orders"])
    version_info: VersionInfo | None = Field(None, description="Where this version comes from. Taken, and not kept.")

    _former_names = model_validator(mode="before")(_without_former_names)


class DeploymentCreate(_Asked):
    """A deployment to make, or to change."""

    name: Annotated[str, Field(pattern="^[^/%&><]*$"), AfterValidator(fits_an_index)] = Field(
        description="Its name, which no other deployment of the flow has.", examples=["nightly"]
    )
    flow_id: UUID = Field(description="The flow that it runs.")
    schedules: list[DeploymentScheduleCreate] = Field(default_factory=list, description="When to run it.")
    enforce_parameter_schema: bool = Field(True, description="Whether parameters must be as the schema says.")
    parameter_openapi_schema: ParameterSchema | None = Field(
        default_factory=lambda: _object_schema(None),
        description="What the flow's parameters are, as a JSON Schema.",
        json_schema_extra={"additionalProperties": True},
    )
    parameters: dict[str, Any] = Field(default_factory=dict, description="What its runs are called with.")
    labels: Labels | None = Field(default_factory=dict, description="Its labels.", examples=[{"team": "data"}])
    job_variables: dict[str, Any] = Field(
        default_factory=dict, description="What it changes about the jobs of the work pool."
    )


class DeploymentUpdate(_Asked):
    """What can be changed about a deployment."""

    schedules: list[DeploymentScheduleUpdate] = Field(
        default_factory=list,
        description="Its new schedules. Where all have names, before and now, those that are not named stay.",
    )
    parameters: Annotated[dict[str, Any] | None, NotNull] = Field(None, description="What its runs are called with.")
    parameter_openapi_schema: ParameterSchema | None = Field(
        None, description="What the flow's parameters are, as a JSON Schema."
    )
    enforce_parameter_schema: Annotated[bool | None, NotNull] = Field(
        None, description="Whether parameters must be as the schema says."
    )
    job_variables: dict[str, Any] | None = Field(None, description="What it changes about the jobs of the work pool.")


class DeploymentResponse(BaseModel):
    """A deployment."""

    id: UUID = Field(description="Its id.")
    created: DateTime | None = Field(description="When it was made.")
    updated: DateTime | None = Field(description="When it changed last.")
    name: str = Field(description="Its name, which no other deployment of the flow has.")
    version: str | None = Field(None, description="Its version.")
    description: str | None = Field(None, description="What it is for.")
    flow_id: UUID = Field(description="The flow that it runs.")
    paused: bool = Field(False, description="Whether its schedules make no runs for now.")
    schedules: list[DeploymentSchedule] = Field(default_factory=list, description="When to run it.")
    concurrency_limit: int | None = Field(
        None, description="Always null: see `global_concurrency_limit`.", json_schema_extra={"deprecated": True}
    )
    global_concurrency_limit: GlobalConcurrencyLimitResponse | None = Field(
        None, description="The limit on how many of its runs may go at once."
    )
    concurrency_options: ConcurrencyOptions | None = Field(None, description="How that limit is observed.")
    job_variables: dict[str, Any] = Field(
        default_factory=dict, description="What it changes about the jobs of the work pool."
    )
    parameters: dict[str, Any] = Field(default_factory=dict, description="What its runs are called with.")
    tags: list[str] = Field(default_factory=list, description="Its tags.", examples=[["nightly", "etl"]])
    labels: Labels = Field(default_factory=dict, description="Its labels.", examples=[{"team": "data"}])
    work_queue_name: str | None = Field(None, description="The queue that its runs wait in.")
    work_queue_id: UUID | None = Field(None, description="The id of that queue.")
    last_polled: DateTime | None = Field(None, description="When somebody asked for its runs last.")
    parameter_openapi_schema: dict[str, Any] | None = Field(
        None,
        description="What the flow's parameters are, as a JSON Schema.",
        json_schema_extra={"additionalProperties": True},
    )
    path: str | None = Field(None, description="The directory that it runs in.")
    pull_steps: list[dict[str, Any]] | None = Field(None, description="How to fetch its code.")
    entrypoint: str | None = Field(None, description="Where in its code the flow is.")
    storage_document_id: UUID | None = Field(None, description="The block that tells where its code is.")
    infrastructure_document_id: UUID | None = Field(None, description="The block that tells where to run it.")
    created_by: CreatedBy | None = Field(None, description="Who made it, where that is known.")
    updated_by: UpdatedBy | None = Field(None, description="Who changed it last, where that is known.")
    work_pool_name: str | None = Field(None, description="The pool whose workers run it.")
    status: DeploymentStatus | None = Field(
        DeploymentStatus.NOT_READY, description="Whether somebody asks for its runs."
    )
    enforce_parameter_schema: bool = Field(True, description="Whether parameters must be as the schema says.")


class DeploymentPaginationResponse(BaseModel):
    """One page of deployments."""

    results: list[DeploymentResponse] = Field(description="The deployments of this page.")
    count: int = Field(description="How many deployments match in all.")
    limit: int = Field(description="How many a page holds at most.")
    pages: int = Field(description="How many pages there are.")
    page: int = Field(description="Which page this is; the first is 1.")


class DeploymentBulkDeleteResponse(BaseModel):
    """The deployments that were deleted."""

    deleted: list[UUID] = Field(default_factory=list, description="Their ids.")
