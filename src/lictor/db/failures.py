"""When the database cannot answer: what its drivers raise becomes errors that say what is to be done."""

import asyncio
import logging
import random
import sqlite3
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg
from asyncpg.exceptions import InternalClientError
from sqlalchemy import exc

from lictor.db.driver_errors import CANCELED, CONTENTION, is_transient
from lictor.db.read_pool import PoolTimeout, StatementTimeout
from lictor.errors import LictorError

logger = logging.getLogger(__name__)

Result = TypeVar("Result")


class DatabaseUnavailable(LictorError):
    """The database cannot be reached, has no connection free, or took too long; try again."""


class DatabaseTooBusy(DatabaseUnavailable):
    """As many statements that take long are running as may run at once; try again."""


class TransactionAborted(DatabaseUnavailable):
    """The transaction was called off, because it and others waited for each other or saw each other's changes.

    Nothing of it is left, so it may be tried again from its start.
    """


class TookTooLong(DatabaseUnavailable):
    """A statement was ended because it took longer than the settings allow; less of it may be done in time."""


class _TranslateErrors:
    """Of the errors in this block, those that say that the database cannot answer now are raised as what they mean."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        match error:
            case StatementTimeout():
                raise TookTooLong(str(error)) from error
            case OSError() | exc.TimeoutError() | PoolTimeout():
                raise DatabaseUnavailable(f"the database cannot be reached: {error}") from error
            case exc.DBAPIError():
                if getattr(error.orig, "sqlstate", None) in CONTENTION:
                    raise TransactionAborted(f"the database called the transaction off: {error.orig}") from error
                _raise_if_ended(error.orig)
                if error.connection_invalidated or is_transient(error.orig):
                    raise DatabaseUnavailable(f"the database did not answer: {error.orig}") from error
            case InternalClientError():
                raise DatabaseUnavailable(f"the connection to the database was lost: {error}") from error
            case asyncpg.PostgresError() | asyncpg.InterfaceError() | sqlite3.Error():
                _raise_if_ended(error)
                if is_transient(error):
                    raise DatabaseUnavailable(f"the database did not answer: {error}") from error


translate_errors = _TranslateErrors()


def _raise_if_ended(cause: BaseException | None) -> None:
    if getattr(cause, "sqlstate", None) == CANCELED:
        raise TookTooLong(f"the database took too long: {cause}") from cause


MAX_ATTEMPTS = 6
FIRST_PAUSE_SECONDS = 0.02  # seconds; a deadlock took a second to be noticed, so the others are done by now


async def retry(attempt: Callable[[], Awaitable[Result]]) -> Result:
    """What a transaction gives, which is tried again, after a random pause, as long as it is called off."""
    for number in range(1, MAX_ATTEMPTS):
        try:
            return await attempt()
        except TransactionAborted as error:
            logger.info("trying again: %s", error)
            await asyncio.sleep(random.uniform(0, FIRST_PAUSE_SECONDS * 2**number))  # noqa: S311  # nobody is to guess
    return await attempt()
