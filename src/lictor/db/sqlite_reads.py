"""A pool of connections to read a file of SQLite on: short statements inline, others in threads."""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from queue import SimpleQueue
from threading import Lock, Thread

from lictor.db.byte_budget import COUNTED_BYTES, Holding
from lictor.db.read_pool import ReadPool, Rows, StatementTimeout, TimedSemaphore, Values

INTERRUPT_REPEAT_SECONDS = 0.05
"""SQLite forgets an interrupt that comes just before its statement."""

MAX_INLINE_INSTRUCTIONS = 20_000
"""What takes SQLite no more instructions, as a page of 200 runs, is run where it is asked.

That is a millisecond or two, or less than what Python then does with the rows. A thread has to get Python's lock back for
each of them: where many ask at once, it waits for that much longer than it reads.
"""

PROGRESS_INSTRUCTIONS = 1_000
"""After so many instructions SQLite asks whether to go on."""

MAX_INLINE_SECONDS = 0.05
"""What takes longer, since the disk is slow or texts are long, is not short; others may have held the processor for less."""

MAX_QUICK_INSTRUCTIONS = 400_000
"""What takes more, ten milliseconds or some more, is slow: of such statements only a few run at once."""

QUICK_PROGRESS_INSTRUCTIONS = 40_000

REMEMBERED_SECONDS = 60.0
"""For so many seconds, what was not short, or not quick, is not tried again: it may have been asked for more than then."""

MAX_REMEMBERED_STATEMENTS = 1_000

MAX_UNCOUNTED_VALUE_BYTES = 16 * 1024
"""A statement that meets no longer value gives so few bytes that nobody counts them, which would take as long as to read them."""

COUNTING = "SELECT count(*)"  # a whole table in one instruction, however long that takes


class _Statements:
    """SQL that was found to be something, for a while."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def __contains__(self, sql: str) -> bool:
        return self._until.get(sql, 0) > time.monotonic()

    def add(self, sql: str) -> None:
        if len(self._until) >= MAX_REMEMBERED_STATEMENTS:
            self._until.clear()
        self._until[sql] = time.monotonic() + REMEMBERED_SECONDS


class _InlineExecutor:
    """Runs statements that are short right where they are asked; whatever is not, a thread is to run.

    Nobody says which are short: each is tried, and what was not is remembered.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._connection: sqlite3.Connection | None = None
        self._not_inline = _Statements()
        self._steps = 0
        self._end = 0.0

    def rows(self, sql: str, values: Values) -> Rows | None:
        """The rows of a statement; None if a thread is to find them, or to say what is wrong."""
        if sql in self._not_inline or sql.startswith(COUNTING):
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
        if rows is None or time.monotonic() > self._end:
            self._not_inline.add(sql)
        return rows

    def _open(self) -> sqlite3.Connection:
        connection = self._connect()
        connection.execute("PRAGMA busy_timeout = 0")  # to wait is for threads
        connection.execute("PRAGMA cache_size = -2048")  # as short statements read little
        connection.set_progress_handler(self._is_long, PROGRESS_INSTRUCTIONS)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_UNCOUNTED_VALUE_BYTES)
        return connection

    def _is_long(self) -> bool:
        self._steps -= 1
        return self._steps < 0 or time.monotonic() > self._end

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()


class _NotQuick(Exception):
    """A statement took more instructions than a quick one may, and was ended."""


class _Job:
    """A statement to run, and the connection on which it runs as long as it does."""

    __slots__ = ("connection", "future", "holding", "is_slow", "loop", "sql", "too_long", "values")

    def __init__(self, sql: str, values: Values, holding: Holding | None, *, is_slow: bool) -> None:
        self.sql = sql
        self.values = values
        self.holding = holding
        self.is_slow = is_slow
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Rows] = self.loop.create_future()
        self.connection: sqlite3.Connection | None = None
        self.too_long = False


