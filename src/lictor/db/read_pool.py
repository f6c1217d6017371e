"""Pools for reads: connections of the driver's own, with nothing between the driver and the statement."""

import asyncio
import sqlite3
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, Protocol

import asyncpg
from asyncpg.exceptions import InternalClientError

from lictor.db.driver_errors import DRIVER_ERRORS, is_lost

Values = Sequence[Any]
Rows = Sequence[Any]


class Fetch(Protocol):
    """Gives the rows of a statement; the best plan of a `generic_plan` one is the same for all values."""

    def __call__(self, sql: str, values: Values, *, generic_plan: bool = False) -> Awaitable[Rows]: ...


class PoolTimeout(Exception):
    """All connections were taken for as long as one may wait for them."""


class StatementTimeout(Exception):
    """A statement ran for longer than one may, and was ended."""


class TimedSemaphore:
    """A semaphore whose `acquire` gives up after a timeout in seconds; without one it waits for as long as it takes."""

    def __init__(self, permits: int, timeout: float | None) -> None:
        self._semaphore = asyncio.Semaphore(permits)
        self._timeout = timeout

    async def acquire(self, *, however_long: bool = False) -> None:
        """Waits for a permit. Raises PoolTimeout."""
        if however_long or not self._semaphore.locked():
            await self._semaphore.acquire()
            return
        try:
            async with asyncio.timeout(self._timeout):
                await self._semaphore.acquire()
        except TimeoutError:
            raise PoolTimeout(f"no connection became free within {self._timeout} s") from None

    def release(self) -> None:
        """Gives a permit back."""
        self._semaphore.release()


class ReadPool(ABC):
    """Connections for reads, up to a number; whoever finds none free waits for one, up to a timeout in seconds."""

    def __init__(self, max_connections: int, timeout: float | None) -> None:
        self.max_connections = max_connections
        self._semaphore = TimedSemaphore(max_connections, timeout)
        self.taken = 0

    def connection(self) -> "PooledConnection":
        """One connection, for one statement or several."""
        return PooledConnection(self)

    async def acquire(self) -> None:
        """Waits for a connection. Raises PoolTimeout."""
        await self._semaphore.acquire()
        self.taken += 1

    def release(self) -> None:
        """Gives a connection back."""
        self.taken -= 1
        self._semaphore.release()

    @abstractmethod
    async def fetch(self, sql: str, values: Values, *, generic_plan: bool = False) -> Rows:
        """The rows of a statement, for whoever has acquired a connection."""

    @abstractmethod
    async def close(self) -> None:
        """Closes all connections."""


class PooledConnection:
    """A connection of the pool for the time of a block.

    Written out, because a generator would take longer than SQLite takes for a row.
    """

    __slots__ = ("_pool",)

    def __init__(self, pool: ReadPool) -> None:
        self._pool = pool

    async def __aenter__(self) -> Fetch:
        await self._pool.acquire()
        return self._pool.fetch

    async def __aexit__(self, *_: object) -> None:
        self._pool.release()


IDLE_SECONDS = 10.0
"""Seconds that a connection beyond those kept is idle before it is closed: opening one takes longer than most reads."""


@dataclass(slots=True)
class _Opened:
    """A connection, and when it was opened and last given back."""

    connection: Any
    generic_plan: bool
    since: float
    given_back: float = 0.0


