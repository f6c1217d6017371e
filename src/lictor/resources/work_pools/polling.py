"""What workers poll for: the runs of a pool that are due, by the priority of their queues, as far as there is room."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.clock import expiry_now
from lictor.db.compiled_query import BoundQuery, generic_plan
from lictor.db.engine import Connection, Database, Transaction
from lictor.db.functions import json_value, moment_called
from lictor.db.row_serializer import NestedObject, RowSerializer
from lictor.errors import NotFound
from lictor.resources.flow_runs.claims import (
    CLAIM_LASTS,
    POLL_FIELDS,
    claim,
    held_by_others,
    not_held_by_others,
    to_claim,
    without_poll_fields,
)
from lictor.resources.flow_runs.queries import FLOW_RUN
from lictor.resources.flow_runs.table import flow_run, flow_run_claim
from lictor.resources.work_pools import queries
from lictor.resources.work_pools.queue_polling import note_polls_of_queues
from lictor.resources.work_pools.status import POLL_PRECISION
from lictor.resources.work_pools.table import work_pool, work_queue

FIRST_MOMENT = datetime(1, 1, 2, tzinfo=UTC)
LAST_MOMENT = datetime(9999, 12, 30, tzinfo=UTC)

Json = dict[str, Any]

POLLED_RUN = RowSerializer(
    {
        "work_pool_id": sa.bindparam("pool_id", type_=work_pool.c.id.type),
        "work_queue_id": flow_run.c.work_queue_id,
        "flow_run": NestedObject(
            {name: field for name, field in FLOW_RUN.fields.items() if name not in {"work_pool_id", "work_pool_name"}}
            | {"work_queue_name": flow_run.c.work_queue_name}
        ),
        **POLL_FIELDS,
    }
)
"""A run for a worker."""

_scheduled = flow_run.c.state_type == sa.literal_column("'SCHEDULED'")  # as the index says it
_retry_type = json_value(flow_run.c.empirical_policy, "retry_type")
_due = (
    (flow_run.c.work_queue_id == sa.bindparam("queue_id", type_=flow_run.c.work_queue_id.type))
    & _scheduled
    & (flow_run.c.next_scheduled_start_time <= moment_called("before"))
    & (flow_run.c.next_scheduled_start_time >= moment_called("after"))
    # A process that retries by itself is not to be started a second time.
    & sa.or_(_retry_type.is_(None), _retry_type != "in_process")
)
_RUNS = generic_plan(
    POLLED_RUN.select()
    .select_from(flow_run.outerjoin(flow_run_claim, flow_run_claim.c.flow_run_id == flow_run.c.id))
    .where(_due, not_held_by_others)
    .order_by(flow_run.c.next_scheduled_start_time, flow_run.c.id)
    .limit(sa.bindparam("limit", type_=sa.BigInteger()))
)
_has_runs = sa.exists().where(
    flow_run.c.work_queue_id == work_queue.c.id,
    _scheduled,
    flow_run.c.next_scheduled_start_time <= moment_called("before"),
)


def _claimed(condition: sa.ColumnElement[bool], table: sa.Table) -> sa.ScalarSelect[int]:
    """How many runs others have claimed, but not started yet."""
    return (
        sa.select(sa.func.count())
        .select_from(flow_run)
        .where(condition, _scheduled, held_by_others)
        .correlate(table)
        .scalar_subquery()
    )


_of_pool = flow_run.c.work_queue_id.in_(
    sa.select(work_queue.c.id).where(work_queue.c.work_pool_id == work_pool.c.id).correlate(work_pool)
)
_POOL = generic_plan(
    sa.select(
        work_pool.c.id,
        work_pool.c.is_paused,
        work_pool.c.concurrency_limit,
        work_pool.c.last_polled,
        queries.slots_if_limited(work_pool, queries.slots_of_pool() + _claimed(_of_pool, work_pool)).label("slots"),
    ).where(work_pool.c.name == sa.bindparam("name", type_=sa.Text()))
)
_QUEUES = generic_plan(
    sa.select(
        work_queue.c.id,
        work_queue.c.name,
        work_queue.c.is_paused,
        work_queue.c.concurrency_limit,
        work_queue.c.last_polled,
        queries.slots_if_limited(
            work_queue,
            queries.slots_of_queue() + _claimed(flow_run.c.work_queue_id == work_queue.c.id, work_queue),
        ).label("slots"),
        _has_runs.label("has_runs"),
    )
    .where(work_queue.c.work_pool_id == sa.bindparam("pool_id", type_=work_pool.c.id.type))
    .order_by(work_queue.c.priority, work_queue.c.id)
)


@dataclass(frozen=True)
class Poll:
    """What a client asks for."""

    pool_name: str
    queue_names: Sequence[str]
    before: datetime
    after: datetime
    limit: int
    holder: str


async def poll(db: Database, asked: Poll, lease: timedelta) -> list[Json]:
    """The runs that are due, the client's for the time of a lease. Raises NotFound."""
    async with db.read.connection() as connection:
        pool, queues = await _read(connection, asked, expiry_now(CLAIM_LASTS))
        found = await _find(connection, asked, pool, queues)
    await _record_poll(db, asked, pool, queues)
    if not found or not lease:
        return without_poll_fields(found)
    wanted = to_claim(found, [_id(run) for run in found], asked.holder)
    if not _is_limited(pool, queues):
        mine = await db.try_write(lambda tx: claim(tx, asked.holder, wanted, lease)) if wanted else wanted
        if mine == wanted:
            return without_poll_fields(found)
    # There is little room, or others took some of what was found: now one after the other.
    return await db.try_write(lambda tx: _find_and_claim(tx, asked, lease))


