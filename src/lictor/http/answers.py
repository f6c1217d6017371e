"""Answers in bytes: how large one may be, how much may wait for clients to read it, and sent piece by piece."""

import asyncio
import ctypes
from collections.abc import Callable
from contextlib import suppress

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lictor.errors import Unavailable, Unprocessable

PIECE_BYTES = 256 * 1024
"""So much of an answer is handed to the connection at once: the next piece waits until the client has read this one."""

TRIM_BYTES = 8 * 1024 * 1024
"""After an answer of this size its memory is given back to the system, which the C library would keep."""


class AnswerBudget:
    """How many bytes of answers a process holds for its clients."""

    def __init__(self, max_answer: int, max_in_flight: int) -> None:
        self._max_answer = max_answer
        self._max_in_flight = max_in_flight
        self.held = 0

    def take(self, size: int) -> None:
        """Reserves room. Raises Unprocessable for an answer that is too large, Unavailable where others are unread."""
        if size > self._max_answer:
            raise Unprocessable(
                f"The answer has {size} bytes, more than the {self._max_answer} that LICTOR_MAX_RESPONSE_BYTES allows:"
                " ask for fewer objects at once (`limit`)."
            )
        if self.held + size > self._max_in_flight:
            raise Unavailable("Service Unavailable: too many large answers wait for their clients to read them.")
        self.held += size

    def give(self, size: int) -> None:
        """Frees what was taken."""
        self.held -= size
        if size >= TRIM_BYTES:
            _trim()


def _c_library_trim() -> Callable[[int], int] | None:
    with suppress(OSError, TypeError, AttributeError):  # other C libraries have no such thing
        trim: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
        return trim
    return None


_malloc_trim = _c_library_trim()


def _trim() -> None:
    if _malloc_trim is not None:
        _malloc_trim(0)


class AnswerMiddleware:
    """Counts large answers against a budget, and sends them as fast as they are read."""

    def __init__(self, app: ASGIApp, budget: AnswerBudget) -> None:
        self.app = app
        self.budget = budget

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        taken = 0

        async def bounded_send(message: Message) -> None:
            nonlocal taken
            if message["type"] == "http.response.start":
                size = int(Headers(raw=message["headers"]).get("content-length", "0"))
                if size > PIECE_BYTES:
                    self.budget.take(size)
                    taken = size
            elif taken or len(message.get("body", b"")) > PIECE_BYTES:
                await _send_in_pieces(send, message)
                return
            await send(message)

        try:
            await self.app(scope, receive, bounded_send)
        finally:
            if taken:
                self.budget.give(taken)


async def _send_in_pieces(send: Send, message: Message) -> None:
    body = memoryview(message.get("body", b""))
    for start in range(0, len(body), PIECE_BYTES):
        piece = bytes(body[start : start + PIECE_BYTES])
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        await asyncio.sleep(0)  # others have their turn
    await send({"type": "http.response.body", "body": b"", "more_body": message.get("more_body", False)})
