"""What is older than it is to become goes, a little at a time: runs that are over, with all that is theirs, and logs.

Of runs that have much, their parts go first, in small transactions. Between two of them others have their turn.
"""

import asyncio
import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import Database, Transaction
from lictor.db.functions import Statement, value_in
from lictor.observability.measurements import RetentionMeasurements
from lictor.resources.artifacts.table import artifact, artifact_collection
from lictor.resources.flow_runs.table import flow_run
from lictor.resources.logs.table import log
from lictor.resources.states.schemas import TERMINAL
from lictor.resources.task_runs.table import task_run
from lictor.settings.services import RetentionSettings

logger = logging.getLogger(__name__)

BATCH_RUNS = 100
"""Flow runs whose parts are deleted together."""

MAX_PAUSE_SECONDS = 1.0


@dataclass(frozen=True)
class Retention:
    """Deletes what is too old."""

    settings: RetentionSettings
    measurements: RetentionMeasurements

    async def work(self, db: Database) -> bool:
        """Deletes some of it; whether there may be more."""
        now = utc_now()
        if self.settings.logs is not None:
            old = sa.select(log.c.id).where(log.c.timestamp < now - self.settings.logs).order_by(log.c.timestamp)
            await self._delete_all(db, log.c.id, old)
        more = False
        for state, period in self._periods():
            more = await self._delete_runs(db, state, now - period) or more
        if not more:
            self._note_lag(0.0)
        return more

    def _periods(self) -> Iterator[tuple[str, timedelta]]:
        """The types of state in which runs are over, and how long each is kept; those that stay for good are left out."""
        if not self.settings.deletes_runs:
            return
        for state in sorted(TERMINAL):
            period = self.settings.by_state.get(state.value, self.settings.runs)
            yield state.value, period

    async def _delete_runs(self, db: Database, state: str, before: datetime) -> bool:
        """Deletes the oldest flow runs in a type of state, or if there are none, task runs that have no flow run."""
        runs = await db.read.all(_old_flow_runs(state, before))
        if not runs:
            outside = sa.select(task_run.c.id).where(
                task_run.c.flow_run_id.is_(None), task_run.c.state_type == state, task_run.c.end_time < before
            )
            await self._delete_all(db, task_run.c.id, outside)
            return False
        self._note_lag((before - min(run.end_time for run in runs)).total_seconds())
        ids = [run.id for run in runs]
        await self._delete_all(db, task_run.c.id, sa.select(task_run.c.id).where(value_in(task_run.c.flow_run_id, ids)))
        await self._delete_all(db, log.c.id, sa.select(log.c.id).where(value_in(log.c.flow_run_id, ids)))
        await self._delete_all(db, artifact.c.id, _artifacts_of(ids))
        self.measurements.deleted += await db.try_write(lambda tx: _delete_flow_runs(tx, ids, before))
        return True

    async def _delete_all(self, db: Database, id: sa.Column[UUID], which: Statement) -> None:
        """Deletes the rows that a statement finds, in one small transaction after the other."""
        size = self.settings.batch_size

        async def some(tx: Transaction) -> int:
            held = which.limit(size).with_for_update(of=id.table, skip_locked=True)
            found = [row.id for row in await tx.all(held)]
            if found:
                await tx.execute(sa.delete(id.table).where(value_in(id, found)))
            return len(found)

        while True:
            began = time.monotonic()
            deleted = await db.try_write(some)
            self.measurements.deleted += deleted
            if deleted < size:
                return
            await asyncio.sleep(min((time.monotonic() - began) / 2, MAX_PAUSE_SECONDS))

    def _note_lag(self, seconds: float) -> None:
        """Tells, at the first run of a pass, when runs are deleted much later than they should be."""
        behind = 2 * self.settings.loop_seconds
        if seconds > behind >= self.measurements.lag:
            logger.warning("Deleting old runs is behind by %.0f s; %d rows so far", seconds, self.measurements.deleted)
        elif seconds <= behind < self.measurements.lag:
            logger.info("Deleting old runs has caught up; %d rows so far", self.measurements.deleted)
        self.measurements.lag = seconds


def _old_flow_runs(state: str, before: datetime) -> Statement:
    """The flow runs of a type of state that were to start first, of those that ended before a moment.

    Subflow runs go when their parents have gone.
    """
    return (
        sa.select(flow_run.c.id, flow_run.c.end_time)
        .where(
            flow_run.c.state_type == state,
            flow_run.c.expected_start_time < before,
            flow_run.c.end_time < before,
            flow_run.c.parent_task_run_id.is_(None),
        )
        .order_by(flow_run.c.expected_start_time)
        .limit(BATCH_RUNS)
    )


def _artifacts_of(ids: Sequence[UUID]) -> Statement:
    """The artifacts of flow runs, but for the latest of each key, which stay."""
    is_latest = sa.exists().where(artifact_collection.c.latest_id == artifact.c.id)
    return sa.select(artifact.c.id).where(value_in(artifact.c.flow_run_id, ids), sa.not_(is_latest))


async def _delete_flow_runs(tx: Transaction, ids: Sequence[UUID], before: datetime) -> int:
    """Deletes those that are still over, with what is left of theirs; how many there were."""
    gone = sa.delete(flow_run).where(
        value_in(flow_run.c.id, ids), value_in(flow_run.c.state_type, sorted(TERMINAL)), flow_run.c.end_time < before
    )
    return (await tx.execute(gone)).rowcount