async def _find_and_claim(tx: Transaction, asked: Poll, lease: timedelta) -> list[Json]:
    """The runs that are due and now are the client's; nobody else does the same for this pool meanwhile."""
    await tx.lock("poll", asked.pool_name)
    pool, queues = await _read(tx, asked, expiry_now(CLAIM_LASTS))
    found = await _find(tx, asked, pool, queues)
    wanted = to_claim(found, [_id(run) for run in found], asked.holder)
    mine = await claim(tx, asked.holder, wanted, lease)
    return without_poll_fields([run for run in found if _id(run) not in wanted or _id(run) in mine])


async def _read(connection: Connection, asked: Poll, now: datetime) -> tuple[sa.Row[Any], list[sa.Row[Any]]]:
    """The pool, and those of its queues that are asked for, by priority."""
    whose = {"now": now, "holder": asked.holder}
    pool = await connection.first(BoundQuery(_POOL, {"name": asked.pool_name, **whose}))
    if pool is None:
        raise NotFound(f'Work pool "{asked.pool_name}" not found.')
    queues = await connection.all(BoundQuery(_QUEUES, {"pool_id": pool.id, "before": asked.before, **whose}))
    if not asked.queue_names:
        return pool, list(queues)
    known = {queue.name for queue in queues}
    for name in asked.queue_names:
        if name not in known:
            raise NotFound(f"Work pool queue '{asked.pool_name}/{name}' not found.")
    return pool, [queue for queue in queues if queue.name in asked.queue_names]


async def _find(connection: Connection, asked: Poll, pool: sa.Row[Any], queues: Sequence[sa.Row[Any]]) -> list[Json]:
    """The runs that are due, queue after queue, as long as there is room in the queue, the pool and the answer."""
    room = 0 if pool.is_paused else min(asked.limit, _room(pool))
    found: list[Json] = []
    for queue in queues:
        limit = min(room - len(found), _room(queue))
        if limit <= 0 or queue.is_paused or not queue.has_runs:
            continue
        values = {
            "pool_id": pool.id,
            "queue_id": queue.id,
            "before": asked.before,
            "after": asked.after,
            "now": expiry_now(CLAIM_LASTS),
            "holder": asked.holder,
            "limit": limit,
        }
        found += await connection.objects(POLLED_RUN, BoundQuery(_RUNS, values))
    return found


def _room(row: sa.Row[Any]) -> int:
    return 2**31 if row.concurrency_limit is None else max(0, row.concurrency_limit - row.slots)


def _is_limited(pool: sa.Row[Any], queues: Sequence[sa.Row[Any]]) -> bool:
    return any(row.concurrency_limit is not None for row in (pool, *queues))


def _id(run: Json) -> UUID:
    return UUID(run["flow_run"]["id"])


async def _record_poll(db: Database, asked: Poll, pool: sa.Row[Any], queues: Sequence[sa.Row[Any]]) -> None:
    """Writes down when the pool, or the queues that were named, were polled, if that was not just done."""
    polled, rows = (work_queue, queues) if asked.queue_names else (work_pool, [pool])
    before = utc_now() - POLL_PRECISION
    stale = [row.id for row in rows if row.last_polled is None or row.last_polled < before]
    if stale:
        await db.try_write(lambda tx: note_polls_of_queues(tx, polled, stale, before))
