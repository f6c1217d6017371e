"""The limit of recording: the bare driver inserts the same rows in the same batches, and nothing else happens."""

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from typing import Any

import asyncpg

import lictor.app  # noqa: F401  # all tables: a foreign key has the type of the column that it refers to
from benchmarks.sdk_events import Home, stream
from lictor.db.base import utc_now
from lictor.db.engine import Database, Transaction, open_database
from lictor.events.batch_insert import PendingEvent, write
from lictor.events.decoding import decode_event
from lictor.settings import DatabaseSettings
from lictor.settings.events import EventSettings

EVENTS_IN_A_BATCH = 2000

Statement = tuple[str, Any]


class _Undo(Exception):
    """Rolls a transaction back."""


async def _noted(db: Database, home: Home, task_runs: int) -> list[list[Statement]]:
    """The insertions of each batch; afterwards none of it is there."""
    settings = EventSettings()
    arrivals = [decode_event(event.decode(), utc_now(), settings) for event in stream(home, task_runs)]
    batches = []
    for first in range(0, len(arrivals), EVENTS_IN_A_BATCH):
        with suppress(_Undo):
            async with db.write() as tx:
                batches.append(await _insertions(tx, arrivals[first : first + EVENTS_IN_A_BATCH]))
                raise _Undo
    return batches


async def _insertions(tx: Transaction, arrivals: Sequence[PendingEvent]) -> list[Statement]:
    noted: list[Statement] = []
    run = tx.driver_sqls

    async def noting(statements: Sequence[Statement]) -> None:
        noted.extend(statements)
        await run(statements)

    tx.driver_sqls = noting
    await write(tx, arrivals)
    return noted


def rate(url: str, home: Home, task_runs: int) -> float:
    """Task runs a second."""

    async def note() -> list[list[Statement]]:
        async with open_database(DatabaseSettings(connection_url=url)) as db:
            return await _noted(db, home, task_runs)

    batches = asyncio.run(note())
    if url.startswith("sqlite"):
        seconds = _on_sqlite(url.partition("///")[2], batches)
    else:
        seconds = asyncio.run(_on_postgresql(url.replace("+asyncpg", ""), batches))
    return task_runs / seconds


def _on_sqlite(file: str, batches: Sequence[Sequence[Statement]]) -> float:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "cache_size = -16384"):
            connection.execute(f"PRAGMA {pragma}")
        began = time.perf_counter()
        for batch in batches:
            connection.execute("BEGIN IMMEDIATE")
            for sql, rows in batch:
                connection.execute(sql, rows)
            connection.execute("COMMIT")
        return time.perf_counter() - began


async def _on_postgresql(url: str, batches: Sequence[Sequence[Statement]]) -> float:
    connection = await asyncpg.connect(url)
    try:
        began = time.perf_counter()
        for batch in batches:
            async with connection.transaction():
                for sql, arrays in batch:
                    await connection.execute(sql, *arrays)
        return time.perf_counter() - began
    finally:
        await connection.close()
