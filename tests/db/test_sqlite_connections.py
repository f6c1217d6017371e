"""The connection that writes to a file of SQLite gives the lock back, however its transaction ends."""

import asyncio
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from lictor.db.engine import Database
from lictor.db.ids import uuid7
from lictor.db.sqlite_connections import WriteConnection
from lictor.resources.flows.table import flow
from lictor.settings import Settings


def lock(file: Path | str) -> None:
    """Takes the lock for writing, and gives it back."""
    with closing(sqlite3.connect(file, timeout=5, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")


def test_a_connection_that_is_closed_holds_no_lock_though_a_statement_failed(tmp_path: Path) -> None:
    file = tmp_path / "file.db"
    connection = sqlite3.connect(file, isolation_level=None, factory=WriteConnection)
    connection.execute("CREATE TABLE thing (name TEXT NOT NULL)")
    connection.execute("BEGIN IMMEDIATE")
    cursor = connection.cursor()  # which is kept, as an error keeps it
    with pytest.raises(sqlite3.IntegrityError):
        cursor.execute("INSERT INTO thing VALUES (NULL)")
    connection.close()
    lock(file)
    connection.close()
    del cursor


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_writes_that_are_cancelled_at_any_moment_leave_no_lock(db: Database, settings: Settings) -> None:
    rng = random.Random(1)
    held = []  # as asyncio holds the errors of tasks that others wait for
    for _ in range(40):
        tasks = [asyncio.create_task(_write(db)) for _ in range(4)]
        for task in tasks:
            await asyncio.sleep(rng.random() * 0.003)
            task.cancel()
        held += await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.to_thread(lock, str(settings.database.connection_url).partition("///")[2])
    await _flow(db, "last")


async def _write(db: Database) -> None:
    async with db.write() as tx:
        await tx.execute(sa.insert(flow).values(id=uuid7(), name=str(uuid7()), tags=[]))
        await tx.execute(sa.insert(flow).values(id=uuid7(), name=str(uuid7()), tags=None))


async def _flow(db: Database, name: str) -> None:
    async with db.write() as tx:
        await tx.execute(sa.insert(flow).values(id=uuid7(), name=name, tags=[]))
