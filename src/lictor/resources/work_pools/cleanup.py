"""Infrastructure that some worker of a pool is to tear down: told to one worker at a time, until one says that it has.

What is to be done stands in the database, so any server may tell it, and none forgets it. A worker that was told has a
reservation, which expires unless it is renewed; then another worker is told, a few times in all.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.clock import expiry_now
from lictor.db.engine import Transaction
from lictor.db.functions import Statement, insert_unless, value_in
from lictor.db.types import dump_json
from lictor.resources.work_pools.table import worker_cleanup
from lictor.settings.runs import WorkPoolSettings

CANCELLING_TIMEOUT = "cancelling_timeout_teardown.v1"
PENDING_CLAIM = "pending_claim_teardown.v1"

WAITING, RESERVED, DEAD = "waiting", "reserved", "dead"

EXHAUSTED = "max_delivery_attempts_reached"

_row = worker_cleanup.c


@dataclass(frozen=True)
class Outcome:
    """What became of an operation on a reservation."""

    status: str
    reason: str | None = None
    lease_expires_at: datetime | None = None


async def enqueue(
    tx: Transaction, id: UUID, pool_id: UUID, queue_id: UUID | None, kind: str, target: dict[str, Any]
) -> None:
    """Leaves something to be torn down to the workers of a pool, once for each id."""
    row = {"id": id, "work_pool_id": pool_id, "work_queue_id": queue_id, "kind": kind, "target": dump_json(target)}
    await tx.execute(insert_unless(worker_cleanup, row, "id"))


def _deliverable(now: datetime) -> sa.ColumnElement[bool]:
    return (_row.status == WAITING) | ((_row.status == RESERVED) & (_row.reserved_until <= now))


def pools_with_work(pool_ids: Collection[UUID], now: datetime) -> Statement:
    """Those of the pools in which something waits to be torn down."""
    return sa.select(_row.work_pool_id).distinct().where(value_in(_row.work_pool_id, pool_ids), _deliverable(now))


async def reserve(
    tx: Transaction,
    pool_id: UUID,
    kinds: Collection[str],
    queue_ids: Collection[UUID],
    settings: WorkPoolSettings,
) -> sa.Row[Any] | None:
    """Reserves what has waited longest for a worker, in its own queues first; None if nothing waits."""
    now, lease = utc_now(), timedelta(seconds=settings.cleanup_lease_seconds)
    own_first = sa.case((value_in(_row.work_queue_id, queue_ids), 0), else_=1) if queue_ids else sa.literal(0)
    waiting = (
        sa.select(_row.id, _row.delivery_count)
        .where(_row.work_pool_id == pool_id, value_in(_row.kind, kinds), _deliverable(expiry_now(lease)))
        .order_by(own_first, _row.created, _row.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    while (found := await tx.first(waiting)) is not None:
        if found.delivery_count < settings.cleanup_max_delivery_attempts:
            values = {
                "status": RESERVED,
                "delivery_count": found.delivery_count + 1,
                "reservation_token": secrets.token_urlsafe(32),
                "reserved_until": now + lease,
            }
            reserved = sa.update(worker_cleanup).where(_row.id == found.id).values(values).returning(worker_cleanup)
            return await tx.first(reserved)
        await tx.execute(_give_up(found.id))
    return None


async def acknowledge(tx: Transaction, pool_id: UUID, id: UUID, token: str, settings: WorkPoolSettings) -> Outcome:
    """Ends a reservation whose worker has torn down what it was to."""
    reserved = await _reserved(tx, pool_id, id, token, settings)
    if isinstance(reserved, Outcome):
        return reserved
    await tx.execute(sa.delete(worker_cleanup).where(_row.id == id))
    return Outcome("accepted")


async def release(tx: Transaction, pool_id: UUID, id: UUID, token: str, settings: WorkPoolSettings) -> Outcome:
    """Ends a reservation whose worker could not do it; another one may be told."""
    reserved = await _reserved(tx, pool_id, id, token, settings)
    if isinstance(reserved, Outcome):
        return reserved
    if reserved.delivery_count >= settings.cleanup_max_delivery_attempts:
        await tx.execute(_give_up(id))
        return Outcome("dead_lettered", EXHAUSTED)
    await tx.execute(_free(id))
    return Outcome("accepted")


async def renew(tx: Transaction, pool_id: UUID, id: UUID, token: str, settings: WorkPoolSettings) -> Outcome:
    """Lets a reservation last from now on."""
    reserved = await _reserved(tx, pool_id, id, token, settings)
    if isinstance(reserved, Outcome):
        return reserved
    until = utc_now() + timedelta(seconds=settings.cleanup_lease_seconds)
    await tx.execute(sa.update(worker_cleanup).where(_row.id == id).values(reserved_until=until))
    return Outcome("accepted", lease_expires_at=until)


async def _reserved(
    tx: Transaction, pool_id: UUID, id: UUID, token: str, settings: WorkPoolSettings
) -> sa.Row[Any] | Outcome:
    """The row of a reservation that holds, or what there is to say against it."""
    found = await tx.first(sa.select(worker_cleanup).where(_row.id == id).with_for_update())
    if found is None or found.status == DEAD:
        return Outcome("not_found", "message_not_found")
    if found.work_pool_id != pool_id:
        return Outcome("unauthorized", "work_pool_mismatch")
    if found.status != RESERVED:
        return Outcome("not_current", "no_active_reservation")
    if not secrets.compare_digest(found.reservation_token.encode(), token.encode()):
        return Outcome("invalid_token", "reservation_token_mismatch")
    if found.reserved_until > expiry_now(timedelta(seconds=settings.cleanup_lease_seconds)):
        return found
    if found.delivery_count >= settings.cleanup_max_delivery_attempts:
        await tx.execute(_give_up(id))
        return Outcome("dead_lettered", EXHAUSTED)
    await tx.execute(_free(id))
    return Outcome("expired", "lease_expired")


def _free(id: UUID) -> sa.Update:
    values = {"status": WAITING, "reservation_token": None, "reserved_until": None}
    return sa.update(worker_cleanup).where(_row.id == id).values(values)


def _give_up(id: UUID) -> sa.Update:
    values = {"status": DEAD, "reservation_token": None, "reserved_until": None}
    return sa.update(worker_cleanup).where(_row.id == id).values(values)
