"""SQLite as a source and as a target."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import sqlalchemy as sa

from lictor.db.types import MICROSECOND
from lictor.transfer.endpoints import FETCH_ROWS, Source, Target, TransferError, quoted
from lictor.transfer.plans import Plan
from lictor.transfer.rows import Decoders, Row

T = TypeVar("T")

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  # as the source's moments, which are UTC without saying so
MAX_PARAMETERS = 10_000


def _uuid(text: bytes) -> bytes:
    key = bytes.fromhex(text.replace(b"-", b"").decode("ascii"))
    if len(key) != 16:
        raise ValueError("no UUID")
    return key


def _micros(text: bytes) -> int:
    return (datetime.fromisoformat(text.decode("ascii")) - EPOCH) // MICROSECOND


def _duration(value: bytes | int) -> int:
    """Prefect writes a duration as the moment so long after 1970, but the column's default is a zero."""
    return _micros(value) if isinstance(value, bytes) else int(value) * 1_000_000


def _json(value: Any) -> bytes:
    """JSON columns have numeric affinity: a text that looks like a number was stored as one."""
    return value if isinstance(value, bytes) else json.dumps(value).encode()


class Worker:
    """A connection, and the one thread in which it works."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._thread = ThreadPoolExecutor(max_workers=1)

    @classmethod
    @asynccontextmanager
    async def open(cls, place: str) -> AsyncIterator["Worker"]:
        connection = sqlite3.connect(place, uri=True, isolation_level=None, check_same_thread=False, timeout=60)
        worker = cls(connection)
        try:
            yield worker
        finally:
            connection.interrupt()  # who was cancelled did not wait for the end of it
            worker._thread.shutdown()
            connection.close()

    async def do(self, work: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)


class Rest:
    """Whether nobody writes to a file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._logs = [file.with_name(f"{file.name}-{kind}") for kind in ("wal", "journal")]
        self._first = self._look()

    def lasts(self) -> bool:
        return self._look() == self._first and not any(log.exists() for log in self._logs)

    def _look(self) -> tuple[int, int]:
        found = self._file.stat()
        return found.st_mtime_ns, found.st_size


class SqliteSource(Source):
    """A Prefect database in a file. Texts are read as bytes, so that a bad one spoils no more than its own row."""

    dialect = "sqlite"
    decoders = Decoders(
        uuid=_uuid,
        moment=_micros,
        duration=_duration,
        boolean=bool,
        text=bytes.decode,
        json=_json,
    )

    def __init__(self, worker: Worker, rest: Rest | None) -> None:
        self._worker = worker
        self._connection = worker.connection
        self._rest = rest

    @classmethod
    @asynccontextmanager
    async def open(cls, file: Path) -> AsyncIterator["SqliteSource"]:
        # A file in WAL mode that nobody has open has no log beside it, and reading it the ordinary way would make one.
        # Instead we promise SQLite that the file does not change, and see to it that we stop as soon as it might.
        rest = Rest(file)
        at_rest = rest.lasts()
        access = "mode=ro&immutable=1" if at_rest else "mode=ro"
        async with Worker.open(f"{file.as_uri()}?{access}") as worker:
            worker.connection.text_factory = bytes
            worker.connection.execute("BEGIN")
            yield cls(worker, rest if at_rest else None)

    async def tables(self) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        # Those whose names begin so are SQLite's own.
        query = "SELECT name FROM sqlite_master WHERE type = 'table' AND substr(name, 1, 7) <> 'sqlite_'"
        for (name,) in self._connection.execute(query).fetchall():
            columns = self._connection.execute("SELECT name FROM pragma_table_info(?)", [name.decode()])
            found[name.decode()] = frozenset(column.decode() for (column,) in columns)
        return found

    async def value(self, query: str) -> Any:
        row = await self._worker.do(lambda: self._connection.execute(query).fetchone())
        found = row[0] if row else None
        return found.decode() if isinstance(found, bytes) else found

    async def stream(self, query: str, size: int) -> AsyncGenerator[Sequence[Row]]:
        async for rows in self._fetched(query, (), size):
            yield rows

    async def rows(self, query: str, ids: Sequence[bytes]) -> AsyncGenerator[Sequence[Row]]:
        wanted = json.dumps([written.decode() for written in ids])
        limited = f"{query} WHERE t.id IN (SELECT value FROM json_each(?))"
        async for rows in self._fetched(limited, (wanted,), FETCH_ROWS):
            yield rows

    async def _fetched(self, query: str, parameters: Sequence[Any], size: int) -> AsyncGenerator[Sequence[Row]]:
        cursor = await self._worker.do(self._connection.execute, query, parameters)
        while rows := await self._worker.do(cursor.fetchmany, size):
            if self._rest is not None and not self._rest.lasts():
                raise TransferError(
                    "Another program began to write to the source while it was being read."
                    " Run the import again: it goes on where it stopped, and reads along with that program."
                )
            yield rows


