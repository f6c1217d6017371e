"""Carries out actions: claims those that are due, attempts each, and notes what became of it.

A claim is a time in the action's row: if whoever made it falls silent, another replica takes the action over then. What
an action writes here is committed with the note that it is done; what it sends elsewhere carries its id.
"""

import asyncio
import logging
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import Database, Transaction
from lictor.db.failures import DatabaseUnavailable
from lictor.db.functions import value_in
from lictor.db.types import dump_json
from lictor.errors import Conflict, RequestError, Unprocessable
from lictor.events.actions.attempt import ActionFailed, Attempt
from lictor.events.actions.registry import ACTIONS
from lictor.events.actions.telling import outcome_events
from lictor.events.emit import emit
from lictor.events.triggers.evaluator import wait_within
from lictor.resources.automations.firing_tables import ActionStatus, action, firing
from lictor.settings import Settings

logger = logging.getLogger(__name__)

AT_ONCE = 10
"""Actions that one process attempts side by side."""

IDLE_SECONDS = 5.0
FAILURE_SECONDS = 1.0

FIRST_PAUSE = timedelta(seconds=1)
PAUSE_FACTOR = 5
MAX_PAUSE = timedelta(minutes=30)

CLAIM_MARGIN = timedelta(seconds=30)
"""How much longer than an attempt may take its claim holds."""


class _ClaimLost(Exception):
    """Another replica has taken the action over."""


class ActionWorker:
    """Carries out actions as long as the server runs."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self._db = db
        self._settings = settings
        self._running: set[asyncio.Task[None]] = set()
        self._room = asyncio.Event()

    async def run(self) -> None:
        """Carries out what is due, until it is cancelled."""
        try:
            while True:
                try:
                    async with self._db.listen(action.name) as listener:
                        while True:
                            await self._start_due()
                            seconds = await self._seconds_until_due()
                            await wait_within(listener.next(), seconds)
                except DatabaseUnavailable as error:
                    logger.warning("Actions are not carried out: %s", error)
                except Exception:
                    logger.exception("Actions could not be carried out")
                await asyncio.sleep(FAILURE_SECONDS)
        finally:
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    async def perform_due(self) -> None:
        """Carries out what is due now, and returns when it is done."""
        while claimed := await self._claim(AT_ONCE):
            await asyncio.gather(*map(self._perform, claimed))

    async def _start_due(self) -> None:
        while True:
            while len(self._running) >= AT_ONCE:
                self._room.clear()
                await self._room.wait()
            claimed = await self._claim(AT_ONCE - len(self._running))
            if not claimed:
                return
            for row in claimed:
                task = asyncio.create_task(self._perform(row))
                self._running.add(task)
                task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._room.set()

    async def _seconds_until_due(self) -> float:
        due = await self._db.read.scalar(NEXT_ACTION)
        return IDLE_SECONDS if due is None else min(IDLE_SECONDS, (due - utc_now()).total_seconds())

    async def _claim(self, most: int) -> Sequence[sa.Row[Any]]:
        """Some of the actions that are due, which are this process's until their new time; with their firings."""
        if await self._db.read.scalar(_due(utc_now()).limit(1)) is None:
            return []
        return await self._db.try_write(lambda tx: self._claim_in(tx, most))

    async def _claim_in(self, tx: Transaction, most: int) -> Sequence[sa.Row[Any]]:
        now = utc_now()
        ids = [row.id for row in await tx.all(_due(now).limit(most).with_for_update(skip_locked=True))]
        if not ids:
            return []
        until = now + self._settings.automations.action_timeout + CLAIM_MARGIN
        changes = {"status": ActionStatus.RUNNING, "attempts": action.c.attempts + 1, "due": until, "started": now}
        await tx.execute(sa.update(action).where(value_in(action.c.id, ids)).values(changes))
        claimed = (
            sa.select(action, firing.c.automation, firing.c.firing)
            .join(firing, firing.c.id == action.c.firing_id)
            .where(value_in(action.c.id, ids))
            .order_by(action.c.id)
        )
        return await tx.all(claimed)

    async def _perform(self, row: sa.Row[Any]) -> None:
        attempt = Attempt(row, self._db, self._settings)
        try:
            async with asyncio.timeout(self._settings.automations.action_timeout.total_seconds()):
                await self._carry_out(attempt)
        except _ClaimLost:
            logger.info("Action %s was taken over by another process", row.id)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is the action's failure
            await self._fail(attempt, _failure_of(error, attempt))

    async def _carry_out(self, attempt: Attempt) -> None:
        to_write = await ACTIONS[attempt.action.type](attempt)

        async def finish(tx: Transaction) -> None:
            if to_write is not None:
                await to_write(tx)
            await _note(tx, attempt, {"status": ActionStatus.SUCCEEDED, "due": None, "error": None})
            await emit(tx, *outcome_events(attempt, None))

        await self._db.try_write(finish)

    async def _fail(self, attempt: Attempt, failure: ActionFailed) -> None:
        """Notes a failure; it leads to another attempt, or the action is given up."""
        may_try_again = failure.may_pass and attempt.row.attempts < self._settings.automations.action_attempts
        due = utc_now() + _pause(attempt.row.attempts) if may_try_again else None
        status = ActionStatus.PENDING if may_try_again else ActionStatus.FAILED
        logger.warning("Action %s failed: %s", attempt.id, failure.reason)

        async def note(tx: Transaction) -> None:
            await _note(tx, attempt, {"status": status, "due": due, "error": failure.reason})
            if not may_try_again:
                await emit(tx, *outcome_events(attempt, failure.reason))

        try:
            await self._db.try_write(note)
        except (_ClaimLost, DatabaseUnavailable) as error:  # its claim runs out, and it is attempted again
            logger.warning("The failure of action %s could not be noted: %r", attempt.id, error)


