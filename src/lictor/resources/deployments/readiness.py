"""Tells by events when deployments become ready, or cease to be.

Whether they are is worked out when somebody asks. What the last event told stands in the column `status`: it is changed
together with the event while the row is locked, so that of several servers one tells it, and once.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.engine import Transaction
from lictor.db.functions import Statement, value_in
from lictor.resources.deployments.events import emit_deployments_status
from lictor.resources.deployments.table import deployment
from lictor.resources.work_pools.status import POLL_TIMEOUT
from lictor.resources.work_pools.table import work_pool, work_queue

READY, NOT_READY = "READY", "NOT_READY"


async def note_polls(tx: Transaction, which: sa.ColumnElement[bool], now: datetime) -> None:
    """Notes that somebody asked for the runs of these deployments, and tells of those that become ready by that."""
    found = await _locked(tx, which)
    ids = [row.id for row in found]
    await _update(tx, ids, status=READY, last_polled=now)
    await emit_deployments_status(tx, READY, [row.id for row in found if row.status != READY])


async def mark(tx: Transaction, status: str, which: sa.ColumnElement[bool]) -> None:
    """Tells of those of these deployments of which that was not told last that they have this status."""
    ids = [row.id for row in await _locked(tx, which & (deployment.c.status != status))]
    await _update(tx, ids, status=status)
    await emit_deployments_status(tx, status, ids)


def status_changes(now: datetime) -> Statement:
    """The deployments whose status is another than was told last, and that status."""
    since = now - POLL_TIMEOUT
    polls = (deployment.c.last_polled, work_queue.c.last_polled, work_pool.c.last_polled)
    is_ready = sa.or_(*(sa.func.coalesce(moment >= since, sa.false()) for moment in polls))
    return (
        sa.select(deployment.c.id, sa.case((is_ready, READY), else_=NOT_READY).label("status"))
        .select_from(
            deployment.outerjoin(work_queue, work_queue.c.id == deployment.c.work_queue_id).outerjoin(
                work_pool, work_pool.c.id == work_queue.c.work_pool_id
            )
        )
        .where(is_ready != (deployment.c.status == READY))
        .order_by(deployment.c.id)
    )


async def _locked(tx: Transaction, which: sa.ColumnElement[bool]) -> Collection[sa.Row[Any]]:
    """These deployments, locked in the order of their ids, so that no two transactions wait for each other."""
    columns = (deployment.c.id, deployment.c.status)
    return await tx.all(sa.select(*columns).where(which).order_by(deployment.c.id).with_for_update(key_share=True))


async def _update(tx: Transaction, ids: Collection[UUID], **changes: Any) -> None:
    if ids:
        # A deployment itself does not change by what is told of it.
        values = {**changes, "updated": deployment.c.updated}
        await tx.execute(sa.update(deployment).where(value_in(deployment.c.id, ids)).values(values))
