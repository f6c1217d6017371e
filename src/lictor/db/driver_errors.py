"""The errors that drivers raise, named once for all who have to tell them from our own."""

import sqlite3

import asyncpg
from asyncpg.exceptions import InternalClientError
from sqlalchemy.exc import SQLAlchemyError

POSTGRESQL_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, InternalClientError)
"""What asyncpg raises by itself. A connection that was cut at the wrong moment raises the last one."""

DRIVER_ERRORS = (OSError, SQLAlchemyError, sqlite3.Error, *POSTGRESQL_ERRORS)
"""Whatever may come of asking a database."""

LOST_CONNECTION = ("08", "57P01", "57P02")
"""SQLSTATE classes and codes that say that the connection is gone, and with it the statement."""


def is_lost(error: BaseException) -> bool:
    """Whether the connection was lost, so that what only reads may be asked again on another one."""
    code = getattr(error, "sqlstate", None)
    if code is not None:
        return str(code).startswith(LOST_CONNECTION)
    if isinstance(error, InternalClientError | ConnectionError):
        return True
    return isinstance(error, asyncpg.InterfaceError) and "closed" in str(error)
