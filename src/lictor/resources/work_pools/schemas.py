"""Work pools and work queues as the API shows and takes them."""

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from lictor.resources.concurrency_limits.schemas import SlotLimit
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
