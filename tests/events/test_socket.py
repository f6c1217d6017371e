"""The websocket on which events come in: what is acknowledged is committed."""

import asyncio

import orjson
import pytest
import sqlalchemy as sa
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from lictor.app import create_app
from lictor.db.engine import open_database
from lictor.db.ids import uuid7
from lictor.events.table import event
from lictor.resources.task_runs.table import task_run
from lictor.settings import ServerSettings
from tests.events.sender import events_in, life_of, send, task_run_event
from tests.serving import port_of


@pytest.fixture
async def port(settings):
    async with port_of(create_app(settings)) as port:
        yield port


@pytest.fixture
async def guarded_port(settings):
    server = settings.server.model_copy(update={"auth_string": ServerSettings(auth_string="me:secret").auth_string})
    async with port_of(create_app(settings.model_copy(update={"server": server}))) as port:
        yield port


async def test_a_receipt_says_that_events_are_committed(port, db):
    ids = [uuid7() for _ in range(300)]
    async with events_in(port) as socket:
        await send(socket, *(event for id in ids for event in life_of(id)))
        ended = sa.select(sa.func.count()).where(task_run.c.state_type == "COMPLETED")
        assert await db.read.scalar(ended) == 300
        assert await db.read.scalar(sa.select(sa.func.count()).select_from(event)) == 900


async def test_a_connection_is_closed_when_its_events_are_committed(port, db):
    async with events_in(port) as socket:
        for told in life_of(uuid7()) * 100:
            await socket.send(orjson.dumps(told | {"id": str(uuid7())}).decode())
    assert await db.read.scalar(sa.select(sa.func.count()).select_from(event)) == 300


async def test_events_of_a_connection_that_breaks_are_recorded(port, db):
    async with events_in(port) as socket:
        for told in life_of(uuid7()):
            await socket.send(orjson.dumps(told).decode())
        socket.transport.abort()
    for _ in range(100):
        if await db.read.scalar(sa.select(sa.func.count()).select_from(event)) == 3:
            return
        await asyncio.sleep(0.05)
    pytest.fail("the events are not there")


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "no json",
        "[]",
        "{}",
        "null",
        '{"id": 5}',
        "[" * 10_000,
        '{"payload": {"x": NaN}}',
        '{"event": "\\ud800"}',
        pytest.param(
            orjson.dumps(task_run_event(uuid7())).decode().replace('"payload":{', '"payload":{"x":1e999,'), id="1e999"
        ),
    ],
)
async def test_a_bad_event_harms_no_other(port, db, caplog, bad):
    async with events_in(port) as socket:
        await socket.send(bad)
        await socket.send(bad.encode())
        await send(socket, task_run_event(uuid7()))
    assert await db.read.scalar(sa.select(sa.func.count()).select_from(event)) == 1
    assert "No event" in caplog.text


async def test_a_text_may_speak_of_infinity(port, db):
    async with events_in(port) as socket:
        await send(socket, task_run_event(uuid7(), message="to Infinity"))
    assert await db.read.scalar(sa.select(task_run.c.state_message)) == "to Infinity"


async def test_a_nul_becomes_a_character_that_both_databases_store(port, db):
    id = uuid7()
    async with events_in(port) as socket:
        await send(socket, task_run_event(id, message="a\0b\\u0000"))
    assert await db.read.scalar(sa.select(task_run.c.state_message)) == "a\ufffdb\\u0000"


async def test_clients_without_the_handshake_are_taken_as_ever(port, db):
    async with connect(f"ws://127.0.0.1:{port}/api/events/in") as socket:
        await send(socket, task_run_event(uuid7()))
    assert await db.read.scalar(sa.select(sa.func.count()).select_from(event)) == 1


async def test_a_ping_before_the_handshake_is_answered(port):
    async with connect(f"ws://127.0.0.1:{port}/api/events/in", subprotocols=["prefect"]) as socket:
        await asyncio.wait_for(await socket.ping(), 5)


async def test_credentials_are_asked_for_in_the_first_message(guarded_port, db):
    async with events_in(guarded_port, "me:secret") as socket:
        await send(socket, task_run_event(uuid7()))
    assert await db.read.scalar(sa.select(sa.func.count()).select_from(event)) == 1


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        ({"type": "auth", "token": "me:wrong"}, "Invalid token"),
        ({"type": "auth", "token": "ü"}, "Invalid token"),
        ({"type": "auth", "token": 5}, "Invalid token"),
        ({"type": "auth", "token": None}, "Auth required but no token provided"),
        ({"type": "event"}, "Expected 'auth' message"),
        (["auth"], "Expected 'auth' message"),
    ],
)
async def test_who_does_not_know_the_password_is_sent_away(guarded_port, first, reason):
    async with connect(f"ws://127.0.0.1:{guarded_port}/api/events/in", subprotocols=["prefect"]) as socket:
        await socket.send(orjson.dumps(first).decode())
        with pytest.raises(ConnectionClosedError) as closed:
            await socket.recv()
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, reason)


async def test_who_cannot_say_a_password_is_sent_away(guarded_port):
    with pytest.raises(InvalidStatus):
        await connect(f"ws://127.0.0.1:{guarded_port}/api/events/in")


async def test_paths_that_are_no_sockets_open_none(port):
    for path in ("/api/flows/filter", "/api/events/nothing", "/nothing"):
        with pytest.raises(InvalidStatus):
            await connect(f"ws://127.0.0.1:{port}{path}")


async def test_a_server_that_stops_keeps_what_it_received(settings):
    async with port_of(create_app(settings)) as port:
        socket = await connect(f"ws://127.0.0.1:{port}/api/events/in")
        for told in life_of(uuid7()):
            await socket.send(orjson.dumps(told).decode())
        await asyncio.sleep(0.2)
    async with open_database(settings.database) as db:
        assert await db.read.scalar(sa.select(sa.func.count()).select_from(event)) == 3
    await socket.close()
