"""Work pools and work queues as the API shows and takes them."""

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from lictor.resources.concurrency_limits.schemas import SlotLimit
from lictor.resources.flow_runs.schemas import FlowRun
from lictor.resources.states.schemas import StateType
from lictor.resources.work_pools.templates import check_template
from lictor.validation.fields import MAX_INTEGER, DateTime, IndexedText, Name, NotNull

AGENTS = "prefect-agent"
"""The type of pools whose queues are polled without workers; they have no status."""


def _not_blank(name: Any) -> Any:
    if isinstance(name, str) and not name.strip("' \""):
        raise ValueError("name cannot be an empty string")
    return name


PoolName = Annotated[Name, BeforeValidator(_not_blank)]
Priority = Annotated[int, Field(gt=0, le=MAX_INTEGER)]
BaseJobTemplate = Annotated[dict[str, Any], AfterValidator(check_template)]


class WorkPoolStatus(StrEnum):
    """Whether a work pool has workers, or is paused."""

    READY = "READY"
    NOT_READY = "NOT_READY"
    PAUSED = "PAUSED"


class WorkQueueStatus(StrEnum):
    """Whether somebody asks a work queue for work, or it is paused."""

    READY = "READY"
    NOT_READY = "NOT_READY"
    PAUSED = "PAUSED"


class WorkerStatus(StrEnum):
    """Whether a worker has been heard of recently."""

    ONLINE = "ONLINE"
    OFFLINE = "OFFLINE"


class WorkPoolStorageConfiguration(BaseModel):
    """Where the workers of a pool find code, and leave results."""

    model_config = ConfigDict(extra="forbid")

    bundle_upload_step: dict[str, Any] | None = Field(None, description="The step that uploads bundles of code.")
    bundle_execution_step: dict[str, Any] | None = Field(None, description="The step that runs them.")
    default_result_storage_block_id: UUID | None = Field(None, description="The block to leave results in.")


class WorkPoolCreate(BaseModel):
    """A work pool to make."""

    model_config = ConfigDict(extra="forbid")

    name: PoolName = Field(description="Its name, which no other pool has.")
    description: str | None = Field(None, description="What it is for.")
    type: IndexedText = Field(AGENTS, description="What kind of workers it has.")
    base_job_template: BaseJobTemplate = Field(
        default_factory=dict, description="What its jobs are made of, and which variables of theirs can be set."
    )
    is_paused: bool = Field(False, description="Whether it gives out no work for now.")
    concurrency_limit: SlotLimit | None = Field(None, description="How many flow runs it may have going at once.")
    storage_configuration: WorkPoolStorageConfiguration = Field(
        default_factory=WorkPoolStorageConfiguration, description="Where its workers find code."
    )


class WorkPoolUpdate(BaseModel):
    """What can be changed about a work pool."""

    model_config = ConfigDict(extra="forbid")

    description: str | None = Field(None, description="What it is for.")
    is_paused: Annotated[bool | None, NotNull] = Field(None, description="Whether it gives out no work for now.")
    base_job_template: Annotated[BaseJobTemplate | None, NotNull] = Field(
        None, description="What its jobs are made of, and which variables of theirs can be set."
    )
    concurrency_limit: SlotLimit | None = Field(None, description="How many flow runs it may have going at once.")
    storage_configuration: Annotated[WorkPoolStorageConfiguration | None, NotNull] = Field(
        None, description="Where its workers find code."
    )


class WorkPoolResponse(BaseModel):
    """A work pool."""

    id: UUID = Field(description="Its id.")
    created: DateTime | None = Field(description="When it was made.")
    updated: DateTime | None = Field(description="When it changed last.")
    name: Name = Field(description="Its name, which no other pool has.")
    description: str | None = Field(None, description="What it is for.")
    type: str = Field(description="What kind of workers it has.")
    base_job_template: dict[str, Any] = Field(
        default_factory=dict, description="What its jobs are made of, and which variables of theirs can be set."
    )
    is_paused: bool = Field(False, description="Whether it gives out no work for now.")
    concurrency_limit: SlotLimit | None = Field(None, description="How many flow runs it may have going at once.")
    status: WorkPoolStatus | None = Field(None, description="Whether it has workers, or is paused.")
    default_queue_id: UUID | None = Field(None, description="The queue for work that names none.")
    storage_configuration: WorkPoolStorageConfiguration = Field(
        default_factory=WorkPoolStorageConfiguration, description="Where its workers find code."
    )
    active_slots: int | None = Field(
        None, description="How many flow runs it has going, where their number is limited."
    )


class QueueFilter(BaseModel):
    """Which flow runs go into a queue that chooses them by itself, as queues once did."""

    tags: list[str] | None = Field(None, description="Those that have all of these tags.")
    deployment_ids: list[UUID] | None = Field(None, description="Those of one of these deployments.")


class WorkQueueCreate(BaseModel):
    """A work queue to make."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(description="Its name, which no other queue of the pool has.")
    description: str | None = Field("", description="What it is for.")
    is_paused: bool = Field(False, description="Whether it gives out no work for now.")
    concurrency_limit: SlotLimit | None = Field(None, description="How many flow runs it may have going at once.")
    priority: Priority | None = Field(
        None, description="Its place among the queues of the pool, the first is 1; the first free one unless given."
    )
    filter: QueueFilter | None = Field(
        None, description="Which flow runs go into it.", json_schema_extra={"deprecated": True}
    )


class WorkQueueUpdate(BaseModel):
    """What can be changed about a work queue."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Name | None, NotNull] = Field(None, description="Its new name.")
    description: Annotated[str | None, NotNull] = Field(None, description="What it is for.")
    is_paused: bool = Field(False, description="Whether it gives out no work for now.")
    concurrency_limit: SlotLimit | None = Field(None, description="How many flow runs it may have going at once.")
    priority: Annotated[Priority | None, NotNull] = Field(
        None, description="Its place among the queues of the pool; the first is 1."
    )
    last_polled: DateTime | None = Field(None, description="When somebody asked it for work last.")
    filter: QueueFilter | None = Field(
        None, description="Which flow runs go into it.", json_schema_extra={"deprecated": True}
    )


