"""Runs that nobody hears of any more: those whose process fell silent crash, those that were never started start anew.

Silence is counted only while this server can hear: after it was away, or could not reach the database, clients have the
same time as at the beginning to be heard of again.
"""

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.clock import expiry_now
from lictor.db.engine import Database, Transaction
from lictor.db.functions import json_member
from lictor.orchestration.engine import locked
from lictor.orchestration.flow_runs import CORE, FlowTransition, move
from lictor.resources.flow_runs.followup import SUBMISSION, THOUGHT_DEAD, end_claim
from lictor.resources.flow_runs.heartbeats import MISSED_HEARTBEATS
from lictor.resources.flow_runs.table import flow_run, flow_run_claim, flow_run_heartbeat
from lictor.resources.states.rows import state_of
from lictor.resources.states.schemas import StateCreate, StateDetails, StateType
from lictor.resources.work_pools.table import work_pool, work_queue, worker
from lictor.settings import Settings

logger = logging.getLogger(__name__)

BATCH_RUNS = 50
WORKER_LEASE = timedelta(hours=1)
"""No worker counts as online for longer after a heartbeat, unless it was told to send so few."""

PROCESS = "process"
"""The type of pools whose workers start runs as processes of their own machine."""

WORKER_NAME, WORKER_POOL = "prefect.worker.name", "prefect.work-pool.id"
"""Labels with which a worker marks the runs that it starts."""


@dataclass
class Hearing:
    """Since when this server has been able to hear, as far as it can tell by a clock that nobody sets."""

    loop_seconds: float
    since: datetime | None = None
    last: float = 0.0

    def begin(self) -> datetime:
        """Notes that the service is at work; since when it has been, without a gap."""
        ticks = time.monotonic()
        if self.since is None or ticks - self.last > 4 * self.loop_seconds:
            self.since = utc_now()
        self.last = ticks
        # A clock that was set back must not make silence of the time in which it was ahead.
        self.since = min(self.since, utc_now())
        return self.since


@dataclass
class Liveness:
    """The service: what it has to remember from one look to the next is since when it hears."""

    settings: Settings
    hearing: Hearing

    @classmethod
    def of(cls, settings: Settings) -> "Liveness":
        return cls(settings, Hearing(settings.liveness.loop_seconds))

    @property
    def _grace(self) -> timedelta:
        return self.settings.liveness.grace

    async def look(self, db: Database) -> bool:
        """Sees to all such runs, some of each kind; whether there may be more."""
        since = self.hearing.begin()
        more = [
            await self._crash_silent_runs(db, since),
            await self._see_to_submissions(db, since),
            await self._crash_runs_of_dead_workers(db, since),
            await self._end_pending_runs(db),
        ]
        return any(more)

    async def _crash_silent_runs(self, db: Database, since: datetime) -> bool:
        """Crashes the runs whose processes missed three heartbeats in a row."""
        row = flow_run_heartbeat.c
        due = sa.select(flow_run_heartbeat).where(row.alive_until <= utc_now()).order_by(row.alive_until)
        found = await db.read.all(due.limit(BATCH_RUNS))
        silent = [each for each in found if _is_silent(each, since)]

        async def work(tx: Transaction) -> int:
            return sum([await self._crash_silent_run(tx, each) for each in silent])

        if silent:
            await db.try_write(work)
        return len(silent) == BATCH_RUNS

    async def _crash_silent_run(self, tx: Transaction, beat: sa.Row[Any]) -> bool:
        row = flow_run_heartbeat.c
        same = (row.flow_run_id == beat.flow_run_id) & (row.seen == beat.seen)
        run = await locked(tx, FlowTransition, beat.flow_run_id)
        if not await tx.changed(sa.delete(flow_run_heartbeat).where(same)):
            return False  # it was heard of meanwhile
        if run is None or not _is_in_its_process(run):
            return False
        message = (
            f"its process was not heard of since {beat.seen:%Y-%m-%d %H:%M:%S} UTC, though it sent a heartbeat every"
            f" {beat.interval_seconds} seconds."
        )
        return await self._crash(tx, run, message)

    async def _crash(self, tx: Transaction, run: sa.Row[Any], message: str) -> bool:
        result = await move(
            tx, run, StateCreate(type=StateType.CRASHED, message=THOUGHT_DEAD + message), CORE, self.settings
        )
        crashed = result.state is not None and result.state.type is StateType.CRASHED
        if crashed:
            logger.warning("Flow run %s is given up: %s", run.id, message)
        return crashed

    async def _see_to_submissions(self, db: Database, since: datetime) -> bool:
        """Schedules runs anew whose workers died before they started them."""
        row = flow_run_claim.c
        due = sa.select(row.flow_run_id).where(row.held_until <= expiry_now(self._grace)).order_by(row.held_until)
        found = await db.read.all(due.limit(BATCH_RUNS))

        async def work(tx: Transaction) -> None:
            for each in found:
                await self._see_to_submission(tx, each.flow_run_id, since)

        if found:
            await db.try_write(work)
        return len(found) == BATCH_RUNS

    async def _see_to_submission(self, tx: Transaction, id: UUID, since: datetime) -> None:
        row = flow_run_claim.c
        run = await locked(tx, FlowTransition, id)
        claim = await tx.first(
            sa.select(flow_run_claim).where(row.flow_run_id == id, row.held_until <= expiry_now(self._grace))
        )
        if claim is None:
            return
        if run is None or claim.holder != SUBMISSION or run.state_type != StateType.PENDING:
            await tx.execute(end_claim(id))
            return
        found = await tx.first(_worker_of_run(id))
        assert found is not None
        if found.infrastructure_pid is not None:
            await tx.execute(end_claim(id))  # it was started, and a timeout sees to it from now on
        elif _is_online(found.online_until) or expiry_now(self._grace) - since < self._grace:
            later = utc_now() + timedelta(seconds=30)
            await tx.execute(sa.update(flow_run_claim).where(row.flow_run_id == id).values(held_until=later))
        else:
            await self._schedule_anew(tx, run, found.worker_name)

    async def _schedule_anew(self, tx: Transaction, run: sa.Row[Any], worker_name: str | None) -> None:
        who = "Its worker" if worker_name is None else f"The worker {worker_name!r}"
        state = state_of(run)
        due = None if state is None else state.state_details.scheduled_time
        anew = StateCreate(
            type=StateType.SCHEDULED,
            message=f"{who} went away before it started this run.",
            state_details=StateDetails(scheduled_time=due or utc_now()),
        )
        await move(tx, run, anew, CORE, self.settings)
        logger.warning("Flow run %s is scheduled anew: %s", run.id, anew.message)

    async def _crash_runs_of_dead_workers(self, db: Database, since: datetime) -> bool:
        """Crashes running processes that send no heartbeats, and whose workers went away: they went with them."""
        if expiry_now(self._grace) - since < self._grace:
            return False
        found = await db.read.all(_runs_of_dead_workers(expiry_now(WORKER_LEASE), self._grace).limit(BATCH_RUNS))

        async def work(tx: Transaction) -> int:
            crashed = 0
            for each in found:
                run = await locked(tx, FlowTransition, each.id)
                if run is not None and run.state_id == each.state_id:
                    message = f"its worker {each.worker_name!r} was not heard of for too long, and neither was it."
                    crashed += await self._crash(tx, run, message)
            return crashed

        return bool(found) and await db.try_write(work) == BATCH_RUNS

    async def _end_pending_runs(self, db: Database) -> bool:
        """Crashes the runs that have been pending for too long."""
        timeout = self.settings.liveness.pending_timeout
        if not timeout:
            return False
        found = await db.read.all(_pending_since(expiry_now(timeout) - timeout).limit(BATCH_RUNS))

        async def work(tx: Transaction) -> int:
            crashed = 0
            for each in found:
                run = await locked(tx, FlowTransition, each.id)
                if run is not None and run.state_id == each.state_id:
                    seconds = round(timeout.total_seconds())
                    crashed += await self._crash(tx, run, f"it was pending for more than {seconds} seconds.")
            return crashed

        return bool(found) and await db.try_write(work) == BATCH_RUNS


