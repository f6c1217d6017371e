"""Who takes the slots of a pool and of its queues."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.engine import Connection
from lictor.db.functions import Statement, rows_from
from lictor.db.row_serializer import Computed, RowSerializer
from lictor.resources.flow_runs.table import flow_run
from lictor.resources.work_pools import queries
from lictor.resources.work_pools.table import work_queue

Json = dict[str, Any]


def _seconds_since(now: datetime, moment: datetime | None) -> float | None:
    return None if moment is None else (now - moment).total_seconds()


SLOT_HOLDER = RowSerializer(
    {
        "id": flow_run.c.id,
        "name": flow_run.c.name,
        "state_type": flow_run.c.state_type,
        "state_name": flow_run.c.state_name,
        "start_time": flow_run.c.start_time,
        "state_timestamp": flow_run.c.state_timestamp,
        "time_in_current_state": Computed(_seconds_since, (flow_run.c.state_timestamp,)),
    }
)
_HOLDERS = SLOT_HOLDER.select().select_from(flow_run).order_by(flow_run.c.id)


def _count_by_queue(pool_id: UUID) -> Statement:
    return (
        sa.select(flow_run.c.work_queue_id, sa.func.count().label("total"))
        .join(work_queue, work_queue.c.id == flow_run.c.work_queue_id)
        .where(work_queue.c.work_pool_id == pool_id, queries.holds_slot())
        .group_by(flow_run.c.work_queue_id)
    )


async def concurrency_of_pool(
    connection: Connection, pool: sa.Row[Any], *, page: int, offset: int, limit: int, flow_run_limit: int
) -> Json:
    """What the slots of a pool are at, for a page of its queues."""
    of_pool = sa.select(work_queue).where(work_queue.c.work_pool_id == pool.id)
    by_priority: Statement = of_pool.order_by(work_queue.c.priority, work_queue.c.id)
    shown = await connection.all(rows_from(by_priority, offset, limit))
    total = await connection.scalar(sa.select(sa.func.count()).select_from(of_pool.subquery()))
    counts = {row.work_queue_id: row.total for row in await connection.all(_count_by_queue(pool.id))}
    queues = [await _of_queue(connection, queue, counts.get(queue.id, 0), flow_run_limit) for queue in shown]
    return {
        "active_slots": sum(counts.values()),
        "concurrency_limit": pool.concurrency_limit,
        "queues": queues,
        **_page(total, page, limit),
    }


async def _of_queue(connection: Connection, queue: sa.Row[Any], count: int, limit: int) -> Json:
    holders: Sequence[Json] = []
    if count and limit:
        rows: Statement = _HOLDERS.where(flow_run.c.work_queue_id == queue.id, queries.holds_slot())
        holders = await connection.objects(SLOT_HOLDER, rows_from(rows, 0, limit))
    return {
        "queue_id": str(queue.id),
        "queue_name": queue.name,
        "active_slots": count,
        "concurrency_limit": queue.concurrency_limit,
        "flow_runs": holders,
        "flow_run_count": count,
    }


async def concurrency_of_queue(
    connection: Connection, queue: sa.Row[Any], *, page: int, offset: int, limit: int
) -> Json:
    """What the slots of a queue are at, with a page of the runs that take them, those that end being cancelled too."""
    nameless = flow_run.c.work_queue_id.is_(None) & (flow_run.c.work_queue_name == queue.name)
    holds = ((flow_run.c.work_queue_id == queue.id) | nameless) & queries.holds_slot(is_cancelling=True)
    total = await connection.scalar(sa.select(sa.func.count()).select_from(flow_run).where(holds))
    holders = await connection.objects(SLOT_HOLDER, rows_from(_HOLDERS.where(holds), offset, limit))
    return {
        "active_slots": total,
        "concurrency_limit": queue.concurrency_limit,
        "flow_runs": holders,
        **_page(total, page, limit),
    }


def _page(count: int, page: int, limit: int) -> Json:
    return {"count": count, "limit": limit, "pages": -(-count // limit) if limit > 0 else 0, "page": page}
