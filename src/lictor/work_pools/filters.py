"""What can be asked of work pools and work queues."""

from lictor.filters.criteria import Filter, on
from lictor.work_pools.table import work_pool, work_queue


class WorkPoolFilter(Filter):
    """What to ask of work pools."""

    id = on(work_pool.c.id, "any_")
    name = on(work_pool.c.name, "any_")
    type = on(work_pool.c.type, "any_")


class WorkQueueFilter(Filter):
    """What to ask of work queues."""

    id = on(work_queue.c.id, "any_")
    name = on(work_queue.c.name, "any_", "startswith_")