def _due(now: datetime) -> sa.Select[Any]:
    return sa.select(action.c.id).where(action.c.due <= now).order_by(action.c.due, action.c.id)


NEXT_ACTION = sa.select(action.c.due).where(action.c.due.is_not(None)).order_by(action.c.due).limit(1)


def _pause(attempts: int) -> timedelta:
    pause: timedelta = min(FIRST_PAUSE * PAUSE_FACTOR ** (attempts - 1), MAX_PAUSE)
    return pause * random.uniform(0.9, 1.1)  # noqa: S311  # nobody is to guess


async def _note(tx: Transaction, attempt: Attempt, changes: dict[str, Any]) -> None:
    """Notes what became of an attempt, unless it is not this process's any more. Raises _ClaimLost."""
    is_ours = (action.c.id == attempt.id) & (action.c.attempts == attempt.row.attempts)
    is_running = action.c.status == ActionStatus.RUNNING
    values = {**changes, "finished": utc_now(), "result": dump_json(attempt.result)}
    if not await tx.changed(sa.update(action).where(is_ours, is_running).values(values)):
        raise _ClaimLost


def _failure_of(error: Exception, attempt: Attempt) -> ActionFailed:
    match error:
        case ActionFailed():
            return error
        case TimeoutError():
            seconds = attempt.settings.automations.action_timeout.total_seconds()
            return ActionFailed(f"It took longer than {seconds:g} s", may_pass=True)
        case DatabaseUnavailable():
            return ActionFailed(str(error), may_pass=True)
        case RequestError():
            attempt.result["status_code"] = int(error.status)
            kind = attempt.action.type
            if isinstance(error, Conflict | Unprocessable):
                return ActionFailed(f"Validation error occurred for {kind!r} - {error.message}")
            return ActionFailed(f"Unexpected status from {kind!r} action: {int(error.status)} - {error.message}")
        case _:
            logger.error("Action %s failed", attempt.id, exc_info=error)
            return ActionFailed(repr(error), may_pass=True)
