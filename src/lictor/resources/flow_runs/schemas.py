"""Flow runs as the API shows and takes them."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from lictor.orchestration.schemas import Details, SetStateStatus
from lictor.resources.runs.names import random_name
from lictor.resources.runs.schemas import Labels, RetryPolicy, RunName, given_or_random
from lictor.resources.states.schemas import State, StateCreate, StateType
from lictor.resources.task_runs.schemas import TaskRunResult
from lictor.validation.created_by import CreatedBy
from lictor.validation.fields import DateTime, IndexedText


class FlowRunSort(StrEnum):
    """The orders in which flow runs can be listed."""

    ID_DESC = "ID_DESC"
    START_TIME_ASC = "START_TIME_ASC"
    START_TIME_DESC = "START_TIME_DESC"
    EXPECTED_START_TIME_ASC = "EXPECTED_START_TIME_ASC"
    EXPECTED_START_TIME_DESC = "EXPECTED_START_TIME_DESC"
    NAME_ASC = "NAME_ASC"
    NAME_DESC = "NAME_DESC"
    NEXT_SCHEDULED_START_TIME_ASC = "NEXT_SCHEDULED_START_TIME_ASC"
    END_TIME_DESC = "END_TIME_DESC"


class FlowRunPolicy(RetryPolicy):
    """How a flow run is retried and paused."""

    retries: int | None = Field(None, description="How often the flow is tried again after a failure.")
    retry_delay: int | None = Field(None, description="Seconds to wait before each retry.")
    pause_keys: set[str] | None = Field(default_factory=set, description="The pauses that have taken effect.")
    resuming: bool | None = Field(False, description="Whether the run is about to go on after a pause.")
    retry_type: Literal["in_process", "reschedule"] | None = Field(
        None, description="Whether the same process retries, or a new one."
    )


class FlowRunCreate(BaseModel):
    """A flow run to record."""

    model_config = ConfigDict(extra="forbid")

    state: StateCreate | None = Field(None, description="Its first state; `Pending` unless given.")
    name: RunName = Field(default_factory=random_name, description="Its name.", examples=["gentle-otter"])
    flow_id: UUID = Field(description="The flow that it is a run of.")
    flow_version: str | None = Field(None, description="The version of the flow.")
    parameters: dict[str, Any] = Field(default_factory=dict, description="What the flow is called with.")
    context: dict[str, Any] = Field(default_factory=dict, description="What else there is to know for the run.")
    parent_task_run_id: UUID | None = Field(None, description="The task run that stands for it in its parent.")
    infrastructure_document_id: UUID | None = Field(None, description="The block that tells where to run it.")
    empirical_policy: FlowRunPolicy = Field(default_factory=FlowRunPolicy, description="How it is retried.")
    tags: list[IndexedText] = Field(default_factory=list, description="Its tags.", examples=[["nightly", "etl"]])
    labels: Labels | None = Field(default_factory=dict, description="Its labels.", examples=[{"team": "data"}])
    idempotency_key: IndexedText | None = Field(
        None, description="Of the runs of a flow, one has this key: it is returned if it is there already."
    )
    work_pool_name: str | None = Field(None, description="The work pool that is to run it.")
    work_queue_name: str | None = Field(None, description="The queue of the work pool; the default one unless given.")
    job_variables: dict[str, Any] | None = Field(None, description="What to change about its infrastructure.")
    deployment_id: UUID | None = Field(
        None, description="The deployment that it is a run of.", json_schema_extra={"deprecated": True}
    )


class FlowRunUpdate(BaseModel):
    """What can be changed about a flow run."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[IndexedText | None, BeforeValidator(given_or_random)] = Field(None, description="Its new name.")
    flow_version: str | None = Field(None, description="The version of the flow.")
    parameters: dict[str, Any] = Field(default_factory=dict, description="What the flow is called with.")
    empirical_policy: FlowRunPolicy = Field(default_factory=FlowRunPolicy, description="How it is retried.")
    tags: list[IndexedText] = Field(default_factory=list, description="Its new tags.")
    infrastructure_pid: str | None = Field(None, description="What its infrastructure calls it.")
    job_variables: dict[str, Any] | None = Field(None, description="What to change about its infrastructure.")


