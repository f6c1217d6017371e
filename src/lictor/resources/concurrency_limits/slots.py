"""Taking slots of global limits, and giving them back.

Whoever takes slots holds the rows of the limits, in the order of their ids, until the transaction ends: so no more
slots are taken than there are, by however many servers. What is taken is held by a lease: it ends when its holder says
so, or when the holder has not been heard of for the time that the lease lasts.

The slots that leases hold are counted from the leases whenever somebody asks. A counter has only what was taken without
a lease, and what was taken of a rate limit, where slots come back by themselves.
"""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import Transaction
from lictor.db.functions import value_in
from lictor.db.ids import uuid7
from lictor.resources.concurrency_limits.table import global_limit, slot_lease, slot_lease_limit
from lictor.resources.concurrency_limits.waking import wake_runs
from lictor.resources.deployments.table import deployment
from lictor.settings import Settings
from lictor.validation.fields import MAX_INTEGER

TAG = "tag:"
"""What the names of limits on tags begin with."""

TASK_RUN = "task_run"
"""The type of holder that task runs are."""

FLOW_RUN = "flow_run"
"""The type of holder that flow runs are."""

FOR_GOOD = timedelta(days=100 * 365)
"""How long a lease lasts whose holder cannot renew it."""

MIN_OCCUPANCY_SECONDS = 0.1  # seconds
SAMPLES_PER_SLOT = 2  # the average occupancy is one of about so many times as many occupancies as there are slots


@dataclass(frozen=True)
class Limit:
    """A limit whose row is held until the transaction ends."""

    id: UUID
    name: str
    limit: int
    active: bool
    active_slots: int
    denied_slots: int
    slot_decay_per_second: float
    avg_slot_occupancy_seconds: float
    updated: datetime
    of_deployments: bool
    leased_slots: int = 0


_COLUMNS = [global_limit.c[each.name] for each in fields(Limit) if each.name in global_limit.c]
_of_deployments = sa.exists().where(deployment.c.concurrency_limit_id == global_limit.c.id).correlate(global_limit)


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


def leased_slots(limit: sa.FromClause) -> sa.ScalarSelect[int]:
    """How many slots of a limit leases hold, as a column beside its row."""
    held = sa.select(sa.func.coalesce(sa.func.sum(slot_lease.c.slots), 0))
    of_limit = slot_lease_limit.c.concurrency_limit_id == limit.c.id
    return held.join_from(slot_lease_limit, slot_lease).where(of_limit).correlate(limit).scalar_subquery()


async def lock(tx: Transaction, which: sa.ColumnElement[bool]) -> Sequence[Limit]:
    """These limits, held in the order of their ids, so that no two transactions wait for each other."""
    limits = await _hold(tx, which)
    if not limits:
        return limits
    # A statement of its own: one that had to wait for the rows would count the leases that there were before.
    counts = await _count_leased(tx, [limit.id for limit in limits])
    return [replace(limit, leased_slots=counts.get(limit.id, 0)) for limit in limits]


async def _hold(tx: Transaction, which: sa.ColumnElement[bool]) -> list[Limit]:
    """The same, before anybody has counted the leases."""
    rows = sa.select(*_COLUMNS, _of_deployments.label("of_deployments")).where(which).order_by(global_limit.c.id)
    return [Limit(**row._asdict()) for row in await tx.all(rows.with_for_update(of=global_limit))]


async def _count_leased(tx: Transaction, ids: Collection[UUID]) -> dict[UUID, int]:
    """How many slots of each of these limits leases hold, where any does."""
    part = slot_lease_limit.c.concurrency_limit_id
    held = sa.select(part, sa.func.sum(slot_lease.c.slots).label("slots")).join_from(slot_lease_limit, slot_lease)
    return {row.concurrency_limit_id: row.slots for row in await tx.all(held.where(value_in(part, ids)).group_by(part))}


async def lock_named(tx: Transaction, names: Collection[str]) -> Sequence[Limit]:
    """The limits of these names, held as `lock` does."""
    return await lock(tx, value_in(global_limit.c.name, names)) if names else []


def have_room(limits: Iterable[Limit], slots: int) -> bool:
    """Whether that many more slots of each can be taken."""
    now = utc_now()
    return all(occupied(limit, now) + slots <= limit.limit for limit in limits)


async def take(tx: Transaction, limits: Iterable[Limit], slots: int, patience: Patience, *, leased: bool) -> None:
    """Takes slots of limits that are locked, and have room; under a lease, which then has to be made."""
    for limit in limits:
        await _write(tx, limit, patience, taken=slots, leased=leased)


async def free(
    tx: Transaction, limits: Collection[Limit], slots: int, patience: Patience, held: float | None = None
) -> None:
    """Gives back slots that were taken without a lease; `held` tells for how many seconds they were occupied."""
    times = [held / slots] if held is not None else []
    for limit in limits:
        await _write(tx, limit, patience, taken=-slots, times=times)
    await wake(tx, [limit.id for limit in limits if limit.of_deployments])


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


