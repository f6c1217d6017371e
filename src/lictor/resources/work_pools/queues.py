"""Queues: finding the one that a deployment or a flow run is to wait in, and their order in a pool."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError

from lictor.db.engine import Transaction
from lictor.db.ids import uuid7
from lictor.errors import InvalidRequest, NotFound, Unprocessable
from lictor.resources.work_pools import queries
from lictor.resources.work_pools.events import emit_pool_created, emit_queue_event
from lictor.resources.work_pools.queries import POOL_OF_AGENTS
from lictor.resources.work_pools.schemas import AGENTS, WorkPoolStorageConfiguration
from lictor.validation.fields import MAX_INTEGER, Name

NAME: TypeAdapter[str] = TypeAdapter(Name)


async def queue_for(tx: Transaction, pool_name: str | None, queue_name: str | None) -> UUID | None:
    """The id of the queue that these names stand for, if any is given. Queues are made as they are asked for."""
    if pool_name:
        return await _queue_in(tx, pool_name, queue_name)
    if queue_name:
        return await _queue_of_agents(tx, queue_name)
    return None


async def _queue_in(tx: Transaction, pool_name: str, queue_name: str | None) -> UUID | None:
    pool = await pool_named(tx, pool_name)
    if not queue_name:
        return cast("UUID | None", pool.default_queue_id)
    known = await tx.scalar(queries.kept(queries.work_queue_row(pool.id, queue_name)))
    return known or await _found_or_made(tx, pool_name, queue_name)


async def _found_or_made(tx: Transaction, pool_name: str, queue_name: str, priority: int | None = None) -> UUID:
    _check_name(queue_name)
    pool = await pool_named(tx, pool_name, lock=True)
    await add_queue(tx, pool, {"name": queue_name, "priority": priority})
    return cast("UUID", (await tx.scalar(queries.work_queue_row(pool.id, queue_name))))


def _check_name(name: str) -> None:
    try:
        NAME.validate_python(name)
    except ValidationError as error:
        problems = error.errors(include_url=False)
        raise InvalidRequest([{**found, "loc": ("body", "work_queue_name")} for found in problems]) from None


async def _queue_of_agents(tx: Transaction, name: str) -> UUID:
    """The queue of this name in the pool of agents, or anywhere as long as there is no such pool."""
    pool = await tx.first(queries.work_pool_row(POOL_OF_AGENTS))
    known = queries.oldest_queue(name) if pool is None else queries.work_queue_row(pool.id, name)
    if (id := await tx.scalar(queries.kept(known))) is not None:
        return cast("UUID", id)
    if pool is None:
        await add_pool(tx, {"name": POOL_OF_AGENTS, "type": AGENTS})
    return await _found_or_made(tx, POOL_OF_AGENTS, name, priority=1)


async def pool_named(tx: Transaction, name: str, *, lock: bool = False) -> sa.Row[Any]:
    """The row of a work pool, which stays. Whoever changes the pool or the order of its queues locks it, too."""
    row = queries.work_pool_row(name)
    pool = await tx.first(queries.locked(row) if lock else queries.kept(row))
    if pool is None:
        raise NotFound(f'Work pool "{name}" not found.')
    return pool


async def add_pool(tx: Transaction, values: Mapping[str, Any]) -> bool:
    """Makes a work pool with its default queue, unless there is one of this name; whether it did."""
    pool_id, queue_id = uuid7(), uuid7()
    defaults = {"base_job_template": "{}", "storage_configuration": WorkPoolStorageConfiguration().model_dump_json()}
    is_new = await tx.changed(
        queries.insert_work_pool({**defaults, **values, "id": pool_id, "default_queue_id": queue_id})
    )
    if is_new:
        description = "The work pool's default queue."
        row = {"id": queue_id, "work_pool_id": pool_id, "name": "default", "description": description, "priority": 1}
        await tx.execute(queries.insert_work_queue(row))
        pool = await tx.first(queries.work_pool_row(values["name"]))
        assert pool is not None
        await emit_pool_created(tx, pool, await tx.all(queries.work_queue_rows(pool_id)))
    return is_new


async def add_queue(tx: Transaction, pool: sa.Row[Any], values: Mapping[str, Any]) -> UUID | None:
    """Makes a queue in a pool that is locked, unless there is one of this name; its id if it did.

    Without a priority it takes the first that is free; at one that is taken, those behind make room.
    """
    others = await tx.all(queries.priorities(pool.id))
    priority = values.get("priority") or _first_free({other.priority for other in others})
    id = uuid7()
    row = {**values, "id": id, "work_pool_id": pool.id, "priority": priority}
    if not await tx.changed(queries.insert_work_queue(row)):
        return None
    await _make_room(tx, others, priority)
    made = await tx.first(queries.work_queue_row(pool.id, values["name"]))
    assert made is not None
    await emit_queue_event(tx, "created", pool, made)
    return id


async def give_priority(tx: Transaction, pool_id: UUID, queue_id: UUID, priority: int) -> None:
    """Moves a queue of a pool that is locked; those behind make room."""
    others = [other for other in await tx.all(queries.priorities(pool_id)) if other.id != queue_id]
    await tx.execute(queries.update_work_queue(queue_id, {"priority": priority}))
    await _make_room(tx, others, priority)


def _first_free(taken: Collection[int]) -> int:
    return next(place for place in range(1, len(taken) + 2) if place not in taken)


async def _make_room(tx: Transaction, others: Sequence[Any], priority: int) -> None:
    """Moves back the queues at a priority and behind it, as few as need be."""
    last = priority
    for other in others:
        if other.priority > last:
            return
        if other.priority >= priority:
            last += 1
            if last > MAX_INTEGER:
                raise Unprocessable(f"priority: there is no room for another queue at {priority}.")
            await tx.execute(queries.update_work_queue(other.id, {"priority": last}))
