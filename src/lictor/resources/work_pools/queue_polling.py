"""What agents polled for: the runs of one queue that are due, as far as there is room in it.

Nobody is given a run for a time of their own here: agents are gone since Prefect 3, and pages ask, too.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import Database, Transaction
from lictor.db.functions import value_in
from lictor.db.types import load_json
from lictor.query.filter_key import Filters
from lictor.resources.deployments.readiness import READY, mark
from lictor.resources.deployments.table import deployment
from lictor.resources.flow_runs.filters import FlowRunFilter
from lictor.resources.flow_runs.queries import FLOW_RUN, flow_run_count, flow_run_page
from lictor.resources.flow_runs.schemas import FlowRunSort
from lictor.resources.states.schemas import StateType
from lictor.resources.work_pools import queries
from lictor.resources.work_pools.filters import WorkQueueFilter
from lictor.resources.work_pools.status import POLL_PRECISION
from lictor.resources.work_pools.table import work_queue

Json = dict[str, Any]


async def poll_queue(db: Database, id: UUID, before: datetime, limit: int, *, only_looks: bool) -> list[Json] | None:
    """The runs of a queue that are due; None if there is no such queue."""
    async with db.read.connection() as connection:
        queue = await connection.first(queries.work_queue_row_by_id(id))
        if queue is None:
            return None
        if queue.concurrency_limit is not None:
            holding = HOLDING_SLOTS if queue.filter is None else HOLDING_SLOTS[:2]
            taken = await connection.scalar(flow_run_count(_filters(queue, holding)))
            limit = min(limit, max(0, queue.concurrency_limit - taken))
        runs: list[Json] = []
        if limit and not queue.is_paused:
            filters = _filters(queue, [StateType.SCHEDULED], before)
            statement = flow_run_page(filters, FlowRunSort.NEXT_SCHEDULED_START_TIME_ASC, limit=limit, offset=0)
            runs = await connection.objects(FLOW_RUN, statement)
    stale = utc_now() - POLL_PRECISION
    if not only_looks and (queue.last_polled is None or queue.last_polled < stale):
        await db.try_write(lambda tx: note_polls_of_queues(tx, work_queue, [id], stale))
    return runs


async def note_polls_of_queues(tx: Transaction, table: sa.Table, ids: Collection[UUID], before: datetime) -> None:
    """Notes that queues, or pools with all their queues, were polled; their deployments become ready by that."""
    if not await tx.changed(queries.record_poll(table, ids, before)):
        return
    queue_ids = sa.select(work_queue.c.id).where(
        value_in(work_queue.c.id if table is work_queue else work_queue.c.work_pool_id, ids)
    )
    await mark(tx, READY, deployment.c.work_queue_id.in_(queue_ids))


HOLDING_SLOTS = [StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]


def _filters(queue: sa.Row[Any], types: list[StateType], before: datetime | None = None) -> Filters:
    """What is asked of the runs of a queue: that they are in it, or that they are what the queue itself asks for."""
    asked: Json = {"state": {"type": {"any_": types}}}
    if before is not None:
        asked["next_scheduled_start_time"] = {"before_": before}
    if queue.filter is None:
        of_queue = WorkQueueFilter.model_validate({"id": {"any_": [queue.id]}})
        return {"flow_runs": FlowRunFilter.model_validate(asked), "work_queues": of_queue}
    own = load_json(queue.filter)
    asked["tags"] = {"all_": own.get("tags")}
    asked["deployment_id"] = {"any_": own.get("deployment_ids"), "is_null_": False}
    return {"flow_runs": FlowRunFilter.model_validate(asked)}
