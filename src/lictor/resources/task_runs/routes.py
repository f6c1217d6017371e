"""The task-run API."""

from typing import Annotated
from uuid import UUID

from fastapi import Body, Path, Response

from lictor.db.base import utc_now
from lictor.errors import NotFound
from lictor.http.dependencies import CurrentPresence, CurrentSettings, ReadDB, WriteTx
from lictor.http.explanations import add_explain
from lictor.http.exports import add_export
from lictor.http.fast_dependencies import through_fastapi
from lictor.http.list_response import list_response
from lictor.http.paging import Limit, Page, PageParams, offset_of
from lictor.http.routing import StrictRouter
from lictor.http.rows import RowsResponse, page_of
from lictor.orchestration.schemas import OrchestrationResult
from lictor.orchestration.task_runs import set_task_run_state
from lictor.query.cursor import ListQuery
from lictor.resources.filter_sets import DashboardFilters, RunFilters
from lictor.resources.logs.queries import delete_logs_of_task_run
from lictor.resources.runs.dependencies import IntervalSeconds
from lictor.resources.runs.history import Intervals, history_objects
from lictor.resources.runs.schemas import HistoryResponse
from lictor.resources.states.schemas import TAKES_SLOTS, CountByState, StateCreate
from lictor.resources.task_runs import queries
from lictor.resources.task_runs.create import record_task_run
from lictor.resources.task_runs.dashboard import Window, dashboard_counts, ended
from lictor.resources.task_runs.filters import TaskRunFilter
from lictor.resources.task_runs.schemas import (
    TaskRun,
    TaskRunCount,
    TaskRunCreate,
    TaskRunPaginationResponse,
    TaskRunSort,
    TaskRunUpdate,
    UITaskRun,
)
from lictor.validation.fields import DateTime

router = StrictRouter(prefix="/task_runs", tags=["Task Runs"])
ui_router = StrictRouter(prefix="/ui/task_runs", tags=["Task Runs", "UI"])

Id = Annotated[UUID, Path(description="The task run's id.")]
Sort = Annotated[TaskRunSort, Body(description="In which order to list the task runs.")]


@router.post("/", response_model=TaskRun, responses={201: {"model": TaskRun}})
@through_fastapi
async def create_task_run(tx: WriteTx, settings: CurrentSettings, task_run: TaskRunCreate) -> Response:
    """Record a task run, in its first state. One with the same keys in the same flow run is returned as it is."""
    task_run_id, is_new = await record_task_run(tx, task_run, settings.tasks)
    recorded = await tx.object(queries.TASK_RUN, queries.task_run_by_id(task_run_id))
    return RowsResponse(recorded, 201 if is_new else 200)


@router.patch("/{id:uuid}", status_code=204)
async def update_task_run(tx: WriteTx, id: Id, task_run: TaskRunUpdate) -> None:
    """Rename a task run."""
    if not await tx.changed(queries.update_task_run(id, task_run.model_dump(exclude_unset=True))):
        raise NotFound("Task run not found")


@router.post("/count", response_model=int)
async def count_task_runs(db: ReadDB, filters: RunFilters) -> Response:
    """Count the task runs that match."""
    return RowsResponse(await db.slow.scalar(queries.task_run_count(filters)))


@router.post("/history", response_model=list[HistoryResponse])
async def task_run_history(
    db: ReadDB,
    history_start: Annotated[DateTime, Body(description="When the first interval begins.")],
    history_end: Annotated[DateTime, Body(description="What the last interval reaches or passes.")],
    history_interval_seconds: IntervalSeconds,
    filters: RunFilters,
) -> Response:
    """Count the task runs that match by the interval they were to start in, and by state."""
    intervals = Intervals.between(history_start, history_end, history_interval_seconds)
    counts = await db.slow.rows(queries.task_run_history(filters, intervals, utc_now())) if intervals.count else []
    return RowsResponse(history_objects(intervals, counts))


