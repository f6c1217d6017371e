"""The deployment API."""

from typing import Annotated
from uuid import UUID

from fastapi import Body, Path, Response

from lictor.db.compiled_query import Runnable
from lictor.db.engine import Reader
from lictor.errors import NotFound
from lictor.http.created_by import Creator
from lictor.http.dependencies import CurrentSettings, ReadDB, WriteTx
from lictor.http.explanations import add_explain
from lictor.http.fast_dependencies import through_fastapi
from lictor.http.list_response import list_response
from lictor.http.paging import Limit, Page, PageParams, offset_of
from lictor.http.routing import StrictRouter
from lictor.http.rows import RowsResponse, page_of
from lictor.query.cursor import ListQuery
from lictor.resources.deployments import queries
from lictor.resources.deployments.filters import DeploymentFilter
from lictor.resources.deployments.limits import check_bounds
from lictor.resources.deployments.reading import deployment_object, deployment_objects, with_schedules
from lictor.resources.deployments.schemas import (
    DeploymentBulkDeleteResponse,
    DeploymentCreate,
    DeploymentPaginationResponse,
    DeploymentResponse,
    DeploymentSort,
    DeploymentUpdate,
)
from lictor.resources.deployments.writes import (
    change_deployment,
    drop_deployment,
    drop_deployments,
    pause,
    record_deployment,
)
from lictor.resources.filter_sets import QueueFilters

router = StrictRouter(prefix="/deployments", tags=["Deployments"])

MAX_BULK_DEPLOYMENTS = 50

Id = Annotated[UUID, Path(description="The deployment's id.")]
Sort = Annotated[DeploymentSort, Body(description="In which order to list the deployments.")]


@router.post("/", response_model=DeploymentResponse, responses={201: {"model": DeploymentResponse}})
@through_fastapi
async def create_deployment(
    tx: WriteTx, settings: CurrentSettings, author: Creator, deployment: DeploymentCreate
) -> Response:
    """Make a deployment. One of the same flow and name is changed instead."""
    check_bounds(deployment, settings.server)
    id, is_new = await record_deployment(tx, deployment, author)
    return RowsResponse(await deployment_object(tx, queries.deployment_by_id(id)), 201 if is_new else 200)


@router.patch("/{id:uuid}", status_code=204)
async def update_deployment(tx: WriteTx, settings: CurrentSettings, id: Id, deployment: DeploymentUpdate) -> None:
    """Change a deployment."""
    check_bounds(deployment, settings.server)
    await change_deployment(tx, id, deployment)


@router.get("/name/{flow_name}/{deployment_name}", response_model=DeploymentResponse)
async def read_deployment_by_name(
    db: ReadDB,
    flow_name: Annotated[str, Path(description="The flow's name.")],
    deployment_name: Annotated[str, Path(description="The deployment's name.")],
) -> Response:
    """Read the deployment of a name, of the flow of a name."""
    return await _answer(db, queries.deployment_by_name(flow_name, deployment_name))


@router.get("/{id:uuid}", response_model=DeploymentResponse)
async def read_deployment(db: ReadDB, id: Id) -> Response:
    """Read a deployment."""
    return await _answer(db, queries.deployment_by_id(id))


async def _answer(db: Reader, statement: Runnable) -> Response:
    async with db.connection() as connection:
        deployment = await deployment_object(connection, statement)
    if deployment is None:
        raise NotFound("Deployment not found")
    return RowsResponse(deployment)


async def _list_query(filters: QueueFilters, sort: Sort = DeploymentSort.NAME_ASC) -> ListQuery:
    return queries.deployment_list(filters, sort)


add_explain(router, "deployments", _list_query)


@router.post("/filter", response_model=list[DeploymentResponse])
async def read_deployments(
    db: ReadDB,
    page_params: PageParams,
    filters: QueueFilters,
    sort: Sort = DeploymentSort.NAME_ASC,
) -> Response:
    """List the deployments that match."""
    return await list_response(db, queries.deployment_list(filters, sort), page_params, with_schedules)


@router.post("/paginate", response_model=DeploymentPaginationResponse)
async def paginate_deployments(
    db: ReadDB,
    limit: Limit,
    filters: QueueFilters,
    sort: Sort = DeploymentSort.NAME_ASC,
    page: Page = 1,
) -> Response:
    """List one page of the deployments that match, and say how many there are in all."""
    statement = queries.deployment_page(filters, sort, limit=limit, offset=offset_of(page, limit))
    async with db.connection() as connection:
        results = await deployment_objects(connection, statement)
    count = await db.slow.scalar(queries.deployment_count(filters))
    return page_of(results, count=count, limit=limit, page=page)


@router.post("/count", response_model=int)
async def count_deployments(db: ReadDB, filters: QueueFilters) -> Response:
    """Count the deployments that match."""
    return RowsResponse(await db.slow.scalar(queries.deployment_count(filters)))


@router.delete("/{id:uuid}", status_code=204)
async def delete_deployment(tx: WriteTx, id: Id) -> None:
    """Delete a deployment with its schedules, its limit, and its runs that wait for their time."""
    await drop_deployment(tx, id)


@router.post("/bulk_delete")
async def bulk_delete_deployments(
    tx: WriteTx,
    deployments: Annotated[
        DeploymentFilter | None, Body(description="Which deployments to delete; any unless given.")
    ] = None,
    limit: Annotated[
        int, Body(ge=1, le=MAX_BULK_DEPLOYMENTS, description="How many deployments to delete at most.")
    ] = MAX_BULK_DEPLOYMENTS,
) -> DeploymentBulkDeleteResponse:
    """Delete the first deployments that match, by name."""
    return DeploymentBulkDeleteResponse(deleted=await drop_deployments(tx, {"deployments": deployments}, limit))


@router.post("/{id:uuid}/resume_deployment")
async def resume_deployment(tx: WriteTx, id: Id) -> None:
    """Let the schedules of a deployment make runs again."""
    await pause(tx, id, paused=False)


@router.post("/{id:uuid}/pause_deployment")
async def pause_deployment(tx: WriteTx, id: Id) -> None:
    """Let the schedules of a deployment make no more runs, and delete those that they have made and nobody started."""
    await pause(tx, id, paused=True)
