"""What the dashboard asks of flow runs and of flows."""

from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa

from lictor.db.engine import Database
from lictor.db.ids import uuid7
from lictor.resources.flows.queries import next_runs
from tests.make import NOON, Make
from tests.plans import plan_of

NOBODY = "00000000-0000-4000-8000-000000000000"


async def test_when_runs_ran(api: httpx.AsyncClient, make: Make) -> None:
    late = {"start_time": NOON + timedelta(seconds=5), "total_run_time": timedelta(seconds=2)}
    run = await make.flow_run(state="COMPLETED", **late)
    await make.flow_run("without a state")
    reply = await api.post("/ui/flow_runs/history")
    assert reply.json() == [
        {
            "id": str(run),
            "state_type": "COMPLETED",
            "timestamp": "2026-06-01T12:00:05Z",
            "duration": 2.0,
            "lateness": 5.0,
        }
    ]


async def test_the_latest_come_first(api: httpx.AsyncClient, make: Make) -> None:
    runs = [await make.flow_run(state="PENDING", expected_start_time=NOON + timedelta(days=n)) for n in range(4)]
    newest = [str(run) for run in reversed(runs)]
    found = (await api.post("/ui/flow_runs/history", json={"limit": 2, "offset": 1})).json()
    assert [run["id"] for run in found] == newest[1:3]


async def test_task_runs_are_counted_without_subflows(api: httpx.AsyncClient, make: Make) -> None:
    run, other = await make.flow_run(), await make.flow_run()
    await make.task_runs(2, flow_run_id=run)
    await make.flow_run(parent_task_run_id=await make.task_run(flow_run_id=run))
    reply = await api.post("/ui/flow_runs/count-task-runs", json={"flow_run_ids": [str(run), str(other), NOBODY]})
    assert reply.json() == {str(run): 2, str(other): 0, NOBODY: 0}


async def test_deployments_are_counted_by_flow(api: httpx.AsyncClient, make: Make) -> None:
    flow = await make.flow()
    for _ in range(2):
        await make.deployment(flow_id=flow)
    reply = await api.post("/ui/flows/count-deployments", json={"flow_ids": [str(flow), NOBODY]})
    assert reply.json() == {str(flow): 2, NOBODY: 0}


async def test_the_next_run_of_each_flow(api: httpx.AsyncClient, make: Make, statements: list[str]) -> None:
    one, other, none = await make.flows("one", "other", "none")
    for days in (3, 1, 2):
        at = {"next_scheduled_start_time": NOON + timedelta(days=days)}
        await make.flow_run(f"in {days} days", "SCHEDULED", flow_id=one, **at)
    await make.flow_run("due", "SCHEDULED", flow_id=other, next_scheduled_start_time=NOON)
    await make.flow_run("gone", "CANCELLED", flow_id=none, next_scheduled_start_time=NOON)
    statements.clear()
    reply = await api.post("/ui/flows/next-runs", json={"flow_ids": [str(one), str(other), str(none), NOBODY]})
    assert len(statements) == 1
    found = reply.json()
    assert list(found) == [str(one), str(other), str(none), NOBODY]
    assert [run and run["name"] for run in found.values()] == ["in 1 days", "due", None, None]
    assert found[str(one)].items() >= {"flow_id": str(one), "next_scheduled_start_time": "2026-06-02T12:00:00Z"}.items()


async def test_an_index_finds_the_next_runs(db: Database) -> None:
    if db.dialect.name == "postgresql":  # where tables are empty, nothing is faster than reading all of them
        await db.read.scalar(sa.select(sa.func.set_config("enable_seqscan", "off", False)))
    assert "ix_flow_run__scheduled" in await plan_of(db, next_runs([uuid7(), uuid7()]))


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/ui/flows/count-deployments", "flow_ids"),
        ("/ui/flows/next-runs", "flow_ids"),
        ("/ui/flow_runs/count-task-runs", "flow_run_ids"),
    ],
)
async def test_no_more_than_200_are_counted_at_once(api: httpx.AsyncClient, path: str, field: str) -> None:
    assert (await api.post(path, json={field: [NOBODY] * 200})).status_code == 200
    reply = await api.post(path, json={field: [NOBODY] * 201})
    assert reply.status_code == 422
    assert reply.json()["exception_detail"][0]["loc"] == ["body", field]
