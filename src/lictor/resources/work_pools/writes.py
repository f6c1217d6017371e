"""Making, changing and deleting work pools and queues."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel

from lictor.db.base import utc_now
from lictor.db.engine import Transaction
from lictor.db.ids import uuid7
from lictor.db.types import dump_json
from lictor.errors import Conflict, Forbidden, NotFound, Unprocessable
from lictor.resources.block_documents.defaults import with_blocks
from lictor.resources.work_pools import queries
from lictor.resources.work_pools.events import (
    emit_pool_changes,
    emit_pool_deleted,
    emit_pool_status,
    emit_queue_changes,
    emit_queue_event,
    in_kebab_case,
)
from lictor.resources.work_pools.queues import add_pool, add_queue, give_priority, pool_named
from lictor.resources.work_pools.schemas import (
    AGENTS,
    WorkPoolCreate,
    WorkPoolStatus,
    WorkPoolUpdate,
    WorkQueueCreate,
    WorkQueueStatus,
    WorkQueueUpdate,
)
from lictor.resources.work_pools.templates import check_defaults
from lictor.validation.json_schema import InvalidSchema, Mismatch

RESERVED = "Work pools starting with 'Prefect' are reserved for internal use"
DEFAULT_QUEUE = "default"
POLL_COUNTS_FOR = timedelta(seconds=60)
JSON_COLUMNS = {"base_job_template", "storage_configuration", "filter"}


def _is_reserved(name: str) -> bool:
    return name.lower().startswith("prefect")


def _columns(body: BaseModel, names: Iterable[str]) -> dict[str, Any]:
    """The columns that have these names, and the values that a request gives them."""
    columns = {name: getattr(body, name) for name in names}
    for name in JSON_COLUMNS & columns.keys():
        columns[name] = None if columns[name] is None else dump_json(columns[name])
    return columns


async def make_pool(tx: Transaction, keys: tuple[str, ...], body: WorkPoolCreate) -> bool:
    """Makes a work pool with its default queue, unless there is one of this name; whether it did."""
    if _is_reserved(body.name):
        raise Forbidden(f"{RESERVED}.")
    try:
        template = await with_blocks(tx, keys, body.base_job_template)
        async with tx.suspended():
            await check_defaults(template)
    except InvalidSchema as error:
        raise Unprocessable(f"Invalid schema: {error}") from None
    except Mismatch as error:
        raise Unprocessable(f"Validation failed for work pool's job variable defaults: {error}") from None
    status = WorkPoolStatus.PAUSED if body.is_paused else WorkPoolStatus.NOT_READY
    if not await add_pool(tx, {**_columns(body, WorkPoolCreate.model_fields), "status": status}):
        return False
    await emit_pool_status(tx, status, await pool_named(tx, body.name), uuid7(), utc_now())
    return True


async def change_pool(tx: Transaction, name: str, body: WorkPoolUpdate) -> None:
    """Changes of a work pool what was asked. Pausing it and going on show in its status."""
    changes = _columns(body, body.model_fields_set)
    if _is_reserved(name) and changes.keys() - {"is_paused", "concurrency_limit"}:
        raise Forbidden(f"{RESERVED} and can only be updated to set concurrency limits or pause.")
    pool = await pool_named(tx, name, lock=True)
    status = None
    event_id, now = uuid7(), utc_now()
    if body.is_paused is not None and pool.type != AGENTS:
        status = WorkPoolStatus.PAUSED if body.is_paused else WorkPoolStatus.NOT_READY
        changes |= {"status": status, "last_transitioned_status_at": now, "last_status_event_id": event_id}
    await tx.execute(queries.update_work_pool(pool.id, changes))
    await emit_pool_changes(tx, pool, await pool_named(tx, name), changes)
    if status is not None:
        await emit_pool_status(tx, status, pool, event_id, now)


async def drop_pool(tx: Transaction, name: str) -> None:
    """Deletes a work pool with its queues."""
    if _is_reserved(name):
        raise Forbidden(f"{RESERVED} and can not be deleted.")
    pool = await tx.first(queries.work_pool_row(name).with_for_update())
    if pool is None:
        raise NotFound(f'Work pool "{name}" not found.')
    await emit_pool_deleted(tx, pool, await tx.all(queries.work_queue_rows(pool.id)))
    await tx.execute(queries.delete_work_pool(name))


async def make_queue(tx: Transaction, pool_name: str, body: WorkQueueCreate) -> UUID:
    """Makes a queue in a pool; its id."""
    pool = await pool_named(tx, pool_name, lock=True)
    id = await add_queue(
        tx, pool, {**_columns(body, WorkQueueCreate.model_fields), "description": body.description or ""}
    )
    if id is None:
        raise Conflict(f"A work queue with this name already exists in work pool {pool_name!r}.")
    return id


async def change_queue(tx: Transaction, pool_name: str, name: str, body: WorkQueueUpdate) -> None:
    """Changes of a queue what was asked. Pausing it and going on show in its status."""
    pool, queue = await _queue_named(tx, pool_name, name)
    await _update_queue(tx, pool, queue, body)


async def _update_queue(tx: Transaction, pool: sa.Row[Any], queue: sa.Row[Any], body: WorkQueueUpdate) -> None:
    changes = _columns(body, body.model_fields_set)
    changed = set(changes)
    if body.name not in {None, queue.name} and await tx.scalar(queries.work_queue_row(queue.work_pool_id, body.name)):
        raise Conflict(f"A work queue with this name already exists in work pool {pool.name!r}.")
    if (status := _status(queue, changes)) is not None:
        changes["status"] = status
    if (priority := changes.pop("priority", None)) is not None:
        await give_priority(tx, queue.work_pool_id, queue.id, priority)
    await tx.execute(queries.update_work_queue(queue.id, changes))
    after = await tx.first(queries.work_queue_row_by_id(queue.id))
    assert after is not None
    await emit_queue_changes(tx, pool, queue, after, changed)
    if status is not None and status != queue.status:
        await emit_queue_event(tx, in_kebab_case(status), pool, after)


def _status(queue: sa.Row[Any], changes: dict[str, Any]) -> WorkQueueStatus | None:
    """The status that a queue enters by these changes, if any."""
    is_paused = changes.get("is_paused")
    if is_paused:
        return WorkQueueStatus.PAUSED
    if is_paused is None or queue.status != WorkQueueStatus.PAUSED:
        return None
    last_polled: datetime | None = changes.get("last_polled", queue.last_polled)
    is_polled = last_polled is not None and utc_now() - last_polled <= POLL_COUNTS_FOR
    return WorkQueueStatus.READY if is_polled else WorkQueueStatus.NOT_READY


async def drop_queue(tx: Transaction, pool_name: str, name: str) -> None:
    """Deletes a queue, unless it is the one for work that names none."""
    await _delete_queue(tx, *await _queue_named(tx, pool_name, name))


async def _delete_queue(tx: Transaction, pool: sa.Row[Any], queue: sa.Row[Any]) -> None:
    if queue.id == pool.default_queue_id:
        raise Conflict("Can't delete a pool's default queue.")
    await emit_queue_event(tx, "deleted", pool, queue)
    await tx.execute(queries.delete_work_queue(queue.id))


async def _queue_named(tx: Transaction, pool_name: str, name: str) -> tuple[sa.Row[Any], sa.Row[Any]]:
    """The rows of a pool, which is locked from then on, and of a queue of it."""
    pool = await pool_named(tx, pool_name, lock=True)
    queue = await tx.first(queries.work_queue_row(pool.id, name))
    if queue is None:
        raise NotFound(f"Work pool queue '{pool_name}/{name}' not found.")
    return pool, queue


async def create_queue_of_agents(tx: Transaction, body: WorkQueueCreate) -> UUID:
    """Makes a queue in the pool of agents, and that pool if it is not there; its id."""
    if await add_pool(tx, {"name": queries.POOL_OF_AGENTS, "type": AGENTS}) and body.name == DEFAULT_QUEUE:
        return cast("UUID", (await pool_named(tx, queries.POOL_OF_AGENTS)).default_queue_id)
    try:
        return await make_queue(tx, queries.POOL_OF_AGENTS, body)
    except Conflict:
        raise Conflict("A work queue with this name already exists.") from None


async def update_queue_by_id(tx: Transaction, id: UUID, body: WorkQueueUpdate) -> bool:
    """Changes of a queue what was asked; whether it is there."""
    found = await _queue_of_id(tx, id)
    if found is not None:
        await _update_queue(tx, *found, body)
    return found is not None


async def delete_queue_by_id(tx: Transaction, id: UUID) -> bool:
    """Deletes a queue, unless it is the one for work that names none; whether it was there."""
    found = await _queue_of_id(tx, id)
    if found is not None:
        await _delete_queue(tx, *found)
    return found is not None


async def _queue_of_id(tx: Transaction, id: UUID) -> tuple[sa.Row[Any], sa.Row[Any]] | None:
    """A queue's pool, which is locked from then on, and the queue."""
    pool_name = await tx.scalar(queries.name_of_pool_of_queue(id))
    if pool_name is None:
        return None
    pool = await pool_named(tx, pool_name, lock=True)
    queue = await tx.first(queries.work_queue_row_by_id(id))
    return None if queue is None else (pool, queue)
