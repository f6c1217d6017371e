"""The APIs of flow run states and task run states."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Response

from lictor.db.engine import Reader
from lictor.errors import NotFound
from lictor.http.dependencies import ReadDB
from lictor.http.fast_dependencies import through_fastapi
from lictor.http.routing import StrictRouter
from lictor.http.rows import RowsResponse
from lictor.resources.states.observed import STATES_OF_RUNS, ObservedState, ObservedStateSort, observed
from lictor.resources.states.queries import FLOW_RUN_STATES, TASK_RUN_STATES, States
from lictor.resources.states.schemas import State

flow_run_router = StrictRouter(prefix="/flow_run_states", tags=["Flow Run States"])
observed_router = StrictRouter(prefix="/observed-states", tags=["Observed States"])
task_run_router = StrictRouter(prefix="/task_run_states", tags=["Task Run States"])

Id = Annotated[UUID, Path(description="The state's id.")]


@flow_run_router.get("/{id:uuid}", response_model=State)
async def read_flow_run_state(db: ReadDB, id: Id) -> Response:
    """Read a state of a flow run."""
    return await _one(db, FLOW_RUN_STATES, id, "Flow run state not found")


@flow_run_router.get("/", response_model=list[State])
@through_fastapi
async def read_flow_run_states(
    db: ReadDB, flow_run_id: Annotated[UUID, Query(description="The flow run's id.")]
) -> Response:
    """List the states of a flow run, the first one first."""
    return await _all(db, FLOW_RUN_STATES, flow_run_id)


@task_run_router.get("/{id:uuid}", response_model=State)
async def read_task_run_state(db: ReadDB, id: Id) -> Response:
    """Read a state of a task run."""
    return await _one(db, TASK_RUN_STATES, id, "Task run state not found")


@task_run_router.get("/", response_model=list[State])
@through_fastapi
async def read_task_run_states(
    db: ReadDB, task_run_id: Annotated[UUID, Query(description="The task run's id.")]
) -> Response:
    """List the states of a task run, the first one first."""
    return await _all(db, TASK_RUN_STATES, task_run_id)


async def _one(db: Reader, states: States, id: UUID, otherwise: str) -> Response:
    state = await db.object(states.shape, states.by_id(id))
    if state is None:
        raise NotFound(otherwise)
    return RowsResponse(state)


async def _all(db: Reader, states: States, run_id: UUID) -> Response:
    return RowsResponse(await db.objects(states.shape, states.of_run(run_id)))


@observed_router.get("", response_model=list[ObservedState])
@through_fastapi
async def read_observed_states(
    db: ReadDB,
    query: Annotated[str | None, Query(max_length=100, description="How their types or names begin.")] = None,
    order_by: Annotated[
        ObservedStateSort, Query(description="In which order to list them.")
    ] = ObservedStateSort.LAST_SEEN_DESC,
    limit: Annotated[int, Query(ge=1, le=200, description="How many at most.")] = 200,
) -> Response:
    """List the types and names of the states that runs have been in."""
    async with db.connection() as connection:
        rows = [row for statement in STATES_OF_RUNS for row in await connection.all(statement)]
    return RowsResponse(observed(rows, query or "", order_by, limit))
