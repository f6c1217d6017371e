"""What only the pages ask of the API."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from lictor.db.engine import Database
from lictor.resources.flow_runs.table import flow_run_state
from lictor.resources.task_runs.table import task_run_state
from lictor.services.table import service_run
from tests.make import NOON, Make


async def test_flow_runs_come_with_the_names_beside_them(api: httpx.AsyncClient, make: Make):
    flow = await make.flow("etl")
    deployment = await make.deployment("nightly", flow_id=flow)
    deployed = await make.flow_run("a", "COMPLETED", flow_id=flow, deployment_id=deployment)
    await make.flow_run("b", "RUNNING", flow_id=flow)
    await make.task_runs(3, flow_run_id=deployed)
    reply = await api.post("/ui/flow_runs/filter", json={"sort": "NAME_ASC"})
    rows = [(run["name"], run["flow_name"], run["deployment_name"], run["task_run_count"]) for run in reply.json()]
    assert rows == [("a", "etl", "nightly", 3), ("b", "etl", None, 0)]


async def test_task_runs_come_with_the_names_beside_them(api: httpx.AsyncClient, make: Make):
    flow = await make.flow("etl")
    flow_run = await make.flow_run("red-fox", flow_id=flow)
    await make.task_run("a", "FAILED", flow_run_id=flow_run)
    await make.task_run("b", "FAILED")
    either = {"any_of": [{"flow_run_id": {}}, {"flow_run_id": {"is_null_": True}}]}
    reply = await api.post("/ui/task_runs/filter", json={"task_runs": either, "sort": "NAME_ASC"})
    rows = [(run["name"], run["flow_run_name"], run["flow_id"], run["flow_name"]) for run in reply.json()]
    assert rows == [("a", "red-fox", str(flow), "etl"), ("b", None, None, None)]


@pytest.mark.parametrize("kind", ["flow_runs", "task_runs"])
async def test_they_are_paged_by_cursor(api: httpx.AsyncClient, make: Make, kind: str):
    flow_run = await make.flow_run("0")
    for name in "12":
        await make.flow_run(name)
    for name in "012":
        await make.task_run(name, flow_run_id=flow_run)
    names, cursor = [], ""
    while cursor is not None:
        reply = await api.post(f"/ui/{kind}/filter", json={"sort": "NAME_ASC", "limit": 2, "cursor": cursor})
        names += [run["name"] for run in reply.json()]
        cursor = reply.headers.get("X-Lictor-Next-Cursor")
    assert names == ["0", "1", "2"]


@pytest.mark.parametrize(("bound", "counted"), [(2, (2, True)), (3, (3, False)), (10, (3, False))])
async def test_counts_stop_at_their_bound(api: httpx.AsyncClient, make: Make, bound: int, counted: tuple[int, bool]):
    flow_run = await make.flow_run("x", "FAILED")
    await make.task_runs(3, flow_run_id=flow_run)
    reply = await api.post("/ui/task_runs/bounded-count", json={"bound": bound})
    assert (reply.json()["count"], reply.json()["is_more"]) == counted
    reply = await api.post("/ui/flow_runs/bounded-count", json={"flow_runs": {"name": {"any_": ["y"]}}})
    assert reply.json() == {"count": 0, "is_more": False}


@pytest.mark.parametrize("bound", [0, 100_001, "x"])
async def test_bounds_are_bounded(api: httpx.AsyncClient, bound: object):
    reply = await api.post("/ui/flow_runs/bounded-count", json={"bound": bound})
    assert reply.status_code == 422
    assert reply.json()["exception_detail"][0]["loc"] == ["body", "bound"]


async def test_home_tells_what_needs_a_person(api: httpx.AsyncClient, make: Make):
    flow = await make.flow("etl")
    await make.flow_run("bad", "FAILED", flow_id=flow, end_time=NOON)
    await make.flow_run("old", "CRASHED", flow_id=flow, end_time=NOON - timedelta(days=2))
    await make.flow_run("going", "RUNNING", flow_id=flow, start_time=NOON)
    await make.flow_run("waits", "PAUSED", flow_id=flow)
    await make.flow_run("next", "SCHEDULED", flow_id=flow, next_scheduled_start_time=NOON)
    await make.flow_run("overdue", "SCHEDULED", flow_id=flow, state_name="Late")
    await make.work_pool("rest", is_paused=True)
    await make.limit("full", limit=2, active_slots=2)
    await make.limit("free", limit=2, active_slots=1)
    home = (await api.post("/ui/home", json={"since": (NOON - timedelta(days=1)).isoformat()})).json()
    kinds = ("failed", "late", "paused", "running", "scheduled")
    names = {kind: [run["name"] for run in home[kind]["runs"]] for kind in kinds}
    assert names == {
        "failed": ["bad"],
        "late": ["overdue"],
        "paused": ["waits"],
        "running": ["going"],
        "scheduled": ["next"],
    }
    assert [home[kind]["count"]["count"] for kind in kinds] == [1] * 5
    assert "rest" in [pool["name"] for pool in home["work_pools"]]
    assert [limit["name"] for limit in home["limits"]] == ["full"]


async def test_things_are_found_by_name_and_by_id(api: httpx.AsyncClient, make: Make):
    flow = await make.flow("etl-orders")
    run = await make.flow_run("orders-fox", flow_id=flow)
    task_run = await make.task_run("orders-load", flow_run_id=run)
    await make.deployment("orders-nightly", flow_id=flow)
    await make.work_pool("orders-pool")

    async def find(text: str) -> list[tuple[str, str, str | None]]:
        found = (await api.post("/ui/find", json={"text": text})).json()
        return [(each["kind"], each["name"], each["context"]) for each in found]

    assert await find("ORDERS") == [
        ("flow", "etl-orders", None),
        ("deployment", "orders-nightly", "etl-orders"),
        ("work_pool", "orders-pool", "process"),
        ("flow_run", "orders-fox", "etl-orders"),
    ]
    assert await find(f" {task_run} ") == [("task_run", "orders-load", "orders-fox")]
    assert await find("nothing like it") == await find("%") == await find("  ") == []


async def test_stored_values_are_suggested(api: httpx.AsyncClient, make: Make):
    flow = await make.flow("etl", tags=["prod", "eu"])
    await make.flow("ml", tags=["prod"])
    await make.flow_run("x", "RUNNING", flow_id=flow, tags=["gpu"], flow_version="v7")

    async def suggest(field: str, text: str = "") -> list[str]:
        return (await api.post("/ui/suggestions", json={"field": field, "text": text})).json()

    assert await suggest("flows.name", "L") == ["etl", "ml"]
    assert await suggest("flows.tags") == ["eu", "prod"]
    assert await suggest("flow_runs.tags", "g") == ["gpu"]
    assert await suggest("flow_runs.flow_version") == ["v7"]
    assert await suggest("task_runs.state.name", "retry") == ["AwaitingRetry", "Retrying"]
    assert await suggest("flows.nothing") == []


async def test_the_next_times_of_a_schedule_that_is_not_saved(api: httpx.AsyncClient):
    answer = await api.post("/ui/schedules/next-times", json={"schedule": {"cron": "30 7 * * *", "timezone": "UTC"}})
    assert answer.status_code == 200
    times = [datetime.fromisoformat(each) for each in answer.json()]
    assert [(each.hour, each.minute) for each in times] == [(7, 30)] * 10
    assert {later - earlier for earlier, later in pairwise(times)} == {timedelta(days=1)}


async def test_a_schedule_that_is_none_has_no_next_times(api: httpx.AsyncClient):
    answer = await api.post("/ui/schedules/next-times", json={"schedule": {"cron": "not a cron", "timezone": "UTC"}})
    assert answer.status_code == 422


async def test_services_say_when_they_last_ran(api: httpx.AsyncClient, db: Database):
    row = {"name": "scheduler", "started": NOON, "seconds": 0.5, "error": None}
    async with db.write() as tx:
        await tx.execute(sa.insert(service_run).values(**row))
    runs = {run["name"]: run for run in (await api.get("/admin/services")).json()}
    assert datetime.fromisoformat(runs["scheduler"]["started"]) == NOON
    assert (runs["scheduler"]["seconds"], runs["scheduler"]["error"]) == (0.5, None)


async def test_services_that_miss_their_times_are_behind(api: httpx.AsyncClient, db: Database):
    long_ago = datetime.now(UTC) - timedelta(days=2)
    rows = [
        {"name": "event trimming", "started": long_ago, "seconds": 1.0},
        {"name": "automation trimming", "started": datetime.now(UTC), "seconds": 1.0},
        {"name": "of another version", "started": long_ago, "seconds": 1.0},
    ]
    async with db.write() as tx:
        await tx.execute(sa.insert(service_run).values(rows))
    behind = {run["name"]: run["is_behind"] for run in (await api.get("/admin/services")).json()}
    assert behind == {"event trimming": True, "automation trimming": False, "of another version": False}


async def test_holders_of_slots_are_named(api: httpx.AsyncClient, make: Make):
    limit = await make.limit("database", limit=9, active_slots=4)
    flow_run = await make.flow_run("red-fox")
    deployment = await make.deployment("nightly")
    gone = uuid4()
    await make.lease(limit, holder_type="flow_run", holder_id=flow_run, slots=2)
    await make.lease(limit, holder_type="deployment", holder_id=deployment)
    await make.lease(limit, holder_type="task_run", holder_id=gone)
    await make.lease(limit)
    await make.lease(limit, expiration=datetime.now(UTC) - timedelta(seconds=1))
    holders = (await api.get(f"/ui/concurrency_limits/{limit}/holders")).json()
    assert [(each["type"], each["id"], each["name"], each["slots"]) for each in holders] == [
        ("flow_run", str(flow_run), "red-fox", 2),
        ("deployment", str(deployment), "nightly", 1),
        ("task_run", str(gone), None, 1),
        (None, None, None, 1),
    ]
    assert all(each["since"] < each["until"] for each in holders)
    assert (await api.get(f"/ui/concurrency_limits/{uuid4()}/holders")).json() == []


async def test_waits_of_a_flow_run_and_its_tasks(api: httpx.AsyncClient, make: Make, db: Database):
    run = await make.flow_run("red-fox")
    task = await make.task_run("load-0", flow_run_id=run)
    states = [
        (flow_run_state, {"flow_run_id": run}, "RUNNING", "Running", 0),
        (task_run_state, {"task_run_id": task}, "SCHEDULED", "AwaitingConcurrencySlot", 1),
        (task_run_state, {"task_run_id": task}, "PENDING", "Pending", 4),
        (task_run_state, {"task_run_id": task}, "RUNNING", "Running", 4.05),  # soon: nobody would see the wait
        (flow_run_state, {"flow_run_id": run}, "PAUSED", "Paused", 9),
    ]
    async with db.write() as tx:
        for table, of, type, name, seconds in states:
            at = NOON + timedelta(seconds=seconds)
            await tx.execute(sa.insert(table).values(type=type, name=name, timestamp=at, state_details="{}", **of))
    waits = (await api.get(f"/ui/flow_runs/{run}/waits")).json()
    assert [(each["run_id"], each["state_name"], each["since"], each["until"]) for each in waits] == [
        (str(run), "Paused", "2026-06-01T12:00:09Z", None),
        (str(task), "AwaitingConcurrencySlot", "2026-06-01T12:00:01Z", "2026-06-01T12:00:04Z"),
    ]
