"""The API of work queues that are named without their pool."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Response

from lictor.db.functions import Statement
from lictor.errors import NotFound
from lictor.http.dependencies import ReadDB
from lictor.http.routing import StrictRouter
from lictor.http.rows import RowsResponse
from lictor.resources.work_pools import queries
from lictor.resources.work_pools.schemas import WorkQueueResponse

router = StrictRouter(prefix="/work_queues", tags=["Work Queues"])


@router.get("/name/{name}", response_model=WorkQueueResponse)
async def read_work_queue_by_name(
    db: ReadDB, name: Annotated[str, Path(description="The work queue's name.")]
) -> Response:
    """Read the queue of a name in the pool of agents, or in any pool as long as agents have none."""
    return await _answer(db, queries.work_queue_of_agents(name))


@router.get("/{id:uuid}", response_model=WorkQueueResponse)
async def read_work_queue(db: ReadDB, id: Annotated[UUID, Path(description="The work queue's id.")]) -> Response:
    """Read a work queue."""
    return await _answer(db, queries.work_queue_by_id(id))


async def _answer(db: ReadDB, statement: Statement) -> Response:
    work_queue = await db.object(queries.WORK_QUEUE, statement)
    if work_queue is None:
        raise NotFound("work queue not found")
    return RowsResponse(work_queue)
