"""Websockets on which a client gets what is there, and then what is new, as it is committed: all of it, and once."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError

from lictor.cancelling import cancel
from lictor.db.byte_budget import ByteBudget
from lictor.db.change_stream import COMMIT_MARGIN, ChangeStream, Item, Missed
from lictor.db.interests import Interest
from lictor.errors import RequestError
from lictor.http.sockets import HANDSHAKE_SECONDS, PROTOCOL_ERROR, Socket
from lictor.validation import strict_json

FORGET_AFTER_ITEMS = 10_000


class Told(Item, Protocol):
    """An item that says how it is told."""

    @property
    def line(self) -> str: ...


T = TypeVar("T", bound=Told)
M = TypeVar("M", bound=BaseModel)

Pages = Callable[[datetime | None], AsyncIterator[Sequence[T]]]
"""Reads from the database what a client wants: all that it may look back on, or what arrived since a moment."""


async def filter_message(socket: Socket, kind: type[M]) -> tuple[M, dict[str, Any]] | None:
    """The message in which a client says what it wants, and the filter in it; None if the connection is closed.

    Raises Disconnected.
    """
    try:
        async with asyncio.timeout(HANDSHAKE_SECONDS):
            text = await socket.next_message()
    except TimeoutError:
        text = ""
    try:
        message = strict_json.parse(text.encode())
    except (RequestError, ValueError):
        message = None
    if not isinstance(message, dict) or message.get("type") != "filter":
        await socket.close(PROTOCOL_ERROR, "Expected 'filter' message")
        return None
    try:
        return kind.model_validate(message.get("filter")), message
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, found['loc']))}: {found['msg']}" for found in error.errors())
        await socket.close(PROTOCOL_ERROR, f"Invalid filter: {problems}")
        return None


class Sent:
    """What was sent not long ago."""

    def __init__(self) -> None:
        self._arrived: dict[UUID, datetime] = {}
        self._latest: datetime | None = None
        self._since_forgetting = 0

    def is_new(self, item: Item) -> bool:
        """Whether it was not sent yet, which it is now."""
        if item.id in self._arrived:
            return False
        self._arrived[item.id] = item.arrived
        self._latest = item.arrived if self._latest is None else max(self._latest, item.arrived)
        self._since_forgetting += 1
        if self._since_forgetting >= FORGET_AFTER_ITEMS:
            self._forget(self._latest - 2 * COMMIT_MARGIN)
        return True

    def _forget(self, before: datetime) -> None:
        self._since_forgetting = 0
        self._arrived = {id: arrived for id, arrived in self._arrived.items() if arrived >= before}


class Stream(Generic[T]):
    """One client's part of a feed."""

    def __init__(
        self,
        socket: Socket,
        feed: ChangeStream[T],
        interest: Interest[T],
        pages: Pages[T],
        wants: Callable[[T], bool] | None = None,
    ) -> None:
        self._socket = socket
        self._feed = feed
        self._interest = interest
        self._wants = wants
        self._pages = pages
        self._sent = Sent()
        self._budget: ByteBudget = socket.state["budget"]

    async def run(self, *, backfill: bool) -> None:
        """Sends until the client has gone. Raises Disconnected."""
        sending = asyncio.create_task(self._send_all(backfill=backfill))
        staying = asyncio.create_task(self._socket.stay())
        try:
            await asyncio.wait((sending, staying), return_when=asyncio.FIRST_COMPLETED)
        finally:
            await cancel(sending, staying)
        for task in (sending, staying):
            if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                raise error

    async def _send_all(self, *, backfill: bool) -> None:
        # Whoever listens before looking back misses nothing; what is met twice is sent once.
        async with self._feed.subscribed(self._interest, self._wants) as subscription:
            if backfill:
                await self._look_back(None)
            while True:
                news = await subscription.next()
                if isinstance(news, Missed):
                    await self._look_back(news.since)
                else:
                    await self._send(news)

    async def _look_back(self, since: datetime | None) -> None:
        async for items in self._pages(since):
            await self._send(items)

    async def _send(self, items: Sequence[T]) -> None:
        async with self._budget.room(sum(item.size for item in items)):
            for item in items:
                if self._sent.is_new(item):
                    await self._socket.send_text(item.line)
