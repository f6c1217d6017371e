"""The flow API."""

from operator import attrgetter
from typing import Annotated
from uuid import UUID

from fastapi import Body, Path, Response

from lictor.errors import NotFound
from lictor.http.dependencies import ReadDB, WriteTx
from lictor.http.explanations import add_explain
from lictor.http.exports import add_export
from lictor.http.fast_dependencies import through_fastapi
from lictor.http.list_response import list_response
from lictor.http.paging import Limit, Page, PageParams, offset_of
from lictor.http.routing import StrictRouter
from lictor.http.rows import RowsResponse, page_of
from lictor.query.cursor import ListQuery
from lictor.resources.filter_sets import PoolFilters
from lictor.resources.flows import queries
from lictor.resources.flows.events import emit_flow_events
from lictor.resources.flows.filters import FlowFilter
from lictor.resources.flows.schemas import (
    Flow,
    FlowBulkDeleteResponse,
    FlowCreate,
    FlowPaginationResponse,
    FlowSort,
    FlowUpdate,
)

router = StrictRouter(prefix="/flows", tags=["Flows"])

MAX_BULK_FLOWS = 50

Id = Annotated[UUID, Path(description="The flow's id.")]
Sort = Annotated[FlowSort, Body(description="In which order to list the flows.")]


@router.post("/", response_model=Flow, responses={201: {"model": Flow}})
@through_fastapi
async def create_flow(tx: WriteTx, flow: FlowCreate) -> Response:
    """Register a flow. One of the same name is returned as it is."""
    found, is_new = None, False
    while found is None:  # somebody may delete the flow that the insert has met
        is_new = await tx.changed(queries.insert_flow(flow))
        found = await tx.object(queries.FLOW, queries.flow_by_name(flow.name))
    if is_new:
        await emit_flow_events(tx, "created", await tx.all(queries.flow_row(flow.name)))
    return RowsResponse(found, 201 if is_new else 200)


@router.patch("/{id:uuid}", status_code=204)
async def update_flow(tx: WriteTx, id: Id, flow: FlowUpdate) -> None:
    """Change the tags of a flow."""
    changed = await tx.all(queries.update_flow(id, flow))
    if not changed:
        raise NotFound("Flow not found")
    await emit_flow_events(tx, "updated", changed)


@router.post("/count", response_model=int)
async def count_flows(db: ReadDB, filters: PoolFilters) -> Response:
    """Count the flows that match."""
    return RowsResponse(await db.slow.scalar(queries.flow_count(filters)))


@router.get("/name/{name}", response_model=Flow)
async def read_flow_by_name(db: ReadDB, name: Annotated[str, Path(description="The flow's name.")]) -> Response:
    """Read the flow of a name."""
    flow = await db.object(queries.FLOW, queries.flow_by_name(name))
    if flow is None:
        raise NotFound("Flow not found")
    return RowsResponse(flow)


@router.get("/{id:uuid}", response_model=Flow)
async def read_flow(db: ReadDB, id: Id) -> Response:
    """Read a flow."""
    flow = await db.object(queries.FLOW, queries.flow_by_id(id))
    if flow is None:
        raise NotFound("Flow not found")
    return RowsResponse(flow)


async def _list_query(filters: PoolFilters, sort: Sort = FlowSort.NAME_ASC) -> ListQuery:
    return queries.flow_list(filters, sort)


add_export(router, "flows", _list_query)
add_explain(router, "flows", _list_query)


@router.post("/filter", response_model=list[Flow])
async def read_flows(
    db: ReadDB,
    page_params: PageParams,
    filters: PoolFilters,
    sort: Sort = FlowSort.NAME_ASC,
) -> Response:
    """List the flows that match."""
    return await list_response(db, queries.flow_list(filters, sort), page_params)


@router.delete("/{id:uuid}", status_code=204)
async def delete_flow(tx: WriteTx, id: Id) -> None:
    """Delete a flow with its deployments and runs."""
    deleted = await tx.all(queries.delete_flow(id))
    if not deleted:
        raise NotFound("Flow not found")
    await emit_flow_events(tx, "deleted", deleted)


@router.post("/bulk_delete")
async def bulk_delete_flows(
    tx: WriteTx,
    flows: Annotated[FlowFilter | None, Body(description="Which flows to delete; any unless given.")] = None,
    limit: Annotated[
        int, Body(ge=1, le=MAX_BULK_FLOWS, description="How many flows to delete at most.")
    ] = MAX_BULK_FLOWS,
) -> FlowBulkDeleteResponse:
    """Delete the first flows that match, by name, with their deployments and runs."""
    deleted = await tx.all(queries.delete_flows({"flows": flows}, limit))
    await emit_flow_events(tx, "deleted", sorted(deleted, key=attrgetter("name")))
    return FlowBulkDeleteResponse(deleted=[row.id for row in deleted])


@router.post("/paginate", response_model=FlowPaginationResponse)
async def paginate_flows(
    db: ReadDB,
    limit: Limit,
    filters: PoolFilters,
    sort: Sort = FlowSort.NAME_ASC,
    page: Page = 1,
) -> Response:
    """List one page of the flows that match, and say how many there are in all."""
    statement = queries.flow_page(filters, sort, limit=limit, offset=offset_of(page, limit))
    results = await db.objects(queries.FLOW, statement)
    count = await db.slow.scalar(queries.flow_count(filters))
    return page_of(results, count=count, limit=limit, page=page)
