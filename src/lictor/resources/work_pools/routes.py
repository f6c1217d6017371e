"""The API of work pools and their queues."""

import re
from typing import Annotated

from fastapi import Body, Depends, Header, Path, Response

from lictor.db.row_serializer import RowSerializer
from lictor.errors import Conflict, NotFound
from lictor.http.dependencies import ReadDB, WriteTx
from lictor.http.fast_dependencies import through_fastapi
from lictor.http.list_response import list_response
from lictor.http.paging import PageParams
from lictor.http.routing import StrictRouter
from lictor.http.rows import RowsResponse
from lictor.resources.block_documents.dependencies import Keys
from lictor.resources.work_pools import queries
from lictor.resources.work_pools.filters import WorkPoolFilter, WorkQueueFilter
from lictor.resources.work_pools.schemas import (
    WorkPoolCreate,
    WorkPoolResponse,
    WorkPoolUpdate,
    WorkQueueCreate,
    WorkQueueResponse,
    WorkQueueUpdate,
)
from lictor.resources.work_pools.writes import change_pool, change_queue, drop_pool, drop_queue, make_pool, make_queue

router = StrictRouter(prefix="/work_pools", tags=["Work Pools"])

CLIENT = re.compile(r"prefect/(\d+)\.(\d+)\.(\d+)")
LAST_TO_REFUSE_NEW_FIELDS = (3, 3, 7)

Name = Annotated[str, Path(description="The work pool's name.")]
PoolName = Annotated[str, Path(description="The work pool's name.")]
QueueName = Annotated[str, Path(description="The queue's name.")]
Pools = Annotated[WorkPoolFilter | None, Body(description="Which work pools; any unless given.")]


async def _shape(user_agent: Annotated[str, Header(include_in_schema=False)] = "") -> RowSerializer:
    version = CLIENT.match(user_agent)
    if version is not None and tuple(map(int, version.groups())) <= LAST_TO_REFUSE_NEW_FIELDS:
        return queries.WORK_POOL_FOR_OLD_CLIENTS
    return queries.WORK_POOL


PoolShape = Annotated[RowSerializer, Depends(_shape)]


@router.post("/", response_model=WorkPoolResponse, status_code=201)
@through_fastapi
async def create_work_pool(tx: WriteTx, keys: Keys, shape: PoolShape, work_pool: WorkPoolCreate) -> Response:
    """Make a work pool, with a queue called `default`."""
    if not await make_pool(tx, keys, work_pool):
        raise Conflict("A work pool with this name already exists.")
    return RowsResponse(await tx.object(shape, queries.work_pool_by_name(shape, work_pool.name)), 201)


@router.get("/{name}", response_model=WorkPoolResponse)
@through_fastapi
async def read_work_pool(db: ReadDB, shape: PoolShape, name: Name) -> Response:
    """Read a work pool."""
    work_pool = await db.object(shape, queries.work_pool_by_name(shape, name))
    if work_pool is None:
        raise NotFound(f'Work pool "{name}" not found.')
    return RowsResponse(work_pool)


@router.post("/filter", response_model=list[WorkPoolResponse])
@through_fastapi
async def read_work_pools(
    db: ReadDB,
    page_params: PageParams,
    shape: PoolShape,
    work_pools: Pools = None,
) -> Response:
    """List the work pools that match, by name."""
    return await list_response(db, queries.work_pool_list(shape, {"work_pools": work_pools}), page_params)


@router.post("/count")
async def count_work_pools(
    db: ReadDB,
    work_pools: Annotated[
        WorkPoolFilter | None, Body(embed=True, description="Which work pools; any unless given.")
    ] = None,
) -> int:
    """Count the work pools that match."""
    count: int = await db.slow.scalar(queries.work_pool_count({"work_pools": work_pools}))
    return count


@router.patch("/{name}", status_code=204)
async def update_work_pool(tx: WriteTx, name: Name, work_pool: WorkPoolUpdate) -> None:
    """Change a work pool."""
    await change_pool(tx, name, work_pool)


@router.delete("/{name}", status_code=204)
async def delete_work_pool(tx: WriteTx, name: Name) -> None:
    """Delete a work pool with its queues. Deployments and flow runs that were in one of them are in none then."""
    await drop_pool(tx, name)


@router.post("/{work_pool_name}/queues", response_model=WorkQueueResponse, status_code=201)
@through_fastapi
async def create_work_queue(tx: WriteTx, work_pool_name: PoolName, work_queue: WorkQueueCreate) -> Response:
    """Make a queue in a work pool."""
    id = await make_queue(tx, work_pool_name, work_queue)
    return RowsResponse(await tx.object(queries.WORK_QUEUE, queries.work_queue_by_id(id)), 201)


@router.get("/{work_pool_name}/queues/{name}", response_model=WorkQueueResponse)
async def read_work_queue(db: ReadDB, work_pool_name: PoolName, name: QueueName) -> Response:
    """Read a queue of a work pool."""
    work_queue = await db.object(queries.WORK_QUEUE, queries.work_queue_by_name(work_pool_name, name))
    if work_queue is None:
        raise NotFound(f"Work pool queue '{work_pool_name}/{name}' not found.")
    return RowsResponse(work_queue)


@router.post("/{work_pool_name}/queues/filter", response_model=list[WorkQueueResponse])
async def read_work_queues(
    db: ReadDB,
    page_params: PageParams,
    work_pool_name: PoolName,
    work_queues: Annotated[WorkQueueFilter | None, Body(description="Which queues; any unless given.")] = None,
) -> Response:
    """List the queues of a work pool that match, by priority."""
    pool = await db.first(queries.work_pool_row(work_pool_name))
    if pool is None:
        raise NotFound(f'Work pool "{work_pool_name}" not found.')
    return await list_response(db, queries.work_queue_list(pool.id, {"work_queues": work_queues}), page_params)


@router.patch("/{work_pool_name}/queues/{name}", status_code=204)
async def update_work_queue(
    tx: WriteTx, work_pool_name: PoolName, name: QueueName, work_queue: WorkQueueUpdate
) -> None:
    """Change a queue of a work pool."""
    await change_queue(tx, work_pool_name, name, work_queue)


@router.delete("/{work_pool_name}/queues/{name}", status_code=204)
async def delete_work_queue(tx: WriteTx, work_pool_name: PoolName, name: QueueName) -> None:
    """Delete a queue of a work pool. Deployments and flow runs that were in it are in none then."""
    await drop_queue(tx, work_pool_name, name)
