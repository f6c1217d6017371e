"""Heartbeats of workers: each is a lease on being online, which the next one renews."""

from datetime import timedelta

from lictor.db.base import utc_now
from lictor.db.engine import Transaction
from lictor.errors import NotFound
from lictor.orchestration.backoff import after
from lictor.resources.work_pools import worker_queries
from lictor.settings.runs import ForemanSettings


def lease_of(interval_seconds: int | None, settings: ForemanSettings) -> timedelta:
    """For how long a worker counts as online after a heartbeat: it may miss some in a row."""
    interval = settings.fallback_heartbeat_interval_seconds if interval_seconds is None else interval_seconds
    now = utc_now()
    return after(now, interval * settings.inactivity_heartbeat_multiple) - now


async def record_heartbeat(
    tx: Transaction, pool_name: str, name: str, interval_seconds: int | None, settings: ForemanSettings
) -> None:
    """Writes down that a worker is alive. Raises NotFound if its pool is not there."""
    lease = lease_of(interval_seconds, settings)
    if await tx.scalar(worker_queries.upsert_heartbeat(pool_name, name, interval_seconds, lease)) is None:
        raise NotFound(f'Work pool "{pool_name}" not found.')
