"""Starlette's layers for browsers and for those who read compressed answers; others pass them by, which is most."""

from typing import Any

from isal import isal_zlib
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware, GZipResponder
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
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif any(name == b"accept-encoding" and b"gzip" in value for name, value in scope["headers"]):
            await _Compressing(self.app, self.minimum_size, thread_minimum_size=THREAD_BYTES)(scope, receive, send)
        else:
            await self.app(scope, receive, _varying(send, b"Accept-Encoding"))


THREAD_BYTES = 2**21
"""So many bytes take more than a millisecond to compress: then other requests do not wait for it."""


class _Compressing(GZipResponder):
    """Compresses to the size that zlib's first level gives, in a fifth of the time: the SDK asks for it in every request.

    The last level would save a seventh of the bytes of a page of task runs.
    """

    @property
    def compressor(self) -> Any:
        if self._compressor is None:
            made: Any = isal_zlib.compressobj(1, isal_zlib.DEFLATED, 16 + isal_zlib.MAX_WBITS)
            self._compressor = made
        return self._compressor


def _varying(send: Send, header: bytes) -> Send:
    """Sends an answer that says to caches by which header of the request it might have been another one."""

    async def vary(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), (b"vary", header)]
        await send(message)

    return vary