@router.get("/{id:uuid}", response_model=TaskRun)
async def read_task_run(db: ReadDB, id: Id) -> Response:
    """Read a task run."""
    task_run = await db.object(queries.TASK_RUN, queries.task_run_by_id(id))
    if task_run is None:
        raise NotFound("Task not found")
    return RowsResponse(task_run)


async def _list_query(filters: RunFilters, sort: Sort = TaskRunSort.ID_DESC) -> ListQuery:
    return queries.task_run_list(filters, sort)


add_export(router, "task_runs", _list_query)
add_explain(router, "task_runs", _list_query)


@router.post("/filter", response_model=list[TaskRun])
async def read_task_runs(
    db: ReadDB,
    page_params: PageParams,
    filters: RunFilters,
    sort: Sort = TaskRunSort.ID_DESC,
) -> Response:
    """List the task runs that match."""
    return await list_response(db, queries.task_run_list(filters, sort), page_params)


@router.post("/paginate", response_model=TaskRunPaginationResponse)
async def paginate_task_runs(
    db: ReadDB,
    limit: Limit,
    filters: RunFilters,
    sort: Sort = TaskRunSort.ID_DESC,
    page: Page = 1,
) -> Response:
    """List one page of the task runs that match, and say how many there are in all."""
    offset = offset_of(page, limit)
    statement = queries.task_run_page(queries.TASK_RUN_ON_PAGE, filters, sort, limit=limit, offset=offset)
    results = await db.objects(queries.TASK_RUN_ON_PAGE, statement)
    count = await db.slow.scalar(queries.task_run_count(filters))
    return page_of(results, count=count, limit=limit, page=page)


@router.delete("/{id:uuid}", status_code=204)
async def delete_task_run(tx: WriteTx, id: Id) -> None:
    """Delete a task run with its states and logs."""
    if not await tx.changed(queries.delete_task_run(id)):
        raise NotFound("Task not found")
    await tx.execute(delete_logs_of_task_run(id))


@router.post(
    "/{id:uuid}/set_state",
    name="set_task_run_state",
    response_model=OrchestrationResult,
    responses={201: {"model": OrchestrationResult}},
)
async def set_state(
    tx: WriteTx,
    settings: CurrentSettings,
    presence: CurrentPresence,
    id: Id,
    response: Response,
    state: Annotated[StateCreate, Body(description="The state it is to enter.")],
    force: Annotated[bool, Body(description="Whether to leave out the rules that may forbid or replace it.")] = False,
) -> OrchestrationResult:
    """Ask for a task run to enter a state."""
    result = await set_task_run_state(tx, id, state, force, settings.tasks)
    if result.state is not None and result.state.type in TAKES_SLOTS:
        presence.require()
    response.status_code = result.status_code
    return result


@ui_router.post("/dashboard/counts", response_model=list[TaskRunCount])
async def read_dashboard_task_run_counts(db: ReadDB, task_runs: TaskRunFilter, filters: DashboardFilters) -> Response:
    """Count the task runs that ended well, and those that did not, over 20 intervals of a window of time."""
    window = Window.asked_by(task_runs, utc_now())
    if not window.width:
        return RowsResponse(dashboard_counts([]))
    rows = await db.slow.all(queries.ended_task_runs({**filters, "task_runs": ended(task_runs)}, window))
    return RowsResponse(dashboard_counts(rows))


@ui_router.post("/count", response_model=CountByState)
async def read_task_run_counts_by_state(db: ReadDB, filters: RunFilters) -> Response:
    """Count the task runs that match by the type of their state."""
    counts = await db.slow.all(queries.task_run_counts_by_state(filters))
    return RowsResponse(CountByState(**{row.value: row.total for row in counts}).model_dump())


@ui_router.get("/{id:uuid}", response_model=UITaskRun)
async def read_task_run_with_flow_run_name(db: ReadDB, id: Id) -> Response:
    """Read a task run, and the name of its flow run."""
    task_run = await db.object(queries.TASK_RUN_OF_NAMED_FLOW_RUN, queries.task_run_with_flow_run(id))
    if task_run is None:
        raise NotFound("Task not found")
    return RowsResponse(task_run)