class PostgreSQLReadPool(ReadPool):
    """Connections that are opened when needed; the last one used is the first to be used again.

    Those for `generic_plan` statements are others: PostgreSQL plans once there, where to plan takes as long as to answer.
    """

    def __init__(
        self,
        connect: Callable[[bool], Awaitable[Any]],
        *,
        kept: int,
        more: int,
        recycle: float,
        timeout: float | None,
    ) -> None:
        super().__init__(kept + more, timeout)
        self._connect = connect
        self._kept = kept
        self._recycle = recycle
        self._free: list[_Opened] = []
        self._out = 0
        self._closing: asyncio.TimerHandle | None = None
        self._recovering: set[asyncio.Task[None]] = set()
        self._closed = False

    async def fetch(self, sql: str, values: Values, *, generic_plan: bool = False) -> Rows:
        self._out += 1
        try:
            try:
                return await self._fetch_on(await self._take(generic_plan=generic_plan), sql, values)
            except DRIVER_ERRORS as error:
                if not is_lost(error):
                    raise
            # It was idle when the server restarted, or cut it. To ask once more changes nothing, as it only reads.
            opened = _Opened(await self._connect(generic_plan), generic_plan, time.monotonic())
            return await self._fetch_on(opened, sql, values)
        finally:
            self._out -= 1

    async def _fetch_on(self, opened: _Opened, sql: str, values: Values) -> Rows:
        try:
            rows: Rows = await opened.connection.fetch(sql, *values)
        except InternalClientError:
            opened.connection.terminate()
            raise
        finally:
            self._give_back(opened)
        return rows

    async def close(self) -> None:
        self._closed = True
        if self._closing is not None:
            self._closing.cancel()
        for task in list(self._recovering):
            await asyncio.wait([task])
        while self._free:
            await self._free.pop().connection.close(timeout=5)

    async def _take(self, *, generic_plan: bool) -> _Opened:
        if (opened := self._from_before(generic_plan=generic_plan)) is not None:
            return opened
        if len(self._free) + self._out > self.max_connections:
            # The others plan a steady statement each time, which is better than to open connections all the time.
            if generic_plan and (opened := self._from_before(generic_plan=False)) is not None:
                return opened
            if self._free:
                self._free.pop(0).connection.terminate()
        return _Opened(await self._connect(generic_plan), generic_plan, time.monotonic())

    def _from_before(self, *, generic_plan: bool) -> _Opened | None:
        for number in range(len(self._free) - 1, -1, -1):
            if self._free[number].generic_plan is not generic_plan:
                continue
            opened = self._free.pop(number)
            if opened.connection.is_closed():
                continue
            if 0 <= self._recycle < time.monotonic() - opened.since:
                opened.connection.terminate()
                continue
            return opened
        return None

    def _give_back(self, opened: _Opened) -> None:
        if opened.connection.is_closed():
            return
        if opened.connection._protocol._is_cancelling():
            task = asyncio.create_task(self._recover(opened))
            self._recovering.add(task)
            task.add_done_callback(self._recovering.discard)
        elif self._closed:
            opened.connection.terminate()
        else:
            opened.given_back = time.monotonic()
            self._free.append(opened)
            if len(self._free) > self._kept and self._closing is None:
                self._closing = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._close_idle)

    def _close_idle(self) -> None:
        """Those that nobody has used for a while are the first in the list."""
        self._closing = None
        while len(self._free) > self._kept and self._free[0].given_back <= time.monotonic() - IDLE_SECONDS:
            self._free.pop(0).connection.terminate()
        if len(self._free) > self._kept:
            self._closing = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._close_idle)

    async def _recover(self, opened: _Opened) -> None:
        """Whoever asked has left: the server is told so, and the connection is free when it has obeyed."""
        try:
            await opened.connection._protocol._wait_for_cancellation(5)
        except Exception:  # whatever it is, this connection is of no more use
            opened.connection.terminate()
        else:
            self._give_back(opened)


# When a statement is planned its tables may still be so small that to read them whole is best.
GENERIC_PLAN_SETTINGS = {"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off"}


def asyncpg_connector(arguments: dict[str, Any]) -> Callable[[bool], Awaitable[Any]]:
    """What opens connections with SQLAlchemy's arguments for the driver; those for steady statements plan them once."""
    own = {**arguments}
    cached = own.pop("prepared_statement_cache_size", None)
    if cached is not None:  # SQLAlchemy has a cache besides the driver's; here there is but one
        own["statement_cache_size"] = min(cached, own.get("statement_cache_size", cached))
    settings = {False: own["server_settings"], True: own["server_settings"] | GENERIC_PLAN_SETTINGS}
    return lambda generic_plan: asyncpg.connect(**{**own, "server_settings": settings[generic_plan]})


class _Job:
    """A statement to run, and the connection on which it runs as long as it does."""

    __slots__ = ("connection", "future", "loop", "sql", "too_long", "values")

    def __init__(self, sql: str, values: Values) -> None:
        self.sql = sql
        self.values = values
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Rows] = self.loop.create_future()
        self.connection: sqlite3.Connection | None = None
        self.too_long = False


INTERRUPT_REPEAT_SECONDS = 0.05  # seconds; SQLite forgets an interrupt that comes just before its statement


MAX_INLINE_INSTRUCTIONS = 20_000
"""What takes SQLite no more instructions, as a page of 200 runs, is run where it is asked.

That is a millisecond or two, or less than what Python then does with the rows. A thread has to get Python's lock back for
each of them: where many ask at once, it waits for that much longer than it reads.
"""

PROGRESS_INSTRUCTIONS = 1_000
"""After so many instructions SQLite asks whether to go on."""

MAX_INLINE_SECONDS = 0.05
"""What takes longer, since the disk is slow or texts are long, is not short; others may have held the processor for less."""

NOT_INLINE_SECONDS = 60.0
"""For so many seconds, what was not short is not tried again: it may have been asked for more than it will be then."""

MAX_NOT_INLINE_STATEMENTS = 1_000

COUNTING = "SELECT count(*)"  # a whole table in one instruction, however long that takes


