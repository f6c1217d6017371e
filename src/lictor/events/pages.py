"""Lists of events, a page at a time: each goes on behind the last event of the one before it."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lictor.db.engine import Connection, ReadLane
from lictor.events import queries
from lictor.events.filters import EventFilter
from lictor.events.queries import Place
from lictor.events.stored import StoredEvent
from lictor.fields import DateTime

LARGEST_PAGE = 50


class BadToken(ValueError):
    """What came for the token of a page is none."""


class Following(BaseModel):
    """What a page's token holds: the question, how many events match it, and where the next page begins."""

    model_config = ConfigDict(extra="forbid")

    filter: EventFilter
    total: int = Field(ge=0)
    limit: int = Field(ge=1, le=LARGEST_PAGE)
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


async def first_page(db: ReadLane, asked: EventFilter, limit: int) -> Page:
    """The first events that match."""
    async with db.connection() as lane:
        total = await lane.scalar(queries.event_total(asked))
        return await _page(lane, asked, total, limit, None)


async def next_page(db: ReadLane, following: Following) -> Page:
    """The events behind those of another page."""
    place = Place(following.occurred, following.id)
    async with db.connection() as lane:
        return await _page(lane, following.filter, following.total, following.limit, place)


async def _page(lane: Connection, asked: EventFilter, total: int, limit: int, after: Place | None) -> Page:
    found = [StoredEvent.of(row) for row in await lane.all(queries.event_page(asked, limit + 1, after))]
    events, more = found[:limit], found[limit:]
    following = None
    if events and more:
        last = events[-1]
        following = Following(filter=asked, total=total, limit=limit, occurred=last.occurred, id=last.id)
    return Page(events, total, following)


async def all_pages(
    db: ReadLane, asked: EventFilter, size: int, arrived: datetime | None
) -> AsyncIterator[list[StoredEvent]]:
    """All events that match, or only those that arrived since a moment; between pages no connection is held."""
    after = None
    while True:
        rows = await db.all(queries.event_page(asked, size, after, arrived))
        if rows:
            yield [StoredEvent.of(row) for row in rows]
        if len(rows) < size:
            return
        after = Place(rows[-1].occurred, rows[-1].id)
