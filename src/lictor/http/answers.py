"""Answers as they leave: counted while their clients read them, and sent piece by piece."""

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lictor.db.byte_budget import COUNTED_BYTES, ByteBudget


class AnswerMiddleware:
    """Counts large answers against a budget, and sends them as fast as they are read."""

    def __init__(self, app: ASGIApp, budget: ByteBudget) -> None:
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
                if size > COUNTED_BYTES:
                    self.budget.take(size)
                    taken = size
                await send(message)
            elif taken:
                await _send_in_pieces(send, message)
            elif (size := len(message.get("body", b""))) > COUNTED_BYTES:  # of an answer whose length nobody knows
                async with self.budget.room(size):
                    await _send_in_pieces(send, message)
            else:
                await send(message)

        try:
            await self.app(scope, receive, bounded_send)
        finally:
            if taken:
                self.budget.give(taken)


async def _send_in_pieces(send: Send, message: Message) -> None:
    """Each piece waits until the client has read the one before it."""
    body = memoryview(message.get("body", b""))
    for start in range(0, len(body), COUNTED_BYTES):
        piece = bytes(body[start : start + COUNTED_BYTES])
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        await asyncio.sleep(0)  # others have their turn
    await send({"type": "http.response.body", "body": b"", "more_body": message.get("more_body", False)})
