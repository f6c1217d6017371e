"""What can be asked of work pools and work queues."""

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.query.criteria import Condition, Filter, column, custom
from lictor.query.operators import Clause
from lictor.resources.work_pools.schemas import WorkerStatus
from lictor.resources.work_pools.table import work_pool, work_queue, worker


class WorkPoolFilter(Filter):
    """What to ask of work pools."""

    id = column(work_pool.c.id, "any_")
    name = column(work_pool.c.name, "any_")
    type = column(work_pool.c.type, "any_")


class WorkQueueFilter(Filter):
    """What to ask of work queues."""

    id = column(work_queue.c.id, "any_")
    name = column(work_queue.c.name, "any_", "startswith_")


def _is_one_of(statuses: list[WorkerStatus]) -> Clause:
    is_online = worker.c.online_until > utc_now()
    return sa.or_(sa.false(), *(is_online if status is WorkerStatus.ONLINE else ~is_online for status in statuses))


def _is_none_of(statuses: list[WorkerStatus]) -> Clause:
    return sa.not_(_is_one_of(statuses))


class WorkerFilter(Filter):
    """What to ask of workers."""

    last_heartbeat_time = column(worker.c.last_heartbeat_time, "before_", "after_")
    status = custom(
        any_=Condition(list[WorkerStatus], _is_one_of, "is one of these"),
        not_any_=Condition(list[WorkerStatus], _is_none_of, "is none of these", ignore_empty=True),
    )
