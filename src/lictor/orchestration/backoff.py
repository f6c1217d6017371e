"""How long to wait."""

import math
import random
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

LATEST = datetime.max.replace(tzinfo=UTC)
EARLIEST = datetime.min.replace(tzinfo=UTC)
BEYOND_CALENDAR = 1e12  # seconds; integers in JSON may be longer than a float can tell


def after(moment: datetime, seconds: float) -> datetime:
    """So many seconds later, or the end of the calendar if that comes first."""
    try:
        return moment + timedelta(seconds=seconds)
    except OverflowError:
        return LATEST if seconds > 0 else EARLIEST


SCATTER = 0.3


def scattered(average: float, factor: float = SCATTER) -> float:
    """A random time of about the average, at most `1 + factor` times it, so that those who wait do not wait alike.

    The time is drawn from an exponential distribution that is cut off on both sides of its median, with the same
    probability on either side.
    """
    longest = 1 + factor
    shortest = -math.log2(1 - 2**-longest)
    surviving = random.uniform(math.exp(-longest), math.exp(-shortest))  # noqa: S311  # nobody is to guess
    return -math.log(max(surviving, sys.float_info.min)) * average


def retry_delay(policy: dict[str, Any], run_count: int) -> float:
    """How many seconds a task run waits before it is tried again, by its own policy."""
    delay = policy.get("retry_delay") or 0
    if isinstance(delay, list):
        delay = delay[min(run_count, len(delay)) - 1]
    delay = min(delay, BEYOND_CALENDAR)
    factor = policy.get("retry_jitter_factor")
    return scattered(delay, factor) if factor and delay > 0 else delay
