"""The websocket of a worker: who may talk on it, what is told there, and how it ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest
import sqlalchemy as sa
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from lictor.app import create_app
from lictor.db.base import utc_now
from lictor.db.engine import Database
from lictor.db.ids import uuid7
from lictor.resources.work_pools import channel, cleanup
from lictor.resources.work_pools.table import worker_cleanup
from lictor.settings import Settings
from tests.make import Make
from tests.resources.work_pools.pools import TEMPLATE
from tests.serving import port_of

JSON = dict[str, Any]
CONSUMER = "00000000-0000-4000-8000-00000000000c"
HELLO: JSON = {
    "consumer_id": CONSUMER,
    "worker_name": "w",
    "worker_type": "process",
    "heartbeat_interval_seconds": 30,
    "supported_channel_versions": ["work_pool_worker_channel.v1"],
    "requested_capabilities": ["worker_heartbeat.v1", "work_pool_snapshot.v1"],
}
CLEANS: JSON = {
    "requested_capabilities": ["worker_heartbeat.v1", "work_pool_snapshot.v1", "cleanup_delivery.v1", "more.v9"],
    "handled_cleanup_kinds": ["cancelling_timeout_teardown.v1"],
}


@pytest.fixture
async def port(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    monkeypatch.setattr(channel, "LOOK_SECONDS", 0.05)
    async with port_of(create_app(settings)) as port:
        yield port


@pytest.fixture(autouse=True)
async def pool(api: httpx.AsyncClient) -> JSON:
    reply = await api.post("/work_pools/", json={"name": "pool", "type": "process", "base_job_template": TEMPLATE})
    return reply.json()


def frame(type_: str, **payload: Any) -> str:
    return orjson.dumps({"type": type_, "id": str(uuid7()), "sent_at": utc_now(), "payload": payload}).decode()


@asynccontextmanager
async def connected(port: int, in_pool: str = "pool") -> AsyncIterator[ClientConnection]:
    url = f"ws://127.0.0.1:{port}/api/work_pools/{in_pool}/workers/connect"
    async with connect(url, subprotocols=["prefect"]) as socket:
        await socket.send('{"type": "auth", "token": null}')
        assert (await heard(socket))["type"] == "auth_success"
        yield socket


async def heard(socket: ClientConnection, seconds: float = 5) -> JSON:
    return orjson.loads(await asyncio.wait_for(socket.recv(), seconds))


@asynccontextmanager
async def worker(port: int, in_pool: str = "pool", **hello: Any) -> AsyncIterator[tuple[ClientConnection, JSON]]:
    """A worker that is connected, and what it was told first."""
    async with connected(port, in_pool) as socket:
        await socket.send(frame("worker.hello.v1", **{**HELLO, **hello}))
        ready = await heard(socket)
        assert ready["type"] == "worker.ready.v1"
        yield socket, ready["payload"]


async def how_it_ends(socket: ClientConnection) -> tuple[int, str]:
    with pytest.raises(ConnectionClosed) as closed:
        await heard(socket)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code, closed.value.rcvd.reason


async def test_a_worker_is_told_of_its_pool(port: int, api: httpx.AsyncClient, pool: JSON) -> None:
    async with worker(port) as (_, ready):
        now = (await api.get("/work_pools/pool")).json()
        assert now["status"] == "READY"
        assert ready["initial_snapshot"] == {"snapshot_sequence": 1, "reason": "initial", "work_pool": now}
        assert ready["resolved_work_queues"] == [{"id": pool["default_queue_id"], "name": "default"}]
        assert ready["accepted_capabilities"] == ["worker_heartbeat.v1", "work_pool_snapshot.v1"]
        assert (ready["consumer_id"], ready["worker_id"]) == (CONSUMER, None)
        assert (ready["rejected_capabilities"], ready["effective_max_cleanup_concurrency"]) == ([], 0)
    (known,) = (await api.post("/work_pools/pool/workers/filter", json={})).json()
    assert (known["name"], known["status"], known["heartbeat_interval_seconds"]) == ("w", "ONLINE", 30)


async def test_changes_of_the_pool_are_told(port: int, api: httpx.AsyncClient) -> None:
    async with worker(port) as (socket, _):
        for sequence, change in enumerate(({"is_paused": True}, {"concurrency_limit": 7}), 2):
            await api.patch("/work_pools/pool", json=change)
            told = await heard(socket)
            assert (told["type"], told["payload"]["snapshot_sequence"]) == ("work_pool.snapshot.v1", sequence)
            assert told["payload"]["work_pool"].items() >= change.items()
        await api.delete("/work_pools/pool")
        assert await how_it_ends(socket) == (1008, "authorization_failed")


async def test_heartbeats_keep_a_worker_online(port: int, api: httpx.AsyncClient) -> None:
    async with worker(port) as (socket, _):
        (before,) = (await api.post("/work_pools/pool/workers/filter", json={})).json()
        beat = {"consumer_id": CONSUMER, "worker_name": "w", "heartbeat_interval_seconds": 31}
        await socket.send(frame("worker.heartbeat.v1", **beat))
        for _ in range(100):
            (after,) = (await api.post("/work_pools/pool/workers/filter", json={})).json()
            if after["last_heartbeat_time"] > before["last_heartbeat_time"]:
                break
            await asyncio.sleep(0.02)
        assert after["heartbeat_interval_seconds"] == 31
        await socket.send(frame("worker.heartbeat.v1", **{**beat, "worker_name": "other"}))
        assert await how_it_ends(socket) == (1002, "protocol_error")


async def test_a_pool_is_made_if_the_worker_wants_it(port: int, api: httpx.AsyncClient) -> None:
    wish = {"create_pool_if_not_found": True, "default_base_job_template": TEMPLATE}
    async with worker(port, "new", **wish) as (_, ready):
        made = (await api.get("/work_pools/new")).json()
        assert (made["type"], made["base_job_template"]) == ("process", TEMPLATE)
        assert ready["initial_snapshot"]["work_pool"]["id"] == made["id"]


async def test_a_pool_without_a_template_gets_that_of_its_worker(port: int, api: httpx.AsyncClient) -> None:
    await api.post("/work_pools/", json={"name": "bare", "type": "process"})
    async with worker(port, "bare", default_base_job_template=TEMPLATE) as (_, ready):
        assert ready["initial_snapshot"]["work_pool"]["base_job_template"] == TEMPLATE


@pytest.mark.parametrize(
    ("in_pool", "hello", "end"),
    [
        pytest.param("none", {}, (1008, "authorization_failed"), id="no such pool"),
        pytest.param("prefect-x", {"create_pool_if_not_found": True}, (1008, "authorization_failed"), id="reserved"),
        pytest.param("pool", {"work_queue_names": ["none"]}, (1008, "authorization_failed"), id="no such queue"),
        pytest.param("pool", {"supported_channel_versions": ["v9"]}, (1008, "unsupported_version"), id="version"),
        pytest.param("pool", {"requested_capabilities": ["x"]}, (1002, "protocol_error"), id="capabilities"),
        pytest.param("pool", {"worker_name": ""}, (1002, "protocol_error"), id="no name"),
        pytest.param("pool", {"more": 1}, (1002, "protocol_error"), id="an unknown field"),
        pytest.param("pool", {"max_cleanup_concurrency": 2}, (1002, "protocol_error"), id="cleanup not requested"),
    ],
)
async def test_who_is_not_taken(port: int, in_pool: str, hello: JSON, end: tuple[int, str]) -> None:
    async with connected(port, in_pool) as socket:
        await socket.send(frame("worker.hello.v1", **{**HELLO, **hello}))
        assert await how_it_ends(socket) == end


@pytest.mark.parametrize("said", ["no JSON", "[]", frame("worker.heartbeat.v1"), frame("worker.unknown.v1")])
async def test_what_is_no_greeting(port: int, said: str) -> None:
    async with connected(port) as socket:
        await socket.send(said)
        assert await how_it_ends(socket) == (1002, "protocol_error")


async def test_a_client_that_does_not_say_who_it_is(port: int) -> None:
    url = f"ws://127.0.0.1:{port}/api/work_pools/pool/workers/connect"
    with pytest.raises(InvalidStatus):
        async with connect(url):
            pass
    async with connect(url, subprotocols=["prefect"]) as socket:
        await socket.send('{"type": "hello"}')
        assert await how_it_ends(socket) == (1008, "authentication_failed")


async def left_over(db: Database, pool: JSON, **target: Any) -> UUID:
    id = uuid7()
    async with db.write() as tx:
        await cleanup.enqueue(
            tx, id, UUID(pool["id"]), UUID(pool["default_queue_id"]), cleanup.CANCELLING_TIMEOUT, target
        )
    return id


@pytest.fixture
def run() -> str:
    return str(uuid7())


async def test_what_is_left_over_is_told_to_one_worker_after_the_other(
    port: int, db: Database, pool: JSON, run: str
) -> None:
    id = await left_over(db, pool, flow_run_id=run, infrastructure_pid="host:1")
    async with worker(port, **CLEANS) as (socket, ready):
        assert ready["rejected_capabilities"] == ["more.v9"]
        assert ready["effective_max_cleanup_concurrency"] == 1
        told = (await heard(socket))["payload"]
        assert (told["message_id"], told["kind"]) == (str(id), "cancelling_timeout_teardown.v1")
        assert told["target"] == {"flow_run_id": run, "infrastructure_pid": "host:1"}
        assert (told["delivery_count"], told["work_queue_id"]) == (1, pool["default_queue_id"])
        named = {"message_id": str(id), "reservation_token": told["reservation_token"]}
        await socket.send(frame("cleanup.renew.v1", **named))
        renewed = (await heard(socket))["payload"]
        assert (renewed["operation"], renewed["status"]) == ("renew", "accepted")
        assert renewed["lease_expires_at"] > told["lease_expires_at"]
        await socket.send(frame("cleanup.release.v1", **named, reason="busy"))
        assert (await heard(socket))["payload"]["status"] == "accepted"
        again = (await heard(socket))["payload"]
        assert again["delivery_count"] == 2
        await socket.send(frame("cleanup.ack.v1", **named))
        refused = (await heard(socket))["payload"]
        assert (refused["status"], refused["reason"]) == ("invalid_token", "reservation_token_mismatch")
        await socket.send(frame("cleanup.ack.v1", **named | {"reservation_token": again["reservation_token"]}))
        assert (await heard(socket))["payload"]["status"] == "accepted"
        await socket.send(frame("cleanup.ack.v1", **named))
        assert (await heard(socket))["payload"]["status"] == "not_found"
    assert await db.read.all(sa.select(worker_cleanup.c.id)) == []


async def test_a_reservation_that_expires_goes_to_another_until_all_have_failed(
    db: Database, settings: Settings, pool: JSON, run: str
) -> None:
    id = await left_over(db, pool, flow_run_id=run)
    pool_id = UUID(pool["id"])

    async def reserve() -> Any:
        async with db.write() as tx:
            return await cleanup.reserve(tx, pool_id, [cleanup.CANCELLING_TIMEOUT], [], settings.work_pools)

    async def expire() -> None:
        async with db.write() as tx:
            await tx.execute(sa.update(worker_cleanup).values(reserved_until=utc_now() - timedelta(seconds=1)))

    for attempt in (1, 2, 3):
        reserved = await reserve()
        assert (reserved.id, reserved.delivery_count) == (id, attempt)
        assert await reserve() is None
        await expire()
    assert await reserve() is None
    async with db.write() as tx:
        outcome = await cleanup.renew(tx, pool_id, id, reserved.reservation_token, settings.work_pools)
    assert outcome.status == "not_found"


async def test_a_worker_that_cannot_clean_up_is_told_nothing(
    port: int, db: Database, pool: JSON, run: str, make: Make
) -> None:
    del make
    await left_over(db, pool, flow_run_id=run)
    async with worker(port) as (socket, _):
        with pytest.raises(TimeoutError):
            await heard(socket, 0.3)
        await socket.send(frame("cleanup.ack.v1", message_id=str(uuid7()), reservation_token="x"))
        told = (await heard(socket))["payload"]
        assert (told["status"], told["reason"]) == ("unauthorized", "cleanup_delivery_not_accepted")
