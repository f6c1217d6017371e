"""The websocket on which events go out: what is there, then what is new, each event once."""

import asyncio

import httpx
import orjson
import pytest
import sqlalchemy as sa
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError

from lictor.app import create_app
from lictor.db import change_stream
from lictor.db.engine import open_database
from lictor.settings import ServerSettings
from tests.events.listener import following, is_silent, next_ones, plain_event
from tests.serving import port_of


@pytest.fixture
async def port(settings):
    async with port_of(create_app(settings)) as port:
        yield port


async def tell(port, *events):
    async with httpx.AsyncClient() as client:
        reply = await client.post(f"http://127.0.0.1:{port}/api/events", json=list(events))
        assert reply.status_code == 204, reply.text


async def scalar(db, sql):
    async with db.write() as tx:
        return await tx.scalar(sa.text(sql))


def ids(events):
    return [event["id"] for event in events]


async def test_what_is_there_comes_first_and_then_what_is_new(port):
    early = [plain_event() for _ in range(5)]
    await tell(port, *early)
    async with following(port, "/events/out", {}) as socket:
        assert ids(await next_ones(socket, "event", 5)) == ids(early)
        late = plain_event("later", related=[], payload={"x": [1, None, "ü"]})
        await tell(port, late)
        (found,) = await next_ones(socket, "event", 1)
        found.pop("received")
        assert found == {**late, "occurred": late["occurred"].replace("+00:00", "Z"), "related": [], "follows": None}
        assert await is_silent(socket)


async def test_nobody_need_look_back(port):
    await tell(port, plain_event())
    async with following(port, "/events/out", {}, backfill=False) as socket:
        assert await is_silent(socket)
        await tell(port, new := plain_event())
        assert ids(await next_ones(socket, "event", 1)) == [new["id"]]


async def test_an_event_that_is_sent_again_is_told_once(port):
    again = plain_event()
    async with following(port, "/events/out", {}, backfill=False) as socket:
        await asyncio.sleep(0.3)
        await tell(port, again)
        await tell(port, again, other := plain_event())
        assert ids(await next_ones(socket, "event", 2)) == [again["id"], other["id"]]
        assert await is_silent(socket)


async def test_only_what_is_wanted_comes(port):
    asked = {
        "event": {"prefix": ["prefect.flow-run."]},
        "resource": {"id": ["prefect.flow-run.1"]},
        "related": {"role": ["flow"], "labels": {"name": ["et*", "!l*"]}},
    }
    flow = {"prefect.resource.id": "f", "prefect.resource.role": "flow", "name": "etl"}
    wanted = [plain_event("prefect.flow-run.Running", "prefect.flow-run.1", related=[flow]) for _ in range(2)]
    others = [
        plain_event("prefect.flow-run.Running", "prefect.flow-run.2", related=[flow]),
        plain_event("prefect.task-run.Running", "prefect.flow-run.1", related=[flow]),
        plain_event("prefect.flow-run.Running", "prefect.flow-run.1", related=[flow | {"name": "load"}]),
    ]
    await tell(port, *others, wanted[0])
    async with following(port, "/events/out", asked) as socket:
        assert ids(await next_ones(socket, "event", 1)) == [wanted[0]["id"]]
        await tell(port, *(other | {"id": plain_event()["id"]} for other in others), wanted[1])
        assert ids(await next_ones(socket, "event", 1)) == [wanted[1]["id"]]


async def test_between_what_was_and_what_is_new_none_is_lost_and_none_comes_twice(port):
    """Events arrive all the while, some of them with old times, as a client tells them that was away for long."""
    told = []

    async def tell_on() -> None:
        for _ in range(30):
            batch = [plain_event() for _ in range(20)]
            await tell(port, *batch)
            told.extend(ids(batch))

    telling = asyncio.create_task(tell_on())
    for moment in (0.05, 0.3):
        await asyncio.sleep(moment)
        async with following(port, "/events/out", {}) as socket:
            await telling
            assert sorted(ids(await next_ones(socket, "event", 600))) == sorted(told)
            assert await is_silent(socket)