class FlowRun(BaseModel):
    """A flow run as workers get it."""

    id: UUID = Field(description="Its id.")
    created: DateTime | None = Field(description="When it was recorded first.")
    updated: DateTime | None = Field(description="When its record changed last.")
    name: str = Field(default_factory=random_name, description="Its name.", examples=["gentle-otter"])
    flow_id: UUID = Field(description="The flow that it is a run of.")
    state_id: UUID | None = Field(None, description="The id of its current state.")
    deployment_id: UUID | None = Field(None, description="The deployment that it is a run of.")
    deployment_version: str | None = Field(None, description="The version of the deployment.", examples=["1.0"])
    work_queue_id: UUID | None = Field(None, description="The work queue that it waits in.")
    work_queue_name: str | None = Field(None, description="The name of that queue.")
    flow_version: str | None = Field(None, description="The version of the flow.", examples=["1.0"])
    parameters: dict[str, Any] = Field(default_factory=dict, description="What the flow is called with.")
    idempotency_key: str | None = Field(None, description="No other run of the flow has this key.")
    context: dict[str, Any] = Field(default_factory=dict, description="What else there is to know for the run.")
    empirical_policy: FlowRunPolicy = Field(default_factory=FlowRunPolicy, description="How it is retried.")
    tags: list[str] = Field(default_factory=list, description="Its tags.", examples=[["nightly", "etl"]])
    labels: Labels | None = Field(default_factory=dict, description="Its labels.", examples=[{"team": "data"}])
    parent_task_run_id: UUID | None = Field(None, description="The task run that stands for it in its parent.")
    state_type: StateType | None = Field(None, description="The type of its current state.")
    state_name: str | None = Field(None, description="The name of its current state.")
    run_count: int = Field(0, description="How often it has been started.")
    expected_start_time: DateTime | None = Field(None, description="When it was to start.")
    next_scheduled_start_time: DateTime | None = Field(None, description="When it is to start next.")
    start_time: DateTime | None = Field(None, description="When it started.")
    end_time: DateTime | None = Field(None, description="When it came to its end.")
    total_run_time: float = Field(0.0, description="Seconds it has run in all, as of its last change of state.")
    estimated_run_time: float = Field(0.0, description="Seconds it has run in all, as of now.")
    estimated_start_time_delta: float = Field(0.0, description="Seconds by which it started late, or is late by now.")
    auto_scheduled: bool = Field(False, description="Whether a schedule made it.")
    infrastructure_document_id: UUID | None = Field(None, description="The block that tells where to run it.")
    infrastructure_pid: str | None = Field(None, description="What its infrastructure calls it.")
    created_by: CreatedBy | None = Field(None, description="Who made it, where that is known.")
    state: State | None = Field(None, description="Its current state.")
    job_variables: dict[str, Any] | None = Field(None, description="What it changes about its infrastructure.")


class FlowRunResponse(FlowRun):
    """A flow run."""

    labels: Labels = Field(default_factory=dict, description="Its labels.", examples=[{"team": "data"}])
    work_pool_id: UUID | None = Field(None, description="The work pool that is to run it.")
    work_pool_name: str | None = Field(None, description="The name of that pool.", examples=["on-demand"])


class FlowRunPaginationResponse(BaseModel):
    """One page of flow runs."""

    results: list[FlowRunResponse] = Field(description="The flow runs of this page.")
    count: int = Field(description="How many flow runs match in all.")
    limit: int = Field(description="How many a page holds at most.")
    pages: int = Field(description="How many pages there are.")
    page: int = Field(description="Which page this is; the first is 1.")


class FlowRunBulkDeleteResponse(BaseModel):
    """The flow runs that were deleted."""

    deleted: list[UUID] = Field(default_factory=list, description="Their ids.")


