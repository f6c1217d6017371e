"""Requests to addresses that users name: not to this machine or its network, by one look-up of the name, within bounds."""

import asyncio
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpcore
import httpx

from lictor.events.actions.addresses import check_address

MAX_ANSWER_BYTES = 64 * 1024
"""Of an answer's body; what is longer is cut."""

SHOWN_CHARACTERS = 1_000


class _Backend(httpcore.AsyncNetworkBackend):
    """Connects to the addresses that were checked, and to no other: the name is not looked up again."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # the interface of httpcore
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(f"{host}: {error}") from error
        addresses = list(dict.fromkeys(str(info[4][0]) for info in found))
        if not self._allow_private:
            for address in addresses:
                check_address(address, host)
        for address in addresses[:-1]:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._inner.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


@dataclass
class Answer:
    """What a server answered."""

    status: int
    headers: dict[str, str]
    text: str


@dataclass(frozen=True)
class Limits:
    """What a request may do."""

    allow_private: bool
    seconds: float
    verify: bool = True


@cache
def _tls(*, verify: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


async def send(request: httpx.Request, limits: Limits) -> Answer:
    """Sends a request; redirects are not followed. Raises ForbiddenAddress, TimeoutError, httpcore's errors."""
    tls = _tls(verify=limits.verify) if request.url.scheme == "https" else None
    backend = _Backend(allow_private=limits.allow_private)
    url = httpcore.URL(
        scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port, target=request.url.raw_path
    )
    timeouts = dict.fromkeys(("connect", "read", "write", "pool"), limits.seconds)
    async with (
        asyncio.timeout(limits.seconds),
        httpcore.AsyncConnectionPool(ssl_context=tls, network_backend=backend) as pool,
        pool.stream(
            request.method,
            url,
            headers=request.headers.raw,
            content=request.content,
            extensions={"timeout": timeouts},
        ) as response,
    ):
        body = b""
        async for chunk in response.aiter_stream():
            body += chunk
            if len(body) > MAX_ANSWER_BYTES:
                break
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in response.headers}
        return Answer(response.status, headers, body[:MAX_ANSWER_BYTES].decode(errors="replace"))
