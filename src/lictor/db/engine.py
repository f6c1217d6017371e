"""The way to the database: many connections to read on, and one way to write.

Reads run in autocommit. On SQLite (WAL) all writes of a process pass through one connection, each
in an IMMEDIATE transaction, so that readers and writers never wait for each other; on PostgreSQL
they use a pool.
"""

import asyncio
import logging
import sqlite3
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.engine import Dialect, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from lictor.cancelling import cancel
from lictor.db.byte_budget import ROOM_SECONDS, AnswerTooLarge, ByteBudget
from lictor.db.clock import CLOCK, MEASURE_SECONDS, follow, keep_clock, machine_clock, utc_now
from lictor.db.compiled_query import BoundQuery, DriverCall, QueryCompiler, Runnable
from lictor.db.connect_args import postgresql_connect_args
from lictor.db.failures import (
    DatabaseTooBusy,
    retry,
    translate_errors,
)
from lictor.db.notifications import (
    IDS_IN_A_NOTIFICATION,
    Notifications,
    PostgreSQLNotifications,
    SQLiteNotifications,
    TableListener,
    channel_of,
)
from lictor.db.race import raced
from lictor.db.read_pool import (
    Fetch,
    PoolTimeout,
    PostgreSQLReadPool,
    ReadPool,
    asyncpg_connector,
    slow_permits,
)
from lictor.db.row_serializer import RowSerializer
from lictor.db.sqlite_connections import sqlite_pool, sqlite_writers
from lictor.db.types import is_postgresql
from lictor.errors import Unavailable
from lictor.settings import DatabaseSettings

ECHO = logging.getLogger("sqlalchemy.engine.Engine")  # where writes are told of, too
logger = logging.getLogger(__name__)

Result = TypeVar("Result")
DriverStatement = tuple[str, Sequence[Any]]


class Connection(ABC):
    """Statements run one after the other, and their answers."""

    def __init__(self, compiler: QueryCompiler) -> None:
        self.compiler = compiler
        self.dialect = compiler.dialect

    async def resolved(self, statement: Runnable) -> Runnable:
        """The statement that answers, after those that have to go before it."""
        if isinstance(statement, BoundQuery) and statement.resolve is not None:
            return await statement.resolve(self)
        return statement

    @abstractmethod
    async def rows(self, statement: Runnable) -> Sequence[Any]:
        """The rows of a statement as the driver gives them."""

    @abstractmethod
    async def all(self, statement: Runnable) -> Sequence[sa.Row[Any]]:
        """All rows."""

    async def first(self, statement: Runnable) -> sa.Row[Any] | None:
        """The first row, if there is any."""
        return next(iter(await self.all(statement)), None)

    async def scalar(self, statement: Runnable) -> Any:
        """The first column of the first row, or None."""
        row = await self.first(statement)
        return None if row is None else row[0]

    async def objects(
        self, shape: RowSerializer, statement: Runnable, now: datetime | None = None
    ) -> list[dict[str, Any]]:
        """The rows of a statement made by `shape.select()`, as objects that orjson writes."""
        return self.compiler.render(shape, await self.rows(statement), now or utc_now())

    async def object(self, shape: RowSerializer, statement: Runnable) -> dict[str, Any] | None:
        """The first of `objects`, if there is any."""
        return next(iter(await self.objects(shape, statement)), None)


