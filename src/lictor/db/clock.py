"""The time by the database's clock, which all servers of one database share, whatever their own clocks say.

On PostgreSQL it is the clock of its machine, on SQLite that of the machine of the file. Between two measurements time
passes as the monotonic clock counts it, so a step of the machine's clock moves nothing by itself.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

logger = logging.getLogger(__name__)

MEASURE_SECONDS = 5.0
STEP_SECONDS = 1.0
"""A difference from here on is a step of the clock; a smaller one is followed without a word."""

MAX_REMEMBERED_STEPS = 1_000
DAY = timedelta(days=1)


def machine_seconds() -> float:
    """Seconds since 1970 by the clock of this machine."""
    return time.time()


@dataclass(frozen=True)
class Step:
    """How far the clock stepped, and when by the monotonic clock."""

    seconds: float
    at: float


class Clock:
    """Seconds since 1970: the monotonic clock, and what the clock of the database is ahead of it."""

    def __init__(self) -> None:
        self._ahead = machine_seconds() - time.monotonic()
        self._is_measured = False
        self._steps: deque[Step] = deque(maxlen=MAX_REMEMBERED_STEPS)

    def seconds(self) -> float:
        """Seconds since 1970."""
        return time.monotonic() + self._ahead

    def begin(self) -> None:
        """The next measurement is the first one of a database: no step, however much it differs."""
        self._is_measured = False
        self._steps.clear()

    def follow(self, seconds: float, precision: float = 0.0) -> None:
        """Sets the clock to what was measured just now, if it differs by more than the precision of that."""
        difference = seconds - self.seconds()
        if abs(difference) <= precision and self._is_measured:
            return
        self._ahead += difference
        if self._is_measured and abs(difference) >= STEP_SECONDS:
            self._steps.append(Step(difference, time.monotonic()))
            logger.warning(
                "The clock of the database was set %s by %.0f s. What has a time limit keeps the time that it had left.",
                "forward" if difference > 0 else "back",
                abs(difference),
            )
        self._is_measured = True

    def stepped_within(self, lasting: timedelta) -> timedelta:
        """How far the clock was set forward, on the whole, in the time that has really passed."""
        since = time.monotonic() - lasting.total_seconds()
        return timedelta(seconds=max(0.0, sum(step.seconds for step in self._steps if step.at > since)))


CLOCK = Clock()
"""A process has one, as it has one database."""


def utc_now() -> datetime:
    """The moment, by the clock of the database."""
    return datetime.fromtimestamp(CLOCK.seconds(), UTC)


def expiry_now(lasting: timedelta = DAY) -> datetime:
    """The moment to judge by whether something is over that lasts so long at most: a lease, or a patience.

    It is `utc_now()` without what the clock was set forward in that time, in which nobody could renew anything. For
    example, ten minutes after the clock was set from 12:00 to 13:00 it is 12:10, and a lease until 12:15 goes on.
    What was leased after 13:00 may so be held an hour longer than it should, but nothing is taken from who has it.
    """
    return utc_now() - CLOCK.stepped_within(lasting)


async def keep_clock(measure: Callable[[], Awaitable[tuple[float, float]]]) -> None:
    """Follows the clock of a database, until it is cancelled; `measure` gives its seconds, and their precision.

    While the database cannot be asked, the monotonic clock counts alone.
    """
    while True:
        await asyncio.sleep(MEASURE_SECONDS)
        await follow(measure)


async def follow(measure: Callable[[], Awaitable[tuple[float, float]]]) -> None:
    """Measures once."""
    try:
        CLOCK.follow(*await measure())
    except Exception:  # whatever it is, it is told to those who have something to do there
        logger.debug("The clock of the database was not measured", exc_info=True)


async def machine_clock() -> tuple[float, float]:
    """What SQLite goes by."""
    return machine_seconds(), 0.001
