"""Streams of the new rows of a table, as they are committed.

A stream has one reader per process, which works while there are subscriptions and reads each new row once for all of them.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

import sqlalchemy as sa

from lictor.cancelling import cancel
from lictor.db.base import utc_now
from lictor.db.engine import Database, Reader
from lictor.db.failures import DatabaseUnavailable
from lictor.db.functions import Statement, value_in
from lictor.db.interests import Interest, Interests, Topical
from lictor.db.notifications import TableListener
from lictor.db.types import is_postgresql

logger = logging.getLogger(__name__)

MAX_WAITING_ROWS = 1_000
"""Rows that wait for a subscriber. Beyond that its subscription overflows, and it has to query the table."""

MAX_WAITING_BYTES = 8 * 1024 * 1024
"""The same of their sizes, unless a single row is larger."""

BATCH_ROWS = 500

COMMIT_MARGIN = timedelta(seconds=60)
"""How much later than it arrives a row may be committed; among replicas, clocks differ, too."""


class Item(Topical, Protocol):
    """A row, as a stream passes it on."""

    @property
    def id(self) -> UUID: ...

    @property
    def arrived(self) -> datetime:
        """When it reached a server, by that server's clock."""

    @property
    def size(self) -> int:
        """About how many bytes it holds."""


T = TypeVar("T", bound=Item)


@dataclass(frozen=True)
class Missed:
    """Rows that arrived since this moment may be missing from the stream."""

    since: datetime


@dataclass(frozen=True, eq=False)
class ChangeSource(Generic[T]):
    """The table of a stream, the columns to read, and what makes an item of a row."""

    table: sa.Table
    columns: Sequence[sa.ColumnElement[Any]]
    item: Callable[[sa.Row[Any]], T]

    def select(self) -> Statement:
        return sa.select(*self.columns).select_from(self.table)


class Subscription(Generic[T]):
    """The new items that one subscriber wants and has not taken yet."""

    def __init__(self, wants: Callable[[T], bool] | None) -> None:
        self._wants = wants
        self._items: deque[T] = deque()
        self._bytes = 0
        self._missed: datetime | None = None
        self._woken = asyncio.Event()

    def offer(self, item: T) -> None:
        if self._missed is None and (self._wants is None or self._wants(item)):
            if len(self._items) >= MAX_WAITING_ROWS or (self._items and self._bytes + item.size > MAX_WAITING_BYTES):
                self.overflow(item.arrived)
            else:
                self._items.append(item)
                self._bytes += item.size
                self._woken.set()

    def overflow(self, since: datetime) -> None:
        """Drops the items: some since this moment may be missing."""
        self._missed = min(since, *(item.arrived for item in self._items), self._missed or since)
        self._items.clear()
        self._bytes = 0
        self._woken.set()

    async def next(self) -> Sequence[T] | Missed:
        """Waits for new items, or says since when some may be missing, so that the subscriber has to query the table."""
        await self._woken.wait()
        self._woken.clear()
        if self._missed is not None:
            missed, self._missed = Missed(self._missed - COMMIT_MARGIN), None
            return missed
        items, self._items, self._bytes = self._items, deque(), 0
        return items


class ChangeStream(Generic[T]):
    """Passes the new rows of a table to all subscriptions."""

    def __init__(self, db: Database, source: ChangeSource[T]) -> None:
        self._db = db
        self._source = source
        self._subscriptions: set[Subscription[T]] = set()
        self._interests: Interests[T, Subscription[T]] = Interests()
        self._reading: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._latest = utc_now()

    @asynccontextmanager
    async def subscribed(
        self, interest: Interest[T], wants: Callable[[T], bool] | None = None
    ) -> AsyncIterator[Subscription[T]]:
        """A subscription to the items of interest, among all that are committed once the block has begun.

        `wants` is asked in addition, of those alone: for what differs from one subscriber to the next.
        """
        subscription = Subscription(wants)
        self._subscriptions.add(subscription)
        self._interests.add(interest, subscription)
        try:
            if self._reading is None:
                self._latest = utc_now()
                self._reading = asyncio.create_task(self._read_on())
            await self._ready.wait()
            yield subscription
        finally:
            self._subscriptions.discard(subscription)
            self._interests.discard(interest, subscription)
            if not self._subscriptions:
                await self.close()

    async def close(self) -> None:
        """Ends the stream."""
        reading, self._reading = self._reading, None
        self._ready.clear()
        if reading is not None:
            await cancel(reading)

    async def _read_on(self) -> None:
        read = self._read_by_ids if is_postgresql(self._db.dialect) else self._read_by_places
        has_failed = False
        while True:
            try:
                async with self._db.listen(self._source.table.name) as listener:
                    if has_failed:
                        self._overflow()
                    await read(listener)
            except DatabaseUnavailable as error:
                logger.warning("New rows of %s cannot be read: %s", self._source.table.name, error)
            except Exception:
                logger.exception("New rows of %s cannot be read", self._source.table.name)
            self._ready.clear()
            has_failed = True
            await asyncio.sleep(1)

    def _overflow(self) -> None:
        for subscription in self._subscriptions:
            subscription.overflow(self._latest)

    async def _read_by_ids(self, listener: TableListener) -> None:
        self._ready.set()
        while True:
            ids = await listener.next()
            if ids is None:
                self._overflow()
                continue
            first, batch = 0, BATCH_ROWS
            while first < len(ids):
                rows, batch = await self._db.read.batch(partial(self._read_these, ids, first), batch)
                self._hand_on(rows, ids[first : first + batch])
                first += batch

    async def _read_by_places(self, listener: TableListener) -> None:
        """SQLite numbers the rows of a table in the order of their commits, as only one writes at a time."""
        table = self._source.table
        place = sa.literal_column(f'"{table.name}".rowid', sa.BigInteger)
        last_place = sa.select(sa.func.max(place)).select_from(table)
        seen = await self._db.read.scalar(last_place) or 0
        self._ready.set()
        while True:
            await listener.next()
            last = await self._db.read.scalar(last_place) or 0
            while seen < last:
                following = self._source.select().add_columns(place.label("place")).where(place > seen).order_by(place)
                rows, _ = await self._db.read.batch(partial(self._read_first, following), BATCH_ROWS)
                self._hand_on(rows, [row.id for row in rows])
                seen = rows[-1].place if rows else last
            seen = min(seen, last)  # it is less if the last ones were deleted

    async def _read_these(self, ids: Sequence[UUID], first: int, db: Reader, size: int) -> Sequence[sa.Row[Any]]:
        return await db.all(self._source.select().where(value_in(self._id, ids[first : first + size])))

    async def _read_first(self, statement: Statement, db: Reader, size: int) -> Sequence[sa.Row[Any]]:
        return await db.all(statement.limit(size))

    @property
    def _id(self) -> sa.Column[Any]:
        id: sa.Column[Any] = self._source.table.c.id
        return id

    def _hand_on(self, rows: Sequence[sa.Row[Any]], order: Sequence[UUID]) -> None:
        items = {row.id: self._source.item(row) for row in rows}
        for id in order:
            if (item := items.get(id)) is not None:
                self._latest = max(self._latest, item.arrived)
                for subscription in [*self._interests.of(item)]:
                    subscription.offer(item)
