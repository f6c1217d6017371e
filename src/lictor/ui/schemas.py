"""What only the pages are told."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field, SecretStr

from lictor.resources.concurrency_limits.schemas import GlobalConcurrencyLimitResponse
from lictor.resources.flow_runs.schemas import FlowRunResponse
from lictor.resources.task_runs.schemas import TaskRun
from lictor.resources.work_pools.schemas import WorkPoolResponse
from lictor.validation.fields import DateTime


class NamedFlowRun(FlowRunResponse):
    """A flow run, with what a row of a table shows of its neighbours."""

    flow_name: str | None = Field(description="The name of its flow.")
    deployment_name: str | None = Field(description="The name of its deployment, if it has one.")
    task_run_count: int = Field(description="How many task runs it has, without those that stand for subflow runs.")


class NamedTaskRun(TaskRun):
    """A task run, with what a row of a table shows of its neighbours."""

    flow_run_name: str | None = Field(description="The name of its flow run, if it has one.")
    flow_id: UUID | None = Field(description="The id of its flow run's flow.")
    flow_name: str | None = Field(description="The name of that flow.")


class BoundedCount(BaseModel):
    """How many there are, up to a bound."""

    count: int = Field(description="How many match, or the bound if there are more.")
    is_more: bool = Field(description="Whether there are more than the bound.")


class Login(BaseModel):
    """Who wants to log in."""

    auth_string: SecretStr = Field(description="The `user:password` of the server's settings.")


class FoundObject(BaseModel):
    """Something whose id or name was looked for."""

    kind: Literal["flow", "flow_run", "task_run", "deployment", "work_pool"] = Field(description="What it is.")
    id: UUID = Field(description="Its id.")
    name: str = Field(description="Its name.")
    context: str | None = Field(description="What it belongs to: the name of its flow or flow run.")


class HeldSlots(BaseModel):
    """Who holds slots of a concurrency limit."""

    lease_id: UUID = Field(description="The lease by which they are held; `decrement-with-lease` gives them back.")
    since: DateTime = Field(description="From when on.")
    until: DateTime = Field(description="When the lease expires, unless it is renewed.")
    slots: int = Field(description="How many.")
    type: str | None = Field(description="What holds them: a `flow_run`, a `task_run` or a `deployment`.")
    id: UUID | None = Field(description="The holder's id.")
    name: str | None = Field(description="The holder's name, if it is still there.")


class Wait(BaseModel):
    """A time in which a run stood still."""

    run_id: UUID = Field(description="The run: the flow run itself, or one of its task runs.")
    state_name: str = Field(description="The state that it was in.")
    since: DateTime = Field(description="From when on.")
    until: DateTime | None = Field(description="When its next state came; null if none has come.")


class Attention(BaseModel):
    """Some flow runs that are alike in what they need, and how many there are."""

    count: BoundedCount = Field(description="How many there are.")
    runs: list[NamedFlowRun] = Field(description="The first of them.")


class Home(BaseModel):
    """What needs a person now, and what is next."""

    failed: Attention = Field(description="Flow runs that failed or crashed, the last ones first.")
    late: Attention = Field(description="Flow runs that should have started, the most overdue first.")
    paused: Attention = Field(description="Flow runs that wait for somebody, the last ones first.")
    running: Attention = Field(description="Flow runs that run now, the last ones first.")
    scheduled: Attention = Field(description="Flow runs that are due next, the first ones first.")
    work_pools: list[WorkPoolResponse] = Field(description="Work pools that nobody works for, or that are paused.")
    limits: list[GlobalConcurrencyLimitResponse] = Field(description="Concurrency limits with no slot left.")
