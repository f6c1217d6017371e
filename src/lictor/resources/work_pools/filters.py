"""What can be asked of work pools and work queues."""

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.types import Timestamp
from lictor.query.binds import Bind
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


def _which(statuses: list[WorkerStatus]) -> tuple[int, ...]:
    """Whether online workers are meant, and whether others are."""
    return (int(WorkerStatus.ONLINE in statuses), int({*statuses} - {WorkerStatus.ONLINE} != set()))


def _is_one_of(statuses: Bind) -> Clause:
    assert isinstance(statuses.form, tuple)
    online, others = statuses.form
    is_online = worker.c.online_until > statuses(Timestamp(), lambda _: utc_now())
    return sa.or_(sa.false(), *((is_online,) if online else ()), *((~is_online,) if others else ()))


def _is_none_of(statuses: Bind) -> Clause:
    return sa.not_(_is_one_of(statuses))


class WorkerFilter(Filter):
    """What to ask of workers."""

    last_heartbeat_time = column(worker.c.last_heartbeat_time, "before_", "after_")
    status = custom(
        any_=Condition(list[WorkerStatus], _is_one_of, "is one of these", form=_which),
        not_any_=Condition(list[WorkerStatus], _is_none_of, "is none of these", ignore_empty=True, form=_which),
    )