class SqliteTarget(Target):
    """A file of Lictor, which a server may have open at the same time."""

    complaints = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.InterfaceError, OverflowError, UnicodeEncodeError)

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._connection = worker.connection

    @classmethod
    @asynccontextmanager
    async def open(cls, file: Path) -> AsyncIterator["SqliteTarget"]:
        async with Worker.open(file.as_uri()) as worker:
            for pragma in ("foreign_keys = ON", "synchronous = NORMAL", "temp_store = MEMORY", "cache_size = -65536"):
                worker.connection.execute(f"PRAGMA {pragma}")
            yield cls(worker)

    async def existing(self, table: sa.Table, ids: Collection[bytes]) -> dict[bytes, int | None]:
        stamp = "updated" if "updated" in table.c else "NULL"

        def look() -> dict[bytes, int | None]:
            found: dict[bytes, int | None] = {}
            for part in _parts(list(ids), MAX_PARAMETERS):
                marks = ", ".join("?" * len(part))
                found.update(
                    self._connection.execute(f'SELECT id, {stamp} FROM "{table.name}" WHERE id IN ({marks})', part)
                )
            return found

        return await self._worker.do(look)

    async def insert(self, plan: Plan, rows: Sequence[Row]) -> int:
        def add() -> int:
            with self._transaction():
                insertion = _insertion(plan.table, plan.names, plan.made(_place_in(plan)))
                added = self._connection.executemany(insertion, rows).rowcount
                if plan.parts is not None:
                    self._connection.executemany(_insertion(plan.parts.table, plan.parts.names), plan.parts_of(rows))
                return added

        return await self._worker.do(add)

    async def update(self, plan: Plan, rows: Sequence[Row]) -> int:
        place = _place_in(plan)
        values = {name: place(name) for name in plan.names} | plan.made(place)
        sets = ", ".join(f'"{name}" = {value}' for name, value in values.items())
        statement = f'UPDATE "{plan.table.name}" SET {sets} WHERE id = ?1 AND updated < {place("updated")}'
        return await self._written(statement, rows)

    async def link(self, column: sa.Column[Any], pairs: Sequence[tuple[bytes, bytes]]) -> None:
        name = column.name
        await self._written(f'UPDATE "{column.table.name}" SET "{name}" = ?2 WHERE id = ?1 AND "{name}" IS NULL', pairs)

    async def find(self, table: sa.Table, key: Mapping[str, Any]) -> bytes | None:
        condition = " AND ".join(f'"{name}" = ?' for name in key)
        query = f'SELECT id FROM "{table.name}" WHERE {condition}'
        row = await self._worker.do(lambda: self._connection.execute(query, tuple(key.values())).fetchone())
        return row[0] if row else None

    async def count(self, table: sa.Table) -> int:
        query = f'SELECT COUNT(*) FROM "{table.name}"'
        return int((await self._worker.do(lambda: self._connection.execute(query).fetchone()))[0])

    async def settle(self, tables: Sequence[sa.Table]) -> None:
        """The planner learns what there is, from samples, and the log goes into the file."""
        statements = [
            "PRAGMA analysis_limit = 1000",
            *(f'ANALYZE "{table.name}"' for table in tables),
            "PRAGMA wal_checkpoint(PASSIVE)",
        ]
        for statement in statements:
            await self._worker.do(lambda statement=statement: self._connection.execute(statement).fetchall())

    async def _written(self, statement: str, rows: Sequence[Row]) -> int:
        def write() -> int:
            with self._transaction():
                return self._connection.executemany(statement, rows).rowcount

        return await self._worker.do(write)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")


def _place_in(plan: Plan) -> Callable[[str], str]:
    return lambda name: f"?{plan.names.index(name) + 1}"


def _insertion(table: sa.Table, names: Sequence[str], made: Mapping[str, str] = MappingProxyType({})) -> str:
    values = ", ".join([*("?" * len(names)), *made.values()])
    return f'INSERT INTO "{table.name}" ({quoted([*names, *made])}) VALUES ({values}) ON CONFLICT DO NOTHING'


def _parts(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
