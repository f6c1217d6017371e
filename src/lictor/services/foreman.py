"""Tells by events when pools, queues and deployments become ready, or cease to be.

Whether they are is worked out when somebody asks. What the last event told stands in the column `status`: it is changed
together with the event, by compare-and-set, so that of several servers one tells it, and once.
"""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.clock import expiry_now
from lictor.db.engine import Database, Transaction
from lictor.db.functions import value_in
from lictor.db.ids import uuid7
from lictor.resources.deployments.readiness import NOT_READY, READY, mark, status_changes
from lictor.resources.deployments.table import deployment
from lictor.resources.work_pools.events import emit_pool_status, emit_queue_event, in_kebab_case
from lictor.resources.work_pools.schemas import AGENTS
from lictor.resources.work_pools.status import pool_online_until, pool_status, queue_status
from lictor.resources.work_pools.table import work_pool, work_queue

Row = sa.Row[Any]

STATUS_LASTS = timedelta(minutes=5)
"""What polls and heartbeats say of a status holds no longer than that."""

BATCH_DEPLOYMENTS = 100
"""Deployments in one transaction, for which others wait."""


async def tell_changes_of_status(db: Database) -> bool:
    """Tells of the pools, queues and deployments whose status is another than was told last."""
    now = expiry_now(STATUS_LASTS)
    pools = await db.read.all(sa.select(work_pool, pool_online_until.label("online_until")))
    by_id = {pool.id: pool for pool in pools}
    for pool in pools:
        status = pool_status(now, pool.type, pool.is_paused, pool.online_until)
        if pool.type != AGENTS and status is not None and status != pool.status:
            await db.try_write(lambda tx, pool=pool, status=status: _tell_pool(tx, pool, status))  # type: ignore[misc]
    for queue in await db.read.all(sa.select(work_queue)):
        if (its_pool := by_id.get(queue.work_pool_id)) is None:
            continue
        status_ = queue_status(now, queue.is_paused, queue.last_polled, its_pool.last_polled)
        if status_ != queue.status:
            await db.try_write(lambda tx, p=its_pool, q=queue, s=status_: _tell_queue(tx, p, q, s))  # type: ignore[misc]
    changed = await db.read.all(status_changes(now))
    for told in (READY, NOT_READY):
        ids = [row.id for row in changed if row.status == told]
        for first in range(0, len(ids), BATCH_DEPLOYMENTS):
            which = value_in(deployment.c.id, ids[first : first + BATCH_DEPLOYMENTS])
            await db.try_write(lambda tx, told=told, which=which: mark(tx, told, which))  # type: ignore[misc]
    return False


async def _tell_pool(tx: Transaction, pool: Row, status: str) -> None:
    id, now = uuid7(), utc_now()
    # The pool itself does not change by what is told of it.
    values = {
        "status": status,
        "last_transitioned_status_at": now,
        "last_status_event_id": id,
        "updated": work_pool.c.updated,
    }
    same = (work_pool.c.id == pool.id) & (work_pool.c.status == pool.status)
    if await tx.changed(sa.update(work_pool).where(same).values(values)):
        await emit_pool_status(tx, status, pool, id, now)


async def _tell_queue(tx: Transaction, pool: Row, queue: Row, status: str) -> None:
    same = (work_queue.c.id == queue.id) & (work_queue.c.status == queue.status)
    values = {"status": status, "updated": work_queue.c.updated}
    if await tx.changed(sa.update(work_queue).where(same).values(values)):
        await emit_queue_event(tx, in_kebab_case(status), pool, queue)
