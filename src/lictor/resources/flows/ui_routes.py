"""The flow API of Prefect's dashboard."""

from typing import Annotated
from uuid import UUID

from fastapi import Body, Response

from lictor.http.dependencies import ReadDB
from lictor.http.paging import MAX_IDS
from lictor.http.routing import StrictRouter
from lictor.http.rows import RowsResponse
from lictor.resources.flows import queries
from lictor.resources.flows.schemas import SimpleNextFlowRun

router = StrictRouter(prefix="/ui/flows", tags=["Flows", "UI"])

FlowIds = Annotated[list[UUID], Body(embed=True, max_length=MAX_IDS, description="Which flows.")]


@router.post("/count-deployments")
async def count_deployments_by_flow(db: ReadDB, flow_ids: FlowIds) -> dict[UUID, int]:
    """Count the deployments of each of these flows."""
    counts = {row.flow_id: row.total for row in await db.all(queries.deployment_counts(flow_ids))}
    return {id: counts.get(id, 0) for id in flow_ids}


@router.post("/next-runs", response_model=dict[UUID, SimpleNextFlowRun | None])
async def next_runs_by_flow(db: ReadDB, flow_ids: FlowIds) -> Response:
    """Read the run of each of these flows that is to start next, null where none is scheduled."""
    runs = {run["flow_id"]: run for run in await db.objects(queries.NEXT_RUN, queries.next_runs(flow_ids))}
    return RowsResponse({str(id): runs.get(str(id)) for id in flow_ids})