class Transaction(Connection):
    """Writes that are committed together, when the block they stand in ends."""

    def __init__(
        self,
        compiler: QueryCompiler,
        begin: Callable[[AsyncExitStack], Awaitable[AsyncConnection]],
        memory: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(compiler)
        self._begin = begin
        self._stack = AsyncExitStack()
        self._has_written = False
        self.memory = {} if memory is None else memory
        """What this process keeps of the database from one transaction to the next, by who keeps it."""
        self.announced: set[str] = set()
        """The tables to which rows were added that somebody may listen for."""

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:  # which is unwound if there is no connection
            self._connection = await self._begin(stack)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._stack.__aexit__(kind, error, traceback)

    @asynccontextmanager
    async def suspended(self) -> AsyncIterator[None]:
        """Something slow, between reads and the first write: others have the connection meanwhile, and all locks.

        What was read before may have changed afterwards.
        """
        assert not self._has_written, "what was written would be committed"
        await self._stack.aclose()
        try:
            yield
        finally:
            self._connection = await self._begin(self._stack)

    async def execute(self, statement: Runnable, parameters: Any = None) -> sa.CursorResult[Any]:
        """Runs a statement: once, or once for each set of parameters in a list."""
        self._has_written = self._has_written or bool(getattr(statement, "is_dml", False))
        if isinstance(statement, BoundQuery):
            plan = statement.plan()
            result: sa.CursorResult[Any] = await self._connection.execute(plan.statement, statement.all_values(plan))
            return result
        return await self._connection.execute(statement, parameters)

    async def driver_sqls(self, statements: Sequence[DriverStatement]) -> None:
        """Runs SQL as the driver takes it, with the driver's values, one after the other: for `lictor.db` alone.

        On SQLite its thread runs them all without coming back in between: whenever it does, it waits for the loop and
        for Python's lock, three times for each statement, and nothing is written meanwhile.
        """
        if is_postgresql(self.dialect):
            for sql, values in statements:
                await self._connection.exec_driver_sql(sql, values)
            return

        def run(connection: sqlite3.Connection) -> None:
            for sql, values in statements:
                connection.execute(sql, values)

        await self._in_thread(run, *statements)

    async def driver_rows(self, statement: DriverStatement) -> Sequence[Any]:
        """The rows of such a statement, as the driver gives them."""
        if is_postgresql(self.dialect):
            return (await self._connection.exec_driver_sql(*statement)).all()
        return await self._in_thread(lambda connection: connection.execute(*statement).fetchall(), statement)

    async def _in_thread(self, work: Callable[[sqlite3.Connection], Result], *statements: DriverStatement) -> Result:
        """What SQLite's thread makes of its connection by running these statements."""
        if ECHO.isEnabledFor(logging.INFO):
            for sql, values in statements:
                ECHO.info("%s %r", sql, values)
        driver: Any = (await self._connection.get_raw_connection()).driver_connection
        try:
            # The driver has no public way to do several things in its thread before it comes back.
            done: Result = await driver._execute(lambda: work(driver._conn))  # noqa: SLF001
        except sqlite3.Error as error:
            raise exc.DBAPIError.instance(None, None, error, sqlite3.Error, dialect=self.dialect) from error
        return done

    async def rows(self, statement: Runnable) -> Sequence[Any]:
        result = await self.execute(statement)
        rows: Sequence[Any] = result.cursor.fetchall()
        result.close()
        return rows

    async def all(self, statement: Runnable) -> Sequence[sa.Row[Any]]:
        return (await self.execute(statement)).all()

    async def first(self, statement: Runnable) -> sa.Row[Any] | None:
        return (await self.execute(statement)).first()

    async def changed(self, statement: Runnable) -> bool:
        """Runs a statement; whether it touched any row."""
        return (await self.execute(statement)).rowcount > 0

    async def announce(self, table: str, *ids: UUID) -> None:
        """Wakes those who listen to a table, in any process, once this is committed; they are told these ids."""
        self.announced.add(table)
        if is_postgresql(self.dialect):
            said = ",".join(str(id) for id in ids[:IDS_IN_A_NOTIFICATION])
            await self.execute(sa.select(sa.func.pg_notify(channel_of(table), said)))

    async def lock_table(self, table: sa.Table) -> None:
        """Lets nobody else change rows of the table until this transaction ends."""
        if is_postgresql(self.dialect):  # on SQLite nobody else writes
            await self.execute(sa.text(f'LOCK TABLE "{table.name}" IN SHARE ROW EXCLUSIVE MODE'))

    async def lock(self, *names: str) -> None:
        """Lets no other transaction hold a lock of these names until this one ends."""
        if is_postgresql(self.dialect):  # on SQLite there is no other
            key = sa.func.hashtextextended("/".join(names), 0)
            await self.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))


