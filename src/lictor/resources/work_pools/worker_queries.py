"""Statements on workers."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lictor.db.base import utc_now
from lictor.db.functions import Statement
from lictor.db.ids import uuid7
from lictor.db.row_serializer import Computed, RowSerializer
from lictor.query.cursor import ListQuery
from lictor.query.filter_key import Filters
from lictor.query.relations import to_one
from lictor.query.resource_query import Order, ResourceQuery
from lictor.resources.work_pools.filters import WorkPoolFilter
from lictor.resources.work_pools.status import worker_status
from lictor.resources.work_pools.table import work_pool, worker

WORKER = RowSerializer(
    {
        "id": worker.c.id,
        "created": worker.c.created,
        "updated": worker.c.updated,
        "name": worker.c.name,
        "work_pool_id": worker.c.work_pool_id,
        "last_heartbeat_time": worker.c.last_heartbeat_time,
        "heartbeat_interval_seconds": worker.c.heartbeat_interval_seconds,
        "status": Computed(worker_status, (worker.c.online_until,)),
    }
)

BY_HEARTBEAT = "LAST_HEARTBEAT_TIME_DESC"
"""The one order of workers."""

WORKERS = ResourceQuery(
    "workers",
    worker,
    (to_one("work_pools", work_pool, worker.c.work_pool_id),),
    {BY_HEARTBEAT: Order(worker.c.last_heartbeat_time, descending=True)},
)
_WORKERS = WORKER.select().select_from(worker)


def worker_list(pool_id: UUID, filters: Filters) -> ListQuery:
    """The workers of a pool that match, the one that was heard of last first."""
    of_pool = WorkPoolFilter.model_validate({"id": {"any_": [pool_id]}})
    return ListQuery(WORKERS, WORKER, _WORKERS, {**filters, "work_pools": of_pool}, BY_HEARTBEAT)


def upsert_heartbeat(pool_name: str, name: str, interval_seconds: int | None, lease: timedelta) -> sa.Executable:
    """Writes down that a worker is alive, and until when it counts as online; nothing if there is no such pool.

    The id of its pool comes back, if there is one.
    """
    now = utc_now()
    values: dict[str, Any] = {
        "id": sa.literal(uuid7(), worker.c.id.type),
        "created": sa.literal(now, worker.c.created.type),
        "updated": sa.literal(now, worker.c.updated.type),
        "name": sa.literal(name, sa.Text()),
        "last_heartbeat_time": sa.literal(now, worker.c.last_heartbeat_time.type),
        "heartbeat_interval_seconds": sa.literal(interval_seconds, sa.Integer()),
        "online_until": sa.literal(now + lease, worker.c.online_until.type),
    }
    rows = sa.select(work_pool.c.id, *values.values()).where(work_pool.c.name == pool_name)
    inserted = insert(worker).from_select(["work_pool_id", *values], rows, include_defaults=False)
    new = inserted.excluded
    interval = sa.func.coalesce(new.heartbeat_interval_seconds, worker.c.heartbeat_interval_seconds)
    changes = {
        "updated": new.updated,
        "last_heartbeat_time": new.last_heartbeat_time,
        "heartbeat_interval_seconds": interval,
        "online_until": new.online_until,
    }
    upsert = inserted.on_conflict_do_update(index_elements=["work_pool_id", "name"], set_=changes)
    return upsert.returning(worker.c.work_pool_id)


def delete_worker(pool_id: UUID, name: str) -> sa.Delete:
    """Forgets a worker."""
    return sa.delete(worker).where(worker.c.work_pool_id == pool_id, worker.c.name == name)


def online_workers(pool_id: UUID, now: datetime) -> Statement:
    """The workers of a pool that are online."""
    return sa.select(worker.c.name).where(worker.c.work_pool_id == pool_id, worker.c.online_until > now)
