"""Doing the same to many flow runs."""

from uuid import UUID

from lictor.db.engine import Transaction
from lictor.orchestration.flow_runs import set_flow_run_state
from lictor.query.filter_key import Filters
from lictor.resources.flow_runs import queries
from lictor.resources.flow_runs.schemas import FlowRunOrchestrationResult
from lictor.resources.flow_runs.update import remove_flow_run
from lictor.resources.states.schemas import StateCreate
from lictor.settings import Settings
from lictor.validation.client import Client


async def remove_flow_runs(tx: Transaction, filters: Filters, limit: int) -> list[UUID]:
    """Deletes the newest flow runs that match; their ids."""
    ids = [row.id for row in await tx.all(queries.held_flow_runs(filters, limit))]
    for id in ids:
        await remove_flow_run(tx, id)
    return ids


async def set_flow_run_states(
    tx: Transaction, filters: Filters, limit: int, state: StateCreate, force: bool, settings: Settings, client: Client
) -> list[FlowRunOrchestrationResult]:
    """Asks for the newest flow runs that match to enter a state, and says of each what became of it."""
    results = []
    for row in await tx.all(queries.held_flow_runs(filters, limit)):
        result = await set_flow_run_state(tx, row.id, state, force, settings, client)
        results.append(
            FlowRunOrchestrationResult.model_construct(
                flow_run_id=row.id, status=result.status, state=result.state, details=result.details
            )
        )
    return results