async def test_who_is_slow_catches_up_from_the_database(port, monkeypatch):
    monkeypatch.setattr(change_stream, "MAX_WAITING_ROWS", 10)
    events = [plain_event(payload={"x": "y" * 20_000}) for _ in range(300)]
    async with following(port, "/events/out", {}, backfill=False) as socket:
        await asyncio.sleep(0.3)
        for first in range(0, 300, 50):
            await tell(port, *events[first : first + 50])
        await asyncio.sleep(0.5)
        assert sorted(ids(await next_ones(socket, "event", 300))) == sorted(ids(events))
        assert await is_silent(socket)


async def test_what_another_server_records_is_told(settings):
    async with (
        port_of(create_app(settings)) as here,
        port_of(create_app(settings)) as there,
        following(here, "/events/out", {}, backfill=False) as socket,
    ):
        await asyncio.sleep(0.3)
        events = [plain_event() for _ in range(700)]
        await tell(there, *events)
        assert sorted(ids(await next_ones(socket, "event", 700))) == sorted(ids(events))


async def test_a_connection_that_breaks_is_made_good(settings, dialect):
    if dialect != "postgresql":
        pytest.skip("SQLite has no connections that break")
    async with (
        open_database(settings.database) as db,
        port_of(create_app(settings)) as port,
        following(port, "/events/out", {}, backfill=False) as socket,
    ):
        await asyncio.sleep(0.3)
        listen_engine = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
        assert await scalar(db, f"{listen_engine} AND datname = current_database()")
        await tell(port, *(events := [plain_event() for _ in range(5)]))
        assert sorted(ids(await next_ones(socket, "event", 5))) == sorted(ids(events))
        await asyncio.sleep(0.5)
        await tell(port, new := plain_event())
        assert ids(await next_ones(socket, "event", 1)) == [new["id"]]


async def test_nobody_listens_when_all_have_gone(settings, dialect):
    if dialect != "postgresql":
        pytest.skip("on SQLite there is nothing to see")
    listen_engine = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()"
    async with open_database(settings.database) as db, port_of(create_app(settings)) as port:
        async with following(port, "/events/out", {}) as one, following(port, "/events/out", {}) as other:
            await tell(port, plain_event())
            await next_ones(one, "event", 1)
            await next_ones(other, "event", 1)
            assert await scalar(db, listen_engine) == 1
        for _ in range(50):
            if await scalar(db, listen_engine) == 0:
                return
            await asyncio.sleep(0.05)
        pytest.fail("the connection is still there")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"type": "events"}, "Expected 'filter' message"),
        (["filter"], "Expected 'filter' message"),
        ("no json", "Expected 'filter' message"),
        ({"type": "filter"}, "Invalid filter: "),
        ({"type": "filter", "filter": {"occured": {}}}, "Invalid filter: occured: "),
        ({"type": "filter", "filter": {"event": {"name": 5}}}, "Invalid filter: event.name: "),
    ],
)
async def test_who_says_something_else_is_sent_away(port, said, reason):
    async with connect(f"ws://127.0.0.1:{port}/api/events/out", subprotocols=["prefect"]) as socket:
        await socket.send(orjson.dumps({"type": "auth"}).decode())
        await socket.recv()
        await socket.send(said if isinstance(said, str) else orjson.dumps(said).decode())
        with pytest.raises(ConnectionClosedError) as closed:
            await socket.recv()
    assert closed.value.rcvd.code == 1002
    assert closed.value.rcvd.reason.startswith(reason)


async def test_the_password_is_asked_for(settings):
    server = settings.server.model_copy(update={"auth_string": ServerSettings(auth_string="me:secret").auth_string})
    async with port_of(create_app(settings.model_copy(update={"server": server}))) as port:
        with pytest.raises(ConnectionClosedError):
            async with following(port, "/events/out", {}, token="wrong"):
                pass
        async with following(port, "/events/out", {}, token="me:secret") as socket:
            assert await is_silent(socket, 0.2)
