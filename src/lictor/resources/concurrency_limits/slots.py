"""Taking slots of global limits, and giving them back.

Whoever takes slots holds the rows of the limits, in the order of their ids, until the transaction ends: so no more
slots are taken than there are, by however many servers. What is taken is held by a lease: it ends when its holder says
so, or when the holder has not been heard of for the time that the lease lasts.
"""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import Transaction
from lictor.db.functions import value_in
from lictor.db.ids import uuid7
from lictor.resources.concurrency_limits.table import global_limit, slot_lease, slot_lease_limit
from lictor.settings import Settings
from lictor.validation.fields import MAX_INTEGER

Limit = sa.Row[Any]

TAG = "tag:"
"""What the names of limits on tags begin with."""

TASK_RUN = "task_run"
"""The type of holder that task runs are."""

FOR_GOOD = timedelta(days=100 * 365)
"""How long a lease lasts whose holder cannot renew it."""

MIN_OCCUPANCY_SECONDS = 0.1  # seconds
SAMPLES_PER_SLOT = 2  # the average occupancy is one of about so many times as many occupancies as there are slots


@dataclass(frozen=True)
class Patience:
    """How many seconds somebody who was denied a slot waits at most before they ask again."""

    for_tags: float = 10.0
    for_others: float = 30.0

    @classmethod
    def of(cls, settings: Settings) -> "Patience":
        return cls(settings.tasks.tag_concurrency_slot_wait_seconds, settings.concurrency.longest_wait_seconds)

    def with_limit(self, limit: Limit) -> float:
        return self.for_tags if limit.name.startswith(TAG) else self.for_others


@dataclass(frozen=True)
class Holder:
    """Who holds a lease."""

    type: str
    id: UUID


async def lock(tx: Transaction, which: sa.ColumnElement[bool]) -> Sequence[Limit]:
    """These limits, held in the order of their ids, so that no two transactions wait for each other."""
    return await tx.all(sa.select(global_limit).where(which).order_by(global_limit.c.id).with_for_update())


async def lock_named(tx: Transaction, names: Collection[str]) -> Sequence[Limit]:
    """The limits of these names, held as `lock` does."""
    return await lock(tx, value_in(global_limit.c.name, names)) if names else []


def have_room(limits: Iterable[Limit], slots: int) -> bool:
    """Whether that many more slots of each can be taken."""
    now = utc_now()
    return all(occupied(limit, now) + slots <= limit.limit for limit in limits)


async def take(tx: Transaction, limits: Iterable[Limit], slots: int, patience: Patience) -> None:
    """Takes slots of limits that are locked, and have room."""
    for limit in limits:
        await _write(tx, limit, patience, taken=slots)


async def free(
    tx: Transaction, limits: Iterable[Limit], slots: int, patience: Patience, held: float | None = None
) -> None:
    """Gives back slots of limits that are locked; `held` tells for how many seconds they were occupied."""
    times = [held / slots] if held is not None else []
    for limit in limits:
        await _write(tx, limit, patience, taken=-slots, times=times)


async def deny(tx: Transaction, limits: Iterable[Limit], slots: int, patience: Patience) -> None:
    """Writes down that slots of limits that are locked were asked for in vain."""
    for limit in limits:
        await _write(tx, limit, patience, refused=slots)


async def lease(
    tx: Transaction, limits: Iterable[Limit], slots: int, cacheable: timedelta, holder: Holder | None = None
) -> UUID:
    """Makes a lease on slots that were taken."""
    id = uuid7()
    row = {"id": id, "slots": slots, "expiration": utc_now() + cacheable}
    if holder is not None:
        row |= {"holder_type": holder.type, "holder_id": holder.id}
    await tx.execute(sa.insert(slot_lease).values(row))
    if parts := [{"lease_id": id, "concurrency_limit_id": limit.id} for limit in limits]:
        await tx.execute(sa.insert(slot_lease_limit), parts)
    return id


async def renew(tx: Transaction, lease_id: UUID, cacheable: timedelta) -> bool:
    """Lets a lease last from now on; whether it is still there."""
    renewed = sa.update(slot_lease).where(slot_lease.c.id == lease_id)
    return await tx.changed(renewed.values(expiration=utc_now() + cacheable))


