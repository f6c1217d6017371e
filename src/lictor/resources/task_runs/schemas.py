"""Task runs as the API shows and takes them."""

from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationInfo, field_validator

from lictor.db.types import dump_json
from lictor.resources.runs.names import random_name
from lictor.resources.runs.schemas import Labels, RetryPolicy, RunName
from lictor.resources.states.schemas import State, StateCreate, StateType
from lictor.validation.fields import DateTime, IndexedText, Text, fits_an_index

MAX_RETRY_DELAYS = 50


class TaskRunSort(StrEnum):
    """The orders in which task runs can be listed."""

    ID_DESC = "ID_DESC"
    EXPECTED_START_TIME_ASC = "EXPECTED_START_TIME_ASC"
    EXPECTED_START_TIME_DESC = "EXPECTED_START_TIME_DESC"
    NAME_ASC = "NAME_ASC"
    NAME_DESC = "NAME_DESC"
    NEXT_SCHEDULED_START_TIME_ASC = "NEXT_SCHEDULED_START_TIME_ASC"
    END_TIME_DESC = "END_TIME_DESC"
    DURATION_DESC = "DURATION_DESC"
    DURATION_ASC = "DURATION_ASC"


class TaskRunPolicy(RetryPolicy):
    """How a task run is retried."""

    retries: int | None = Field(None, description="How often the task is tried again after a failure.")
    retry_delay: int | FiniteFloat | list[int] | list[FiniteFloat] | None = Field(
        None, description="Seconds to wait before each retry, or a list of them, one for each retry."
    )
    retry_jitter_factor: FiniteFloat | None = Field(
        None, description="By what part of itself a delay may grow or shrink at random."
    )

    @field_validator("retry_delay")
    @classmethod
    def _few_delays(cls, delay: Any) -> Any:
        if isinstance(delay, list) and len(delay) > MAX_RETRY_DELAYS:
            raise ValueError(f"Can not configure more than {MAX_RETRY_DELAYS} retry delays per task.")
        return delay

    @field_validator("retry_jitter_factor")
    @classmethod
    def _not_negative(cls, factor: float | None) -> float | None:
        if factor is not None and factor < 0:
            raise ValueError("`retry_jitter_factor` must be >= 0.")
        return factor


class TaskRunResult(BaseModel):
    """An input that is the result of a task run."""

    input_type: Literal["task_run"] = "task_run"
    id: UUID


class FlowRunResult(BaseModel):
    """An input that is the result of a flow run."""

    input_type: Literal["flow_run"] = "flow_run"
    id: UUID


class Parameter(BaseModel):
    """An input that is a parameter of the flow run."""

    input_type: Literal["parameter"] = "parameter"
    name: Text


class Constant(BaseModel):
    """An input that stands in the flow's code."""

    input_type: Literal["constant"] = "constant"
    type: Text


TaskInputs = dict[Text, list[TaskRunResult | FlowRunResult | Parameter | Constant]]


class TaskRunCreate(BaseModel):
    """A task run to record."""

    model_config = ConfigDict(extra="forbid")

    id: UUID | None = Field(None, description="Its id; a new one unless given.")
    state: StateCreate | None = Field(None, description="Its first state; `Pending` unless given.")
    name: RunName = Field(default_factory=random_name, description="Its name.", examples=["extract-0"])
    flow_run_id: UUID | None = Field(None, description="The flow run that it belongs to.")
    task_key: IndexedText = Field(description="Which task it is a run of.")
    dynamic_key: IndexedText = Field(description="Tells apart the runs of one task within a flow run.")
    cache_key: Text | None = Field(None, description="Task runs with the same key share their result.")
    cache_expiration: DateTime | None = Field(None, description="Until when the result may be shared.")
    task_version: Text | None = Field(None, description="The version of the task.")
    empirical_policy: TaskRunPolicy = Field(default_factory=TaskRunPolicy, description="How it is retried.")
    tags: list[IndexedText] = Field(default_factory=list, description="Its tags.", examples=[["nightly", "etl"]])
    labels: Labels | None = Field(default_factory=dict, description="Its labels.", examples=[{"team": "data"}])
    task_inputs: TaskInputs = Field(default_factory=dict, description="Where each of its inputs comes from.")

    @field_validator("dynamic_key")
    @classmethod
    def _fits_an_index_beside_the_task_key(cls, key: str, info: ValidationInfo) -> str:
        fits_an_index(info.data.get("task_key", "") + key)
        return key


