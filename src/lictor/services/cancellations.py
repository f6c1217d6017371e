"""What a cancelled run leaves behind is cancelled, too, and a cancellation that takes too long comes to its end."""

import logging
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.clock import expiry_now
from lictor.db.engine import Database, Transaction
from lictor.orchestration.engine import locked
from lictor.orchestration.flow_runs import CORE, FlowTransition, move, set_flow_run_state
from lictor.orchestration.task_runs import set_task_run_state
from lictor.resources.flow_runs.table import flow_run, flow_run_cancellation
from lictor.resources.states.schemas import TERMINAL, StateCreate, StateType
from lictor.resources.task_runs.table import task_run
from lictor.resources.work_pools import cleanup
from lictor.resources.work_pools.table import work_pool, work_queue
from lictor.settings import Settings

logger = logging.getLogger(__name__)

BATCH_RUNS = 100
"""Runs that are cancelled in one transaction."""

LOOK_AGAIN = tuple(map(timedelta, (0, 0, 0, 0, 1), (20, 60, 300, 3600, 0)))
"""After that much time once more: what a process was at may be told late. Then it is left alone."""

CHILD_MESSAGE = "The parent flow run was cancelled."
TIMEOUT_MESSAGE = "Flow run cancellation timed out; marked this flow run as Cancelled."

WORKERLESS = (":push", ":managed")
"""How the types of pools end whose runs no worker looks after."""

_row = flow_run_cancellation.c


async def cancel_children(settings: Settings, db: Database) -> bool:
    """Cancels what the runs that were cancelled first have left running; whether there is more to do at once."""

    async def work(tx: Transaction) -> bool:
        due = sa.select(flow_run_cancellation).where(_row.due <= utc_now()).order_by(_row.due, _row.flow_run_id)
        found = await tx.first(due.limit(1).with_for_update(skip_locked=True))
        if found is None:
            return False
        cancelled = await _cancel_some(tx, found.flow_run_id, settings)
        if cancelled < BATCH_RUNS:
            await tx.execute(_next_look(found.flow_run_id, found.looks))
        return True

    if await db.read.scalar(sa.select(_row.flow_run_id).where(_row.due <= utc_now()).limit(1)) is None:
        return False
    return await db.try_write(work)


def _next_look(id: UUID, looks: int) -> sa.Executable:
    if looks >= len(LOOK_AGAIN):
        return sa.delete(flow_run_cancellation).where(_row.flow_run_id == id)
    values = {"due": utc_now() + LOOK_AGAIN[looks], "looks": looks + 1}
    return sa.update(flow_run_cancellation).where(_row.flow_run_id == id).values(values)


async def _cancel_some(tx: Transaction, id: UUID, settings: Settings) -> int:
    """Cancels some of the subflow runs and task runs of a flow run that is still cancelled; how many."""
    state_type = await tx.scalar(sa.select(flow_run.c.state_type).where(flow_run.c.id == id))
    if state_type != StateType.CANCELLED:
        return 0
    subflow_runs = await tx.all(_subflow_runs(id))
    for row in subflow_runs:
        # A run that has a process of its own is stopped by whoever has started that.
        kind = StateType.CANCELLED if row.deployment_id is None else StateType.CANCELLING
        await set_flow_run_state(tx, row.id, StateCreate(type=kind, message=CHILD_MESSAGE), settings=settings)
    task_runs = await tx.all(_task_runs(id))
    for row in task_runs:
        cancelled = StateCreate(type=StateType.CANCELLED, message=CHILD_MESSAGE)
        await set_task_run_state(tx, row.id, cancelled, force=True, settings=settings.tasks)
    return max(len(subflow_runs), len(task_runs))


_OVER = [kind.value for kind in TERMINAL]


def _task_runs(id: UUID) -> sa.Select[Any]:
    going = task_run.c.state_type.not_in(_OVER)
    return sa.select(task_run.c.id).where(task_run.c.flow_run_id == id, going).order_by(task_run.c.id).limit(BATCH_RUNS)


def _subflow_runs(id: UUID) -> sa.Select[Any]:
    parent = task_run.alias("parent")
    waits_for_its_worker = flow_run.c.deployment_id.is_not(None) & (flow_run.c.state_type == StateType.CANCELLING)
    return (
        sa.select(flow_run.c.id, flow_run.c.deployment_id)
        .join(parent, parent.c.id == flow_run.c.parent_task_run_id)
        .where(parent.c.flow_run_id == id, flow_run.c.state_type.not_in(_OVER), ~waits_for_its_worker)
        .order_by(flow_run.c.id)
        .limit(BATCH_RUNS)
    )


async def end_cancellations(settings: Settings, db: Database) -> bool:
    """Has the runs that have been cancelling for too long be cancelled; whether there may be more."""
    timeout = timedelta(seconds=settings.cancellation.cancelling_timeout_seconds)
    before = expiry_now(timeout) - timeout
    found = await db.read.all(_cancelling_since(before))

    async def end(tx: Transaction) -> int:
        return sum([await _end(tx, row, settings) for row in found])

    ended = await db.try_write(end) if found else 0
    return ended == BATCH_RUNS


def _cancelling_since(before: datetime) -> sa.Select[Any]:
    with_pool = flow_run.outerjoin(work_queue, work_queue.c.id == flow_run.c.work_queue_id).outerjoin(
        work_pool, work_pool.c.id == work_queue.c.work_pool_id
    )
    return (
        sa.select(
            flow_run.c.id,
            flow_run.c.state_id,
            flow_run.c.work_queue_id,
            flow_run.c.infrastructure_pid,
            work_pool.c.id.label("pool_id"),
            work_pool.c.type.label("pool_type"),
        )
        .select_from(with_pool)
        .where(flow_run.c.state_type == StateType.CANCELLING, flow_run.c.state_timestamp <= before)
        .order_by(flow_run.c.state_timestamp, flow_run.c.id)
        .limit(BATCH_RUNS)
    )


async def _end(tx: Transaction, found: sa.Row[Any], settings: Settings) -> bool:
    """Cancels a run that is still in the state in which it was found, and has its infrastructure torn down."""
    run = await locked(tx, FlowTransition, found.id)
    if run is None or run.state_id != found.state_id:
        return False
    cancelled = StateCreate(type=StateType.CANCELLED, message=TIMEOUT_MESSAGE)
    result = await move(tx, run, cancelled, CORE, settings)
    if result.state is None or result.state.type is not StateType.CANCELLED:
        return False
    logger.info("Flow run %s was cancelling for too long, and is cancelled now", found.id)
    if found.pool_id is not None and not str(found.pool_type).endswith(WORKERLESS):
        target = {"flow_run_id": str(found.id), "infrastructure_pid": found.infrastructure_pid}
        # The same however often this is tried.
        id = uuid5(NAMESPACE_URL, f"lictor:{cleanup.CANCELLING_TIMEOUT}:{found.id}:{found.state_id}")
        await cleanup.enqueue(tx, id, found.pool_id, found.work_queue_id, cleanup.CANCELLING_TIMEOUT, target)
    return True
