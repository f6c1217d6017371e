"""Runs that a test drives from state to state."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.engine import Database, Transaction
from lictor.db.types import load_json
from lictor.orchestration.flow_runs import set_flow_run_state
from lictor.orchestration.schemas import OrchestrationResult
from lictor.orchestration.task_runs import set_task_run_state
from lictor.resources.flow_runs.table import flow_run, flow_run_state
from lictor.resources.states.rows import state_of
from lictor.resources.states.schemas import StateCreate, StateDetails
from lictor.resources.task_runs.table import task_run, task_run_state
from lictor.settings import TaskSettings

ASKED = ("name", "message", "data")
DEFAULTS = TaskSettings()


def asked(type: str, **fields: Any) -> StateCreate:
    """A state to ask for; what is no field of a state is one of its details."""
    own = {field: fields.pop(field) for field in ASKED if field in fields}
    return StateCreate(type=type, state_details=StateDetails(**fields), **own)


@dataclass
class Driven:
    """A run of a test."""

    db: Database
    id: UUID
    settings: TaskSettings = DEFAULTS

    table = task_run
    states_table = task_run_state
    owner = "task_run_id"
    set_state = staticmethod(set_task_run_state)

    async def set(self, type: str, *, force: bool = False, **fields: Any) -> OrchestrationResult:
        async with self.db.write() as tx:
            return await self.set_state(tx, self.id, asked(type, **fields), force, self.settings)

    async def force(self, type: str, **fields: Any) -> OrchestrationResult:
        return await self.set(type, force=True, **fields)

    async def row(self) -> Any:
        return await self.db.read.first(sa.select(self.table).where(self.table.c.id == self.id))

    async def state(self) -> Any:
        return state_of(await self.row())

    async def states(self) -> list[Any]:
        states = self.states_table
        query = sa.select(states).where(states.c[self.owner] == self.id).order_by(states.c.timestamp)
        return list(await self.db.read.all(query))

    async def policy(self) -> dict[str, Any]:
        return load_json((await self.row()).empirical_policy)


class DrivenFlow(Driven):
    table = flow_run
    states_table = flow_run_state
    owner = "flow_run_id"

    @staticmethod
    async def set_state(
        tx: Transaction, id: UUID, state: StateCreate, force: bool = False, tasks: TaskSettings = DEFAULTS
    ) -> OrchestrationResult:
        del tasks
        return await set_flow_run_state(tx, id, state, force)


def verdict(result: OrchestrationResult) -> tuple[str, str | None]:
    """The status of an answer, and the reason given for it."""
    return result.status.value, getattr(result.details, "reason", None)


def named(result: OrchestrationResult) -> tuple[str, str | None]:
    """The type and the name of the state that a run is in after it was asked."""
    assert result.state
    return result.state.type.value, result.state.name
