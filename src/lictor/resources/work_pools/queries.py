"""Statements on work pools and work queues."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.compiled_query import BoundQuery
from lictor.db.functions import Statement, insert_unless, value_in
from lictor.db.row_serializer import Computed, Field, RowSerializer
from lictor.db.types import dump_json, load_json
from lictor.query.cursor import ListQuery
from lictor.query.filter_key import Filters
from lictor.query.relations import to_one
from lictor.query.resource_query import Order, ResourceQuery
from lictor.resources.flow_runs.table import flow_run
from lictor.resources.states.schemas import StateType
from lictor.resources.work_pools.filters import WorkPoolFilter
from lictor.resources.work_pools.schemas import WorkPoolStorageConfiguration
from lictor.resources.work_pools.status import latest_poll, pool_online_until, pool_status, queue_status
from lictor.resources.work_pools.table import work_pool, work_queue

BY_NAME = "NAME_ASC"
"""The one order of work pools, and that of the queues of all pools."""

BY_PRIORITY = "PRIORITY_ASC"
"""The one order of the queues of a work pool."""

POOL_OF_AGENTS = "default-agent-pool"
"""The pool of queues that are asked for by their names alone."""


def holds_slot(*, is_cancelling: bool = False) -> sa.ColumnElement[bool]:
    """Whether a flow run takes a slot of its queue and of the pool; if asked so, also while it is being cancelled."""
    types = (StateType.PENDING, StateType.RUNNING, *((StateType.CANCELLING,) if is_cancelling else ()))
    # The condition of the index, word for word, tells SQLite that it can use it.
    return sa.literal_column("flow_run.state_type IN ('PENDING', 'RUNNING', 'CANCELLING')", sa.Boolean()) & (
        flow_run.c.state_type.in_([type_.value for type_ in types])
    )


def slots_if_limited(table: sa.Table, slots: sa.ColumnElement[int]) -> sa.ColumnElement[Any]:
    """The number of slots that are taken, not even counted where there is no limit."""
    return sa.case((table.c.concurrency_limit.is_not(None), slots))


def slots_of_pool() -> sa.ScalarSelect[int]:
    """How many runs take a slot of a pool."""
    queue = work_queue.alias("queue_of_run")
    of_this_pool = sa.select(queue.c.id).where(queue.c.work_pool_id == work_pool.c.id).correlate(work_pool)
    return (
        sa.select(sa.func.count())
        .select_from(flow_run)
        .where(flow_run.c.work_queue_id.in_(of_this_pool), holds_slot())
        .correlate(work_pool)
        .scalar_subquery()
    )


def slots_of_queue() -> sa.ScalarSelect[int]:
    """How many runs take a slot of a queue."""
    return (
        sa.select(sa.func.count())
        .select_from(flow_run)
        .where(flow_run.c.work_queue_id == work_queue.c.id, holds_slot())
        .correlate(work_queue)
        .scalar_subquery()
    )


def _storage(*names: str) -> Callable[..., orjson.Fragment]:
    """These fields of the storage configuration, those that are not stored as null."""

    def read(_: Any, text: str) -> orjson.Fragment:
        stored = load_json(text)
        return orjson.Fragment(dump_json({name: stored.get(name) for name in names}))

    return read


_STORAGE = tuple(WorkPoolStorageConfiguration.model_fields)

_POOL_FIELDS: dict[str, Field] = {
    "id": work_pool.c.id,
    "created": work_pool.c.created,
    "updated": work_pool.c.updated,
    "name": work_pool.c.name,
    "description": work_pool.c.description,
    "type": work_pool.c.type,
    "base_job_template": work_pool.c.base_job_template,
    "is_paused": work_pool.c.is_paused,
    "concurrency_limit": work_pool.c.concurrency_limit,
    "status": Computed(pool_status, (work_pool.c.type, work_pool.c.is_paused, pool_online_until)),
    "default_queue_id": work_pool.c.default_queue_id,
    "storage_configuration": Computed(_storage(*_STORAGE), (work_pool.c.storage_configuration,)),
    "active_slots": slots_if_limited(work_pool, slots_of_pool()),
}
_pool_of_queue = work_pool.alias("pool_of_queue")

WORK_POOL = RowSerializer(_POOL_FIELDS)
WORK_POOL_FOR_OLD_CLIENTS = RowSerializer(
    # Clients up to 3.3.7 take no field that they do not know.
    {
        **_POOL_FIELDS,
        "storage_configuration": Computed(
            _storage("bundle_upload_step", "bundle_execution_step"), (work_pool.c.storage_configuration,)
        ),
    }
)
WORK_QUEUE = RowSerializer(
    {
        "id": work_queue.c.id,
        "created": work_queue.c.created,
        "updated": work_queue.c.updated,
        "name": work_queue.c.name,
        "description": work_queue.c.description,
        "is_paused": work_queue.c.is_paused,
        "concurrency_limit": work_queue.c.concurrency_limit,
        "priority": work_queue.c.priority,
        "work_pool_id": work_queue.c.work_pool_id,
        "filter": work_queue.c.filter,
        "last_polled": Computed(latest_poll, (work_queue.c.last_polled, _pool_of_queue.c.last_polled)),
        "work_pool_name": _pool_of_queue.c.name,
        "status": Computed(
            queue_status, (work_queue.c.is_paused, work_queue.c.last_polled, _pool_of_queue.c.last_polled)
        ),
        "active_slots": slots_if_limited(work_queue, slots_of_queue()),
    }
)


POOLS = ResourceQuery("work_pools", work_pool, (), {BY_NAME: Order(work_pool.c.name)})
QUEUES = ResourceQuery(
    "work_queues",
    work_queue,
    (to_one("work_pools", work_pool, work_queue.c.work_pool_id),),
    {BY_PRIORITY: Order(work_queue.c.priority), BY_NAME: Order(work_queue.c.name)},
)

_POOLS = {shape: shape.select().select_from(work_pool) for shape in (WORK_POOL, WORK_POOL_FOR_OLD_CLIENTS)}
_QUEUES = WORK_QUEUE.select().select_from(
    work_queue.join(_pool_of_queue, _pool_of_queue.c.id == work_queue.c.work_pool_id)
)


def work_pool_list(shape: RowSerializer, filters: Filters) -> ListQuery:
    """The work pools that match, by name."""
    return ListQuery(POOLS, shape, _POOLS[shape], filters, BY_NAME)


def work_pool_count(filters: Filters) -> BoundQuery:
    """How many work pools match."""
    return POOLS.count(filters)


def work_pool_by_name(shape: RowSerializer, name: str) -> Statement:
    """The work pool of a name."""
    return shape.select().where(work_pool.c.name == name)


def work_pool_row(name: str) -> Statement:
    """The work pool of a name, as its row."""
    return sa.select(work_pool).where(work_pool.c.name == name)


def locked(row: Statement) -> Statement:
    """The same row, which no other transaction can change before this one ends. Rows that refer to it can be made."""
    return row.with_for_update(key_share=True)


def kept(row: Statement) -> Statement:
    """The same row, which no other transaction can delete before this one ends."""
    return row.with_for_update(read=True, key_share=True)


def insert_work_pool(row: Mapping[str, Any]) -> sa.Insert:
    """A new work pool, unless there is one of this name already."""
    return insert_unless(work_pool, row, "name")


def update_work_pool(id: UUID, changes: Mapping[str, Any]) -> sa.Update:
    """Changes columns of a work pool."""
    return sa.update(work_pool).where(work_pool.c.id == id).values(**changes, updated=utc_now())


def delete_work_pool(name: str) -> sa.Delete:
    """Deletes a work pool with its queues."""
    return sa.delete(work_pool).where(work_pool.c.name == name)


def record_poll(table: sa.Table, ids: Collection[UUID], before: datetime) -> sa.Update:
    """Writes down that pools or queues were polled, those whose last poll that is written down was before a moment."""
    is_stale = table.c.last_polled.is_(None) | (table.c.last_polled < before)
    # What is polled does not change by that.
    values = {"last_polled": utc_now(), "updated": table.c.updated}
    return sa.update(table).where(value_in(table.c.id, ids), is_stale).values(values)


def work_queue_list(pool_id: UUID, filters: Filters) -> ListQuery:
    """The queues of a pool that match, by priority."""
    of_pool = WorkPoolFilter.model_validate({"id": {"any_": [pool_id]}})
    return ListQuery(QUEUES, WORK_QUEUE, _QUEUES, {**filters, "work_pools": of_pool}, BY_PRIORITY)


def work_queue_list_of_all_pools(filters: Filters) -> ListQuery:
    """The queues of all pools that match, by name."""
    return ListQuery(QUEUES, WORK_QUEUE, _QUEUES, filters, BY_NAME)


def work_queue_by_id(id: UUID) -> Statement:
    """One work queue."""
    return _QUEUES.where(work_queue.c.id == id)


def work_queue_by_name(pool_name: str, name: str) -> Statement:
    """The work queue of a name in the pool of a name."""
    return _QUEUES.where(_pool_of_queue.c.name == pool_name, work_queue.c.name == name)


def work_queue_of_agents(name: str) -> Statement:
    """The work queue of a name in the pool of agents; the first one in any pool as long as there is no such pool."""
    agents = sa.select(work_pool.c.id).where(work_pool.c.name == POOL_OF_AGENTS).scalar_subquery()
    in_place = sa.func.coalesce(agents, work_queue.c.work_pool_id) == work_queue.c.work_pool_id
    return _QUEUES.where(work_queue.c.name == name, in_place).order_by(work_queue.c.created, work_queue.c.id).limit(1)


def work_queue_row(pool_id: UUID, name: str) -> Statement:
    """The work queue of a name in a pool, as its row."""
    return sa.select(work_queue).where(work_queue.c.work_pool_id == pool_id, work_queue.c.name == name)


def work_queue_row_by_id(id: UUID) -> Statement:
    """A work queue, as its row."""
    return sa.select(work_queue).where(work_queue.c.id == id)


def work_queue_health(id: UUID) -> Statement:
    """When a queue was polled, itself or with its pool, and how many of its runs are late."""
    late = (
        sa.select(sa.func.count())
        .select_from(flow_run)
        .where(flow_run.c.work_queue_id == id, _is_scheduled(), flow_run.c.state_name == "Late")
        .scalar_subquery()
    )
    polls = work_queue.c.last_polled, _pool_of_queue.c.last_polled.label("pool_last_polled")
    with_pool = work_queue.join(_pool_of_queue, _pool_of_queue.c.id == work_queue.c.work_pool_id)
    return sa.select(*polls, late.label("late_runs")).select_from(with_pool).where(work_queue.c.id == id)


def _is_scheduled() -> sa.ColumnElement[bool]:
    return flow_run.c.state_type == sa.literal_column("'SCHEDULED'")  # as the index says it


def name_of_pool_of_queue(id: UUID) -> Statement:
    """The name of the pool that a queue is in."""
    return (
        sa.select(work_pool.c.name)
        .join(work_queue, work_queue.c.work_pool_id == work_pool.c.id)
        .where(work_queue.c.id == id)
    )


def oldest_queue(name: str) -> Statement:
    """The id of the first queue of this name, in whichever pool it is."""
    return sa.select(work_queue.c.id).where(work_queue.c.name == name).order_by(work_queue.c.created, work_queue.c.id)


def work_queue_rows(pool_id: UUID) -> Statement:
    """The queues of a pool by priority, as rows."""
    return sa.select(work_queue).where(work_queue.c.work_pool_id == pool_id).order_by(work_queue.c.priority)


def priorities(pool_id: UUID) -> Statement:
    """The queues of a pool by priority: id and priority of each."""
    of_pool = work_queue.c.work_pool_id == pool_id
    return sa.select(work_queue.c.id, work_queue.c.priority).where(of_pool).order_by(work_queue.c.priority)


def insert_work_queue(row: Mapping[str, Any]) -> sa.Insert:
    """A new work queue, unless there is one of this name in the pool already."""
    return insert_unless(work_queue, row, "work_pool_id", "name")


def update_work_queue(id: UUID, changes: Mapping[str, Any]) -> sa.Update:
    """Changes columns of a work queue."""
    return sa.update(work_queue).where(work_queue.c.id == id).values(**changes, updated=utc_now())


def delete_work_queue(id: UUID) -> sa.Delete:
    """Deletes a work queue; what it held is in no queue then."""
    return sa.delete(work_queue).where(work_queue.c.id == id)
