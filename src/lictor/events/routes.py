"""The API of events."""

import asyncio
import logging
from functools import partial
from typing import Annotated

from fastapi import Body, Path, Query, Request, Response

from lictor.db.base import utc_now
from lictor.errors import Forbidden, InvalidRequest, Unavailable, Unprocessable, field_problem
from lictor.events.batch_insert import PendingEvent
from lictor.events.counting import TimeUnit, count_events
from lictor.events.decoding import BadEvent, decode_event, excesses, pending_event
from lictor.events.dependencies import EventRecorder
from lictor.events.filters import EventFilter
from lictor.events.pages import MAX_PAGE_EVENTS, BadToken, Following, Page, first_page, next_page
from lictor.events.recorder import CannotBeStored, Recorder
from lictor.events.schemas import Countable, Event, EventCount, EventPage
from lictor.events.stream import stream_events
from lictor.http.dependencies import CurrentSettings, ReadDB
from lictor.http.fast_dependencies import through_fastapi
from lictor.http.routing import StrictRouter
from lictor.http.rows import RowsResponse
from lictor.http.sockets import Disconnected, Socket, socket_route
from lictor.validation.pieces import pieces

logger = logging.getLogger(__name__)

router = StrictRouter(prefix="/events", tags=["Events"])

IN_ONE_GO = 5
"""Events that a connection may have read before others get their turn, the recorder and its database among them."""

MAX_WAIT_SECONDS = 30
"""Seconds that a request waits for its events to be committed."""


@router.post("", status_code=204)
async def create_events(
    request: Request,
    recorder: EventRecorder,
    settings: CurrentSettings,
    events: Annotated[list[Event], Body(description="What happened.")],
) -> None:
    """Record events: all of them, or none if one of them is not valid."""
    if not events:
        return
    now = utc_now()
    share = int(request.headers.get("content-length", 0)) // len(events)
    pending_events: list[PendingEvent] = []
    async for some in pieces(events):
        found = [
            field_problem(("body", place, field), message, None)
            for place, event in enumerate(some, len(pending_events))
            for field, message in excesses(event, settings.events)
        ]
        if found:
            raise InvalidRequest(found)
        pending_events += [pending_event(event, now, share) for event in some]
    try:
        async with asyncio.timeout(MAX_WAIT_SECONDS):
            async for part in pieces(pending_events):
                await recorder.record(part)
    except CannotBeStored as error:
        raise Unprocessable(f"The events cannot be stored: {error}") from None
    except TimeoutError:
        raise Unavailable("The events are not committed yet; to send them again does no harm.") from None


async def take_events(socket: Socket) -> None:
    """Records events as they come. A ping is answered, and the connection closed, when all before it are committed."""
    recorder: Recorder = socket.state["recorder"]
    settings = socket.state["settings"].events
    settled = partial(recorder.settle, socket)
    try:
        while True:
            for number, text in enumerate(await socket.next_messages(before_pong=settled)):
                if number % IN_ONE_GO == 0:
                    await asyncio.sleep(0)
                try:
                    await recorder.add(decode_event(text, utc_now(), settings), socket)
                except BadEvent as error:
                    recorder.refuse(error)
    except Disconnected:
        await settled()


router.routes.append(socket_route("/events/in", take_events, manual_pongs=True))
router.routes.append(socket_route("/events/out", stream_events))


@router.post("/filter", response_model=EventPage)
@through_fastapi
async def read_events(
    request: Request,
    db: ReadDB,
    filter: Annotated[EventFilter | None, Body(description="What to ask of the events.")] = None,
    limit: Annotated[int, Body(ge=0, le=MAX_PAGE_EVENTS, description="How many events a page has.")] = MAX_PAGE_EVENTS,
) -> Response:
    """List the events that match, a page at a time, and say how many there are."""
    return _page(request, await first_page(db, filter or EventFilter(), limit))


@router.get("/filter/next", name="read_account_events_page", response_model=EventPage)
@through_fastapi
async def read_next_events(
    request: Request,
    db: ReadDB,
    page_token: Annotated[str, Query(alias="page-token", description="What the last page's `next_page` says.")],
) -> Response:
    """The events behind those of another page."""
    try:
        following = Following.read(page_token)
    except BadToken:
        raise Forbidden("Forbidden") from None
    return _page(request, await next_page(db, following))


def _page(request: Request, page: Page) -> Response:
    link = None
    if page.following is not None:
        path = request.url.path.removesuffix("/next") + "/next"
        link = str(request.url.replace(path=path, query=f"page-token={page.following.token()}"))
    return RowsResponse({"events": [event.told for event in page.events], "total": page.total, "next_page": link})


@router.post("/count-by/{countable}", name="count_account_events", response_model=list[EventCount])
async def count_by(
    db: ReadDB,
    countable: Annotated[Countable, Path(description="What to count them by.")],
    filter: Annotated[EventFilter, Body(description="What to ask of the events.")],
    time_unit: Annotated[TimeUnit, Body(description="The unit of the intervals.")] = TimeUnit.day,
    time_interval: Annotated[float, Body(ge=0.01, description="How many units an interval has.")] = 1.0,
) -> Response:
    """Count the events that match: in intervals of time, by their names, or by what they are about."""
    return RowsResponse(await count_events(db, filter, countable, time_unit, time_interval))
