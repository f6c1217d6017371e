"""Running services, as long as the server runs."""

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from lictor.cancelling import cancel
from lictor.db.base import utc_now
from lictor.db.engine import Database
from lictor.db.failures import DatabaseUnavailable
from lictor.db.functions import insert_or_change
from lictor.services.queries import last_service_runs
from lictor.services.table import service_run

logger = logging.getLogger(__name__)

STOP_SECONDS = 5.0
WAKE_SECONDS = 0.5
"""So long a service that is woken waits for what else may come, before it looks."""

RECORD_SECONDS = 30.0
"""How often it is noted at most that a service ran."""


@dataclass(frozen=True)
class Service:
    """Something to do every so many seconds: `work` does it once, and says whether there is more to do at once.

    Every replica runs it, at any time. So the work claims what it does, in the rows themselves or by a lock, and does
    nothing where there is nothing left to do.
    """

    name: str
    seconds: float
    work: Callable[[Database], Awaitable[bool]]
    wakes: str | None = None
    """The table whose announcements wake it, before its time."""
    starts_at_once: bool = False
    """Whether it does not wait for its first time, so that it is done before others come to it."""


@asynccontextmanager
async def running(services: Iterable[Service], db: Database) -> AsyncIterator[None]:
    """Runs services until the end of the block; what they are at by then has some time to end well."""
    stopping = asyncio.Event()
    tasks = [asyncio.create_task(_run(service, db, stopping), name=service.name) for service in services]
    try:
        yield
    finally:
        stopping.set()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=STOP_SECONDS)
            await cancel(*late)


async def _run(service: Service, db: Database, stopping: asyncio.Event) -> None:
    record = _Record(service.name, db)
    if service.wakes is None:
        # Servers that were started together do not have to work together.
        pause = 0.0 if service.starts_at_once else random.uniform(0, service.seconds)  # noqa: S311  # nobody is to guess
        while not await _stopped_within(pause, stopping):
            pause = 0.0 if await _work(service, db, record) else service.seconds
        return
    woken = asyncio.Event()
    listening = asyncio.create_task(_listen(service.wakes, db, woken))
    try:
        await _run_when_woken(service, db, record, woken, stopping)
    finally:
        await cancel(listening)


async def _run_when_woken(
    service: Service, db: Database, record: "_Record", woken: asyncio.Event, stopping: asyncio.Event
) -> None:
    pause = 0.0
    while not await _stopped_within(pause, stopping):
        woken.clear()
        if await _work(service, db, record):
            pause = 0.0
            continue
        waiting = [asyncio.ensure_future(event.wait()) for event in (woken, stopping)]
        await asyncio.wait(waiting, timeout=service.seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        pause = WAKE_SECONDS if woken.is_set() else 0.0


async def _listen(table: str, db: Database, woken: asyncio.Event) -> None:
    """Wakes whoever waits for announcements of a table, as long as the database can be listened to."""
    while True:
        try:
            async with db.listen(table) as listener:
                while True:
                    await listener.next()
                    woken.set()
        except (DatabaseUnavailable, TimeoutError) as error:
            logger.warning("Nobody wakes the services: %s", error)
            await asyncio.sleep(STOP_SECONDS)


async def _work(service: Service, db: Database, record: "_Record") -> bool:
    """Does it once. An error is logged, and does not keep the service from trying again next time."""
    started, clock, problem = utc_now(), time.monotonic(), None
    has_more = False
    try:
        has_more = await service.work(db)
    except DatabaseUnavailable as error:
        logger.warning("%s: %s", service.name, error)
        return False
    except Exception as error:
        logger.exception("%s failed", service.name)
        problem = f"{type(error).__name__}: {error}"
    await record.note(started, time.monotonic() - clock, problem)
    return has_more


class _Record:
    """When a service ran, in the database: not each time, because it may run often."""

    def __init__(self, name: str, db: Database) -> None:
        self._name = name
        self._db = db
        self._noted = -RECORD_SECONDS
        self._problem: str | None = None

    async def note(self, started: datetime, seconds: float, problem: str | None) -> None:
        if time.monotonic() - self._noted < RECORD_SECONDS and problem == self._problem:
            return
        values = {"started": started, "seconds": seconds, "error": problem}
        row = {"name": self._name, **values}
        try:
            await self._db.try_write(lambda tx: tx.execute(insert_or_change(service_run, row, "name", changes=values)))
        except DatabaseUnavailable as error:
            logger.info("%s: that it ran is not noted: %s", self._name, error)
        self._noted, self._problem = time.monotonic(), problem


async def last_runs(db: Database) -> dict[str, sa.Row[Any]]:
    """When each service ran last, by its name."""
    return {row.name: row for row in await db.read.all(last_service_runs())}


async def _stopped_within(seconds: float, stopping: asyncio.Event) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        return False
    return True