class AutocommitConnection(Connection):
    """Reads that follow each other on one connection, past SQLAlchemy's own way to run statements: half their time is that."""

    def __init__(self, compiler: QueryCompiler, fetch: Fetch, pool: ReadPool, settings: DatabaseSettings) -> None:
        super().__init__(compiler)
        self._fetch = fetch
        self._pool = pool
        self._echo = settings.echo
        self._slow_seconds = settings.slow_statement_seconds
        self._walk_seconds = settings.walk_seconds

    async def rows(self, statement: Runnable) -> Sequence[Any]:
        statement = await self.resolved(statement)
        return await self._answer(statement, await self._call(statement))

    async def all(self, statement: Runnable) -> Sequence[sa.Row[Any]]:
        statement = await self.resolved(statement)
        call = await self._call(statement)
        return call.compiled.rows(await self._answer(statement, call))

    async def scalar(self, statement: Runnable) -> Any:
        call = await self._call(await self.resolved(statement))
        return call.compiled.scalar(await self._run(call))

    async def _answer(self, statement: Runnable, call: DriverCall) -> Sequence[Any]:
        """The rows of a statement. Where a walk takes long, a search begins besides, and whichever is first answers."""
        if not call.walks or self._walk_seconds is None or not self._pool.has_room():
            return await self._run(call)
        assert isinstance(statement, BoundQuery)
        assert statement.other is not None
        other = statement.other

        async def search() -> Sequence[Any]:
            return await self._run(await self._call(other()))

        return await raced(self._pool, lambda: self._run(call), search, patience=self._walk_seconds)

    async def _call(self, statement: Runnable) -> DriverCall:
        """What the driver takes. Long lists are made its values in a thread, where Python takes turns."""
        if isinstance(statement, BoundQuery) and statement.has_many_values:
            return await asyncio.to_thread(self.compiler.call, statement)
        return self.compiler.call(statement)

    async def _run(self, call: DriverCall) -> Sequence[Any]:
        if self._echo:
            ECHO.info("%s %r", call.sql, call.values)
        began = time.monotonic()
        rows = await self._fetch(call.sql, call.values, generic_plan=call.generic_plan)
        seconds = time.monotonic() - began
        if self._slow_seconds is not None and seconds > self._slow_seconds:
            logger.warning("a statement took %.1f s (strategy %s): %s", seconds, call.strategy or "none", call.sql)
        return rows


BATCH_BYTES = 8 * 1024 * 1024
"""What reads a long list in batches holds no more of it at once, unless a single row is larger."""


MAX_ROOM_ATTEMPTS = 600
"""A minute: who does not read an answer is cut off before."""


