"""What can be asked of work pools and work queues."""

from lictor.query.criteria import Filter, column
from lictor.resources.work_pools.table import work_pool, work_queue


class WorkPoolFilter(Filter):
    """What to ask of work pools."""

    id = column(work_pool.c.id, "any_")
    name = column(work_pool.c.name, "any_")
    type = column(work_pool.c.type, "any_")


class WorkQueueFilter(Filter):
    """What to ask of work queues."""

    id = column(work_queue.c.id, "any_")
    name = column(work_queue.c.name, "any_", "startswith_")