def _is_online(until: datetime | None) -> bool:
    return until is not None and until > expiry_now(WORKER_LEASE)


def _is_silent(beat: sa.Row[Any], since: datetime) -> bool:
    """Whether a run is silent for long enough, and this server has listened for as long."""
    patience = MISSED_HEARTBEATS * timedelta(seconds=beat.interval_seconds)
    moment: datetime = beat.alive_until
    return moment <= expiry_now(patience) and expiry_now(patience) - since >= patience


def _is_in_its_process(run: sa.Row[Any]) -> bool:
    """Whether a run is at work in its process, or waits there to be retried."""
    return run.state_type == StateType.RUNNING or (
        run.state_type == StateType.SCHEDULED
        and run.state_name == "AwaitingRetry"
        and "in_process" in run.empirical_policy
    )


_worker_name = json_member(flow_run.c.labels, WORKER_NAME)
_with_worker = (
    flow_run.outerjoin(work_queue, work_queue.c.id == flow_run.c.work_queue_id)
    .outerjoin(work_pool, work_pool.c.id == work_queue.c.work_pool_id)
    .outerjoin(worker, (worker.c.work_pool_id == work_queue.c.work_pool_id) & (worker.c.name == _worker_name))
)


def _worker_of_run(id: UUID) -> sa.Select[Any]:
    return (
        sa.select(flow_run.c.infrastructure_pid, _worker_name.label("worker_name"), worker.c.online_until)
        .select_from(_with_worker)
        .where(flow_run.c.id == id)
    )


def _runs_of_dead_workers(now: datetime, grace: timedelta) -> sa.Select[Any]:
    heard_of = sa.exists().where(flow_run_heartbeat.c.flow_run_id == flow_run.c.id)
    return (
        sa.select(flow_run.c.id, flow_run.c.state_id, worker.c.name.label("worker_name"))
        .select_from(_with_worker)
        .where(
            flow_run.c.state_type == StateType.RUNNING,
            work_pool.c.type == PROCESS,
            worker.c.online_until <= now,
            flow_run.c.state_timestamp <= now - grace,
            ~heard_of,
        )
        .order_by(flow_run.c.id)
    )


def _pending_since(before: datetime) -> sa.Select[Any]:
    of_somebody = flow_run.c.deployment_id.is_not(None) | flow_run.c.work_queue_id.is_not(None)
    return (
        sa.select(flow_run.c.id, flow_run.c.state_id)
        .where(flow_run.c.state_type == StateType.PENDING, flow_run.c.state_timestamp <= before, of_somebody)
        .order_by(flow_run.c.state_timestamp, flow_run.c.id)
    )
