"""Hands waiting task runs to the task workers that are connected to this process.

Who has which task run stands in the database, so that any number of processes may do this at once, and any of them may
stop at any time. A worker keeps what it was given as long as it is connected, and for a moment after: by then a run
that it has begun is known to run, and one that it has not begun goes to another.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from lictor.cancelling import cancel
from lictor.db.base import utc_now
from lictor.db.clock import expiry_now
from lictor.db.engine import Database, Transaction
from lictor.db.failures import DatabaseUnavailable
from lictor.orchestration.task_runs import set_task_run_state
from lictor.resources.states.schemas import StateCreate, StateDetails, StateType
from lictor.resources.task_runs.queries import TASK_RUN, task_run_by_id
from lictor.resources.task_workers import queries

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.2
"""Seconds between looks at what waits, while a worker has nothing to do."""

RENEW_SECONDS = 5.0
"""Seconds between two signs of life of the workers."""

LEASE = timedelta(seconds=30)
"""For how long a worker keeps what it has if this process vanishes."""

GRACE = timedelta(seconds=5)
"""For how long a worker keeps what it has when it is not connected any more."""


@dataclass(eq=False)
class Worker:
    """A task worker on a connection."""

    identifier: str
    task_keys: tuple[str, ...]
    may_find_some: asyncio.Event = field(default_factory=asyncio.Event)


class Dispatcher:
    """What the connections of one process share."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._workers: set[Worker] = set()
        self._connected = asyncio.Event()

    @asynccontextmanager
    async def connected(self, identifier: str, task_keys: Iterable[str]) -> AsyncIterator[Worker]:
        """A worker, for as long as it is connected."""
        worker = Worker(identifier, tuple(dict.fromkeys(task_keys)))
        async with self._db.write() as tx:
            await tx.execute(queries.see_task_worker(identifier, worker.task_keys, utc_now()))
        self._workers.add(worker)
        worker.may_find_some.set()
        self._connected.set()
        try:
            yield worker
        finally:
            self._workers.discard(worker)
            if not self._workers:
                self._connected.clear()
            if all(other.identifier != identifier for other in self._workers):
                await self._let_go(identifier)

    async def take(self, worker: Worker) -> dict[str, Any] | None:
        """A task run for the worker, which has it from now on; None if there is none."""
        now = utc_now()
        async with self._db.write() as tx:
            for rows in (queries.abandoned(worker.task_keys, expiry_now(LEASE)), queries.waiting(worker.task_keys)):
                while (found := await tx.first(queries.first_free(rows))) is not None:
                    if await tx.changed(queries.claim(found.id, worker.identifier, now, now + LEASE)):
                        if found.state_type == StateType.PENDING:
                            await _schedule_again(tx, found.id)
                        return await tx.object(TASK_RUN, task_run_by_id(found.id))
        worker.may_find_some.clear()
        return None

    async def give_back(self, task_run_id: UUID) -> None:
        """Lets another worker have a task run that did not reach its own."""
        async with self._db.write() as tx:
            await tx.execute(queries.unclaim(task_run_id))

    async def _let_go(self, identifier: str) -> None:
        now = utc_now()
        try:
            async with self._db.write() as tx:
                await tx.execute(queries.hold([identifier], now + GRACE))
                await tx.execute(queries.forget_task_workers(expiry_now(LEASE) - LEASE, identifier))
        except DatabaseUnavailable as error:  # then the lease runs out by itself
            logger.warning("Task worker %r is gone, which could not be noted: %s", identifier, error)

    async def run(self) -> None:
        """Looks what waits, and renews leases, until it is cancelled."""
        clock = asyncio.get_running_loop().time
        renewed = clock()
        while True:
            await self._connected.wait()
            try:
                await self._look()
                if clock() - renewed >= RENEW_SECONDS:
                    await self._renew()
                    renewed = clock()
            except DatabaseUnavailable as error:
                logger.warning("Task workers wait, as %s", error)
                await asyncio.sleep(1)
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self) -> None:
        idle = [worker for worker in self._workers if not worker.may_find_some.is_set()]
        if not idle:
            return
        task_keys = {key for worker in idle for key in worker.task_keys}
        async with self._db.read.connection() as connection:
            for rows in (queries.abandoned(task_keys, expiry_now(LEASE)), queries.waiting(task_keys)):
                for row in await connection.all(rows.limit(len(idle))):
                    self._wake_one(row.task_key, idle)

    @staticmethod
    def _wake_one(task_key: str, idle: list[Worker]) -> None:
        for worker in idle:
            if task_key in worker.task_keys and not worker.may_find_some.is_set():
                worker.may_find_some.set()
                return

    async def _renew(self) -> None:
        now = utc_now()
        identifiers = {worker.identifier for worker in self._workers}
        async with self._db.write() as tx:
            await tx.execute(queries.forget_claims(identifiers, now))
            await tx.execute(queries.hold(identifiers, now + LEASE))
            for worker in self._workers:
                await tx.execute(queries.see_task_worker(worker.identifier, worker.task_keys, now))
            await tx.execute(queries.forget_task_workers(expiry_now(LEASE) - LEASE))


async def _schedule_again(tx: Transaction, task_run_id: UUID) -> None:
    """A worker runs what is scheduled, so what another was about to run is scheduled once more."""
    details = await tx.scalar(queries.details_when_scheduled(task_run_id))
    if details is not None:
        again = StateCreate(
            type=StateType.SCHEDULED,
            message="The task worker that was to run this is gone.",
            state_details=StateDetails.model_validate_json(details),
        )
        await set_task_run_state(tx, task_run_id, again, force=True)


@asynccontextmanager
async def dispatching(db: Database) -> AsyncIterator[Dispatcher]:
    """A dispatcher at work, until the end of the block."""
    dispatcher = Dispatcher(db)
    work = asyncio.create_task(dispatcher.run())
    try:
        yield dispatcher
    finally:
        await cancel(work)
