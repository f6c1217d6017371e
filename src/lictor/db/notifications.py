"""Notifications of new rows, to this process and to others, by the database alone.

On PostgreSQL the statement that adds rows also sends `NOTIFY` with their ids, and one connection of each process that has
listeners receives it when they are committed. SQLite has no notifications: there a commit wakes the listeners of its own
process, and those of other processes poll a counter of the database file.
"""

import asyncio
import contextlib
import logging
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from lictor.cancelling import cancel
from lictor.db.driver_errors import DRIVER_ERRORS

logger = logging.getLogger(__name__)

MAX_WAITING_IDS = 50_000
"""Ids that wait for a listener. Beyond that it overflows, and has to query the table."""

IDS_IN_A_NOTIFICATION = 200
"""A payload has room for 8,000 bytes, and an id takes 37."""

POLL_SECONDS = 0.1
KEEPALIVE_SECONDS = 20.0
PATIENCE_SECONDS = 10.0
MAX_PAUSE_SECONDS = 2.0


def channel_of(table: str) -> str:
    """The channel on which PostgreSQL notifies of new rows of a table."""
    return f"lictor_{table}"


class TableListener:
    """The new rows of a table that one listener has not taken yet."""

    def __init__(self) -> None:
        self._ids: list[UUID] = []
        self._has_overflowed = False
        self._woken = asyncio.Event()

    def notify(self, ids: Sequence[UUID]) -> None:
        if len(self._ids) + len(ids) > MAX_WAITING_IDS:
            self.overflow()
        else:
            self._ids.extend(ids)
            self._woken.set()

    def overflow(self) -> None:
        """Drops the ids: there may be new rows whose ids are unknown."""
        self._ids.clear()
        self._has_overflowed = True
        self._woken.set()

    async def next(self) -> Sequence[UUID] | None:
        """Waits for new rows: their ids, or None after an overflow, when the listener has to query the table."""
        await self._woken.wait()
        self._woken.clear()
        ids, self._ids = self._ids, []
        has_overflowed, self._has_overflowed = self._has_overflowed, False
        return None if has_overflowed else ids


class Notifications(ABC):
    """The listeners of this process."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._listeners: defaultdict[str, set[TableListener]] = defaultdict(set)
        self._receiving: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def listen(self, table: str) -> AsyncIterator[TableListener]:
        """A listener to new rows of a table. It is notified of all that are committed after the block has begun."""
        listener = TableListener()
        self._listeners[table].add(listener)
        try:
            if self._receiving is None:
                self._receiving = asyncio.create_task(self._receive_on())
            await self._subscribe(table)
            yield listener
        finally:
            self._listeners[table].discard(listener)
            if not any(self._listeners.values()):
                await self.close()

    async def close(self) -> None:
        """Receives no more."""
        receiving, self._receiving = self._receiving, None
        if receiving is not None:
            await cancel(receiving)

    async def _receive_on(self) -> None:
        pause = 0.1
        while True:
            try:
                await self._receive()
            except DRIVER_ERRORS as error:
                if pause < MAX_PAUSE_SECONDS:  # said a few times, not for hours
                    logger.warning("The database tells nothing of what is new: %s", error)
            await asyncio.sleep(pause)
            pause = min(2 * pause, MAX_PAUSE_SECONDS)

    def _overflow_all(self) -> None:
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.overflow()

    @abstractmethod
    async def _receive(self) -> None:
        """Notifies listeners, as long as there is a connection."""

    @abstractmethod
    async def _subscribe(self, table: str) -> None:
        """Returns when no row that is added to the table from now on can be missed."""

    @abstractmethod
    def committed(self, tables: Iterable[str]) -> None:
        """This process has committed new rows of tables."""


class SQLiteNotifications(Notifications):
    """Every notification is an overflow: listeners query the table."""

    async def _receive(self) -> None:
        async with self._engine.connect() as connection:
            before = None
            while True:
                version = (await connection.exec_driver_sql("PRAGMA data_version")).scalar()
                if version != before:
                    self._overflow_all()
                before = version
                await asyncio.sleep(POLL_SECONDS)

    async def _subscribe(self, table: str) -> None:
        """A listener that queries first and is woken at each commit misses none."""

    def committed(self, tables: Iterable[str]) -> None:
        for table in tables:
            for listener in self._listeners[table]:
                listener.overflow()


class PostgreSQLNotifications(Notifications):
    """One connection that listens, as long as there are listeners."""

    def __init__(self, engine: AsyncEngine) -> None:
        super().__init__(engine)
        self._driver: Any = None
        self._subscribed: set[str] = set()
        self._connected = asyncio.Event()
        self._turn = asyncio.Lock()
        self._was_connected = False

    async def _receive(self) -> None:
        async with self._engine.connect() as connection:
            self._driver = (await connection.get_raw_connection()).driver_connection
            lost = asyncio.Event()
            self._driver.add_termination_listener(lambda _: lost.set())
            try:
                for table in [table for table, listeners in self._listeners.items() if listeners]:
                    await self._listen_to(table)
                if self._was_connected:
                    self._overflow_all()
                self._was_connected = True
                self._connected.set()
                await self._stay(lost)
            finally:
                self._connected.clear()
                self._subscribed.clear()

    async def close(self) -> None:
        self._connected.clear()
        self._subscribed.clear()
        self._was_connected = False
        await super().close()

    async def _stay(self, lost: asyncio.Event) -> None:
        """Returns when the connection is gone, which it checks every KEEPALIVE_SECONDS."""
        while not lost.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(KEEPALIVE_SECONDS):
                    await lost.wait()
                break
            async with self._turn:
                await self._driver.execute("SELECT 1", timeout=PATIENCE_SECONDS)
        logger.warning("The connection on which the database tells what is new is gone")

    async def _subscribe(self, table: str) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._connected.wait()
        await self._listen_to(table)

    async def _listen_to(self, table: str) -> None:
        async with self._turn:
            if table not in self._subscribed:
                await self._driver.add_listener(channel_of(table), self._received)
                self._subscribed.add(table)

    def _received(self, connection: Any, pid: int, channel: str, payload: str) -> None:
        del connection, pid
        ids = [UUID(id) for id in payload.split(",")]
        for listener in self._listeners[channel.removeprefix("lictor_")]:
            listener.notify(ids)

    def committed(self, tables: Iterable[str]) -> None:
        """NOTIFY reaches this process, too."""
