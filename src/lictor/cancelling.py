"""The end of tasks that are not needed any more."""

import asyncio
import logging
from typing import Any

logger = logging.getLogger(__name__)

CANCEL_SECONDS = 1.0
"""A task that has not ended so long after it was cancelled is cancelled once more."""

MAX_CANCELS = 5


async def cancel(*tasks: "asyncio.Future[Any]") -> None:
    """Cancel tasks, and return when they have ended; after some seconds in any case.

    Once may not be enough: on Python 3.11 `asyncio.wait_for`, which drivers use, swallows a cancellation that comes
    just when it would have returned. Who waits for such a task without a bound waits for ever.
    """
    pending = {task for task in tasks if not task.done()}
    for _ in range(MAX_CANCELS):
        if not pending:
            break
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=CANCEL_SECONDS)
    for task in tasks:
        if not task.done():
            logger.error("A task goes on though it was cancelled %d times: %r", MAX_CANCELS, task)
        elif not task.cancelled():
            task.exception()  # else asyncio says that nobody has looked at it
