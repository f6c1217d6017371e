"""The part of the API of work pools that workers talk to, and what is to be known of them."""

from typing import Annotated

from fastapi import Body, Path, Response
from pydantic import Field, WithJsonSchema

from lictor.errors import NotFound
from lictor.http.dependencies import CurrentDatabase, CurrentSettings, ReadDB, WriteTx
from lictor.http.list_response import list_response
from lictor.http.paging import Limit, Page, PageParams, offset_of
from lictor.http.routing import StrictRouter
from lictor.http.rows import RowsResponse
from lictor.resources.flow_runs.dependencies import CurrentHolder
from lictor.resources.work_pools import queries, slots, worker_queries
from lictor.resources.work_pools.channel import channel_route
from lictor.resources.work_pools.filters import WorkerFilter
from lictor.resources.work_pools.polling import FIRST_MOMENT, LAST_MOMENT, Poll, poll
from lictor.resources.work_pools.schemas import WorkerFlowRunResponse, WorkerResponse, WorkPoolConcurrencyStatus
from lictor.resources.work_pools.workers import record_heartbeat
from lictor.validation.fields import MAX_INTEGER, MOMENT, DateTime, IndexedText

router = StrictRouter(prefix="/work_pools", tags=["Work Pools"])


Name = Annotated[str, Path(description="The work pool's name.")]
PoolName = Annotated[str, Path(description="The work pool's name.")]
QueueNames = Annotated[
    list[str] | None,
    WithJsonSchema({"type": "array", "items": {"type": "string"}}),
    Body(description="The queues to look in, by name; all unless given."),
]
ScheduledBefore = Annotated[
    DateTime | None, MOMENT, Body(description="Only runs that are due at this moment or earlier.")
]
ScheduledAfter = Annotated[DateTime | None, MOMENT, Body(description="Only runs that are due at this moment or later.")]
HeartbeatInterval = Annotated[int, Field(gt=0, le=MAX_INTEGER)]


@router.post("/{name}/get_scheduled_flow_runs", response_model=list[WorkerFlowRunResponse])
async def get_scheduled_flow_runs(
    db: CurrentDatabase,
    settings: CurrentSettings,
    holder: CurrentHolder,
    name: Name,
    limit: Limit,
    work_queue_names: QueueNames = None,
    scheduled_before: ScheduledBefore = None,
    scheduled_after: ScheduledAfter = None,
) -> Response:
    """List the runs that are to be started, for a worker: those of the first queues first, as far as there is room.

    For some seconds other workers do not get the same runs.
    """
    asked = Poll(
        name,
        work_queue_names or (),
        scheduled_before or LAST_MOMENT,
        scheduled_after or FIRST_MOMENT,
        limit,
        holder.name,
    )
    runs = await poll(db, asked, settings.work_pools.claim_lease)
    if runs:
        await holder.give_back_if_gone(db)
    return RowsResponse(runs)


@router.post("/{name}/concurrency_status", response_model=WorkPoolConcurrencyStatus)
async def read_work_pool_concurrency_status(
    db: ReadDB,
    name: Name,
    limit: Limit,
    page: Page = 1,
    flow_run_limit: Annotated[int, Body(ge=0, le=200, description="How many runs to list of each queue.")] = 10,
) -> Response:
    """Read how many slots of a work pool are taken, and by whom, a page of its queues."""
    async with db.connection() as connection:
        pool = await connection.first(queries.work_pool_row(name))
        if pool is None:
            raise NotFound(f"Work pool {name!r} not found.")
        status = await slots.concurrency_of_pool(
            connection, pool, page=page, offset=offset_of(page, limit), limit=limit, flow_run_limit=flow_run_limit
        )
    return RowsResponse(status)


@router.post("/{work_pool_name}/workers/heartbeat", status_code=204)
async def worker_heartbeat(
    tx: WriteTx,
    settings: CurrentSettings,
    work_pool_name: PoolName,
    name: Annotated[IndexedText, Body(embed=True, description="The worker's name.")],
    heartbeat_interval_seconds: Annotated[
        HeartbeatInterval | None, Body(embed=True, description="How many seconds pass until its next heartbeat.")
    ] = None,
) -> None:
    """Say that a worker is alive."""
    await record_heartbeat(tx, work_pool_name, name, heartbeat_interval_seconds, settings.foreman)


@router.post("/{work_pool_name}/workers/filter", response_model=list[WorkerResponse])
async def read_workers(
    db: ReadDB,
    page_params: PageParams,
    work_pool_name: PoolName,
    workers: Annotated[WorkerFilter | None, Body(description="Which workers; any unless given.")] = None,
) -> Response:
    """List the workers of a work pool that match, the one that was heard of last first."""
    pool = await db.first(queries.work_pool_row(work_pool_name))
    if pool is None:
        raise NotFound(f'Work pool "{work_pool_name}" not found.')
    return await list_response(db, worker_queries.worker_list(pool.id, {"workers": workers}), page_params)


@router.delete("/{work_pool_name}/workers/{name}", status_code=204)
async def delete_worker(
    tx: WriteTx, work_pool_name: PoolName, name: Annotated[str, Path(description="The worker's name.")]
) -> None:
    """Forget a worker. One that is still there is known again at its next heartbeat."""
    pool = await tx.first(queries.work_pool_row(work_pool_name))
    if pool is None:
        raise NotFound(f'Work pool "{work_pool_name}" not found.')
    if not await tx.changed(worker_queries.delete_worker(pool.id, name)):
        raise NotFound("Worker not found.")


router.routes.append(channel_route)
