"""Fill a database of the real Prefect with a made-up history.

    .venv/bin/python -m benchmarks.generate sqlite+aiosqlite:////tmp/history.db --rows 1000000
    .venv/bin/python -m benchmarks.generate postgresql+asyncpg://postgres@127.0.0.1/history --rows 1000000

Prefect's own migrations make the tables, so the database must be a new one.
"""

import argparse
import asyncio
import os
import sqlite3
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

import asyncpg

from benchmarks.history import SECOND, History
from benchmarks.rows import Batch, Duration, batches, moment
from benchmarks.skew import skewed
from tests.compat.servers import PREFECT, prefect_environment


def generate(url: str, task_runs: int, home: Path, *, skew: bool = False) -> None:
    """Make Prefect's tables in the new database at `url`, and fill them; `home` is for what Prefect writes besides."""
    subprocess.run(
        [PREFECT, "server", "database", "upgrade", "-y"],
        env=prefect_environment(home, url),
        check=True,
        stdout=subprocess.DEVNULL,
    )
    history = History(task_runs)
    if url.startswith("sqlite"):
        _fill_sqlite(url.partition("///")[2], _rows(history, _sqlite_duration, skew=skew))
    else:
        rows = _rows(history, _postgresql_duration, skew=skew)
        asyncio.run(_fill_postgresql(url.replace("+asyncpg", ""), rows))


def _rows(history: History, duration: Duration, *, skew: bool) -> Iterator[Batch]:
    rows = batches(history, duration)
    return skewed(history, rows) if skew else rows


def _fill_sqlite(path: str, rows: Iterator[Batch]) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        with _without_indexes(connection):
            connection.execute("BEGIN")
            for batch in rows:
                names = ", ".join(batch.columns)
                values = ", ".join("?" * len(batch.columns))
                connection.executemany(f"INSERT INTO {batch.table} ({names}) VALUES ({values})", batch.rows)
            connection.execute("COMMIT")
        connection.execute("ANALYZE")


def _sqlite_duration(micros: int) -> str:
    """Prefect keeps a duration as the moment that long after the epoch."""
    return moment(micros)


@contextmanager
def _without_indexes(connection: sqlite3.Connection) -> Iterator[None]:
    """Those of the runs and states are made when all rows are there, which is faster."""
    condition = "type = 'index' AND sql IS NOT NULL AND tbl_name GLOB '*_run*'"
    indexes = connection.execute(f"SELECT name, sql FROM sqlite_master WHERE {condition}").fetchall()
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}")
    yield
    for _, statement in indexes:
        connection.execute(statement)


async def _fill_postgresql(url: str, rows: Iterator[Batch]) -> None:
    connection = await asyncpg.connect(url, server_settings={"timezone": "UTC", "maintenance_work_mem": "512MB"})
    try:
        # Runs and states name each other, so no order of the tables satisfies every foreign key on the way.
        await connection.execute("SET session_replication_role = replica")
        async with without_indexes_of(connection):
            for batch in rows:
                await connection.copy_to_table(
                    batch.table, columns=batch.columns, source=_copy_text(batch), null=NULL, timeout=600
                )
        await connection.execute("VACUUM (ANALYZE)", timeout=3600)
    finally:
        await connection.close()


def _postgresql_duration(micros: int) -> str:
    return f"{micros / SECOND:.6f}"


NULL = "@"


async def _copy_text(batch: Batch) -> AsyncIterator[bytes]:
    """Rows as COPY reads them. Nothing in them needs an escape."""
    lines = ("\t".join([NULL if value is None else str(value) for value in row]) for row in batch.rows)
    text = "\n".join(lines) + "\n"
    assert "\\" not in text
    assert text.count("\t") == (len(batch.columns) - 1) * len(batch.rows)
    assert text.count("\n") == len(batch.rows)
    yield text.encode()


@asynccontextmanager
async def without_indexes_of(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """Those of the runs and states, unique ones too; only primary keys stay."""
    indexes = await connection.fetch(
        """
        SELECT indexrelid::regclass::text AS name, indrelid::regclass::text AS table, pg_get_indexdef(indexrelid) AS made,
            quote_ident(conname) AS constraint, pg_get_constraintdef(pg_constraint.oid) AS constrained
        FROM pg_index LEFT JOIN pg_constraint ON conindid = indexrelid AND contype <> 'f'
        WHERE indrelid::regclass::text SIMILAR TO '%\\_run|%\\_run\\_state' AND NOT indisprimary
        """
    )
    for index in indexes:
        if index["constraint"] is None:
            await connection.execute(f"DROP INDEX {index['name']}")
        else:
            await connection.execute(f"ALTER TABLE {index['table']} DROP CONSTRAINT {index['constraint']}")
    yield
    for index in indexes:
        statement = index["made"]
        if index["constraint"] is not None:
            statement = f"ALTER TABLE {index['table']} ADD CONSTRAINT {index['constraint']} {index['constrained']}"
        await connection.execute(statement, timeout=3600)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", help="SQLAlchemy's URL of a new database, with the driver Prefect uses")
    parser.add_argument("--rows", type=int, default=100_000, help="how many task runs (default: %(default)s)")
    options = parser.parse_args()
    began = time.monotonic()
    home = Path(os.environ.get("TMPDIR", "/tmp")) / "prefect-home-of-benchmarks"
    generate(options.url, options.rows, home)
    print(f"{options.rows:,} task runs in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
