"""Real servers that automations deliver to."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Received:
    """What a server was sent."""

    requests: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    mails: list[str] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"


def answering(*answers: str | None) -> list[str | None]:
    """One answer after the other, the last of them again and again; none cuts the connection."""
    return list(answers)


def answer(status: str, body: str = "ok", *headers: str) -> str:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join([*lines, "", body])


@asynccontextmanager
async def http_server(*answers: str | None, seconds: float = 0.0) -> AsyncIterator[Received]:
    """An HTTP server that answers so, after so many seconds; an answer of None cuts the connection half-way."""
    received, left = Received(), list(answers)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        body = (await reader.readexactly(int(headers.get("content-length", 0)))).decode()
        received.requests.append((first, headers, body))
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(seconds)
        said = left.pop(0) if len(left) > 1 else left[0]
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf" if said is None else said.encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    received.port = server.sockets[0].getsockname()[1]
    async with server:
        yield received


Fault = Literal["refuses", "greylists", "closes", "is slow"]


@asynccontextmanager
async def smtp_server(*faults: Fault | None) -> AsyncIterator[Received]:
    """A mail server: what it does wrong on one connection after the other, on the last of them again and again."""
    received, left = Received(), list(faults)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        fault = left.pop(0) if len(left) > 1 else next(iter(left), None)
        received.connections += 1
        if fault == "is slow":
            with suppress(asyncio.CancelledError, ConnectionError):
                await reader.read()  # until the client gives up
            writer.close()
            return
        writer.write(b"220 here\r\n")
        while line := (await reader.readline()).decode().strip():
            word = line.split()[0].upper()
            if word == "DATA":
                writer.write(b"354 go on\r\n")
                mail = (await reader.readuntil(b"\r\n.\r\n")).decode()
                if fault == "closes":
                    break
                received.mails.append(mail)
            said = {"refuses": b"550 no such user\r\n", "greylists": b"451 come back later\r\n"}.get(fault or "")
            if word == "RCPT" and said is not None:
                writer.write(said)
            else:
                writer.write(b"221 bye\r\n" if word == "QUIT" else b"250 fine\r\n")
            if word == "QUIT":
                break
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    received.port = server.sockets[0].getsockname()[1]
    async with server:
        yield received


async def block(api: httpx.AsyncClient, slug: str, data: dict[str, Any], name: str = "mine") -> str:
    """A block of a type; its id."""
    found = await api.get(f"/block_types/slug/{slug}")
    if found.status_code == 404:
        found = await api.post("/block_types/", json={"name": slug, "slug": slug})
    type_id = found.json()["id"]
    schema = {"block_type_id": type_id, "fields": {"secret_fields": ["url", "token", "password"]}, "capabilities": []}
    schema_id = (await api.post("/block_schemas/", json=schema)).json()["id"]
    body = {"name": name, "data": data, "block_type_id": type_id, "block_schema_id": schema_id}
    reply = await api.post("/block_documents/", json=body)
    assert reply.status_code == 201, reply.text
    return reply.json()["id"]
