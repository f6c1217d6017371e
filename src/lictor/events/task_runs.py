"""What an event tells of a task run: a state that it entered, and how the run looks since then."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field, ValidationInfo, field_validator

from lictor.db.ids import parse_id
from lictor.db.types import dump_json, load_json
from lictor.events.schemas import ID, Event
from lictor.resources.runs.schemas import Labels
from lictor.resources.states.rows import on_run, state_row
from lictor.resources.states.schemas import State
from lictor.resources.task_runs.schemas import TaskInputs, TaskRunPolicy, inputs_text, policy_text
from lictor.validation.fields import MAX_INTEGER, DateTime, IndexedText, fits_an_index, shortened

TASK_RUN = "prefect.task-run."
FLOW_RUN = "prefect.flow-run."
ORCHESTRATION = "prefect.orchestration"
MAX_RUN_TIME = timedelta(days=100_000_000)
"""What a column of microseconds holds."""


class TaskRunPayload(BaseModel):
    """A task run in an event. What is not told of it is not known, or not so any more."""

    name: str | None = None
    task_key: IndexedText
    dynamic_key: IndexedText
    cache_key: str | None = None
    cache_expiration: DateTime | None = None
    task_version: str | None = None
    empirical_policy: TaskRunPolicy = Field(default_factory=TaskRunPolicy)
    tags: list[IndexedText] = Field(default_factory=list)
    labels: Labels | None = None
    task_inputs: TaskInputs = Field(default_factory=dict)
    run_count: int = Field(0, ge=-MAX_INTEGER, le=MAX_INTEGER)
    flow_run_run_count: int = Field(0, ge=-MAX_INTEGER, le=MAX_INTEGER)
    expected_start_time: DateTime | None = None
    next_scheduled_start_time: DateTime | None = None
    start_time: DateTime | None = None
    end_time: DateTime | None = None
    total_run_time: timedelta = Field(timedelta(0), ge=-MAX_RUN_TIME, le=MAX_RUN_TIME)

    @field_validator("dynamic_key")
    @classmethod
    def _fits_an_index_beside_the_task_key(cls, key: str, info: ValidationInfo) -> str:
        fits_an_index(info.data.get("task_key", "") + key)
        return key

    def columns(self) -> dict[str, Any]:
        """The columns of the task run's row that speak of it, but for ids, state and clock of the row itself."""
        return {
            "name": shortened(self.name or f"{self.task_key}-{self.dynamic_key}"),
            "task_key": self.task_key,
            "dynamic_key": self.dynamic_key,
            "cache_key": self.cache_key,
            "cache_expiration": self.cache_expiration,
            "task_version": self.task_version,
            "empirical_policy": policy_text(self.empirical_policy),
            "tags": self.tags,
            "labels": dump_json(self.labels or {}),
            "task_inputs": inputs_text(self.task_inputs),
            "run_count": self.run_count,
            "flow_run_run_count": self.flow_run_run_count,
            "expected_start_time": self.expected_start_time,
            "next_scheduled_start_time": self.next_scheduled_start_time,
            "start_time": self.start_time,
            "end_time": self.end_time,
            "total_run_time": self.total_run_time,
        }


@dataclass(slots=True)
class TaskRunUpdate:
    """A task run in a state, as rows hold them."""

    id: UUID
    flow_run_id: UUID | None
    run: dict[str, Any]
    state: dict[str, Any]

    @property
    def keys(self) -> tuple[UUID, str, str] | None:
        """What tells it apart within its flow run."""
        if self.flow_run_id is None:
            return None
        return self.flow_run_id, self.run["task_key"], self.run["dynamic_key"]

    @property
    def order(self) -> tuple[datetime, UUID]:
        """Later states have a greater one; of two at the same moment, one has it everywhere."""
        return self.state["timestamp"], self.state["id"]

    def rename(self, id: UUID) -> None:
        """Takes it for the run of another id, which is the one that is known by its keys."""
        details = load_json(self.state["state_details"]) | {"task_run_id": str(id)}
        self.state["state_details"] = dump_json(details)
        self.id = id

    def run_row(self) -> dict[str, Any]:
        return {"id": self.id, "flow_run_id": self.flow_run_id, **self.run, **on_run(self.state)}


def task_run_update(event: Event) -> TaskRunUpdate | None:
    """The task run of an event, if it is for us to record. Raises ValueError where it does not say what it must."""
    labels = event.resource.root
    if not event.event.startswith(TASK_RUN[:-1]) or labels.get(ORCHESTRATION) != "client":
        return None
    id = id_in(labels[ID], TASK_RUN)
    flow_run = event.in_role("flow-run")
    flow_run_id = None if flow_run is None else id_in(flow_run[ID], FLOW_RUN)
    told = event.payload.get("task_run")
    entered = event.payload.get("validated_state")
    if not isinstance(told, dict) or not isinstance(entered, dict):
        raise ValueError("The payload must hold the objects `task_run` and `validated_state`")  # noqa: TRY004
    entered = {"id": event.id, "timestamp": event.occurred, **entered}
    if isinstance(name := entered.get("name"), str):
        entered["name"] = shortened(name)
    if isinstance(details := entered.get("state_details", {}), dict):
        entered["state_details"] = {**details, "task_run_id": id, "flow_run_id": flow_run_id}
    state = State.model_validate(entered)
    return TaskRunUpdate(id, flow_run_id, TaskRunPayload.model_validate(told).columns(), state_row(state))


def id_in(resource_id: str, prefix: str) -> UUID:
    """The id that stands behind the prefix. Raises ValueError."""
    if not resource_id.startswith(prefix):
        raise ValueError(f"Resource ID {resource_id} does not start with {prefix}")
    return parse_id(resource_id[len(prefix) :])
