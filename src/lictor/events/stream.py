"""The websocket on which events go out."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from lictor.db.base import utc_now
from lictor.db.change_stream import ChangeStream
from lictor.db.engine import Database
from lictor.db.types import LAST_MOMENT
from lictor.events.filters import EventFilter, EventOccurredFilter, EventOrder
from lictor.events.pages import all_pages
from lictor.events.rows import StoredEvent
from lictor.http.sockets import Socket
from lictor.http.streams import Stream, filter_message
from lictor.settings.events import EventSettings


async def stream_events(socket: Socket) -> None:
    """Tells a client of the events that it wants, oldest first: those of late, unless it does not care, and new ones."""
    db: Database = socket.state["db"]
    feed: ChangeStream[StoredEvent] = socket.state["events"]
    settings: EventSettings = socket.state["settings"].events
    if (said := await filter_message(socket, EventFilter)) is None:
        return
    asked, message = said
    earliest = utc_now() - settings.maximum_websocket_backfill
    ends = "occurred" in asked.model_fields_set and "until" in asked.occurred.model_fields_set
    asked.occurred = EventOccurredFilter(
        since=max(asked.occurred.since, earliest), until=asked.occurred.until if ends else LAST_MOMENT
    )
    asked.order = EventOrder.ASC

    def pages(arrived: datetime | None) -> AsyncIterator[Sequence[StoredEvent]]:
        return all_pages(db.bounded_read, asked, settings.websocket_backfill_page_size, arrived)

    stream = Stream(socket, feed, asked.interest(), pages, asked.occurred.predicate().holds)
    await stream.run(backfill=message.get("backfill", True) is not False)
