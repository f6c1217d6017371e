"""The errors that drivers raise, named once for all who have to tell them from our own."""

import sqlite3

import asyncpg
from asyncpg.exceptions import InternalClientError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

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


# SQLSTATE classes and codes of PostgreSQL that say "not now" rather than "not so".
_TRANSIENT_CLASSES = ("08", "53", "57")
CANCELED = "57014"
CONTENTION = ("40001", "40P01")
_TRANSIENT_CODES = ("25006", "55P03", *CONTENTION)


def is_transient(cause: BaseException | None) -> bool:
    """Whether the database cannot answer now, and may in a moment."""
    code = getattr(cause, "sqlstate", None)
    if code is not None:
        return code.startswith(_TRANSIENT_CLASSES) or code in _TRANSIENT_CODES
    text = str(cause)
    return any(
        sign in text
        for sign in (
            "database is locked",
            "unable to open database file",
            "disk is full",
            "readonly database",
            "disk I/O error",
            "interrupted",
            "connection is closed",
        )
    )


# SQLSTATE classes that speak of the values in a statement: too many rows for one, no such value, against a constraint,
# too large.
_FAULTS_OF_ROWS = ("21", "22", "23", "54")


def is_fault_of_rows(error: Exception) -> bool:
    """Whether it is what was to be stored that is wrong, rather than the database, its tables or who may write them."""
    if not isinstance(error, DBAPIError):
        return True
    cause = error.orig
    if (code := getattr(cause, "sqlstate", None)) is not None:
        return bool(code.startswith(_FAULTS_OF_ROWS))
    if isinstance(cause, sqlite3.Error):
        return not isinstance(cause, sqlite3.OperationalError) and type(cause) is not sqlite3.DatabaseError
    return cause is not None and isinstance(cause.__cause__, asyncpg.DataError | ValueError | TypeError)
