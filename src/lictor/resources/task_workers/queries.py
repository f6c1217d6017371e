"""Statements on task workers and their claims.

A task run waits for a worker from the moment it is scheduled and deferred until it runs. A claim says which worker has
it; it is good as long as the worker is there, and a little longer.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as insert_or

from lictor.db.functions import Statement, has_any_tag, is_true_in, value_in
from lictor.db.row_serializer import RowSerializer
from lictor.db.types import Tags
from lictor.resources.states.schemas import StateType
from lictor.resources.task_runs.table import task_run, task_run_state
from lictor.resources.task_workers.table import task_claim, task_worker

TASK_WORKER = RowSerializer(
    {
        "identifier": task_worker.c.identifier,
        "task_keys": task_worker.c.task_keys,
        "timestamp": task_worker.c.seen,
    }
)
BEFORE_IT_RUNS = (StateType.SCHEDULED, StateType.PENDING)
_deferred = is_true_in(task_run.c.state_details, "deferred")


def task_workers(since: datetime, task_keys: Sequence[str]) -> Statement:
    """The task workers that have been seen since then: all, or those that run at least one of these tasks."""
    seen = TASK_WORKER.select().where(task_worker.c.seen >= since).order_by(task_worker.c.identifier)
    return seen.where(has_any_tag(task_worker.c.task_keys, sa.literal(task_keys, Tags()))) if task_keys else seen


def see_task_worker(identifier: str, task_keys: Sequence[str], now: datetime) -> sa.Insert:
    """Notes that a worker is there, and what it can run."""
    row = {"identifier": identifier, "task_keys": task_keys, "seen": now}
    return insert_or(task_worker).values(row).on_conflict_do_update(index_elements=["identifier"], set_=row)


def forget_task_workers(before: datetime, identifier: str | None = None) -> sa.Delete:
    """Forgets a worker that has gone, and those not seen since then."""
    return sa.delete(task_worker).where((task_worker.c.seen < before) | (task_worker.c.identifier == identifier))


def abandoned(task_keys: Collection[str], now: datetime) -> Statement:
    """Task runs whose worker has gone before it ran them, those that have waited longest first."""
    return (
        sa.select(task_run.c.id, task_run.c.task_key, task_run.c.state_type)
        .join(task_claim, task_claim.c.task_run_id == task_run.c.id)
        .where(
            task_claim.c.held_until < now,
            task_run.c.state_type.in_(BEFORE_IT_RUNS),
            _deferred,
            value_in(task_run.c.task_key, task_keys),
        )
        .order_by(task_claim.c.held_until)
    )


def waiting(task_keys: Collection[str]) -> Statement:
    """Task runs that no worker has ever had, those that have waited longest first."""
    claimed = sa.exists().where(task_claim.c.task_run_id == task_run.c.id)
    return (
        sa.select(task_run.c.id, task_run.c.task_key, task_run.c.state_type)
        .where(
            task_run.c.state_type == StateType.SCHEDULED,
            _deferred,
            value_in(task_run.c.task_key, task_keys),
            ~claimed,
        )
        .order_by(task_run.c.expected_start_time, task_run.c.id)
    )


def first_free(rows: Statement) -> Statement:
    """The first of these task runs that nobody else is about to take."""
    return rows.limit(1).with_for_update(of=task_run, key_share=True, skip_locked=True)


def details_when_scheduled(task_run_id: UUID) -> Statement:
    """The details of the state in which a task run was scheduled last: they say where its parameters are."""
    return (
        sa.select(task_run_state.c.state_details)
        .where(task_run_state.c.task_run_id == task_run_id, task_run_state.c.type == StateType.SCHEDULED)
        .order_by(task_run_state.c.timestamp.desc())
        .limit(1)
    )


def claim(task_run_id: UUID, worker: str, now: datetime, held_until: datetime) -> sa.Insert:
    """Gives a task run to a worker, unless another holds it."""
    row: dict[str, Any] = {"task_run_id": task_run_id, "worker": worker, "held_until": held_until}
    return (
        insert_or(task_claim)
        .values(row)
        .on_conflict_do_update(index_elements=["task_run_id"], set_=row, where=task_claim.c.held_until < now)
    )


def unclaim(task_run_id: UUID) -> sa.Delete:
    """Takes a task run from whoever has it."""
    return sa.delete(task_claim).where(task_claim.c.task_run_id == task_run_id)


def hold(workers: Collection[str], held_until: datetime) -> sa.Update:
    """Lets workers keep what they have."""
    return sa.update(task_claim).where(value_in(task_claim.c.worker, workers)).values(held_until=held_until)


def forget_claims(workers: Collection[str], now: datetime) -> sa.Delete:
    """Forgets the claims of workers, and those that have run out, on task runs that run or have run."""
    begun = sa.exists().where(task_run.c.id == task_claim.c.task_run_id, task_run.c.state_type.not_in(BEFORE_IT_RUNS))
    return sa.delete(task_claim).where(value_in(task_claim.c.worker, workers) | (task_claim.c.held_until < now), begun)
