"""What only the pages are told."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field, SecretStr

from lictor.resources.concurrency_limits.schemas import GlobalConcurrencyLimitResponse
from lictor.resources.flow_runs.schemas import FlowRunResponse
from lictor.resources.task_runs.schemas import TaskRun
from lictor.resources.work_pools.schemas import WorkPoolResponse


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