class Reader:
    """Reads in autocommit, each on a connection of its own; `slow` ones, of which a few run at once.

    Where there is a `budget`, the answers of each block count against it.
    """

    def __init__(
        self, compiler: QueryCompiler, pool: ReadPool, settings: DatabaseSettings, budget: ByteBudget | None = None
    ) -> None:
        self.compiler = compiler
        self.dialect = compiler.dialect
        self.slow = SlowReader(self)
        self.pool = pool
        self.budget = budget
        self.settings = settings

    def within(self, budget: ByteBudget | None) -> "Reader":
        """The same reader under another budget."""
        return Reader(self.compiler, self.pool, self.settings, budget)

    async def batch(self, read: Callable[["Reader", int], Awaitable[Result]], rows: int) -> tuple[Result, int]:
        """What `read` gives for a number of rows, fewer than wanted if they are large, and that number.

        It waits while clients hold all that the budget has; those that read nothing are cut off before long.
        """
        small = self.within(ByteBudget(BATCH_BYTES) if self.budget is None else self.budget.portion(BATCH_BYTES))
        for _ in range(MAX_ROOM_ATTEMPTS):
            try:
                return await read(small if rows > 1 else self, rows), rows
            except AnswerTooLarge:
                if rows == 1:
                    raise
                rows = max(rows // 4, 1)
            except Unavailable:
                await asyncio.sleep(ROOM_SECONDS)
        raise DatabaseTooBusy("too many large answers wait for their clients to read them")

    @property
    def connections_taken(self) -> int:
        """How many connections are at work."""
        return self.pool.taken

    def connection(self) -> "ReadConnection":
        """One connection for several reads. They are not a snapshot."""
        return ReadConnection(self)

    async def all(self, statement: Runnable) -> Sequence[sa.Row[Any]]:
        """All rows."""
        async with ReadConnection(self) as connection:
            return await connection.all(statement)

    async def first(self, statement: Runnable) -> sa.Row[Any] | None:
        """The first row, if there is any."""
        async with ReadConnection(self) as connection:
            return await connection.first(statement)

    async def scalar(self, statement: Runnable) -> Any:
        """The first column of the first row, or None."""
        async with ReadConnection(self) as connection:
            return await connection.scalar(statement)

    async def objects(self, shape: RowSerializer, statement: Runnable) -> list[dict[str, Any]]:
        """The rows of a statement made by `shape.select()`, as objects that orjson writes."""
        async with ReadConnection(self) as connection:
            return await connection.objects(shape, statement)

    async def object(self, shape: RowSerializer, statement: Runnable) -> dict[str, Any] | None:
        """The first of `objects`, if there is any."""
        async with ReadConnection(self) as connection:
            return await connection.object(shape, statement)


class ReadConnection:
    """A connection to read on, for the time of a block."""

    __slots__ = ("_pooled", "_reader")

    def __init__(self, reader: Reader, *, is_slow: bool = False) -> None:
        self._reader = reader
        self._pooled = reader.pool.connection(reader.budget, is_slow=is_slow)

    async def __aenter__(self) -> Connection:
        with translate_errors:
            fetch = await self._pooled.__aenter__()
        return AutocommitConnection(self._reader.compiler, fetch, self._reader.pool, self._reader.settings)

    async def __aexit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        await self._pooled.__aexit__()
        translate_errors.__exit__(kind, error, traceback)


class SlowReader:
    """Reads that may take long, as counts do: a semaphore leaves the other connections of the pool to pages."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def connection(self, *, however_long: bool = False) -> "SlowConnection":
        """One connection for several such reads, for which one may wait. Raises DatabaseTooBusy."""
        return SlowConnection(self._reader, however_long=however_long)

    async def rows(self, statement: Runnable) -> Sequence[Any]:
        """The rows of a statement as the driver gives them."""
        async with self.connection() as connection:
            return await connection.rows(statement)

    async def all(self, statement: Runnable) -> Sequence[sa.Row[Any]]:
        """All rows."""
        async with self.connection() as connection:
            return await connection.all(statement)

    async def scalar(self, statement: Runnable) -> Any:
        """The first column of the first row, or None."""
        async with self.connection() as connection:
            return await connection.scalar(statement)


class SlowConnection(ReadConnection):
    """A connection to read on, with a permit for reads that may take long, for the time of a block."""

    __slots__ = ("_permits", "_timeout")

    def __init__(self, reader: Reader, *, however_long: bool) -> None:
        super().__init__(reader, is_slow=True)
        self._permits = reader.pool.slow
        self._timeout = None if however_long else self._permits.timeout

    async def __aenter__(self) -> Connection:
        try:
            await self._permits.acquire(self._timeout)
        except PoolTimeout as error:
            raise DatabaseTooBusy(str(error)) from error
        try:
            return await super().__aenter__()
        except BaseException:
            self._permits.release()
            raise

    async def __aexit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        try:
            await super().__aexit__(kind, error, traceback)
        finally:
            self._permits.release()


class Database:
    """One database, open."""

    def __init__(
        self, read: Reader, writers: AsyncEngine, signals: Notifications, budget: ByteBudget | None = None
    ) -> None:
        self.read = read
        """For the server's own reads."""
        self.bounded_read = read.within(budget)
        """For what clients ask: the answers count against the budget of all."""
        self.memory: dict[str, Any] = {}
        self._signals = signals
        self.dialect = writers.dialect
        self._writers = writers
        # PostgreSQL orders its writers by itself; SQLite has room for one.
        self._turn = asyncio.Lock() if writers.dialect.name == "sqlite" else None

    def connections_in_use(self) -> dict[str, int]:
        """How many connections are at work: for reading, and for writing."""
        pool = self._writers.pool
        return {
            "read": self.read.connections_taken,
            "write": pool.checkedout() if isinstance(pool, sa.QueuePool) else 0,
        }

    async def try_write(self, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
        """What a piece of work gives that is done in one transaction, and tried again if that is called off."""

        async def attempt() -> Result:
            async with self.write() as tx:
                return await work(tx)

        return await retry(attempt)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        """A transaction, committed at the end of the block, rolled back if that raises."""
        with translate_errors:
            async with Transaction(self.read.compiler, self._begin, self.memory) as transaction:
                yield transaction
            if self._turn is not None:
                self._signals.committed(transaction.announced)

    async def _begin(self, stack: AsyncExitStack) -> AsyncConnection:
        """A connection in a transaction, which ends with the stack."""
        if self._turn is not None:
            await stack.enter_async_context(self._turn)
        connection: AsyncConnection = await stack.enter_async_context(self._writers.begin())
        return connection

    @asynccontextmanager
    async def listen(self, table: str) -> AsyncIterator[TableListener]:
        """A listener to the rows that any process adds to a table, from the beginning of the block on."""
        with translate_errors:
            async with self._signals.listen(table) as listener:
                yield listener


@asynccontextmanager
async def open_database(settings: DatabaseSettings, budget: ByteBudget | None = None) -> AsyncIterator[Database]:
    """The database of the settings, whose tables are there already; closed at the end of the block.

    The budget is that of the answers to clients.
    """
    url = make_url(settings.url)
    on_postgresql = url.get_backend_name() == "postgresql"
    writers = _postgresql_writers(url, settings) if on_postgresql else sqlite_writers(url, settings)
    pool = (_postgresql_pool if on_postgresql else sqlite_pool)(url, settings, writers.dialect)
    listen_engine = _listen_engine(url, settings)
    signals = (PostgreSQLNotifications if on_postgresql else SQLiteNotifications)(listen_engine)
    measure = partial(_postgresql_clock, pool) if on_postgresql else machine_clock
    CLOCK.begin()
    await follow(measure)
    keeping = asyncio.create_task(keep_clock(measure), name="clock")
    try:
        yield Database(Reader(QueryCompiler(writers.dialect), pool, settings), writers, signals, budget)
    finally:
        await cancel(keeping)
        await signals.close()
        await pool.close()
        await writers.dispose()
        await listen_engine.dispose()


CLOCK_STATEMENT = "SELECT extract(epoch FROM clock_timestamp())::float8"
CLOCK_PRECISION_SECONDS = 0.002


async def _postgresql_clock(pool: ReadPool) -> tuple[float, float]:
    """The seconds of the database's clock, and how far they may be off: it was read somewhere between asking and answer."""
    async with asyncio.timeout(MEASURE_SECONDS), pool.connection() as fetch:
        asked = time.monotonic()
        rows = await fetch(CLOCK_STATEMENT, (), generic_plan=True)
        half = (time.monotonic() - asked) / 2
    return rows[0][0] + half, half + CLOCK_PRECISION_SECONDS


def _listen_engine(url: sa.URL, settings: DatabaseSettings) -> AsyncEngine:
    """For those who wait for what is new; there is no connection while nobody does."""
    on_postgresql = url.get_backend_name() == "postgresql"
    arguments = postgresql_connect_args(settings, None) if on_postgresql else {"isolation_level": None}
    return create_async_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool, connect_args=arguments)


def _postgresql_writers(url: sa.URL, settings: DatabaseSettings) -> AsyncEngine:
    return create_async_engine(
        url,
        pool_size=settings.pool_size,
        max_overflow=settings.max_overflow,
        pool_recycle=settings.pool_recycle,
        pool_timeout=settings.pool_timeout,
        pool_use_lifo=True,
        json_deserializer=str,  # `JSONText` gives the text itself
        connect_args=postgresql_connect_args(settings, settings.timeout),
    )


UNLIMITED_CONNECTIONS = 1_000_000


def _postgresql_pool(url: sa.URL, settings: DatabaseSettings, dialect: Dialect) -> ReadPool:
    _, arguments = dialect.create_connect_args(url)
    more = UNLIMITED_CONNECTIONS if settings.max_overflow < 0 else settings.max_overflow
    return PostgreSQLReadPool(
        asyncpg_connector({**arguments, **postgresql_connect_args(settings, settings.timeout)}),
        kept=settings.pool_size,
        more=more,
        recycle=settings.pool_recycle,
        timeout=settings.pool_timeout,
        slow=slow_permits(settings.slow_reads, settings.pool_size + more, settings.slow_read_timeout),
    )
