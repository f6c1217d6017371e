"""The API of work queues that are named without their pool."""

from typing import Annotated
from uuid import UUID

from fastapi import Body, Header, Path, Response

from lictor.db.base import utc_now
from lictor.db.functions import Statement
from lictor.errors import NotFound, ObjectNotFound
from lictor.http.dependencies import CurrentDatabase, ReadDB, WriteTx
from lictor.http.fast_dependencies import through_fastapi
from lictor.http.list_response import list_response
from lictor.http.paging import Limit, Page, PageParams, offset_of
from lictor.http.routing import StrictRouter
from lictor.http.rows import RowsResponse
from lictor.resources.flow_runs.schemas import FlowRunResponse
from lictor.resources.work_pools import queries, slots
from lictor.resources.work_pools.filters import WorkQueueFilter
from lictor.resources.work_pools.polling import LAST_MOMENT
from lictor.resources.work_pools.queue_polling import poll_queue
from lictor.resources.work_pools.schemas import (
    WorkQueueConcurrencyStatus,
    WorkQueueCreate,
    WorkQueueResponse,
    WorkQueueStatusDetail,
    WorkQueueUpdate,
)
from lictor.resources.work_pools.status import health_of_queue
from lictor.resources.work_pools.writes import create_queue_of_agents, delete_queue_by_id, update_queue_by_id
from lictor.validation.fields import MOMENT, DateTime

Id = Annotated[UUID, Path(description="The work queue's id.")]

router = StrictRouter(prefix="/work_queues", tags=["Work Queues"])


@router.get("/name/{name}", response_model=WorkQueueResponse)
async def read_work_queue_by_name(
    db: ReadDB, name: Annotated[str, Path(description="The work queue's name.")]
) -> Response:
    """Read the queue of a name in the pool of agents, or in any pool as long as agents have none."""
    return await _answer(db, queries.work_queue_of_agents(name))


@router.get("/{id:uuid}", response_model=WorkQueueResponse)
async def read_work_queue(db: ReadDB, id: Id) -> Response:
    """Read a work queue."""
    return await _answer(db, queries.work_queue_by_id(id))


async def _answer(db: ReadDB, statement: Statement) -> Response:
    work_queue = await db.object(queries.WORK_QUEUE, statement)
    if work_queue is None:
        raise NotFound("work queue not found")
    return RowsResponse(work_queue)


@router.post("/", response_model=WorkQueueResponse, status_code=201)
@through_fastapi
async def create_work_queue(tx: WriteTx, work_queue: WorkQueueCreate) -> Response:
    """Make a queue in the pool of agents, which is made, too, if it is not there."""
    id = await create_queue_of_agents(tx, work_queue)
    return RowsResponse(await tx.object(queries.WORK_QUEUE, queries.work_queue_by_id(id)), 201)


@router.patch("/{id:uuid}", status_code=204)
async def update_work_queue(tx: WriteTx, id: Id, work_queue: WorkQueueUpdate) -> None:
    """Change a work queue."""
    if not await update_queue_by_id(tx, id, work_queue):
        raise NotFound(f"Work Queue {id} not found")


@router.delete("/{id:uuid}", status_code=204)
async def delete_work_queue(tx: WriteTx, id: Id) -> None:
    """Delete a work queue. Deployments and flow runs that were in it are in none then."""
    if not await delete_queue_by_id(tx, id):
        raise NotFound("work queue not found")


@router.post("/filter", response_model=list[WorkQueueResponse])
async def read_work_queues(
    db: ReadDB,
    page_params: PageParams,
    work_queues: Annotated[WorkQueueFilter | None, Body(description="Which queues; any unless given.")] = None,
) -> Response:
    """List the work queues of all pools that match, by name."""
    return await list_response(db, queries.work_queue_list_of_all_pools({"work_queues": work_queues}), page_params)


@router.post("/{id:uuid}/get_runs", response_model=list[FlowRunResponse])
@through_fastapi
async def read_work_queue_runs(
    db: CurrentDatabase,
    id: Id,
    limit: Limit,
    scheduled_before: Annotated[
        DateTime | None, MOMENT, Body(embed=True, description="Only runs that are due at this moment or earlier.")
    ] = None,
    x_prefect_ui: Annotated[
        bool | None, Header(description="Whether Prefect's pages ask, who only have a look.")
    ] = False,
) -> Response:
    """List the runs of a work queue that are to be started, as far as there is room."""
    runs = await poll_queue(db, id, scheduled_before or LAST_MOMENT, limit, only_looks=bool(x_prefect_ui))
    if runs is None:
        raise ObjectNotFound(f"Work queue with id {id} not found.")
    return RowsResponse(runs)


@router.post("/{id:uuid}/concurrency_status", response_model=WorkQueueConcurrencyStatus)
async def read_work_queue_concurrency_status(db: ReadDB, id: Id, limit: Limit, page: Page = 1) -> Response:
    """Read how many slots of a work queue are taken, and a page of the runs that take them."""
    async with db.connection() as connection:
        queue = await connection.first(queries.work_queue_row_by_id(id))
        if queue is None:
            raise NotFound("Work queue not found.")
        return RowsResponse(
            await slots.concurrency_of_queue(connection, queue, page=page, offset=offset_of(page, limit), limit=limit)
        )


@router.get("/{id:uuid}/status", response_model=WorkQueueStatusDetail)
async def read_work_queue_status(db: ReadDB, id: Id) -> Response:
    """Read whether a work queue is healthy: polled recently, and without late runs."""
    async with db.connection() as connection:
        health = await connection.first(queries.work_queue_health(id))
    if health is None:
        raise ObjectNotFound(f"Work queue with id {id} not found")
    return RowsResponse(health_of_queue(health, utc_now()))
