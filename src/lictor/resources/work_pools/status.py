"""Whether workers, pools, queues and deployments are ready: worked out when somebody asks, of moments that are stored.

No service has to run for an answer to be true. The columns `status` of the tables say what the last event told.
"""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from lictor.resources.work_pools.schemas import AGENTS, WorkerStatus, WorkPoolStatus, WorkQueueStatus
from lictor.resources.work_pools.table import work_pool, worker

POLL_TIMEOUT = timedelta(seconds=60)
"""For so long after a poll a queue or a deployment counts as asked for."""

POLL_PRECISION = timedelta(seconds=10)
"""A poll is written down if the last one that was is older: so idle workers write a row each ten seconds at most."""

pool_online_until = (
    sa.select(sa.func.max(worker.c.online_until))
    .where(worker.c.work_pool_id == work_pool.c.id)
    .correlate(work_pool)
    .scalar_subquery()
)
"""Until when the last of a pool's workers is online; null if it has none."""


def worker_status(now: datetime, online_until: datetime) -> WorkerStatus:
    """A worker is online until it misses some heartbeats in a row."""
    return WorkerStatus.ONLINE if now < online_until else WorkerStatus.OFFLINE


def pool_status(now: datetime, type_: str, is_paused: bool, online_until: datetime | None) -> WorkPoolStatus | None:
    """A pool is ready while one of its workers is online. Pools of agents have no workers, and no status."""
    if type_ == AGENTS:
        return None
    if is_paused:
        return WorkPoolStatus.PAUSED
    is_ready = online_until is not None and now < online_until
    return WorkPoolStatus.READY if is_ready else WorkPoolStatus.NOT_READY


def latest_poll(_: datetime, *moments: datetime | None) -> datetime | None:
    """The last of several polls, by the queue, by its pool or by the deployment itself."""
    return max((moment for moment in moments if moment is not None), default=None)


def is_polled(now: datetime, *moments: datetime | None) -> bool:
    """Whether somebody has asked for work recently."""
    last = latest_poll(now, *moments)
    return last is not None and now - last <= POLL_TIMEOUT


def queue_status(
    now: datetime, is_paused: bool, queue_polled: datetime | None, pool_polled: datetime | None
) -> WorkQueueStatus:
    """A queue is ready while somebody asks it for work."""
    if is_paused:
        return WorkQueueStatus.PAUSED
    return WorkQueueStatus.READY if is_polled(now, queue_polled, pool_polled) else WorkQueueStatus.NOT_READY


def deployment_status(
    now: datetime, own: datetime | None, queue_polled: datetime | None, pool_polled: datetime | None
) -> str:
    """A deployment is ready while somebody asks for its runs, or its queue for work."""
    return "READY" if is_polled(now, own, queue_polled, pool_polled) else "NOT_READY"


def health_of_queue(row: sa.Row[Any], now: datetime) -> dict[str, Any]:
    """Whether a queue is polled, and has no late runs (see `queries.work_queue_health`)."""
    polls = row.last_polled, row.pool_last_polled
    seconds = int(POLL_TIMEOUT.total_seconds())
    return {
        "healthy": row.late_runs == 0 and is_polled(now, *polls),
        "late_runs_count": row.late_runs,
        "last_polled": latest_poll(now, *polls),
        "health_check_policy": {"maximum_late_runs": 0, "maximum_seconds_since_last_polled": seconds},
    }
