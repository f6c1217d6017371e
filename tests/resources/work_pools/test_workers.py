"""Workers: heartbeats, and what is worked out of them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from lictor.db.engine import Database
from lictor.resources.work_pools.schemas import WorkerResponse
from lictor.resources.work_pools.table import work_pool, work_queue, worker
from tests.make import Make

JSON = dict[str, Any]


async def pool(api: httpx.AsyncClient, name: str = "pool", **asked: Any) -> JSON:
    reply = await api.post("/work_pools/", json={"name": name, "type": "process", **asked})
    assert reply.status_code == 201, reply.text
    return reply.json()


async def heartbeat(api: httpx.AsyncClient, name: str, in_pool: str = "pool", **asked: Any) -> httpx.Response:
    return await api.post(f"/work_pools/{in_pool}/workers/heartbeat", json={"name": name, **asked})


async def workers(api: httpx.AsyncClient, **asked: Any) -> list[JSON]:
    reply = await api.post("/work_pools/pool/workers/filter", json=asked)
    assert reply.status_code == 200, reply.text
    return reply.json()


async def age(db: Database, seconds: float, name: str | None = None) -> None:
    """Lets time pass since the heartbeats of a worker, or of all."""
    async with db.write() as tx:
        rows = await tx.all(sa.select(worker).where(sa.true() if name is None else worker.c.name == name))
        for row in rows:
            earlier = {
                column: getattr(row, column) - timedelta(seconds=seconds)
                for column in ("last_heartbeat_time", "online_until")
            }
            await tx.execute(sa.update(worker).where(worker.c.id == row.id).values(earlier))


async def test_a_worker_is_known_by_its_heartbeats(api: httpx.AsyncClient) -> None:
    made = await pool(api)
    assert (await heartbeat(api, "w")).status_code == 204
    first = (await workers(api))[0]
    assert [*first] == [*WorkerResponse.model_fields]
    assert (first["name"], first["status"], first["work_pool_id"]) == ("w", "ONLINE", made["id"])
    assert first["heartbeat_interval_seconds"] is None
    assert (await heartbeat(api, "w", heartbeat_interval_seconds=7)).status_code == 204
    assert (await heartbeat(api, "w")).status_code == 204
    (again,) = await workers(api)
    assert (again["id"], again["created"]) == (first["id"], first["created"])
    assert again["heartbeat_interval_seconds"] == 7
    assert again["last_heartbeat_time"] > first["last_heartbeat_time"]


async def test_a_worker_that_misses_three_heartbeats_is_offline(api: httpx.AsyncClient, db: Database) -> None:
    await pool(api)
    await heartbeat(api, "quick", heartbeat_interval_seconds=10)
    await heartbeat(api, "silent")
    await age(db, 29)
    assert {each["name"]: each["status"] for each in await workers(api)} == {"quick": "ONLINE", "silent": "ONLINE"}
    await age(db, 2)
    assert {each["name"]: each["status"] for each in await workers(api)} == {"quick": "OFFLINE", "silent": "ONLINE"}
    await age(db, 60)
    assert {each["status"] for each in await workers(api)} == {"OFFLINE"}


async def test_a_pool_is_ready_while_one_of_its_workers_is_online(api: httpx.AsyncClient, db: Database) -> None:
    async def status() -> str:
        return (await api.get("/work_pools/pool")).json()["status"]

    await pool(api)
    assert await status() == "NOT_READY"
    await heartbeat(api, "w")
    assert await status() == "READY"
    await api.patch("/work_pools/pool", json={"is_paused": True})
    assert await status() == "PAUSED"
    await api.patch("/work_pools/pool", json={"is_paused": False})
    assert await status() == "READY"
    await age(db, 91)
    assert await status() == "NOT_READY"


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        pytest.param({"status": {"any_": ["ONLINE"]}}, ["new"], id="online"),
        pytest.param({"status": {"any_": ["OFFLINE"]}}, ["old"], id="offline"),
        pytest.param({"status": {"any_": ["OFFLINE", "ONLINE"]}}, ["new", "old"], id="both"),
        pytest.param({"status": {"any_": []}}, [], id="none of no statuses"),
        pytest.param({"status": {"not_any_": ["ONLINE"]}}, ["old"], id="not online"),
        pytest.param({"status": {"not_any_": []}}, ["new", "old"], id="an empty not_any_ asks nothing"),
        pytest.param({"last_heartbeat_time": {"before_": "2020-01-01T00:00:00Z"}}, [], id="long ago"),
        pytest.param({"last_heartbeat_time": {"after_": "2020-01-01T00:00:00Z"}}, ["new", "old"], id="since then"),
    ],
)
async def test_workers_that_match(api: httpx.AsyncClient, db: Database, asked: JSON, found: list[str]) -> None:
    await pool(api)
    await pool(api, "other")
    await heartbeat(api, "stranger", "other")
    await heartbeat(api, "old")
    await age(db, 100, "old")
    await heartbeat(api, "new")
    assert [each["name"] for each in await workers(api, workers=asked)] == found


async def test_a_worker_can_be_forgotten(api: httpx.AsyncClient) -> None:
    await pool(api)
    await heartbeat(api, "w")
    assert (await api.delete("/work_pools/pool/workers/w")).status_code == 204
    assert await workers(api) == []
    reply = await api.delete("/work_pools/pool/workers/w")
    assert (reply.status_code, reply.json()) == (404, {"detail": "Worker not found."})


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/work_pools/none/workers/heartbeat", {"name": "w"}),
        ("POST", "/work_pools/none/workers/filter", {}),
        ("DELETE", "/work_pools/none/workers/w", None),
        ("POST", "/work_pools/none/get_scheduled_flow_runs", {}),
    ],
)
async def test_a_pool_that_is_not_there(api: httpx.AsyncClient, method: str, path: str, body: JSON | None) -> None:
    reply = await api.request(method, path, json=body)
    assert (reply.status_code, reply.json()) == (404, {"detail": 'Work pool "none" not found.'})


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": 7}, "name"),
        ({"name": "w" * 3000}, "name"),
        ({"name": "w", "heartbeat_interval_seconds": 0}, "heartbeat_interval_seconds"),
        ({"name": "w", "heartbeat_interval_seconds": 2**31}, "heartbeat_interval_seconds"),
    ],
)
async def test_heartbeats_that_make_no_sense(api: httpx.AsyncClient, body: JSON, field: str) -> None:
    await pool(api)
    reply = await api.post("/work_pools/pool/workers/heartbeat", json=body)
    assert reply.status_code == 422
    assert field in reply.json()["exception_detail"][0]["loc"]


async def test_a_queue_is_ready_while_it_is_polled(api: httpx.AsyncClient, db: Database, make: Make) -> None:
    async def status(name: str) -> tuple[str, bool]:
        queue = (await api.get(f"/work_pools/pool/queues/{name}")).json()
        return queue["status"], queue["last_polled"] is not None

    made = await pool(api)
    await make.work_queue("own", work_pool_id=UUID(made["id"]), priority=2)
    assert await status("own") == ("NOT_READY", False)
    await api.post("/work_pools/pool/get_scheduled_flow_runs", json={"work_queue_names": ["own"]})
    assert await status("own") == ("READY", True)
    assert await status("default") == ("NOT_READY", False)
    await api.post("/work_pools/pool/get_scheduled_flow_runs", json={})
    assert await status("default") == ("READY", True)
    async with db.write() as tx:
        for table in (work_pool, work_queue):
            await tx.execute(sa.update(table).values(last_polled=datetime.now(UTC) - timedelta(seconds=61)))
    assert await status("own") == ("NOT_READY", True)
    assert await status("default") == ("NOT_READY", True)


async def test_a_poll_writes_nothing_if_another_was_just_written_down(
    api: httpx.AsyncClient, statements: list[str]
) -> None:
    await pool(api)
    await api.post("/work_pools/pool/get_scheduled_flow_runs", json={})
    statements.clear()
    await api.post("/work_pools/pool/get_scheduled_flow_runs", json={})
    assert [sql for sql in statements if not sql.lstrip().upper().startswith(("SELECT", "WITH"))] == []
    assert len(statements) == 2, statements