async def wake(tx: Transaction, ids: Collection[UUID]) -> None:
    """Of the runs that wait for slots of these limits of deployments, lets as many try at once as there are slots."""
    now = utc_now()
    for limit in await lock(tx, value_in(global_limit.c.id, ids)) if ids else []:
        if limit.active and (room := limit.limit - occupied(limit, now)) > 0:
            await wake_runs(tx, deployment.c.concurrency_limit_id == limit.id, room)


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
    limits = await _hold(tx, value_in(global_limit.c.id, limit_ids)) if limit_ids else []
    # Only now that the limits are held nobody else can end these leases, as they may have until now.
    still_there = value_in(slot_lease.c.id, {part.id for part in parts}) & which
    columns = (slot_lease.c.id, slot_lease.c.slots, slot_lease.c.created)
    ended = {lease.id: lease for lease in await tx.all(sa.delete(slot_lease).where(still_there).returning(*columns))}
    now = utc_now()
    for limit in limits:
        leases = [ended[part.id] for part in parts if part.concurrency_limit_id == limit.id and part.id in ended]
        if leases:
            times = [(now - lease.created).total_seconds() / lease.slots for lease in leases] if measured else []
            await _write(tx, limit, patience, taken=-sum(lease.slots for lease in leases), times=times, leased=True)
    if ended:
        await wake(tx, [limit.id for limit in limits if limit.of_deployments])
    return len(ended)


async def secure(
    tx: Transaction, limit_id: UUID, cacheable: timedelta, holder: Holder | None, patience: Patience
) -> UUID | None:
    """Takes one slot of one limit, under a lease; None if there is none left, or the limit is gone or not active."""
    limits = await lock(tx, global_limit.c.id == limit_id)
    if not limits or not limits[0].active or not have_room(limits, 1):
        return None
    await take(tx, limits, 1, patience, leased=True)
    return await lease(tx, limits, 1, cacheable, holder)


async def trim(tx: Transaction, limit: Limit, slots: int) -> int:
    """Takes a limit out of its oldest leases until they hold no more than so many slots of it; how many they hold.

    The leases go on: whoever holds one holds the other limits under it.
    """
    leases = await tx.all(
        sa.select(slot_lease.c.id, slot_lease.c.slots)
        .join_from(slot_lease_limit, slot_lease)
        .where(slot_lease_limit.c.concurrency_limit_id == limit.id)
        .order_by(slot_lease.c.id)
    )
    held: int = sum(each.slots for each in leases)
    taken = []
    for each in leases:
        if held <= slots:
            break
        taken.append(each.id)
        held -= each.slots
    if taken:
        of_limit = slot_lease_limit.c.concurrency_limit_id == limit.id
        await tx.execute(sa.delete(slot_lease_limit).where(of_limit, value_in(slot_lease_limit.c.lease_id, taken)))
    return held


def occupied(limit: Limit, now: datetime) -> int:
    """The occupied slots of a limit; of a rate limit, so many are given back each second."""
    return slots_taken(now, limit.active_slots, limit.slot_decay_per_second, limit.updated, limit.leased_slots)


async def release(
    tx: Transaction, run_id: UUID, lease_id: UUID | None, limit_id: UUID | None, patience: Patience
) -> None:
    """Gives back the slot that a flow run holds of its deployment's limit, by the lease that its state names.

    A run that names none holds one all the same if it was imported, and none if it began before the limit was there.
    """
    held = slot_lease.c
    if lease_id is not None:
        await end(tx, held.id == lease_id, patience)
    elif limit_id is not None:
        on_limit = sa.select(slot_lease_limit.c.lease_id).where(slot_lease_limit.c.concurrency_limit_id == limit_id)
        by_run = (held.holder_type == FLOW_RUN) & (held.holder_id == run_id)
        await end(tx, by_run & held.id.in_(on_limit), patience)


def slots_taken(now: datetime, slots: int, decay: float, updated: datetime, leased: int) -> int:
    """How many slots of a limit are occupied, from the columns of its row and what leases hold of it."""
    return left(slots, decay, updated, now) + (0 if decay else leased)


def _counted(limit: Limit, now: datetime) -> int:
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
    """The columns that tell how many slots are occupied without a lease, as they are now.

    The moment is the one at which the last slot of a rate limit lapsed: what has passed of the next one's time counts.
    """
    slots, rate = _counted(limit, now), limit.slot_decay_per_second
    since = now
    if slots and rate:
        since = min(now, limit.updated + timedelta(seconds=(limit.active_slots - slots) / rate))
    return {"active_slots": slots, "updated": since}


async def _write(
    tx: Transaction,
    limit: Limit,
    patience: Patience,
    taken: int = 0,
    refused: int = 0,
    times: Sequence[float] = (),
    leased: bool = False,
) -> None:
    """Writes down that many more slots of a limit as occupied or denied, and what has lapsed since the last time."""
    if leased and not limit.slot_decay_per_second:
        taken = 0  # the lease says so
        if not (limit.denied_slots or refused or times):
            return
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
