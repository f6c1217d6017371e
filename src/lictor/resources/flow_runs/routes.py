"""The flow-run API."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Body, Path, Query, Response
from pydantic import WithJsonSchema

from lictor.db.base import utc_now
from lictor.errors import NotFound, ObjectNotFound
from lictor.http.client import CurrentClient
from lictor.http.created_by import Creator
from lictor.http.dependencies import CurrentPresence, CurrentSettings, ReadDB, WriteTx
from lictor.http.explanations import add_explain
from lictor.http.exports import add_export
from lictor.http.fast_dependencies import through_fastapi
from lictor.http.list_response import list_response
from lictor.http.paging import Limit, Page, PageParams, offset_of
from lictor.http.routing import StrictRouter
from lictor.http.rows import RowsResponse, page_of
from lictor.orchestration.flow_runs import set_flow_run_state
from lictor.orchestration.schemas import OrchestrationResult
from lictor.query.cursor import ListQuery
from lictor.query.filter_key import Filters
from lictor.resources.block_documents.dependencies import Keys
from lictor.resources.filter_sets import HistoryFilters, QueueFilters
from lictor.resources.flow_runs import queries
from lictor.resources.flow_runs.bulk import remove_flow_runs, set_flow_run_states
from lictor.resources.flow_runs.create import record_flow_run
from lictor.resources.flow_runs.filters import FlowRunFilter
from lictor.resources.flow_runs.graph import EARLIEST, flow_run_graph
from lictor.resources.flow_runs.resume import resume_flow_run
from lictor.resources.flow_runs.schemas import (
    DependencyResult,
    FlowRunBulkDeleteResponse,
    FlowRunBulkSetStateResponse,
    FlowRunCreate,
    FlowRunPaginationResponse,
    FlowRunResponse,
    FlowRunSort,
    FlowRunUpdate,
    Graph,
)
from lictor.resources.flow_runs.update import add_labels, change_flow_run, remove_flow_run
from lictor.resources.runs.dependencies import IntervalSeconds
from lictor.resources.runs.history import Intervals, history_objects
from lictor.resources.runs.parameters import check_size
from lictor.resources.runs.schemas import HistoryResponse, Labels
from lictor.resources.states.schemas import TAKES_SLOTS, StateCreate
from lictor.validation.fields import DateTime

router = StrictRouter(prefix="/flow_runs", tags=["Flow Runs"])

Id = Annotated[UUID, Path(description="The flow run's id.")]
Sort = Annotated[FlowRunSort, Body(description="In which order to list the flow runs.")]
ProposedState = Annotated[StateCreate, Body(description="The state to enter.")]
Force = Annotated[bool, Body(description="Whether to leave out the rules that may forbid or replace it.")]

MAX_BULK_RUNS = 50

Which = Annotated[FlowRunFilter | None, Body(description="Which flow runs; any unless given.")]
AtOnce = Annotated[int, Body(ge=1, le=MAX_BULK_RUNS, description="How many of them at most, the newest first.")]


@router.post("/", response_model=FlowRunResponse, responses={201: {"model": FlowRunResponse}})
@through_fastapi
async def create_flow_run(
    tx: WriteTx, settings: CurrentSettings, client: CurrentClient, flow_run: FlowRunCreate, creator: Creator
) -> Response:
    """Record a flow run, in its first state. One of the same flow and idempotency key is returned as it is."""
    check_size(flow_run.parameters, settings.server.max_parameter_size)
    flow_run_id, is_new = await record_flow_run(tx, flow_run, creator, settings, client)
    recorded = await tx.object(queries.FLOW_RUN, queries.flow_run_by_id(flow_run_id))
    return RowsResponse(recorded, 201 if is_new else 200)


@router.patch("/{id:uuid}", status_code=204)
async def update_flow_run(tx: WriteTx, settings: CurrentSettings, keys: Keys, id: Id, flow_run: FlowRunUpdate) -> None:
    """Change a flow run. What is not given stays as it is."""
    check_size(flow_run.parameters, settings.server.max_parameter_size)
    await change_flow_run(tx, keys, id, flow_run)


@router.post("/count", response_model=int)
async def count_flow_runs(db: ReadDB, filters: QueueFilters) -> Response:
    """Count the flow runs that match."""
    return RowsResponse(await db.slow.scalar(queries.flow_run_count(filters)))


@router.post("/lateness")
async def average_flow_run_lateness(db: ReadDB, filters: QueueFilters) -> float | None:
    """The average number of seconds by which the flow runs that match started late, or are late by now."""
    micros = await db.slow.scalar(queries.average_lateness(filters, utc_now()))
    return None if micros is None else round(micros) / 1_000_000


@router.post("/history", response_model=list[HistoryResponse])
async def flow_run_history(
    db: ReadDB,
    history_start: Annotated[DateTime, Body(description="When the first interval begins.")],
    history_end: Annotated[DateTime, Body(description="What the last interval reaches or passes.")],
    history_interval_seconds: IntervalSeconds,
    filters: HistoryFilters,
) -> Response:
    """Count the flow runs that match by the interval they were to start in, and by state."""
    intervals = Intervals.between(history_start, history_end, history_interval_seconds)
    counts = await db.slow.rows(queries.flow_run_history(filters, intervals, utc_now())) if intervals.count else []
    return RowsResponse(history_objects(intervals, counts))


@router.get("/{id:uuid}", response_model=FlowRunResponse)
async def read_flow_run(db: ReadDB, id: Id) -> Response:
    """Read a flow run."""
    flow_run = await db.object(queries.FLOW_RUN, queries.flow_run_by_id(id))
    if flow_run is None:
        raise NotFound("Flow run not found")
    return RowsResponse(flow_run)


async def _list_query(filters: QueueFilters, sort: Sort = FlowRunSort.ID_DESC) -> ListQuery:
    return queries.flow_run_list(filters, sort)


add_export(router, "flow_runs", _list_query)
add_explain(router, "flow_runs", _list_query)


@router.post("/filter", response_model=list[FlowRunResponse])
async def read_flow_runs(
    db: ReadDB,
    page_params: PageParams,
    filters: QueueFilters,
    sort: Sort = FlowRunSort.ID_DESC,
) -> Response:
    """List the flow runs that match."""
    return await list_response(db, queries.flow_run_list(filters, sort), page_params)


@router.delete("/{id:uuid}", status_code=204)
async def delete_flow_run(tx: WriteTx, id: Id) -> None:
    """Delete a flow run with its states, task runs and logs."""
    await remove_flow_run(tx, id)


@router.get("/{id:uuid}/graph", response_model=list[DependencyResult], tags=["Flow Run Graph"])
async def read_flow_run_graph_v1(db: ReadDB, id: Id) -> Response:
    """List the task runs of a flow run, each with the task runs whose results went into it."""
    async with db.connection() as connection:
        if await connection.first(queries.span_of_flow_run(id)) is None:
            raise ObjectNotFound(f"Flow run with id {id} not found")
        return RowsResponse(await connection.objects(queries.DEPENDENCY, queries.dependencies_within(id)))


@router.get("/{id:uuid}/graph-v2", response_model=Graph, tags=["Flow Run Graph"])
@through_fastapi
async def read_flow_run_graph_v2(
    db: ReadDB,
    settings: CurrentSettings,
    id: Id,
    since: Annotated[DateTime, Query(description="Runs that ended earlier are left out.")] = EARLIEST,
) -> Response:
    """Read the graph of a flow run: its task runs and subflow runs, and whose results went into which."""
    return RowsResponse(await flow_run_graph(db, id, since, settings.server))


@router.post(
    "/{id:uuid}/resume",
    name="resume_flow_run",
    response_model=OrchestrationResult,
    responses={201: {"model": OrchestrationResult}},
)
async def resume(
    tx: WriteTx,
    settings: CurrentSettings,
    client: CurrentClient,
    id: Id,
    response: Response,
    run_input: Annotated[
        dict[str, Any] | None, Body(embed=True, description="What to tell the run, if it waits for that.")
    ] = None,
) -> OrchestrationResult:
    """Let a paused flow run go on."""
    result = await resume_flow_run(tx, id, run_input, settings, client)
    response.status_code = result.status_code
    return result


@router.post("/bulk_delete")
async def bulk_delete_flow_runs(
    tx: WriteTx, flow_runs: Which = None, limit: AtOnce = MAX_BULK_RUNS
) -> FlowRunBulkDeleteResponse:
    """Delete the newest flow runs that match, with their states and task runs."""
    return FlowRunBulkDeleteResponse(deleted=await remove_flow_runs(tx, {"flow_runs": flow_runs}, limit))


@router.post("/bulk_set_state")
async def bulk_set_flow_run_state(
    tx: WriteTx,
    settings: CurrentSettings,
    client: CurrentClient,
    state: ProposedState,
    flow_runs: Which = None,
    force: Force = False,
    limit: AtOnce = MAX_BULK_RUNS,
) -> FlowRunBulkSetStateResponse:
    """Ask for the newest flow runs that match to enter a state."""
    filters: Filters = {"flow_runs": flow_runs}
    results = await set_flow_run_states(tx, filters, limit, state, force, settings, client)
    return FlowRunBulkSetStateResponse.model_construct(results=results)


@router.post(
    "/{id:uuid}/set_state",
    name="set_flow_run_state",
    response_model=OrchestrationResult,
    responses={201: {"model": OrchestrationResult}},
)
async def set_state(
    tx: WriteTx,
    settings: CurrentSettings,
    presence: CurrentPresence,
    client: CurrentClient,
    id: Id,
    response: Response,
    state: ProposedState,
    force: Force = False,
) -> OrchestrationResult:
    """Ask for a flow run to enter a state."""
    result = await set_flow_run_state(tx, id, state, force, settings, client)
    if result.state is not None and result.state.type in TAKES_SLOTS:
        presence.require()
    response.status_code = result.status_code
    return result


@router.post("/paginate", response_model=FlowRunPaginationResponse)
async def paginate_flow_runs(
    db: ReadDB,
    limit: Limit,
    filters: QueueFilters,
    sort: Sort = FlowRunSort.ID_DESC,
    page: Page = 1,
) -> Response:
    """List one page of the flow runs that match, and say how many there are in all."""
    statement = queries.flow_run_page(filters, sort, limit=limit, offset=offset_of(page, limit))
    results = await db.objects(queries.FLOW_RUN, statement)
    count = await db.slow.scalar(queries.flow_run_count(filters))
    return page_of(results, count=count, limit=limit, page=page)


@router.patch("/{id:uuid}/labels", status_code=204)
async def update_flow_run_labels(
    tx: WriteTx,
    id: Id,
    labels: Annotated[
        Labels,
        WithJsonSchema({"type": "object", "additionalProperties": True}),
        Body(description="Labels to add, in place of those of the same names."),
    ],
) -> None:
    """Add labels to a flow run."""
    await add_labels(tx, id, labels)
