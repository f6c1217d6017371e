"""Running services, as long as the server runs."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from lictor.cancelling import cancel
from lictor.db.engine import Database, DatabaseUnavailable

logger = logging.getLogger(__name__)

STOP_SECONDS = 5.0


@dataclass(frozen=True)
class Service:
    """Something to do every so many seconds: `work` does it once, and says whether there is more to do at once.

    Every replica runs it, at any time. So the work claims what it does, in the rows themselves or by a lock, and does
    nothing where there is nothing left to do.
    """

    name: str
    seconds: float
    work: Callable[[Database], Awaitable[bool]]


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
    # Servers that were started together do not have to work together.
    pause = random.uniform(0, service.seconds)  # noqa: S311  # nobody is to guess
    while not await _stopped_within(pause, stopping):
        pause = 0.0 if await _work(service, db) else service.seconds


async def _work(service: Service, db: Database) -> bool:
    """Does it once. An error is logged, and does not keep the service from trying again next time."""
    try:
        return await service.work(db)
    except DatabaseUnavailable as error:
        logger.warning("%s: %s", service.name, error)
    except Exception:
        logger.exception("%s failed", service.name)
    return False


async def _stopped_within(seconds: float, stopping: asyncio.Event) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        return False
    return True
