"""Concurrency limits on tags: how many task runs that bear a tag may be running at once.

A limit is a global one named `tag:...`, whose slots are held by leases; in databases older than leases, it is a tag
limit that lists its holders itself. An active global limit takes the place of the tag limit on the same tag.
"""

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import Transaction
from lictor.db.types import dump_json, load_json
from lictor.orchestration.backoff import scattered
from lictor.orchestration.engine import Abort, Transition, Verdict, Wait
from lictor.resources.concurrency_limits import queries, slots
from lictor.resources.concurrency_limits.table import slot_lease
from lictor.resources.states.schemas import State, StateType
from lictor.settings import TaskSettings

Limit = slots.Limit
OldLimit = sa.Row[Any]


async def secure_slots(t: Transition) -> Verdict | None:
    """A task run takes a slot of each limit on its tags before it is running, or of none of them."""
    if not t.run.tags:
        return None
    limits = [limit for limit in await slots.lock_named(t.tx, [slots.TAG + tag for tag in t.run.tags]) if limit.active]
    old_limits = await _lock_old_limits(t.tx, set(t.run.tags) - {_tag(limit) for limit in limits})
    verdict = _denial(limits, t.settings) or _old_denial(old_limits, t.settings)
    if verdict is not None:
        return verdict

    async def take() -> None:
        if limits:
            await slots.take(t.tx, limits, 1, _patience(t.settings), leased=True)
            # Task runs do not renew their leases; they end with the state.
            await slots.lease(t.tx, limits, 1, slots.FOR_GOOD, slots.Holder(slots.TASK_RUN, t.run.id))
        for limit in old_limits:
            await _set_holders(t.tx, limit, {*load_json(limit.active_slots), str(t.run.id)})

    t.afterwards.append(take)
    return None


async def release_slots(t: Transition, state: State) -> None:
    """A task run gives its slots back in any state but these two."""
    if not t.run.tags or state.type in {StateType.RUNNING, StateType.CANCELLING}:
        return
    held = slot_lease.c
    await slots.end(t.tx, (held.holder_id == t.run.id) & (held.holder_type == slots.TASK_RUN), _patience(t.settings))
    holder = str(t.run.id)
    for limit in await _lock_old_limits(t.tx, t.run.tags):
        if holder in (holders := load_json(limit.active_slots)):
            await _set_holders(t.tx, limit, set(holders) - {holder})


def _patience(settings: TaskSettings) -> slots.Patience:
    return slots.Patience(for_tags=settings.tag_concurrency_slot_wait_seconds)


def _tag(limit: Limit) -> str:
    name: str = limit.name
    return name.removeprefix(slots.TAG)


def _denial(limits: Sequence[Limit], settings: TaskSettings) -> Verdict | None:
    for limit in limits:
        if limit.limit == 0:
            return _deadlock(_tag(limit))
    if slots.have_room(limits, 1):
        return None
    longest = settings.tag_concurrency_slot_wait_seconds
    now = utc_now()
    fullest = max(limits, key=lambda limit: slots.occupied(limit, now) / limit.limit)
    seconds = scattered(min(fullest.avg_slot_occupancy_seconds or longest, longest))
    tags = ", ".join(_tag(limit) for limit in limits)
    return Wait(round(seconds), f"Concurrency limit reached for tags: {tags}")


def _old_denial(limits: Sequence[OldLimit], settings: TaskSettings) -> Verdict | None:
    for limit in limits:
        if limit.concurrency_limit == 0:
            return _deadlock(limit.tag)
        if len(load_json(limit.active_slots)) >= limit.concurrency_limit:
            seconds = int(settings.tag_concurrency_slot_wait_seconds)
            return Wait(seconds, f"Concurrency limit for the {limit.tag} tag has been reached")
    return None


def _deadlock(tag: str) -> Abort:
    return Abort(f'The concurrency limit on tag "{tag}" is 0 and will deadlock if the task tries to run again.')


async def _lock_old_limits(tx: Transaction, tags: Collection[str]) -> Sequence[OldLimit]:
    return await tx.all(queries.old_limits(tags)) if tags else []


async def _set_holders(tx: Transaction, limit: OldLimit, holders: set[str]) -> None:
    await tx.execute(queries.set_holders(limit.id, dump_json(sorted(holders))))