class FlowRunOrchestrationResult(BaseModel):
    """What became of a request for a flow run to enter a state."""

    flow_run_id: UUID = Field(description="The flow run's id.")
    status: SetStateStatus = Field(description="What became of the request.")
    state: State | None = Field(None, description="The state that the run is in now.")
    details: Details = Field(description="More about the status.")


class FlowRunBulkSetStateResponse(BaseModel):
    """What became of each of the flow runs."""

    results: list[FlowRunOrchestrationResult] = Field(default_factory=list, description="The results, one for each.")


class DependencyResult(BaseModel):
    """A task run of a flow run, and the task runs whose results went into it."""

    id: UUID = Field(description="Its id.")
    name: str = Field(description="Its name.")
    upstream_dependencies: list[TaskRunResult] = Field(description="The task runs whose results went into it.")
    state: State | None = Field(description="Its current state.")
    expected_start_time: datetime | None = Field(description="When it was to start.")
    start_time: datetime | None = Field(description="When it started.")
    end_time: datetime | None = Field(description="When it came to its end.")
    total_run_time: float | None = Field(description="Seconds it has run in all, as of its last change of state.")
    estimated_run_time: float | None = Field(description="Seconds it has run in all, as of now.")
    untrackable_result: bool = Field(description="Whether its result cannot be traced back to it.")


class GraphState(BaseModel):
    """A state that the flow run was in."""

    id: UUID = Field(description="The state's id.")
    timestamp: DateTime = Field(description="When the flow run entered it.")
    type: StateType = Field(description="What kind of state it is.")
    name: str = Field(description="What the state is called.")


class GraphArtifact(BaseModel):
    """An artifact that a run made."""

    id: UUID = Field(description="Its id.")
    created: DateTime = Field(description="When it was made.")
    key: str | None = Field(description="What it is called.")
    type: str | None = Field(description="What kind of artifact it is.")
    is_latest: bool = Field(description="Whether there is no newer one of its key.")
    data: Any | None = Field(description="How far it is, for an artifact that shows progress; null for others.")


class Edge(BaseModel):
    """Where an edge leads."""

    id: UUID = Field(description="The id of the run at its end.")


class Node(BaseModel):
    """A task run, or a subflow run."""

    kind: Literal["flow-run", "task-run"] = Field(description="Which of the two it is.")
    id: UUID = Field(description="The run's id.")
    label: str = Field(description="The run's name, for a subflow run with that of its flow.")
    state_type: StateType = Field(description="The type of its current state.")
    start_time: DateTime = Field(description="When it started, or is expected to.")
    end_time: DateTime | None = Field(description="When it came to its end.")
    parents: list[Edge] = Field(description="The runs whose results went into it.")
    children: list[Edge] = Field(description="The runs that its result went into.")
    encapsulating: list[Edge] = Field(description="The task runs that it ran within.")
    artifacts: list[GraphArtifact] = Field(description="The artifacts that it made.")


class Graph(BaseModel):
    """The runs within a flow run, and what went from one to another."""

    start_time: DateTime | None = Field(description="When the flow run started, or is expected to.")
    end_time: DateTime | None = Field(description="When it came to its end.")
    root_node_ids: list[UUID] = Field(description="The nodes that no edge leads to.")
    nodes: list[tuple[UUID, Node]] = Field(description="The nodes, each with its id.")
    artifacts: list[GraphArtifact] = Field(description="The artifacts that the flow run made outside of task runs.")
    states: list[GraphState] = Field(description="The states that the flow run was in.")


class SimpleFlowRun(BaseModel):
    """When a flow run ran, and for how long."""

    id: UUID = Field(description="Its id.")
    state_type: StateType = Field(description="The type of its current state.")
    timestamp: DateTime = Field(description="When it started, or is expected to.")
    duration: float = Field(description="Seconds it has run in all, as of now.")
    lateness: float = Field(description="Seconds by which it started late, or is late by now.")