class SQLiteReadPool(ReadPool):
    """Threads with a connection each; whichever is free takes the next statement, and one trip answers it.

    What is short is not worth the trip: to find a row by its id takes SQLite a tenth of that time. What turns out to be
    long is ended, and run again as one of the slow statements, so that a thread is left to those that are quick.
    """

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        threads: int,
        *,
        timeout: float | None,
        longest: float | None,
        slow: TimedSemaphore,
    ) -> None:
        super().__init__(threads, timeout, slow)
        self._connect = connect
        self._inline = _InlineExecutor(connect)
        self._not_quick = _Statements()
        self._longest = longest
        self._switching = Lock()  # held while a connection goes from one statement to the next
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._threads = [Thread(target=self._work, name=f"reader {n}", daemon=True) for n in range(threads)]
        for thread in self._threads:
            thread.start()

    async def acquire(self) -> None:
        """Waits for nothing: who asks what is short needs no thread, and others wait for one with each statement."""

    def release(self) -> None:
        """Nothing was acquired."""

    async def fetch(
        self,
        sql: str,
        values: Values,
        *,
        generic_plan: bool = False,  # noqa: ARG002  # it has one plan
        holding: Holding | None = None,
        is_slow: bool = False,
    ) -> Rows:
        if (rows := self._inline.rows(sql, values)) is not None:
            return rows
        if is_slow:
            return await self._in_thread(_Job(sql, values, holding, is_slow=True), None)
        if sql not in self._not_quick:
            try:
                return await self._in_thread(_Job(sql, values, holding, is_slow=False), self.permits)
            except _NotQuick:
                self._not_quick.add(sql)
        return await self._in_thread(_Job(sql, values, holding, is_slow=True), self.slow)

    async def _in_thread(self, job: _Job, permits: TimedSemaphore | None) -> Rows:
        if permits is not None:
            await permits.acquire(self.permits.timeout)
        self.taken += 1
        try:
            return await self._answer(job)
        finally:
            self.taken -= 1
            if permits is not None:
                permits.release()

    async def _answer(self, job: _Job) -> Rows:
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
        runner: _ThreadRunner | None = None
        while (job := self._jobs.get()) is not None:
            future = job.future
            try:
                if runner is None:
                    runner = _ThreadRunner(self._connect())
                if not self._begin(job, runner.connection):
                    continue
                try:
                    rows = runner.rows(job)
                finally:
                    with self._switching:
                        job.connection = None
            except Exception as error:
                job.loop.call_soon_threadsafe(_fail, future, error)
            else:
                job.loop.call_soon_threadsafe(_succeed, future, rows)
                del rows
            del job, future  # nothing is kept while there is nothing to do
        if runner is not None:
            runner.connection.close()


class _ThreadRunner:
    """The connection of a thread, and how it runs statements: within a number of instructions, and counting long values."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._max_length = connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_UNCOUNTED_VALUE_BYTES)
        self._steps = 0
        connection.set_progress_handler(self._is_long, QUICK_PROGRESS_INSTRUCTIONS)

    def _is_long(self) -> bool:
        self._steps -= 1
        return self._steps == 0

    def rows(self, job: _Job) -> Rows:
        """The rows of a statement. Raises _NotQuick, what SQLite raises, and what the budget does."""
        self._steps = 0 if job.is_slow else MAX_QUICK_INSTRUCTIONS // QUICK_PROGRESS_INSTRUCTIONS
        try:
            try:
                return self.connection.execute(job.sql, job.values).fetchall()
            except sqlite3.DataError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_TOOBIG:
                    raise
            return self._counted_rows(job)
        except sqlite3.OperationalError:
            if not job.is_slow and self._steps <= 0:
                raise _NotQuick from None
            raise

    def _counted_rows(self, job: _Job) -> Rows:
        self.connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, self._max_length)
        try:
            cursor = self.connection.execute(job.sql, job.values)
            if job.holding is None:
                return cursor.fetchall()
            return _counted(cursor, job.holding)
        finally:
            self.connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_UNCOUNTED_VALUE_BYTES)


def _counted(cursor: sqlite3.Cursor, holding: Holding) -> Rows:
    rows, uncounted = [], 0
    for row in cursor:
        rows.append(row)
        uncounted += sum(len(value) for value in row if isinstance(value, str | bytes))
        if uncounted >= COUNTED_BYTES:
            holding.add(uncounted)
            uncounted = 0
    return rows


def _fail(future: asyncio.Future[Rows], error: Exception) -> None:
    if not future.done():
        future.set_exception(error.with_traceback(None))  # its frames hold the rows that were read


def _succeed(future: asyncio.Future[Rows], rows: Rows) -> None:
    if not future.done():
        future.set_result(rows)
