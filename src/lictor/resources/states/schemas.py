"""States as the API shows and takes them."""

from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lictor.db.base import utc_now
from lictor.validation.fields import DateTime, IndexedText


class StateType(StrEnum):
    """What kind of state a run is in; a state's name says more."""

    SCHEDULED = "SCHEDULED"
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    CRASHED = "CRASHED"
    PAUSED = "PAUSED"
    CANCELLING = "CANCELLING"


TERMINAL = frozenset({StateType.COMPLETED, StateType.CANCELLED, StateType.FAILED, StateType.CRASHED})
"""The types in which a run has come to its end."""

TAKES_SLOTS = frozenset({StateType.PENDING, StateType.RUNNING})
"""The types of state with which a run may be given slots of limits."""


class CountByState(BaseModel):
    """How many runs are in each type of state."""

    COMPLETED: int = 0
    PENDING: int = 0
    RUNNING: int = 0
    FAILED: int = 0
    CANCELLED: int = 0
    CRASHED: int = 0
    PAUSED: int = 0
    CANCELLING: int = 0
    SCHEDULED: int = 0


class StateDetails(BaseModel):
    """What a state carries for those who orchestrate the run."""

    flow_run_id: UUID | None = Field(default=None, description="The flow run in this state, or that of the task run.")
    task_run_id: UUID | None = Field(default=None, description="The task run in this state.")
    child_flow_run_id: UUID | None = Field(default=None, description="The subflow run that the task run stands for.")
    scheduled_time: DateTime | None = Field(default=None, description="When the run is to start, not before.")
    cache_key: str | None = Field(default=None, description="Task runs with the same key share their result.")
    cache_expiration: DateTime | None = Field(default=None, description="Until when the cached result is good.")
    deferred: bool | None = Field(default=False, description="Whether a task worker is to run it in the background.")
    untrackable_result: bool = Field(default=False, description="Whether the result cannot be traced back to its run.")
    pause_timeout: DateTime | None = Field(default=None, description="Until when a paused run can be resumed.")
    pause_reschedule: bool = Field(default=False, description="Whether the process ends during the pause.")
    pause_key: str | None = Field(default=None, description="Names the pause, which takes effect once.")
    run_input_keyset: dict[str, str] | None = Field(
        default=None, description="Where the input that a paused run waits for is kept."
    )
    refresh_cache: bool | None = Field(default=None, description="Whether to run even if a cached result exists.")
    retriable: bool | None = Field(default=None, description="False rules out a retry of this failure.")
    transition_id: UUID | None = Field(default=None, description="Names the transition, so that it is made only once.")
    task_parameters_id: UUID | None = Field(
        default=None, description="Where the parameters of a deferred task are kept."
    )
    traceparent: str | None = Field(default=None, description="The W3C trace context the state was made in.")
    deployment_concurrency_lease_id: UUID | None = Field(
        default=None, description="The lease on a concurrency slot of the deployment."
    )


class _WithDefaults(BaseModel):
    """A state without a name takes it from its type; one that schedules without a time means now."""

    type: StateType = Field(description="What kind of state it is.")
    name: IndexedText | None = Field(default=None, description="What the state is called; by default, as its type.")
    message: str | None = Field(default=None, description="What happened, in words.")
    data: Any | None = Field(default=None, description="A result, or where to find it; any JSON.")
    state_details: StateDetails = Field(
        description="What goes with the state, for orchestration.", default_factory=StateDetails
    )

    @model_validator(mode="after")
    def _fill_in(self) -> Self:
        if self.name is None:
            self.name = self.type.capitalize()
        if self.type is StateType.SCHEDULED and self.state_details.scheduled_time is None:
            self.state_details.scheduled_time = utc_now()
        return self


class StateCreate(_WithDefaults):
    """A state that a run is to enter."""

    model_config = ConfigDict(extra="forbid")


class State(_WithDefaults):
    """A state that a run is in, or has been in."""

    id: UUID = Field(description="The state's id.")
    timestamp: DateTime = Field(default_factory=utc_now, description="When the run entered the state.")

    @property
    def is_terminal(self) -> bool:
        return self.type in TERMINAL
