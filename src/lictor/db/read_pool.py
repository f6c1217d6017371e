"""Pools for reads: connections of the driver's own, with nothing between the driver and the statement."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import asyncpg
from asyncpg.exceptions import InternalClientError

from lictor.db.byte_budget import ByteBudget, Holding
from lictor.db.driver_errors import DRIVER_ERRORS, is_lost
from lictor.db.metered_protocol import MeteredProtocol

Values = Sequence[Any]
Rows = Sequence[Any]


class Fetch(Protocol):
    """Gives the rows of a statement; the best plan of a `generic_plan` one is the same for all values.

    `holding` counts the bytes that arrive; `is_slow` says that the caller has a permit of `ReadPool.slow`.
    """

    def __call__(
        self,
        sql: str,
        values: Values,
        *,
        generic_plan: bool = False,
        holding: Holding | None = None,
        is_slow: bool = False,
    ) -> Awaitable[Rows]: ...


class PoolTimeout(Exception):
    """All connections were taken for as long as one may wait for them."""


class StatementTimeout(Exception):
    """A statement ran for longer than one may, and was ended."""


class TimedSemaphore:
    """A semaphore whose `acquire` gives up after a timeout in seconds; without one it waits for as long as it takes."""

    def __init__(self, permits: int, timeout: float | None) -> None:
        self._semaphore = asyncio.Semaphore(permits)
        self.timeout = timeout

    async def acquire(self, timeout: float | None) -> None:  # noqa: ASYNC109  # who waits may say so, or not
        """Waits for a permit. Raises PoolTimeout."""
        if timeout is None or not self._semaphore.locked():
            await self._semaphore.acquire()
            return
        try:
            async with asyncio.timeout(timeout):
                await self._semaphore.acquire()
        except TimeoutError:
            raise PoolTimeout(f"no connection became free within {timeout} s") from None

    def release(self) -> None:
        """Gives a permit back."""
        self._semaphore.release()


class ReadPool(ABC):
    """Connections for reads, up to a number; whoever finds none free waits for one, up to a timeout in seconds.

    `slow` are permits for statements that may take long, fewer than there are connections.
    """

    def __init__(self, max_connections: int, timeout: float | None, slow: TimedSemaphore) -> None:
        self.max_connections = max_connections
        self.permits = TimedSemaphore(max_connections, timeout)
        self.slow = slow
        self.taken = 0

    def connection(self, budget: ByteBudget | None = None, *, is_slow: bool = False) -> "PooledConnection":
        """One connection, for one statement or several, whose answers count against a budget.

        `is_slow` says that the caller has a permit of `slow`.
        """
        return PooledConnection(self, budget, is_slow=is_slow)

    async def acquire(self) -> None:
        """Waits for a connection. Raises PoolTimeout."""
        await self.permits.acquire(self.permits.timeout)
        self.taken += 1

    def release(self) -> None:
        """Gives a connection back."""
        self.taken -= 1
        self.permits.release()

    def has_room(self) -> bool:
        """Whether at most half of the connections are at work, so that a request may have two."""
        return self.taken * 2 <= self.max_connections

    @abstractmethod
    async def fetch(
        self,
        sql: str,
        values: Values,
        *,
        generic_plan: bool = False,
        holding: Holding | None = None,
        is_slow: bool = False,
    ) -> Rows:
        """The rows of a statement, for whoever has acquired a connection."""

    @abstractmethod
    async def close(self) -> None:
        """Closes all connections."""


def slow_permits(slow_reads: int, max_connections: int, timeout: float | None) -> TimedSemaphore:
    """Permits for slow statements that leave at least one connection to others, if there are two."""
    return TimedSemaphore(max(min(slow_reads, max_connections - 1), 1), timeout)


class PooledConnection:
    """A connection of the pool for the time of a block.

    Written out, because a generator would take longer than SQLite takes for a row.
    """

    __slots__ = ("_holding", "_is_slow", "_pool")

    def __init__(self, pool: ReadPool, budget: ByteBudget | None, *, is_slow: bool) -> None:
        self._pool = pool
        self._holding = None if budget is None else Holding(budget)
        self._is_slow = is_slow

    async def __aenter__(self) -> Fetch:
        await self._pool.acquire()
        return partial(self._pool.fetch, holding=self._holding, is_slow=self._is_slow)

    async def __aexit__(self, *_: object) -> None:
        self._pool.release()
        if self._holding is not None:
            self._holding.release()


IDLE_SECONDS = 10.0
"""Seconds that a connection beyond those kept is idle before it is closed: opening one takes longer than most reads."""


@dataclass(slots=True)
class _Opened:
    """A connection, what counts its bytes, and when it was opened and last given back."""

    connection: Any
    generic_plan: bool
    meter: MeteredProtocol
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
        slow: TimedSemaphore,
    ) -> None:
        super().__init__(kept + more, timeout, slow)
        self._connect = connect
        self._kept = kept
        self._recycle = recycle
        self._free: list[_Opened] = []
        self._out = 0
        self._closing: asyncio.TimerHandle | None = None
        self._recovering: set[asyncio.Task[None]] = set()
        self._closed = False

    async def fetch(
        self,
        sql: str,
        values: Values,
        *,
        generic_plan: bool = False,
        holding: Holding | None = None,
        is_slow: bool = False,  # noqa: ARG002  # PostgreSQL divides its time by itself
    ) -> Rows:
        self._out += 1
        try:
            try:
                return await self._fetch_on(await self._take(generic_plan=generic_plan), sql, values, holding)
            except DRIVER_ERRORS as error:
                if not is_lost(error):
                    raise
            # It was idle when the server restarted, or cut it. To ask once more changes nothing, as it only reads.
            return await self._fetch_on(await self._open(generic_plan=generic_plan), sql, values, holding)
        finally:
            self._out -= 1

    async def _fetch_on(self, opened: _Opened, sql: str, values: Values, holding: Holding | None) -> Rows:
        opened.meter.begin(holding)
        try:
            rows: Rows = await opened.connection.fetch(sql, *values)
        except InternalClientError:
            opened.connection.terminate()
            raise
        except DRIVER_ERRORS:
            if opened.meter.refusal is not None:
                raise opened.meter.refusal from None
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
        return await self._open(generic_plan=generic_plan)

    async def _open(self, *, generic_plan: bool) -> _Opened:
        connection = await self._connect(generic_plan)
        return _Opened(connection, generic_plan, MeteredProtocol(connection), time.monotonic())

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
