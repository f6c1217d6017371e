"""Starlette's layers for browsers and for those who read compressed answers; others pass them by, which is most."""

from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import Message, Receive, Scope, Send


class Cors(CORSMiddleware):
    """Tells browsers who may read an answer; only they name an origin."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or any(name == b"origin" for name, _ in scope["headers"]):
            await super().__call__(scope, receive, send)
        else:
            await self.app(scope, receive, _varying(send, b"Origin"))


class GZip(GZipMiddleware):
    """Compresses long answers to those who say that they can read it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or any(name == b"accept-encoding" and b"gzip" in v for name, v in scope["headers"]):
            await super().__call__(scope, receive, send)
        else:
            await self.app(scope, receive, _varying(send, b"Accept-Encoding"))


def _varying(send: Send, header: bytes) -> Send:
    """Sends an answer that says to caches by which header of the request it might have been another one."""

    async def vary(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), (b"vary", header)]
        await send(message)

    return vary
