"""Lists of events, a page at a time: each goes on behind the last event of the one before it."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lictor.db.engine import Connection, Reader
from lictor.events import queries
from lictor.events.filters import EventFilter
from lictor.events.queries import Place
from lictor.events.rows import StoredEvent
from lictor.validation.fields import DateTime

MAX_PAGE_EVENTS = 50


class BadToken(ValueError):
    """What came for the token of a page is none."""


class Following(BaseModel):
    """What a page's token holds: the question, how many events match it, and where the next page begins."""

    model_config = ConfigDict(extra="forbid")

    filter: EventFilter
    total: int = Field(ge=0)
    limit: int = Field(ge=1, le=MAX_PAGE_EVENTS)
    occurred: DateTime
    id: UUID

    def token(self) -> str:
        """It as text that can stand in a URL."""
        return urlsafe_b64encode(self.model_dump_json(exclude_none=True).encode()).decode().rstrip("=")

    @classmethod
    def read(cls, token: str) -> "Following":
        """What a token holds. Raises BadToken."""
        try:
            return cls.model_validate_json(urlsafe_b64decode(token.encode() + b"=" * (-len(token) % 4)))
        except (ValueError, ValidationError) as error:
            raise BadToken("This is no token of this server") from error


@dataclass(frozen=True)
class Page:
    """Events, how many there are in all, and what leads to those behind them, if there are any."""

    events: list[StoredEvent]
    total: int
    following: Following | None


async def first_page(db: Reader, filter_: EventFilter, limit: int) -> Page:
    """The first events that match."""
    async with db.connection() as connection:
        total = await connection.scalar(queries.event_total(filter_))
        return await _page(connection, filter_, total, limit, None)


async def next_page(db: Reader, following: Following) -> Page:
    """The events behind those of another page."""
    place = Place(following.occurred, following.id)
    async with db.connection() as connection:
        return await _page(connection, following.filter, following.total, following.limit, place)


async def _page(connection: Connection, filter_: EventFilter, total: int, limit: int, after: Place | None) -> Page:
    found = [StoredEvent.of(row) for row in await connection.all(queries.event_page(filter_, limit + 1, after))]
    events, more = found[:limit], found[limit:]
    following = None
    if events and more:
        last = events[-1]
        following = Following(filter=filter_, total=total, limit=limit, occurred=last.occurred, id=last.id)
    return Page(events, total, following)


async def _event_page(
    filter_: EventFilter, after: Place | None, arrived: datetime | None, db: Reader, size: int
) -> Sequence[sa.Row[Any]]:
    return await db.all(queries.event_page(filter_, size, after, arrived))


async def all_pages(
    db: Reader, filter_: EventFilter, size: int, arrived: datetime | None
) -> AsyncIterator[list[StoredEvent]]:
    """All events that match, or only those that arrived since a moment; between pages no connection is held."""
    after = None
    while True:
        page = partial(_event_page, filter_, after, arrived)
        rows, size = await db.batch(page, size)
        if rows:
            yield [StoredEvent.of(row) for row in rows]
        if len(rows) < size:
            return
        after = Place(rows[-1].occurred, rows[-1].id)