async def end(tx: Transaction, which: sa.ColumnElement[bool], patience: Patience, *, measured: bool = False) -> int:
    """Ends the leases that match, and gives their slots back; how many leases. If `measured`, their times count."""
    parts = await tx.all(
        sa.select(slot_lease.c.id, slot_lease_limit.c.concurrency_limit_id)
        .join_from(slot_lease, slot_lease_limit, isouter=True)
        .where(which)
    )
    if not parts:
        return 0
    limit_ids = {part.concurrency_limit_id for part in parts} - {None}
    limits = await lock(tx, value_in(global_limit.c.id, limit_ids)) if limit_ids else []
    # Only now that the limits are held nobody else can end these leases, as they may have until now.
    still_there = value_in(slot_lease.c.id, {part.id for part in parts}) & which
    columns = (slot_lease.c.id, slot_lease.c.slots, slot_lease.c.created)
    ended = {lease.id: lease for lease in await tx.all(sa.delete(slot_lease).where(still_there).returning(*columns))}
    now = utc_now()
    for limit in limits:
        leases = [ended[part.id] for part in parts if part.concurrency_limit_id == limit.id and part.id in ended]
        if leases:
            times = [(now - lease.created).total_seconds() / lease.slots for lease in leases] if measured else []
            await _write(tx, limit, patience, taken=-sum(lease.slots for lease in leases), times=times)
    return len(ended)


async def secure(
    tx: Transaction, limit_id: UUID, cacheable: timedelta, holder: Holder | None, patience: Patience
) -> UUID | None:
    """Takes one slot of one limit, under a lease; None if there is none left, or the limit is gone or not active."""
    limits = await lock(tx, global_limit.c.id == limit_id)
    if not limits or not limits[0].active or not have_room(limits, 1):
        return None
    await take(tx, limits, 1, patience)
    return await lease(tx, limits, 1, cacheable, holder)


async def release(tx: Transaction, lease_id: UUID | None, limit_id: UUID | None, patience: Patience) -> None:
    """Ends a lease; whoever took a slot of a limit without one gives that back.

    A lease that is not there any more has ended already, and with it the claim to any slot.
    """
    if lease_id is not None:
        await end(tx, slot_lease.c.id == lease_id, patience)
    elif limit_id is not None:
        await free(tx, await lock(tx, global_limit.c.id == limit_id), 1, patience)


def occupied(limit: Limit, now: datetime) -> int:
    """The occupied slots of a limit; of a rate limit, so many are given back each second."""
    return left(limit.active_slots, limit.slot_decay_per_second, limit.updated, now)


def left(slots: int, lapse_per_second: float, since: datetime, now: datetime) -> int:
    """What is left of so many slots."""
    lapsed = lapse_per_second * max(0.0, (now - since).total_seconds())
    return 0 if lapsed >= slots else slots - math.floor(lapsed)


def denied(limit: Limit, now: datetime, patience: Patience) -> int:
    """The slots that were asked for in vain, by now: whoever asked has asked again after about an occupancy."""
    occupancy = min(limit.avg_slot_occupancy_seconds, patience.with_limit(limit))
    rate = limit.slot_decay_per_second or 1 / max(occupancy, MIN_OCCUPANCY_SECONDS)
    return left(limit.denied_slots, rate, limit.updated, now)


def settled(limit: Limit, now: datetime) -> dict[str, Any]:
    """The columns that tell how many slots are occupied, as they are now.

    The moment is the one at which the last slot of a rate limit lapsed: what has passed of the next one's time counts.
    """
    slots, rate = occupied(limit, now), limit.slot_decay_per_second
    since = now
    if slots and rate:
        since = min(now, limit.updated + timedelta(seconds=(limit.active_slots - slots) / rate))
    return {"active_slots": slots, "updated": since}


async def _write(
    tx: Transaction, limit: Limit, patience: Patience, taken: int = 0, refused: int = 0, times: Sequence[float] = ()
) -> None:
    """Writes down that many more slots of a limit as occupied or denied, and what has lapsed since the last time."""
    now = utc_now()
    values = settled(limit, now)
    values["active_slots"] = max(0, values["active_slots"] + taken)
    values["denied_slots"] = min(denied(limit, now, patience) + refused, MAX_INTEGER)
    if times:
        average, samples = limit.avg_slot_occupancy_seconds, max(1, limit.limit) * SAMPLES_PER_SLOT
        for seconds in times:
            average += (max(seconds, MIN_OCCUPANCY_SECONDS) - average) / samples
        values["avg_slot_occupancy_seconds"] = average
    await tx.execute(sa.update(global_limit).where(global_limit.c.id == limit.id).values(values))
