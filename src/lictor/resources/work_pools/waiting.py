"""Why a flow run is not running: the reasons that are in force now, each with the object to blame."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import Connection
from lictor.db.types import load_json
from lictor.resources.concurrency_limits.slots import FLOW_RUN, leased_slots
from lictor.resources.concurrency_limits.table import global_limit, slot_lease, slot_lease_limit
from lictor.resources.concurrency_limits.waking import AWAITING_SLOT
from lictor.resources.deployments.table import deployment, deployment_schedule
from lictor.resources.flow_runs.followup import SUBMISSION
from lictor.resources.flow_runs.table import flow_run, flow_run_claim
from lictor.resources.states.rows import state_of
from lictor.resources.states.schemas import TERMINAL, StateType
from lictor.resources.work_pools import queries
from lictor.resources.work_pools.schemas import AGENTS
from lictor.resources.work_pools.status import is_polled, latest_poll, pool_online_until
from lictor.resources.work_pools.table import work_pool, work_queue, worker

Json = dict[str, Any]

MAX_HOLDERS = 10
"""Runs that are named of those that take the slots of a limit."""

PUNCTUAL = timedelta(minutes=1)
"""A scheduler that is late by less is not behind."""

WORKERLESS = (":push", ":managed", AGENTS)
"""How the types of pools end that have no workers."""


async def reasons_of(connection: Connection, id: UUID) -> Json | None:
    """What keeps a run from running; None if there is no such run."""
    run = await connection.first(_run(id))
    if run is None:
        return None
    return {
        "flow_run_id": str(id),
        "state_type": run.state_type,
        "state_name": run.state_name,
        "since": run.state_timestamp,
        "reasons": [reason async for reason in _reasons(connection, run, utc_now())],
    }


_last_heartbeat = (
    sa.select(sa.func.max(worker.c.last_heartbeat_time))
    .where(worker.c.work_pool_id == work_pool.c.id)
    .correlate(work_pool)
    .scalar_subquery()
)


def _run(id: UUID) -> sa.Select[Any]:
    """A run, and what it waits in."""
    state = ("state_id", "state_type", "state_name", "state_timestamp", "state_message", "state_data", "state_details")
    return (
        sa.select(
            flow_run.c.id,
            *(flow_run.c[name] for name in state),
            flow_run.c.next_scheduled_start_time,
            flow_run.c.empirical_policy,
            flow_run.c.labels,
            flow_run.c.infrastructure_pid,
            flow_run.c.created_by,
            deployment.c.id.label("deployment_id"),
            deployment.c.name.label("deployment_name"),
            deployment.c.paused.label("deployment_paused"),
            deployment.c.last_polled.label("deployment_polled"),
            global_limit.c.id.label("limit_id"),
            global_limit.c.name.label("limit_name"),
            global_limit.c.limit,
            (global_limit.c.active_slots + leased_slots(global_limit)).label("slots_taken"),
            global_limit.c.active.label("limit_active"),
            work_queue.c.id.label("queue_id"),
            work_queue.c.name.label("queue_name"),
            work_queue.c.is_paused.label("queue_paused"),
            work_queue.c.priority,
            work_queue.c.concurrency_limit.label("queue_limit"),
            work_queue.c.last_polled.label("queue_polled"),
            work_pool.c.id.label("pool_id"),
            work_pool.c.name.label("pool_name"),
            work_pool.c.type.label("pool_type"),
            work_pool.c.is_paused.label("pool_paused"),
            work_pool.c.concurrency_limit.label("pool_limit"),
            work_pool.c.last_polled.label("pool_polled"),
            pool_online_until.label("online_until"),
            _last_heartbeat.label("last_heartbeat"),
            flow_run_claim.c.holder,
            flow_run_claim.c.held_until,
        )
        .select_from(
            flow_run.outerjoin(deployment, deployment.c.id == flow_run.c.deployment_id)
            .outerjoin(global_limit, global_limit.c.id == deployment.c.concurrency_limit_id)
            .outerjoin(work_queue, work_queue.c.id == flow_run.c.work_queue_id)
            .outerjoin(work_pool, work_pool.c.id == work_queue.c.work_pool_id)
            .outerjoin(flow_run_claim, flow_run_claim.c.flow_run_id == flow_run.c.id)
        )
        .where(flow_run.c.id == id)
    )


def _reason(code: str, message: str, blamed: tuple[str, Any, str | None] | None = None, **more: Any) -> Json:
    kind, id, name = blamed or (None, None, None)
    object_ = None if blamed is None else {"kind": kind, "id": str(id), "name": name}
    return {"code": code, "message": message, "object": object_, "since": None, "until": None, "holders": [], **more}


def _at(moment: datetime | None) -> str:
    return "never" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S} UTC"


async def _reasons(connection: Connection, run: sa.Row[Any], now: datetime) -> AsyncIterator[Json]:
    kind = None if run.state_type is None else StateType(run.state_type)
    if kind is None:
        yield _reason("no_state", "It has no state yet.")
    elif kind is StateType.SCHEDULED:
        async for reason in _of_scheduled(connection, run, now):
            yield reason
    elif kind is StateType.PENDING:
        yield _of_pending(run)
    elif kind is StateType.PAUSED:
        state = state_of(run)
        until = None if state is None else state.state_details.pause_timeout
        yield _reason("paused", f"It is paused, until {_at(until)}.", since=run.state_timestamp, until=until)
    elif kind in TERMINAL:
        yield _reason("over", f"It is over: {kind.lower()}.", since=run.state_timestamp)


def _of_pending(run: sa.Row[Any]) -> Json:
    name = load_json(run.labels or "{}").get("prefect.worker.name")
    who = "A worker" if name is None else f"The worker {name!r}"
    blamed = None if name is None else ("worker", name, name)
    return _reason("starting", f"{who} is starting it.", blamed, since=run.state_timestamp)


async def _of_scheduled(connection: Connection, run: sa.Row[Any], now: datetime) -> AsyncIterator[Json]:
    due = run.next_scheduled_start_time
    if run.state_name == "AwaitingRetry" and load_json(run.empirical_policy).get("retry_type") == "in_process":
        yield _reason("retried_by_its_process", f"Its own process tries it again at {_at(due)}.", until=due)
        return
    if _waits_for_slot(run):
        yield await _full(connection, run, "deployment", run.deployment_id, run.deployment_name, run.limit)
    elif due is not None and due > now:
        yield _reason("not_due", f"It is not due before {_at(due)}.", until=due)
    async for reason in _of_deployment(connection, run, now):
        yield reason
    if run.pool_id is not None:
        async for reason in _of_pool(connection, run, now):
            yield reason
    elif run.deployment_id is None:
        yield _reason(
            "nobody_starts_it", "It is of no deployment and in no work pool: whoever made it has to start it."
        )
    elif not is_polled(now, run.deployment_polled):
        polled = run.deployment_polled
        message = f"Nobody serves the deployment {run.deployment_name!r}; last asked for runs: {_at(polled)}."
        yield _reason("not_served", message, ("deployment", run.deployment_id, run.deployment_name), since=polled)


def _waits_for_slot(run: sa.Row[Any]) -> bool:
    if run.state_name != AWAITING_SLOT or run.limit_id is None:
        return False
    return run.slots_taken >= run.limit or not run.limit_active


async def _of_deployment(connection: Connection, run: sa.Row[Any], now: datetime) -> AsyncIterator[Json]:
    """That it is paused, or the schedule which made the run, or that the scheduler has not come round to it."""
    if run.deployment_id is None:
        return
    blamed: tuple[str, Any, str | None] = ("deployment", run.deployment_id, run.deployment_name)
    if run.deployment_paused:
        yield _reason("deployment_paused", f"The deployment {run.deployment_name!r} is paused.", blamed)
    maker = load_json(run.created_by or "{}").get("id")
    behind: datetime | None = None
    for schedule in await connection.all(_SCHEDULES.where(deployment_schedule.c.deployment_id == run.deployment_id)):
        if str(schedule.id) == maker and not schedule.active:
            of_schedule = ("schedule", schedule.id, schedule.slug)
            yield _reason("schedule_paused", "The schedule that made it is paused.", of_schedule)
        if schedule.due is not None and schedule.due <= now - PUNCTUAL:
            behind = schedule.due if behind is None else min(behind, schedule.due)
    if behind is not None:
        message = f"The scheduler is behind by {round((now - behind).total_seconds())} seconds."
        yield _reason("scheduler_behind", message, blamed, since=behind)


async def _of_pool(connection: Connection, run: sa.Row[Any], now: datetime) -> AsyncIterator[Json]:
    pool, queue = ("work_pool", run.pool_id, run.pool_name), ("work_queue", run.queue_id, run.queue_name)
    if run.pool_paused:
        yield _reason("pool_paused", f"The work pool {run.pool_name!r} is paused.", pool)
    if run.queue_paused:
        yield _reason("queue_paused", f"The work queue {run.queue_name!r} is paused.", queue)
    if not run.pool_type.endswith(WORKERLESS) and (run.online_until is None or run.online_until <= now):
        last = run.last_heartbeat
        message = f"The work pool {run.pool_name!r} has no online worker; last heard of one: {_at(last)}."
        yield _reason("no_worker", message, pool, since=last)
    elif not is_polled(now, run.queue_polled, run.pool_polled):
        last = latest_poll(now, run.queue_polled, run.pool_polled)
        message = f"No worker asks the work queue {run.queue_name!r} for work; the last did: {_at(last)}."
        yield _reason("queue_not_polled", message, queue, since=last)
    for kind, id, name, limit in ((*pool, run.pool_limit), (*queue, run.queue_limit)):
        if limit is not None and (reason := await _full_if(connection, run, kind, id, name, limit)) is not None:
            yield reason
    if run.holder is not None and run.holder != SUBMISSION and run.held_until > now:
        yield _reason("given_to_worker", "A worker was given it just now.", until=run.held_until)
    if (reason := await _ahead(connection, run, now)) is not None:
        yield reason


_SCHEDULES = sa.select(
    deployment_schedule.c.id, deployment_schedule.c.slug, deployment_schedule.c.active, deployment_schedule.c.due
)
_HOLDERS = sa.select(flow_run.c.id, flow_run.c.name, flow_run.c.state_type, flow_run.c.state_timestamp)


def _holding(kind: str, id: UUID) -> sa.ColumnElement[bool]:
    """Which runs take the slots of a limit."""
    if kind == "deployment":
        of_limit = sa.select(deployment.c.concurrency_limit_id).where(deployment.c.id == id)
        leases = (
            sa.select(slot_lease.c.holder_id)
            .join(slot_lease_limit, slot_lease_limit.c.lease_id == slot_lease.c.id)
            .where(slot_lease_limit.c.concurrency_limit_id.in_(of_limit), slot_lease.c.holder_type == FLOW_RUN)
        )
        return flow_run.c.id.in_(leases)
    if kind == "work_queue":
        return (flow_run.c.work_queue_id == id) & queries.holds_slot()
    of_pool = sa.select(work_queue.c.id).where(work_queue.c.work_pool_id == id)
    return flow_run.c.work_queue_id.in_(of_pool) & queries.holds_slot()


async def _full_if(connection: Connection, run: sa.Row[Any], kind: str, id: UUID, name: str, limit: int) -> Json | None:
    taken = await connection.scalar(sa.select(sa.func.count()).select_from(flow_run).where(_holding(kind, id)))
    return await _full(connection, run, kind, id, name, limit) if taken >= limit else None


async def _full(connection: Connection, run: sa.Row[Any], kind: str, id: UUID, name: str, limit: int) -> Json:
    """That a limit is full, and by whom."""
    holders = await connection.all(_HOLDERS.where(_holding(kind, id)).order_by(flow_run.c.id).limit(MAX_HOLDERS))
    what = kind.replace("_", " ")
    names = ", ".join(repr(holder.name) for holder in holders) or "others"
    message = f"All {limit} slots of the {what} {name!r} are taken, by {names}."
    listed = [
        {"id": str(each.id), "name": each.name, "state_type": each.state_type, "since": each.state_timestamp}
        for each in holders
    ]
    until = run.next_scheduled_start_time if kind == "deployment" else None
    return _reason("limit_full", message, (kind, id, name), holders=listed, until=until)


async def _ahead(connection: Connection, run: sa.Row[Any], now: datetime) -> Json | None:
    """That others of the same pool come first."""
    due = run.next_scheduled_start_time
    if due is None or due > now:
        return None
    earlier = (flow_run.c.next_scheduled_start_time < due) | (
        (flow_run.c.next_scheduled_start_time == due) & (flow_run.c.id < run.id)
    )
    first = (work_queue.c.priority < run.priority) | ((work_queue.c.id == run.queue_id) & earlier)
    ahead = (
        sa.select(sa.func.count())
        .select_from(flow_run.join(work_queue, work_queue.c.id == flow_run.c.work_queue_id))
        .where(
            work_queue.c.work_pool_id == run.pool_id,
            work_queue.c.is_paused.is_(False),
            flow_run.c.state_type == sa.literal_column("'SCHEDULED'"),
            flow_run.c.next_scheduled_start_time <= now,
            first,
        )
    )
    count = await connection.scalar(ahead)
    if not count:
        return None
    message = f"{count} other run{'s' if count > 1 else ''} of the work pool {run.pool_name!r} come{'' if count > 1 else 's'} first."
    return _reason("others_first", message, ("work_pool", run.pool_id, run.pool_name))
