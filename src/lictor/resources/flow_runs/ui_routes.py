"""The flow-run API of Prefect's dashboard."""

from typing import Annotated
from uuid import UUID

from fastapi import Body, Response

from lictor.http.dependencies import ReadDB
from lictor.http.paging import MAX_IDS, Offset
from lictor.http.routing import StrictRouter
from lictor.http.rows import RowsResponse
from lictor.resources.filter_sets import PoolFilters
from lictor.resources.flow_runs import queries
from lictor.resources.flow_runs.schemas import FlowRunSort, SimpleFlowRun

router = StrictRouter(prefix="/ui/flow_runs", tags=["Flow Runs", "UI"])

MAX_HISTORY_RUNS = 1_000

FlowRunIds = Annotated[list[UUID], Body(embed=True, max_length=MAX_IDS, description="Which flow runs.")]


@router.post("/history", response_model=list[SimpleFlowRun])
async def read_flow_run_history(
    db: ReadDB,
    filters: PoolFilters,
    sort: Annotated[
        FlowRunSort, Body(description="In which order to list the flow runs.")
    ] = FlowRunSort.EXPECTED_START_TIME_DESC,
    limit: Annotated[
        int, Body(ge=0, le=MAX_HISTORY_RUNS, description="How many flow runs to return at most.")
    ] = MAX_HISTORY_RUNS,
    offset: Offset = 0,
) -> Response:
    """List the flow runs that match: when each ran, for how long, and how late it was."""
    statement = queries.flow_run_spans(filters, sort, limit=limit, offset=offset)
    return RowsResponse(await db.objects(queries.SIMPLE_FLOW_RUN, statement))


@router.post("/count-task-runs")
async def count_task_runs_by_flow_run(db: ReadDB, flow_run_ids: FlowRunIds) -> dict[UUID, int]:
    """Count the task runs of each of these flow runs, without those that stand for subflow runs."""
    counts = {row.flow_run_id: row.total for row in await db.all(queries.task_run_counts(flow_run_ids))}
    return {id: counts.get(id, 0) for id in flow_run_ids}
