"""Clients that leave half of something: a request, an answer, a connection."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import websockets

from lictor.app import create_app
from lictor.db.engine import Database
from lictor.http import http_protocol, sockets, websocket_protocol
from lictor.http.http_protocol import WriteProgress
from lictor.settings import Settings
from tests.make import Make
from tests.serving import port_of

HEAD = b"POST /api/flows/ HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
HEALTH = b"GET /api/health HTTP/1.1\r\nhost: localhost\r\n\r\n"


@pytest.fixture
def impatient(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a server that waits a fifth of a second for what a client owes it."""
    monkeypatch.setattr(http_protocol, "SWEEP_SECONDS", 0.05)
    server = settings.server.model_copy(update={"request_timeout": 0.3, "write_timeout": 0.5})
    return settings.model_copy(update={"server": server})


@asynccontextmanager
async def connection(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def rest(reader: asyncio.StreamReader, seconds: float = 10) -> bytes:
    """What comes until the server ends the connection."""
    async with asyncio.timeout(seconds):
        try:
            return await reader.read()
        except ConnectionResetError:
            return b""


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        pytest.param(b"", b"", id="nothing"),
        pytest.param(b"GET /api/hea", b"HTTP/1.1 408 ", id="half a line"),
        pytest.param(HEAD, b"HTTP/1.1 408 ", id="half a header"),
        pytest.param(HEAD + b"content-length: 20\r\n\r\n", b"HTTP/1.1 408 ", id="no body"),
        pytest.param(HEAD + b'content-length: 20\r\n\r\n{"name"', b"HTTP/1.1 408 ", id="half a body"),
        pytest.param(HEAD + b"transfer-encoding: chunked\r\n\r\n3\r\n{", b"HTTP/1.1 408 ", id="half a chunk"),
        pytest.param(HEALTH + b"GET /api/hea", b"HTTP/1.1 200 ", id="half a second request"),
    ],
)
async def test_half_a_request_ends(impatient: Settings, sent: bytes, answer: bytes) -> None:
    async with port_of(create_app(impatient)) as port, connection(port) as (reader, writer):
        writer.write(sent)
        assert (await rest(reader)).startswith(answer)


async def test_who_gets_on_has_as_long_as_it_takes(impatient: Settings) -> None:
    body = json.dumps({"name": "x" * 2_000}).encode()
    async with port_of(create_app(impatient)) as port, connection(port) as (reader, writer):
        writer.write(HEAD + b"connection: close\r\ncontent-length: %d\r\n\r\n" % len(body))
        for start in range(0, len(body), 200):
            writer.write(body[start : start + 200])
            await asyncio.sleep(0.1)
        assert (await rest(reader)).startswith(b"HTTP/1.1 201 ")


async def test_an_answer_that_nobody_reads_is_given_up(impatient: Settings, make: Make, db: Database) -> None:
    for _ in range(3):
        await make.artifact(data=json.dumps("x" * 4_000_000))
    app = create_app(impatient)
    async with port_of(app) as port, connection(port) as (reader, writer):
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(HEAD.replace(b"flows/", b"artifacts/filter") + b"content-length: 2\r\n\r\n{}")
        await asyncio.sleep(2)
        writer.transport.resume_reading()  # type: ignore[attr-defined]
        assert len(await rest(reader)) < 12_000_000


def test_a_slow_reader_is_told_from_one_that_has_stalled() -> None:
    class Transport:
        waiting = 0

        def get_write_buffer_size(self) -> int:
            return self.waiting

    transport, progress = Transport(), WriteProgress()
    for second, waiting in enumerate([0, 10**6, 990_000, 980_000, 970_000, 960_000, 10**6, 990_000, 0]):
        transport.waiting = waiting
        assert not progress.has_stalled(transport, second, 3)  # type: ignore[arg-type]
    stalled = []
    for second, waiting in enumerate([10**6, 10**6, 999_999, 10**6]):
        transport.waiting = waiting
        stalled.append(progress.has_stalled(transport, second, 3))  # type: ignore[arg-type]
    assert stalled == [False, False, False, True]


async def test_idle_connections_make_room_and_probes_are_answered_anyhow(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_protocol, "max_connections", lambda: 5)
    async with port_of(create_app(settings)) as port:
        kept = [await asyncio.open_connection("127.0.0.1", port) for _ in range(8)]
        for _, writer in kept[3:]:
            writer.write(HEAD + b'content-length: 20\r\n\r\n{"name"')  # half a body: they are not idle
        await asyncio.sleep(0.2)
        assert await rest(kept[0][0]) == b""  # the oldest idle one had to go
        for request, status in ((HEALTH, b"HTTP/1.1 200 "), (HEALTH.replace(b"health", b"flows/x"), b"HTTP/1.1 503 ")):
            async with connection(port) as (reader, writer):
                writer.write(request)
                assert (await reader.readline()).startswith(status)
            await asyncio.sleep(0.1)  # or its connection would be idle, and make room
        for _, writer in kept:
            writer.close()


async def test_peers_that_have_vanished_are_found(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket_protocol, "PING_SECONDS", 0.2)
    monkeypatch.setattr("tests.serving.PING_SECONDS", 0.2)
    async with port_of(create_app(settings)) as port:
        url = f"ws://127.0.0.1:{port}/api/events/in"
        async with websockets.connect(url, subprotocols=["prefect"]) as socket:  # one that answers stays
            await socket.send('{"type": "auth", "token": null}')
            await socket.recv()
            await asyncio.sleep(1)
            await asyncio.wait_for(await socket.ping(), 5)
        vanished = await websockets.connect(url, subprotocols=["prefect"])
        await vanished.send('{"type": "auth", "token": null}')
        await vanished.recv()
        vanished.transport.pause_reading()  # it answers no more
        await asyncio.sleep(1)
        vanished.transport.resume_reading()
        async with asyncio.timeout(5):
            with pytest.raises(websockets.ConnectionClosed):
                await vanished.recv()


async def test_who_says_nothing_on_a_websocket_is_let_go(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "HANDSHAKE_SECONDS", 0.2)
    async with port_of(create_app(settings)) as port:
        async with websockets.connect(f"ws://127.0.0.1:{port}/api/events/in", subprotocols=["prefect"]) as socket:
            with pytest.raises(websockets.ConnectionClosed) as caught:
                await asyncio.wait_for(socket.recv(), 5)
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1008
