"""Connections to read on."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest
import sqlalchemy as sa

from lictor.db import read_pool, sqlite_reads
from lictor.db.engine import CLOCK_STATEMENT, Database, Reader, open_database
from lictor.db.ids import uuid7
from lictor.db.read_pool import slow_permits
from lictor.db.sqlite_reads import SQLiteReadPool
from lictor.resources.flows.filters import FlowFilter
from lictor.resources.task_runs.filters import TaskRunFilter
from lictor.resources.task_runs.queries import task_run_by_id, task_run_count
from lictor.settings import DatabaseSettings


async def connections(read: Reader, at_once: int) -> set[int]:
    """Which processes of the server answer so many statements at the same time."""

    async def ask() -> int:
        number: int = await read.scalar(
            sa.select(sa.literal_column("pg_backend_pid()")).select_from(sa.text("pg_sleep(0.1)"))
        )
        return number

    return set(await asyncio.gather(*(ask() for _ in range(at_once))))


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_connections_stay_open_between_bursts_and_not_for_ever(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = DatabaseSettings(connection_url=database_url, pool_size=1, max_overflow=3)
    async with open_database(settings) as db:
        first = await connections(db.read, 4)
        assert len(first) == 4
        assert await connections(db.read, 4) == first
    monkeypatch.setattr(read_pool, "IDLE_SECONDS", 0.2)
    async with open_database(settings) as db:
        first = await connections(db.read, 4)
        (latest,) = await connections(db.read, 1)
        await asyncio.sleep(0.8)
        assert await connections(db.read, 4) & first == {latest}


PROCESSES = sa.text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()").columns(
    count=sa.Integer
)
PLANS = "SELECT statement, generic_plans, custom_plans FROM pg_prepared_statements"


async def plans(read: Reader, *, generic_plan: bool) -> dict[str, tuple[int, int]]:
    """How often each statement was planned for any values, and how often for its own, on the connection used last."""
    async with read.pool.connection() as ask:
        return {
            sql: (generic, custom)
            for sql, generic, custom in await ask(PLANS, (), generic_plan=generic_plan)
            if sql not in (PLANS, CLOCK_STATEMENT)
        }


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_steady_statements_are_planned_once_and_others_for_their_values(db: Database) -> None:
    for _ in range(3):
        async with db.read.connection() as reads:
            await reads.all(task_run_by_id(uuid7()))
            await reads.all(task_run_count({"flows": FlowFilter.model_validate({"name": {"any_": ["a"]}})}))
            await reads.all(task_run_count({"task_runs": TaskRunFilter.model_validate({"name": {"any_": ["a"]}})}))
    generic_plan, others = [await plans(db.read, generic_plan=which) for which in (True, False)]
    assert list(generic_plan.values()) == [(3, 0)] * 2
    assert list(others.values()) == [(0, 3)]
    assert "task_run.name" in next(iter(others))


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_there_are_never_more_connections_than_may_be(database_url: str) -> None:
    """Statements of both kinds at once, where two connections may be open; steady ones make do with what is there."""
    settings = DatabaseSettings(connection_url=database_url, pool_size=1, max_overflow=1)
    used: set[int] = set()

    async def ask(read: Reader, number: int) -> None:
        async with read.pool.connection() as fetch:
            [(process,)] = await fetch("SELECT pg_backend_pid()", (), generic_plan=number % 2 == 0)
            used.add(process)

    async with open_database(settings) as db:
        await ask(db.read, 0)
        for _ in range(20):
            await asyncio.gather(*(ask(db.read, number) for number in range(6)))
        async with asyncio.timeout(10):
            while await db.read.scalar(PROCESSES) > 2:  # noqa: ASYNC110  # nothing tells when
                await asyncio.sleep(0.01)
    assert len(used) <= 3, "the first may make room for one that all can use, which is then to stay"


@asynccontextmanager
async def sqlite_pool(file: Path) -> AsyncIterator[SQLiteReadPool]:
    """Lanes whose connections have functions: `thread()` says where a statement runs, and `pause()` takes three milliseconds."""

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(file, timeout=60, isolation_level=None)
        connection.create_function("thread", 0, threading.get_ident)
        connection.create_function("pause", 0, lambda: time.sleep(0.003))
        return connection

    opened = SQLiteReadPool(connect, 2, timeout=None, longest=None, slow=slow_permits(1, 2, None))
    try:
        yield opened
    finally:
        await opened.close()


async def fetch(opened: SQLiteReadPool, sql: str, *values: Any) -> Any:
    async with opened.connection() as ask:
        return await ask(sql, values)


NUMBERS = "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number LIMIT ?) "
COUNTED_WHERE = f"{NUMBERS} SELECT thread(), count(*) FROM number"


async def test_sqlite_answers_what_is_short_where_it_is_asked(tmp_path: Path) -> None:
    here = threading.get_ident()
    async with sqlite_pool(tmp_path / "any.db") as opened:
        assert await fetch(opened, COUNTED_WHERE, 20) == [(here, 20)]
        ((elsewhere, count),) = await fetch(opened, COUNTED_WHERE, 100_000)
        assert elsewhere != here
        assert count == 100_000
        # It may be so again, and nothing of the first attempt may linger: others are short still.
        ((elsewhere, _),) = await fetch(opened, COUNTED_WHERE, 20)
        assert elsewhere != here
        for _ in range(200):  # SQLite counts instructions on from one run to the next
            assert await fetch(opened, f"{NUMBERS} SELECT thread(), sum(n) FROM number", 500) == [(here, 125_250)]


async def test_what_a_slow_function_makes_long_in_sqlite_is_left_to_threads_midway(tmp_path: Path) -> None:
    async with sqlite_pool(tmp_path / "any.db") as opened:
        ((elsewhere, _),) = await fetch(opened, f"{NUMBERS} SELECT thread(), max(pause()) FROM number", 500)
        assert elsewhere != threading.get_ident()


async def test_what_was_long_in_sqlite_is_tried_again_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_reads, "REMEMBERED_SECONDS", 0.3)
    async with sqlite_pool(tmp_path / "any.db") as opened:
        await fetch(opened, COUNTED_WHERE, 100_000)
        await asyncio.sleep(0.3)
        assert await fetch(opened, COUNTED_WHERE, 20) == [(threading.get_ident(), 20)]


async def test_sqlite_counts_whole_tables_in_threads(tmp_path: Path) -> None:
    async with sqlite_pool(tmp_path / "any.db") as opened:
        ((_, elsewhere),) = await fetch(opened, "SELECT count(*), thread() FROM sqlite_schema")
        assert elsewhere != threading.get_ident()


async def test_sqlite_says_what_is_wrong_with_a_statement(tmp_path: Path) -> None:
    async with sqlite_pool(tmp_path / "any.db") as opened:
        for _ in range(2):
            with pytest.raises(sqlite3.OperationalError, match="no such table: absent"):
                await fetch(opened, "SELECT * FROM absent")
        assert await fetch(opened, "SELECT thread()") == [(threading.get_ident(),)]


async def test_nobody_waits_for_a_locked_sqlite_file_but_who_asks_it(tmp_path: Path) -> None:
    file = tmp_path / "locked.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as owner:
        owner.execute("CREATE TABLE thing AS SELECT 1 AS number")
        owner.execute("BEGIN EXCLUSIVE")
        async with sqlite_pool(file) as opened:
            asking = asyncio.create_task(fetch(opened, "SELECT number, thread() FROM thing"))
            done, _ = await asyncio.wait([asking], timeout=0.2)
            assert not done
            owner.execute("COMMIT")
            ((number, elsewhere),) = await asking
            assert number == 1
            assert elsewhere != threading.get_ident()
            assert await fetch(opened, "SELECT number, thread() FROM thing") == [(1, threading.get_ident())]


async def test_what_a_slow_disk_has_made_long_is_left_to_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_reads, "MAX_INLINE_SECONDS", 0)
    async with sqlite_pool(tmp_path / "any.db") as slow:
        assert await fetch(slow, "SELECT thread()") == [(threading.get_ident(),)]
        ((elsewhere,),) = await fetch(slow, "SELECT thread()")
        assert elsewhere != threading.get_ident()


async def test_what_is_given_up_while_sqlite_opens_its_file_is_not_begun(tmp_path: Path) -> None:
    opening, opened = threading.Event(), threading.Event()

    def connect() -> sqlite3.Connection:
        if threading.current_thread() is not threading.main_thread():
            opening.set()
            assert opened.wait(10)
        return sqlite3.connect(tmp_path / "any.db", isolation_level=None)

    slow = SQLiteReadPool(connect, 1, timeout=None, longest=None, slow=slow_permits(1, 1, None))
    endless = asyncio.create_task(fetch(slow, COUNTED_WHERE.replace("thread()", "1"), 10**12))
    assert await asyncio.to_thread(opening.wait, 10)
    endless.cancel()
    with pytest.raises(asyncio.CancelledError):
        await endless
    opened.set()
    async with asyncio.timeout(10):
        await slow.close()


async def test_statements_that_turn_out_long_leave_a_thread_to_others(tmp_path: Path) -> None:
    """As many long ones as there are threads, and more: one is run at a time, and what is quick has the other thread."""
    long = f"{NUMBERS} SELECT thread(), count(*) FROM number"
    quick = f"{NUMBERS} SELECT thread(), sum(n) FROM number"
    async with sqlite_pool(tmp_path / "any.db") as opened:
        endless = [asyncio.create_task(fetch(opened, long, 10**12)) for _ in range(6)]
        try:
            async with asyncio.timeout(30):
                while len(opened.slow._semaphore._waiters or ()) < 5:  # noqa: ASYNC110  # nothing tells when
                    await asyncio.sleep(0.01)
                for _ in range(3):
                    ((thread, total),) = await fetch(opened, quick, 10_000)
                    assert total == 50_005_000
                    assert thread != threading.get_ident()
        finally:
            for task in endless:
                task.cancel()
            await asyncio.gather(*endless, return_exceptions=True)
        assert await fetch(opened, long, 300_000) == [(ANY, 300_000)], "their permits were given back"


async def test_slow_reads_and_pages_that_turn_out_long_share_their_permits(tmp_path: Path) -> None:
    """Who has a permit already is not asked for a second one."""
    long = f"{NUMBERS} SELECT count(*) FROM number"
    async with sqlite_pool(tmp_path / "any.db") as opened:
        await opened.slow.acquire(None)
        async with opened.connection(is_slow=True) as ask, asyncio.timeout(30):
            assert await ask(long, (300_000,)) == [(300_000,)]
        waiting = asyncio.create_task(fetch(opened, long, 300_000))
        done, _ = await asyncio.wait([waiting], timeout=0.5)
        assert not done
        opened.slow.release()
        async with asyncio.timeout(30):
            assert await waiting == [(300_000,)]
