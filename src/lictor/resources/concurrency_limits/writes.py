"""What requests do to global limits and their slots."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import Transaction
from lictor.errors import Conflict, Gone, NotFound, Unprocessable
from lictor.orchestration.backoff import scattered
from lictor.resources.concurrency_limits import queries, slots
from lictor.resources.concurrency_limits.events import emit_limit_event
from lictor.resources.concurrency_limits.schemas import ConcurrencyLimitV2Create, ConcurrencyLimitV2Update
from lictor.resources.concurrency_limits.slots import Holder, Limit, Patience
from lictor.resources.concurrency_limits.table import global_limit, slot_lease
from lictor.resources.concurrency_limits.waking import MAX_WOKEN_RUNS, wake_runs
from lictor.resources.deployments.table import deployment

Mode = Literal["concurrency", "rate_limit"]

MAX_WAIT_SECONDS = 365 * 24 * 3600.0  # seconds

TAKEN = "A concurrency limit with this name already exists."


@dataclass(frozen=True)
class Denied:
    """There are not enough slots; there may be after so many seconds."""

    seconds: float


async def make_limit(tx: Transaction, body: ConcurrencyLimitV2Create) -> dict[str, Any]:
    """Makes a limit, and returns all that is known of it."""
    if not await tx.changed(queries.insert_global_limit(body.model_dump())):
        raise Conflict(TAKEN)
    await emit_change(tx, "created", queries.global_limit_is(body.name))
    made = await tx.object(queries.WHOLE_GLOBAL_LIMIT, queries.global_limit_named(body.name))
    assert made
    return made


async def change_limit(tx: Transaction, id_or_name: UUID | str, body: ConcurrencyLimitV2Update) -> None:
    """Changes what was given of a limit. What a rate has given back by then stays free."""
    limits = await slots.lock(tx, queries.global_limit_is(id_or_name))
    if not limits:
        raise NotFound("Concurrency Limit not found")
    (limit,) = limits
    changes = body.model_dump(exclude_unset=True)
    if changes.get("name", limit.name) != limit.name and await tx.first(queries.global_limit_named(changes["name"])):
        raise Conflict(TAKEN)
    now = utc_now()
    settled = slots.settled(limit, now)
    lapsed = settled["active_slots"] != limit.active_slots or "slot_decay_per_second" in changes
    values = (settled if lapsed else {}) | {"updated": now} | changes | await _taken(tx, limit, changes, now)
    await tx.execute(queries.update_global_limit(limit.id, values))
    await emit_change(tx, "updated", queries.global_limit_is(limit.id))
    await slots.wake(tx, [limit.id] if limit.of_deployments else [])


async def _taken(tx: Transaction, limit: Limit, changes: Mapping[str, Any], now: datetime) -> dict[str, int]:
    """The counter of a limit whose slots are set, or are counted in another way from now on."""
    was_rate, is_rate = limit.slot_decay_per_second, changes.get("slot_decay_per_second", limit.slot_decay_per_second)
    if "active_slots" not in changes and bool(was_rate) == bool(is_rate):
        return {}
    taken = changes.get("active_slots", slots.occupied(limit, now))
    if is_rate:
        return {"active_slots": taken}
    return {"active_slots": taken - min(await slots.trim(tx, limit, taken), taken)}


async def drop_limit(tx: Transaction, which: sa.ColumnElement[bool]) -> None:
    """Deletes a limit. Whoever holds slots of it goes on, and whoever waits for one goes on at once."""
    id = await tx.scalar(sa.select(global_limit.c.id).where(which))
    await wake_runs(tx, deployment.c.concurrency_limit_id == id, MAX_WOKEN_RUNS)
    gone = await tx.first(queries.delete_global_limit(which))
    if gone is None:
        raise NotFound("Concurrency Limit not found")
    await emit_limit_event(tx, "deleted", gone)


async def emit_change(tx: Transaction, what: str, which: sa.ColumnElement[bool]) -> None:
    """Tells that a limit which is there was created or updated."""
    limit = await tx.first(queries.global_limit_row(which))
    assert limit is not None
    await emit_limit_event(tx, what, limit)


async def take_slots(
    tx: Transaction, names: Collection[str], count: int, mode: Mode, patience: Patience, *, leased: bool
) -> Sequence[Limit] | Denied:
    """Takes as many slots of each of these limits, as far as they are there and active, or of none of them."""
    limits = await slots.lock_named(tx, names)
    active = [limit for limit in limits if limit.active]
    if any(limit.limit < count for limit in active):
        raise Unprocessable("Slots requested is greater than the limit")
    if mode == "rate_limit" and (generic_plan := [limit.name for limit in active if not limit.slot_decay_per_second]):
        raise Unprocessable(
            "Only concurrency limits with slot decay can be used for rate limiting. "
            f"The following limits do not have a decay configured: {','.join(generic_plan)!r}"
        )
    if slots.have_room(active, count):
        await slots.take(tx, active, count, patience, leased=leased)
        return limits
    await slots.deny(tx, active, count, patience)
    return Denied(_wait(active, count, patience))


def _wait(limits: Sequence[Limit], count: int, patience: Patience) -> float:
    """About how many seconds it takes until it is the turn of whoever asks now, behind those who asked before."""

    def ahead(limit: Limit) -> float:
        waiting: int = count + limit.denied_slots
        return waiting if limit.slot_decay_per_second else waiting / limit.limit

    blocking = max(limits, key=ahead)
    if blocking.slot_decay_per_second:
        return scattered(min(ahead(blocking) / blocking.slot_decay_per_second, MAX_WAIT_SECONDS))
    longest = patience.with_limit(blocking)
    return scattered(min(min(blocking.avg_slot_occupancy_seconds, longest) * ahead(blocking), longest))


async def give_slots_back(
    tx: Transaction, names: Collection[str], count: int, held: float | None, patience: Patience
) -> Sequence[Limit]:
    """Gives back as many slots of each of these limits, as far as they are there and active; returns those there."""
    limits = await slots.lock_named(tx, names)
    await slots.free(tx, [limit for limit in limits if limit.active], count, patience, held)
    return limits


async def end_lease(tx: Transaction, id: UUID, patience: Patience) -> None:
    """Ends a lease and gives its slots back, unless it has ended already."""
    await slots.end(tx, slot_lease.c.id == id, patience, measured=True)


async def revoke_lease(tx: Transaction, id: UUID, patience: Patience) -> None:
    """Ends a lease whose holder never heard of it: for how long it lasted tells nothing of how long slots are held."""
    await slots.end(tx, slot_lease.c.id == id, patience)


async def renew_lease(tx: Transaction, id: UUID, seconds: float) -> None:
    """Lets a lease last for so many seconds from now on."""
    if not await slots.renew(tx, id, timedelta(seconds=seconds)):
        raise Gone("Lease not found - it may have expired or been revoked")


async def make_lease(
    tx: Transaction, limits: Sequence[Limit], count: int, seconds: float, holder: Holder | None
) -> UUID:
    """Makes a lease on slots that were taken just now."""
    return await slots.lease(tx, limits, count, timedelta(seconds=seconds), holder)