class WorkQueueResponse(BaseModel):
    """A work queue."""

    id: UUID = Field(description="Its id.")
    created: DateTime | None = Field(description="When it was made.")
    updated: DateTime | None = Field(description="When it changed last.")
    name: Name = Field(description="Its name, which no other queue of the pool has.")
    description: str | None = Field("", description="What it is for.")
    is_paused: bool = Field(False, description="Whether it gives out no work for now.")
    concurrency_limit: SlotLimit | None = Field(None, description="How many flow runs it may have going at once.")
    priority: Priority = Field(1, description="Its place among the queues of the pool; the first is 1.")
    work_pool_id: UUID | None = Field(None, description="The pool that it is part of.")
    filter: QueueFilter | None = Field(
        None, description="Which flow runs go into it.", json_schema_extra={"deprecated": True}
    )
    last_polled: DateTime | None = Field(None, description="When somebody asked it for work last.")
    work_pool_name: str | None = Field(None, description="The name of that pool.")
    status: WorkQueueStatus | None = Field(None, description="Whether somebody asks it for work, or it is paused.")
    active_slots: int | None = Field(
        None, description="How many flow runs it has going, where their number is limited."
    )


class WorkerResponse(BaseModel):
    """A worker of a work pool."""

    id: UUID = Field(description="Its id.")
    created: DateTime | None = Field(description="When it was heard of first.")
    updated: DateTime | None = Field(description="When it was heard of last.")
    name: str = Field(description="Its name, which no other worker of the pool has.")
    work_pool_id: UUID = Field(description="The pool that it works for.")
    last_heartbeat_time: DateTime | None = Field(None, description="When it sent its last heartbeat.")
    heartbeat_interval_seconds: int | None = Field(None, description="How many seconds lie between its heartbeats.")
    status: WorkerStatus = Field(WorkerStatus.OFFLINE, description="Whether it has been heard of recently.")


class WorkerFlowRunResponse(BaseModel):
    """A flow run for a worker to start."""

    work_pool_id: UUID = Field(description="The pool that it waits in.")
    work_queue_id: UUID = Field(description="The queue of the pool that it waits in.")
    flow_run: FlowRun = Field(description="The flow run.")


class FlowRunSlotSummary(BaseModel):
    """A flow run that takes a slot."""

    id: UUID = Field(description="Its id.")
    name: str = Field(description="Its name.")
    state_type: StateType | None = Field(None, description="The type of its current state.")
    state_name: str | None = Field(None, description="The name of its current state.")
    start_time: DateTime | None = Field(None, description="When it started.")
    state_timestamp: DateTime | None = Field(None, description="When it entered its current state.")
    time_in_current_state: float | None = Field(None, description="For how many seconds it has been in that state.")


class WorkQueueConcurrencyStatusDetail(BaseModel):
    """How many slots of a queue are taken, and by whom."""

    queue_id: UUID = Field(description="The id of the queue.")
    queue_name: str = Field(description="The name of the queue.")
    active_slots: int = Field(description="How many slots are taken.")
    concurrency_limit: int | None = Field(None, description="How many slots there are, where they are limited.")
    flow_runs: list[FlowRunSlotSummary] = Field(default_factory=list, description="Runs that take a slot.")
    flow_run_count: int | None = Field(None, description="How many runs take a slot, listed or not.")


class WorkPoolConcurrencyStatus(BaseModel):
    """How many slots of a pool are taken, and by whom, a page of its queues."""

    active_slots: int = Field(description="How many slots of the pool are taken.")
    concurrency_limit: int | None = Field(None, description="How many slots there are, where they are limited.")
    queues: list[WorkQueueConcurrencyStatusDetail] = Field(default_factory=list, description="Queues of the pool.")
    count: int = Field(description="How many queues there are in all.")
    limit: int = Field(description="How many a page has at most.")
    pages: int = Field(description="How many pages there are.")
    page: int = Field(description="Which page this is; the first is 1.")


class WorkQueueConcurrencyStatus(BaseModel):
    """How many slots of a queue are taken, and by whom, a page of its runs."""

    active_slots: int = Field(description="How many slots of the queue are taken.")
    concurrency_limit: int | None = Field(None, description="How many slots there are, where they are limited.")
    flow_runs: list[FlowRunSlotSummary] = Field(default_factory=list, description="Runs that take a slot.")
    count: int = Field(description="How many runs take a slot in all.")
    limit: int = Field(description="How many a page has at most.")
    pages: int = Field(description="How many pages there are.")
    page: int = Field(description="Which page this is; the first is 1.")


class WorkQueueHealthPolicy(BaseModel):
    """When a work queue is healthy."""

    maximum_late_runs: int | None = Field(0, description="With at most so many late runs.")
    maximum_seconds_since_last_polled: int | None = Field(60, description="If polled at most so many seconds ago.")


class WorkQueueStatusDetail(BaseModel):
    """Whether a work queue is healthy."""

    healthy: bool = Field(description="Whether it is.")
    late_runs_count: int = Field(0, description="How many of its runs are late.")
    last_polled: DateTime | None = Field(None, description="When somebody asked it for work last.")
    health_check_policy: WorkQueueHealthPolicy = Field(description="What it takes to be healthy.")