class _InlineExecutor:
    """Runs statements that are short right where they are asked; whatever is not, a thread is to run.

    Nobody says which are short: each is tried, and what was not is remembered.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._connection: sqlite3.Connection | None = None
        self._not_inline: dict[str, float] = {}  # SQL, and until when
        self._steps = 0
        self._end = 0.0

    def rows(self, sql: str, values: Values) -> Rows | None:
        """The rows of a statement; None if a thread is to find them, or to say what is wrong."""
        if self._not_inline.get(sql, 0) > time.monotonic() or sql.startswith(COUNTING):
            return None
        try:
            if self._connection is None:
                self._connection = self._open()
            self._steps, self._end = (
                MAX_INLINE_INSTRUCTIONS // PROGRESS_INSTRUCTIONS,
                time.monotonic() + MAX_INLINE_SECONDS,
            )
            rows: Rows | None = self._connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_INTERRUPT:
                return None
            rows = None
        now = time.monotonic()
        if rows is None or now > self._end:
            if len(self._not_inline) >= MAX_NOT_INLINE_STATEMENTS:
                self._not_inline.clear()
            self._not_inline[sql] = now + NOT_INLINE_SECONDS
        return rows

    def _open(self) -> sqlite3.Connection:
        connection = self._connect()
        connection.execute("PRAGMA busy_timeout = 0")  # to wait is for threads
        connection.execute("PRAGMA cache_size = -2048")  # as short statements read little
        connection.set_progress_handler(self._is_long, PROGRESS_INSTRUCTIONS)
        return connection

    def _is_long(self) -> bool:
        self._steps -= 1
        return self._steps < 0 or time.monotonic() > self._end

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()


class SQLiteReadPool(ReadPool):
    """Threads with a connection each; whichever is free takes the next statement, and one trip answers it.

    What is short is not worth the trip: to find a row by its id takes SQLite a tenth of that time.
    """

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        threads: int,
        *,
        timeout: float | None,
        longest: float | None,
    ) -> None:
        super().__init__(threads, timeout)
        self._connect = connect
        self._inline = _InlineExecutor(connect)
        self._longest = longest
        self._switching = Lock()  # held while a connection goes from one statement to the next
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._threads = [Thread(target=self._work, name=f"reader {n}", daemon=True) for n in range(threads)]
        for thread in self._threads:
            thread.start()

    async def fetch(self, sql: str, values: Values, *, generic_plan: bool = False) -> Rows:  # noqa: ARG002  # it has one plan
        if (rows := self._inline.rows(sql, values)) is not None:
            return rows
        job = _Job(sql, values)
        self._jobs.put(job)
        timer = None if self._longest is None else job.loop.call_later(self._longest, self._end, job)
        try:
            return await job.future
        except asyncio.CancelledError:
            self._interrupt(job)
            raise
        except sqlite3.OperationalError as error:
            if job.too_long:
                raise StatementTimeout(f"a statement ran for more than {self._longest} s") from error
            raise
        finally:
            if timer is not None:
                timer.cancel()

    def _end(self, job: _Job) -> None:
        job.too_long = True
        self._interrupt(job)

    def _interrupt(self, job: _Job) -> None:
        """Ends a statement if it is running, and no other."""
        with self._switching:
            if job.connection is not None:
                job.connection.interrupt()
                job.loop.call_later(INTERRUPT_REPEAT_SECONDS, self._interrupt, job)

    async def close(self) -> None:
        self._inline.close()
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            await asyncio.to_thread(thread.join)

    def _begin(self, job: _Job, connection: sqlite3.Connection) -> bool:
        """Whether anybody waits for it; from then on, whoever gives it up finds what to interrupt."""
        with self._switching:
            if job.future.cancelled():
                return False
            if job.too_long:
                raise sqlite3.OperationalError("interrupted")
            job.connection = connection
        return True

    def _work(self) -> None:
        connection: sqlite3.Connection | None = None
        while (job := self._jobs.get()) is not None:
            future = job.future
            try:
                if connection is None:
                    connection = self._connect()
                if not self._begin(job, connection):
                    continue
                try:
                    rows = connection.execute(job.sql, job.values).fetchall()
                finally:
                    with self._switching:
                        job.connection = None
            except Exception as error:
                job.loop.call_soon_threadsafe(_fail, future, error)
            else:
                job.loop.call_soon_threadsafe(_succeed, future, rows)
            del job, future  # nothing is kept while there is nothing to do
        if connection is not None:
            connection.close()


def _fail(future: asyncio.Future[Rows], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)


def _succeed(future: asyncio.Future[Rows], rows: Rows) -> None:
    if not future.done():
        future.set_result(rows)