class TaskRunUpdate(BaseModel):
    """What can be changed about a task run."""

    model_config = ConfigDict(extra="forbid")

    name: RunName = Field(default_factory=random_name, description="Its new name.", examples=["extract-0"])


class _Described(BaseModel):
    """What every answer says of a task run."""

    id: UUID = Field(description="Its id.")
    created: DateTime | None = Field(description="When it was recorded first.")
    updated: DateTime | None = Field(description="When its record changed last.")
    name: str = Field(default_factory=random_name, description="Its name.", examples=["extract-0"])
    flow_run_id: UUID | None = Field(None, description="The flow run that it belongs to.")
    task_key: str = Field(description="Which task it is a run of.")
    state_id: UUID | None = Field(None, description="The id of its current state.")
    task_version: str | None = Field(None, description="The version of the task.")
    task_inputs: TaskInputs = Field(default_factory=dict, description="Where each of its inputs comes from.")
    empirical_policy: TaskRunPolicy = Field(default_factory=TaskRunPolicy, description="How it is retried.")
    tags: list[str] = Field(default_factory=list, description="Its tags.", examples=[["nightly", "etl"]])
    start_time: DateTime | None = Field(None, description="When it started.")
    end_time: DateTime | None = Field(None, description="When it came to its end.")
    total_run_time: float = Field(0.0, description="Seconds it has run in all, as of its last change of state.")
    estimated_run_time: float = Field(0.0, description="Seconds it has run in all, as of now.")
    estimated_start_time_delta: float = Field(0.0, description="Seconds by which it started late, or is late by now.")
    state: State | None = Field(None, description="Its current state.")


class TaskRunResponse(_Described):
    """A task run on a page."""


class TaskRun(_Described):
    """A task run."""

    dynamic_key: str = Field(description="Tells apart the runs of one task within a flow run.")
    cache_key: str | None = Field(None, description="Task runs with the same key share their result.")
    cache_expiration: DateTime | None = Field(None, description="Until when the result may be shared.")
    labels: Labels | None = Field(default_factory=dict, description="Its labels.", examples=[{"team": "data"}])
    state_type: StateType | None = Field(None, description="The type of its current state.")
    state_name: str | None = Field(None, description="The name of its current state.")
    run_count: int = Field(0, description="How often it has been started.")
    flow_run_run_count: int = Field(0, description="How often its flow run had been started when it was.")
    expected_start_time: DateTime | None = Field(None, description="When it was to start.")
    next_scheduled_start_time: DateTime | None = Field(None, description="When it is to start next.")


class UITaskRun(TaskRun):
    """A task run, with the name of its flow run."""

    flow_run_name: str | None = Field(None, description="The name of its flow run.")


class TaskRunPaginationResponse(BaseModel):
    """One page of task runs."""

    results: list[TaskRunResponse] = Field(description="The task runs of this page.")
    count: int = Field(description="How many task runs match in all.")
    limit: int = Field(description="How many a page holds at most.")
    pages: int = Field(description="How many pages there are.")
    page: int = Field(description="Which page this is; the first is 1.")


class TaskRunCount(BaseModel):
    """The task runs of one interval that have come to their end."""

    model_config = ConfigDict(
        json_schema_extra={"additionalProperties": {"type": "integer"}, "properties": {}, "required": []}
    )

    completed: int = Field(description="How many ended well.")
    failed: int = Field(description="How many failed or crashed.")


def policy_text(policy: TaskRunPolicy) -> str:
    """What the column `empirical_policy` holds."""
    return policy.model_dump_json()


def inputs_text(inputs: TaskInputs) -> str:
    """What the column `task_inputs` holds."""
    return dump_json({name: [source.model_dump(mode="json") for source in sources] for name, sources in inputs.items()})
