"""Automations at work in a server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from lictor.db.engine import Database
from lictor.events.actions.worker import ActionWorker
from lictor.events.triggers.evaluator import Evaluator
from lictor.events.triggers.grace import set_grace
from lictor.settings import Settings


@asynccontextmanager
async def automating(db: Database, settings: Settings) -> AsyncIterator[None]:
    """Evaluates triggers and carries out actions until the end of the block.

    What is cut off there is left as it was, or claimed: any replica goes on with it.
    """
    set_grace(db, settings.automations.grace)
    work = [Evaluator(db).run(), ActionWorker(db, settings).run()] if settings.automations.triggers_enabled else []
    tasks = [asyncio.create_task(each) for each in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
