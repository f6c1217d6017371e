"""The events that tell of work pools and their queues."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.engine import Transaction
from lictor.db.types import load_json
from lictor.events.emit import Labels, changes_between, emit, own_event, resource
from lictor.events.schemas import Event
from lictor.resources.work_pools.schemas import WorkPoolStorageConfiguration

FOLLOWS_WITHIN = timedelta(minutes=10)
"""A change of status names the one before it where that is no longer ago."""

POOL_FIELDS = ("description", "base_job_template", "concurrency_limit", "storage_configuration")
QUEUE_FIELDS = ("name", "description", "concurrency_limit", "priority")

Row = sa.Row[Any]


def pool_resource(pool: Row, role: str | None = "work-pool") -> Labels:
    """How events speak of a work pool."""
    return resource("work-pool", pool.id, pool.name, role=role, labels={"prefect.work-pool.type": pool.type})


async def emit_pool_created(tx: Transaction, pool: Row, queues: Iterable[Row]) -> None:
    """Tells that a work pool was created, and before it its queues."""
    await emit(tx, *(_of_queue("created", pool, queue) for queue in queues), _of_pool("created", pool))


async def emit_pool_deleted(tx: Transaction, pool: Row, queues: Iterable[Row]) -> None:
    """Tells that a work pool is deleted, and before it its queues."""
    await emit(tx, *(_of_queue("deleted", pool, queue) for queue in queues), _of_pool("deleted", pool))


async def emit_pool_changes(tx: Transaction, before: Row, after: Row, changed: Iterable[str]) -> None:
    """Tells which of these fields of a work pool are other than they were, if any are."""
    names = [name for name in POOL_FIELDS if name in changed]
    if payload := changes_between(_pool_values(before, names), _pool_values(after, names)):
        await emit(tx, own_event("prefect.work-pool.updated", pool_resource(after), payload=payload))


async def emit_pool_status(tx: Transaction, status: str, pool: Row, id: UUID, occurred: datetime) -> None:
    """Tells that a work pool, of which this is the row before, enters a status."""
    last = pool.last_transitioned_status_at
    is_close = last is not None and occurred - last < FOLLOWS_WITHIN
    event = own_event(
        f"prefect.work-pool.{in_kebab_case(status)}",
        pool_resource(pool, role=None),
        id=id,
        occurred=occurred,
        follows=pool.last_status_event_id if is_close else None,
    )
    await emit(tx, event)


async def emit_queue_event(tx: Transaction, what: str, pool: Row, queue: Row) -> None:
    """Tells that a queue was created or deleted, or that it enters a status."""
    await emit(tx, _of_queue(what, pool, queue))


async def emit_queue_changes(tx: Transaction, pool: Row, before: Row, after: Row, changed: Iterable[str]) -> None:
    """Tells which of these fields of a queue are other than they were, if any are."""
    names = [name for name in QUEUE_FIELDS if name in changed]
    payload = changes_between(*({name: getattr(row, name) for name in names} for row in (before, after)))
    if payload is not None:
        await emit(tx, _of_queue("updated", pool, after, payload))


def in_kebab_case(status: str) -> str:
    """A status as the names of events spell it."""
    return status.lower().replace("_", "-")


def _of_pool(what: str, pool: Row) -> Event:
    related = []
    if pool.default_queue_id is not None:
        related.append(resource("work-queue", pool.default_queue_id, role="default-queue"))
    if (block := load_json(pool.storage_configuration).get("default_result_storage_block_id")) is not None:
        related.append(resource("block-document", block, role="result-storage"))
    return own_event(f"prefect.work-pool.{what}", pool_resource(pool), related=related)


def _of_queue(what: str, pool: Row, queue: Row, payload: dict[str, Any] | None = None) -> Event:
    named = resource("work-queue", queue.id, queue.name, role="work-queue")
    return own_event(f"prefect.work-queue.{what}", named, related=[pool_resource(pool)], payload=payload)


def _pool_values(pool: Row, names: Iterable[str]) -> dict[str, Any]:
    values = {name: getattr(pool, name) for name in names}
    if "base_job_template" in values:
        values["base_job_template"] = load_json(values["base_job_template"])
    if "storage_configuration" in values:
        stored = WorkPoolStorageConfiguration.model_validate_json(values["storage_configuration"])
        values["storage_configuration"] = stored.model_dump(mode="json")
    return values
