"""Make more of a history that Lictor has on PostgreSQL: several times as many runs in the same days.

Each run and each state is written so many times, with other ids, in the order in which a server would have met them:
the runs of a day stay together, and so do those of a flow run. What there are few of stays as it is: flows, deployments,
pools and queues. Customers become more, so that the tag of one stays rare. Ids within JSON stay, too.
"""

import asyncio
import os
import subprocess
from collections.abc import Sequence

import asyncpg

from benchmarks.databases import PostgreSQL
from benchmarks.generate import without_indexes_of
from benchmarks.history import History
from tests.compat.servers import LICTOR

RUNS = ("flow_run", "task_run")
STATES = ("flow_run_state", "task_run_state")
IDS = ("id", "flow_run_id", "task_run_id", "state_id", "parent_task_run_id")
PARTS = 200  # of a table; the copies of one follow each other
APART = 60  # microseconds between copies, so that orders by time are strict; ids know milliseconds
DIGITS = "0123456789abcdef"
# Nobody misses the database if the machine fails meanwhile. The copies are read in the order of the original.
SETTINGS = {
    "maintenance_work_mem": "1GB",
    "synchronous_commit": "off",
    "synchronize_seqscans": "off",
    "max_parallel_workers_per_gather": "0",
    "session_replication_role": "replica",  # neither triggers nor foreign keys
}


def multiply(databases: PostgreSQL, name: str, times: int, history: History, *, with_states: bool) -> str:
    """A database with so many times the runs of the database of a history; its URL. One that is there is used again.

    Without states, their tables are left empty. Runs hold the current one themselves, in any case.
    """
    if not 1 <= times <= len(DIGITS):
        raise ValueError(f"a history can be had up to {len(DIGITS)} times")
    multiplied = f"{name}_times_{times}" if with_states else f"{name}_times_{times}_without_states"
    if not databases.exists(multiplied):
        databases.ask("DROP DATABASE IF EXISTS unfinished")
        databases.ask(f"CREATE DATABASE unfinished TEMPLATE {name} STRATEGY file_copy")
        asyncio.run(
            _multiply(databases.server.url("unfinished"), RUNS + STATES if with_states else RUNS, times, history)
        )
        _mend_kept_figures(databases.url("unfinished"))
        databases.settle("unfinished")
        databases.rename("unfinished", multiplied)
    return databases.url(multiplied)


async def _multiply(url: str, tables: Sequence[str], times: int, history: History) -> None:
    connection = await asyncpg.connect(url, server_settings=SETTINGS)
    try:
        for table in tables:
            await connection.execute(f"CREATE TEMPORARY TABLE original_{table} AS TABLE {table}", timeout=3600)
        await connection.execute(f"TRUNCATE {', '.join(RUNS + STATES)} CASCADE")
        async with without_indexes_of(connection):
            for table in tables:
                await _fill(connection, table, times, history)
                await connection.execute(f"DROP TABLE original_{table}")
    finally:
        await connection.close()


async def _fill(connection: asyncpg.Connection, table: str, times: int, history: History) -> None:
    columns = await connection.fetch(
        "SELECT attname AS name, atttypid = 'timestamptz'::regtype AS is_moment FROM pg_attribute"
        " WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
        table,
    )
    names = ", ".join(column["name"] for column in columns)
    pages = await connection.fetchval(
        f"SELECT pg_relation_size('original_{table}') / current_setting('block_size')::int"
    )
    size = pages // PARTS + 1
    for first in range(0, pages, size):
        for copy in range(times):
            values = ", ".join(_value(column["name"], column["is_moment"], copy, history) for column in columns)
            await connection.execute(
                f"INSERT INTO {table} ({names}) SELECT {values} FROM original_{table}"
                f" WHERE ctid >= '({first},0)' AND ctid < '({first + size},0)'",
                timeout=3600,
            )


def _value(column: str, is_moment: bool, copy: int, history: History) -> str:
    """SQL for a column of a copy. Copy 0 is the original."""
    if copy and is_moment:
        return f"{column} + interval '{copy * APART} microseconds'"
    if copy and column in IDS:
        return _other_id(column, copy)
    if copy and column == "tags":
        return _other_customer(column, copy * history.customers)
    return column


def _other_id(column: str, copy: int) -> str:
    """The last digit is another one in each copy. What comes before it is random enough that no two ids become one."""
    others = DIGITS[copy:] + DIGITS[:copy]
    return f"(left({column}::text, -1) || translate(right({column}::text, 1), '{DIGITS}', '{others}'))::uuid"


def _other_customer(column: str, further: int) -> str:
    """The tag of a customer is the last one."""
    last = f"{column}[cardinality({column})]"
    other = f"'customer-' || to_char(right({last}, -9)::int + {further}, 'FM9900000')"
    return f"CASE WHEN {last} LIKE 'customer-%' THEN array_replace({column}, {last}, {other}) ELSE {column} END"


def _mend_kept_figures(url: str) -> None:
    """Triggers kept no count of the copies."""
    environment = os.environ | {"PREFECT_API_DATABASE_CONNECTION_URL": url}
    done = subprocess.run([LICTOR, "database", "check"], check=False, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"lictor database check failed:\n{done.stdout}{done.stderr}")
