"""Connections to a file of SQLite: those to read on, and the one to write on."""

import sqlite3
from contextlib import suppress
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from lictor.db.read_pool import ReadPool, slow_permits
from lictor.db.sqlite_reads import SQLiteReadPool
from lictor.settings import DatabaseSettings

# A thread each. Reads of SQLite are mostly computing, so more of them than cores gain little.
SQLITE_READ_THREADS = 3

# In KiB, each as much as its connection will hold before long. An offset of 500,000 walks through more than 13 MiB of an
# index, and takes half as long again where they do not fit; to write it gains nothing to hold as much.
SQLITE_READER_CACHE_KIB = 16384
SQLITE_WRITER_CACHE_KIB = 8192


class WriteConnection(sqlite3.Connection):
    """A connection that lets the file go as it is closed, whatever is left of its statements.

    SQLite closes a connection only when the last of its statements is gone, and until then keeps its transaction, and the
    lock. A statement that failed lives as long as the error that tells of it, and so may one whose task was cancelled.
    """

    def close(self) -> None:
        with suppress(sqlite3.Error):  # it may be closed already
            self.rollback()
        super().close()


def _prepare(connection: Any, cache: int, *pragmas: str) -> None:
    cursor = connection.cursor()
    for pragma in ("temp_store = MEMORY", f"cache_size = -{cache}", *pragmas):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def sqlite_pool(url: sa.URL, settings: DatabaseSettings, dialect: Dialect) -> ReadPool:
    """Connections to read a file of SQLite on, each with a thread of its own."""
    (file,), arguments = dialect.create_connect_args(url)
    for ours in ("factory", "check_same_thread"):
        arguments.pop(ours, None)

    def connect() -> sqlite3.Connection:
        connection: sqlite3.Connection = sqlite3.connect(
            file, timeout=settings.timeout or 60.0, isolation_level=None, **arguments
        )
        _prepare(connection, SQLITE_READER_CACHE_KIB, "query_only = ON")
        return connection

    return SQLiteReadPool(
        connect,
        SQLITE_READ_THREADS,
        timeout=settings.pool_timeout,
        longest=settings.timeout,
        slow=slow_permits(settings.slow_reads, SQLITE_READ_THREADS, settings.slow_read_timeout),
    )


def sqlite_writers(url: sa.URL, settings: DatabaseSettings) -> AsyncEngine:
    """The one connection that a process writes to a file of SQLite on."""
    writers = create_async_engine(
        url,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=1,
        max_overflow=0,
        pool_timeout=settings.pool_timeout,
        # The driver opens no transactions: writes say BEGIN IMMEDIATE.
        connect_args={"timeout": settings.timeout or 60.0, "isolation_level": None, "factory": WriteConnection},
    )

    @event.listens_for(writers.sync_engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        _prepare(connection, SQLITE_WRITER_CACHE_KIB, "journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON")

    @event.listens_for(writers.sync_engine, "begin")
    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return writers
