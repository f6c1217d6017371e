"""Limits on tags, as older clients know them: by tag, with the task runs that hold their slots.

Such a limit is a global one named `tag:...`. One of an older database, which lists its holders itself, is shown and
changed as long as there is no global limit on the same tag.
"""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.engine import Connection, Transaction
from lictor.db.types import dump_json, load_json
from lictor.errors import Locked, NotFound
from lictor.resources.concurrency_limits import queries, slots, writes
from lictor.resources.concurrency_limits.schemas import ConcurrencyLimitCreate
from lictor.resources.concurrency_limits.slots import FOR_GOOD, TAG, TASK_RUN, Holder, Limit, Patience
from lictor.resources.concurrency_limits.table import global_limit, slot_lease, tag_limit

Json = dict[str, Any]


async def shown(db: Connection, limits: Sequence[sa.Row[Any]]) -> list[Json]:
    """Limits on tags as JSON, with those who hold their slots."""
    holders: dict[UUID, list[str]] = {limit.id: load_json(limit.holders) for limit in limits}
    current = [limit.id for limit in limits if not limit.is_old]
    for held in await db.all(queries.task_runs_holding(current)) if current else []:
        holders[held.concurrency_limit_id].append(str(held.holder_id))
    return [
        {
            "id": str(limit.id),  # the driver's own kind of UUID is nothing to orjson
            "created": limit.created,
            "updated": limit.updated,
            "tag": limit.tag,
            "concurrency_limit": limit.concurrency_limit,
            "active_slots": holders[limit.id],
        }
        for limit in limits
    ]


async def set_limit(tx: Transaction, body: ConcurrencyLimitCreate) -> tuple[Json, bool]:
    """Makes a limit on a tag, or changes the one that is there; returns it, and whether it is new."""
    name, size = TAG + body.tag, body.concurrency_limit
    is_new = False
    limits: Sequence[Limit] = []
    while not limits:  # somebody may delete the limit that the insert has met
        is_new = await tx.changed(queries.insert_global_limit({"name": name, "limit": size}))
        limits = await slots.lock_named(tx, [name])
    if not is_new:
        await tx.execute(queries.update_global_limit(limits[0].id, {"limit": size}))
    await writes.emit_change(tx, "created" if is_new else "updated", global_limit.c.name == name)
    (shown_limit,) = await shown(tx, await tx.all(queries.tag_limit_by_tag(body.tag)))
    return shown_limit, is_new


async def reset(tx: Transaction, tag: str, holders: Sequence[UUID], patience: Patience) -> None:
    """Takes all slots of a limit from their holders, and gives them to others."""
    which = global_limit.c.name == TAG + tag
    found = await tx.first(queries.global_limit_named(TAG + tag))
    if found is not None:
        await slots.end(tx, queries.leases_on([found.id]), patience)
        limits = await slots.lock(tx, which)
        for limit in limits:
            await tx.execute(queries.update_global_limit(limit.id, {"active_slots": 0}))
        await slots.take(tx, limits, len(holders), patience, leased=True)
        for holder in holders:
            await slots.lease(tx, limits, 1, FOR_GOOD, Holder(TASK_RUN, holder))
        return
    old = await tx.first(queries.old_limits([tag]))
    if old is None:
        raise NotFound("Concurrency limit not found")
    await tx.execute(queries.set_holders(old.id, dump_json([str(holder) for holder in holders])))


async def drop_limit(tx: Transaction, limit: sa.Row[Any] | None, patience: Patience) -> None:
    """Deletes a limit with the leases on its slots, and gives back what else they hold."""
    if limit is None:
        raise NotFound("Concurrency limit not found")
    if limit.is_old:
        await tx.execute(queries.delete_old_limit(tag_limit.c.id == limit.id))
    else:
        await slots.end(tx, queries.leases_on([limit.id]), patience)
        await writes.drop_limit(tx, global_limit.c.id == limit.id)


async def take_slots(
    tx: Transaction, tags: Sequence[str], task_run_id: UUID, patience: Patience
) -> list[tuple[UUID, str, int]]:
    """A task run takes a slot of each limit on its tags, or of none; returns the limits by id, tag and size."""
    current = {_tag(limit): limit for limit in await slots.lock_named(tx, [TAG + tag for tag in tags])}
    old = {limit.tag: limit for limit in await _old(tx, tags)}
    for tag in tags:
        if (tag in current and current[tag].limit == 0) or (tag in old and old[tag].concurrency_limit == 0):
            raise Locked(f'The concurrency limit on tag "{tag}" is 0 and will deadlock if the task tries to run again.')
    active = [limit for limit in current.values() if limit.active]
    replaced = {_tag(limit) for limit in active}
    old = {tag: limit for tag, limit in old.items() if tag not in replaced}
    full = [_tag(limit) for limit in active if not slots.have_room([limit], 1)]
    full += [tag for tag, limit in old.items() if len(load_json(limit.active_slots)) >= limit.concurrency_limit]
    if full:
        raise Locked(f"Concurrency limit for the {full[0]} tag has been reached", patience.for_tags)
    if active:
        await slots.take(tx, active, 1, patience, leased=True)
        await slots.lease(tx, active, 1, FOR_GOOD, Holder(TASK_RUN, task_run_id))
    for limit in old.values():
        held_by = {*load_json(limit.active_slots), str(task_run_id)}
        await tx.execute(queries.set_holders(limit.id, dump_json(sorted(held_by))))
    return [(limit.id, _tag(limit), limit.limit) for limit in active] + [
        (limit.id, limit.tag, limit.concurrency_limit) for limit in old.values()
    ]


async def give_slots_back(
    tx: Transaction, tags: Sequence[str], task_run_id: UUID, patience: Patience
) -> list[tuple[UUID, str, int]]:
    """A task run ends its leases on limits on its tags; returns these limits by id, name and size."""
    current = await slots.lock_named(tx, [TAG + tag for tag in tags])
    if current:
        held = queries.leases_on([limit.id for limit in current])
        await slots.end(tx, held & (slot_lease.c.holder_id == task_run_id), patience)
    limits = [(limit.id, limit.name, limit.limit) for limit in current]
    for limit in await _old(tx, set(tags) - {_tag(limit) for limit in current}):
        holders = load_json(limit.active_slots)
        if str(task_run_id) in holders:
            left = [holder for holder in holders if holder != str(task_run_id)]
            await tx.execute(queries.set_holders(limit.id, dump_json(left)))
            limits.append((limit.id, limit.tag, limit.concurrency_limit))
    return limits


async def _old(tx: Transaction, tags: Collection[str]) -> Sequence[sa.Row[Any]]:
    return await tx.all(queries.old_limits(tags)) if tags else []


def _tag(limit: Limit) -> str:
    name: str = limit.name
    return name.removeprefix(TAG)
