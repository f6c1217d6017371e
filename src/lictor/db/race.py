"""Two ways to one answer, of which nobody knows beforehand which is the shorter."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from lictor.cancelling import cancel
from lictor.db.read_pool import ReadPool, Rows

Ask = Callable[[], Coroutine[Any, Any, Rows]]


async def raced(pool: ReadPool, ask: Ask, ask_otherwise: Ask, *, patience: float) -> Rows:
    """What is asked one way, and after so many seconds of patience both ways at once: whichever is first answers.

    The second way takes a connection more, which it only gets while the pool has room.
    """
    try:
        async with asyncio.timeout(patience) as timer:
            return await ask()
    except TimeoutError:
        if not timer.expired():
            raise
    if not pool.has_room():
        return await ask()
    await pool.acquire()
    tasks = [asyncio.create_task(ask()), asyncio.create_task(ask_otherwise())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return next(task for task in tasks if task.done()).result()
    finally:
        await cancel(*tasks)
        pool.release()
