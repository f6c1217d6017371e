"""Waiting task runs go to task workers: each to one of them, and none is lost."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from lictor.app import create_app
from lictor.db.base import utc_now
from lictor.resources.task_workers import dispatcher
from lictor.resources.task_workers.table import task_claim
from tests.serving import port_of

PARAMETERS = "00000000-0000-4000-8000-000000000005"
DEFERRED = {"type": "SCHEDULED", "state_details": {"deferred": True}}


@pytest.fixture
async def port(settings, monkeypatch):
    monkeypatch.setattr(dispatcher, "GRACE", timedelta(seconds=0.3))
    monkeypatch.setattr(dispatcher, "LOOK_SECONDS", 0.05)
    async with port_of(create_app(settings)) as port:
        yield port


@asynccontextmanager
async def worker(port: int, name: str, *keys: str) -> AsyncIterator[ClientConnection]:
    url = f"ws://127.0.0.1:{port}/api/task_runs/subscriptions/scheduled"
    async with connect(url, subprotocols=["prefect"]) as socket:
        await socket.send('{"type": "auth", "token": null}')
        assert orjson.loads(await socket.recv())["type"] == "auth_success"
        await socket.send(orjson.dumps({"type": "subscribe", "keys": keys, "client_id": name}).decode())
        yield socket


async def given(socket: ClientConnection, seconds: float = 5) -> dict[str, Any]:
    task_run = orjson.loads(await asyncio.wait_for(socket.recv(), seconds))
    await socket.send('{"type": "ack"}')
    return task_run


async def created(api: Any, key: str = "send", **state: Any) -> str:
    body = {"task_key": key, "dynamic_key": "0", "state": {**DEFERRED, **state}}
    body["dynamic_key"] = str(utc_now())
    return (await api.post("/task_runs/", json=body)).json()["id"]


async def test_a_worker_gets_what_waits_and_what_comes(port, api):
    first = await created(api)
    other = await created(api, "other")
    async with worker(port, "w", "send", "more") as socket:
        task_run = await given(socket)
        assert task_run == (await api.get(f"/task_runs/{first}")).json() | {
            key: task_run[key] for key in ("estimated_start_time_delta", "estimated_run_time")
        }
        second = await created(api, "more")
        assert (await given(socket))["id"] == second
        with pytest.raises(TimeoutError):
            await given(socket, 0.3)
    async with worker(port, "v", "other") as socket:
        assert (await given(socket))["id"] == other


async def test_what_is_not_deferred_waits_for_nobody(port, api):
    await created(api, state_details={})
    await created(api, type="PENDING")
    async with worker(port, "w", "send") as socket:
        with pytest.raises(TimeoutError):
            await given(socket, 0.3)


async def test_no_two_workers_get_the_same(port, api, monkeypatch):
    monkeypatch.setattr(dispatcher, "GRACE", timedelta(hours=1))  # who is done first is not to be followed
    waiting = {await created(api) for _ in range(60)}
    found: list[str] = []

    async def work(name: str) -> None:
        async with worker(port, name, "send") as socket:
            while len(found) < len(waiting):
                with contextlib.suppress(TimeoutError):
                    found.append((await given(socket, 0.5))["id"])

    await asyncio.wait_for(asyncio.gather(*(work(f"w{number}") for number in range(5))), 60)
    assert sorted(found) == sorted(waiting)


@pytest.mark.parametrize("state", [None, "PENDING"])
async def test_what_a_worker_did_not_begin_goes_to_another(port, api, state):
    id = await created(api, state_details={"deferred": True, "task_parameters_id": PARAMETERS})
    async with worker(port, "w", "send") as socket:
        await given(socket)
        if state is not None:
            body = {"state": {"type": state, "state_details": {"deferred": True}}, "force": True}
            await api.post(f"/task_runs/{id}/set_state", json=body)
    async with worker(port, "v", "send") as socket:
        again = await given(socket)
    assert again["id"] == id
    assert again["state"]["type"] == "SCHEDULED"
    assert again["state"]["state_details"]["task_parameters_id"] == PARAMETERS


async def test_what_a_worker_never_acknowledged_goes_to_another_at_once(port, api, monkeypatch):
    monkeypatch.setattr(dispatcher, "GRACE", timedelta(hours=1))
    id = await created(api)
    async with worker(port, "w", "send") as socket:
        await socket.recv()
    async with worker(port, "v", "send") as socket:
        assert (await given(socket))["id"] == id


async def test_what_runs_stays_with_its_worker(port, api, db):
    id = await created(api)
    async with worker(port, "w", "send") as socket:
        await given(socket)
        await api.post(f"/task_runs/{id}/set_state", json={"state": {"type": "RUNNING"}, "force": True})
    async with worker(port, "v", "send") as socket:
        with pytest.raises(TimeoutError):
            await given(socket, 1)


async def test_a_worker_keeps_what_it_has_while_it_is_there(port, api, monkeypatch):
    monkeypatch.setattr(dispatcher, "LEASE", timedelta(seconds=0.5))
    monkeypatch.setattr(dispatcher, "RENEW_SECONDS", 0.1)
    await created(api)
    async with worker(port, "w", "send") as one, worker(port, "v", "send") as other:
        receiving = [asyncio.ensure_future(given(socket, 30)) for socket in (one, other)]
        done, rest = await asyncio.wait(receiving, timeout=1.5)
        assert len(done) == 1
        for waiting in rest:
            waiting.cancel()


async def test_claims_on_what_has_run_are_forgotten(port, api, db, monkeypatch):
    monkeypatch.setattr(dispatcher, "RENEW_SECONDS", 0.1)
    id = await created(api)
    async with worker(port, "w", "send") as socket:
        await given(socket)
        await api.post(f"/task_runs/{id}/set_state", json={"state": {"type": "COMPLETED"}, "force": True})
        for _ in range(100):
            if not await db.read.scalar(sa.select(sa.func.count()).select_from(task_claim)):
                return
            await asyncio.sleep(0.05)
    pytest.fail("the claim is still there")


async def test_waiting_task_runs_survive_a_restart(settings, port, api):
    id = await created(api)
    async with port_of(create_app(settings)) as another, worker(another, "w", "send") as socket:
        assert (await given(socket))["id"] == id


async def test_workers_are_listed_while_they_are_connected(port, api):
    async def listed(**body: Any) -> list[dict[str, Any]]:
        return (await api.post("/task_workers/filter", json=body)).json()

    async with worker(port, "w", "send", "more"), worker(port, "v", "other"):
        for _ in range(100):
            if len(await listed()) == 2:
                break
            await asyncio.sleep(0.02)
        found = await listed()
        assert [(w["identifier"], sorted(w["task_keys"])) for w in found] == [("v", ["other"]), ("w", ["more", "send"])]
        assert {w["timestamp"][-1] for w in found} == {"Z"}
        assert [w["identifier"] for w in await listed(task_worker_filter={"task_keys": ["more", "x"]})] == ["w"]
        assert len(await listed(task_worker_filter={"task_keys": []})) == 2
        assert (await api.post("/task_workers/filter", json={"task_worker_filter": {}})).status_code == 422
    for _ in range(100):
        if not await listed():
            return
        await asyncio.sleep(0.05)
    pytest.fail("the workers are still there")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"type": "hello"}, "expected 'subscribe' message"),
        ([], "expected 'subscribe' message"),
        ({"type": "subscribe"}, "expected 'keys' in subscribe message"),
        ({"type": "subscribe", "keys": "send"}, "expected 'keys' in subscribe message"),
        ({"type": "subscribe", "keys": [5]}, "expected 'keys' in subscribe message"),
        ({"type": "subscribe", "keys": ["send"]}, "expected 'client_id' in subscribe message"),
        ({"type": "subscribe", "keys": ["a\0"], "client_id": "w"}, "expected 'client_id' in subscribe message"),
        ({"type": "subscribe", "keys": ["send"], "client_id": "w" * 2501}, "'client_id' is too long"),
    ],
)
async def test_who_does_not_subscribe_properly_is_told_so(port, said, reason):
    async with connect(f"ws://127.0.0.1:{port}/api/task_runs/subscriptions/scheduled") as socket:
        await socket.send(orjson.dumps(said).decode())
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4001, f"Protocol violation: {reason}")


async def test_a_worker_may_quit(port, api):
    async with worker(port, "w", "send") as socket:
        await socket.send('{"type": "quit"}')
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
    assert closed.value.rcvd.code == 1000


async def test_who_says_something_else_loses_what_it_was_given(port, api):
    id = await created(api)
    async with worker(port, "w", "send") as socket:
        assert orjson.loads(await socket.recv())["id"] == id
        await socket.send('{"type": "what?"}')
        with pytest.raises(ConnectionClosed):
            await socket.recv()
    async with worker(port, "v", "send") as socket:
        assert (await given(socket))["id"] == id
