"""Task runs by how long they ran, those that are running up to now."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import Database
from lictor.db.ids import uuid7
from lictor.resources.states.schemas import State, StateType
from lictor.resources.task_runs import queries
from lictor.resources.task_runs.schemas import TaskRunSort
from tests.make import NOON, Make
from tests.plans import plan_of

JSON = Any
ANALYZE = sa.text("ANALYZE")


@pytest.fixture
async def runs(make: Make) -> dict[str, UUID]:
    """By name: how long each ran, or has run, follows from its name."""
    now = utc_now()
    since = {"90s so far": timedelta(seconds=60), "an hour so far": timedelta(hours=1)}
    running = {name: State(id=uuid7(), type=StateType.RUNNING, timestamp=now - ago) for name, ago in since.items()}
    flow_run = await make.flow_run(flow_id=await make.flow("timed"))
    made = {}
    for name, state, seconds, start in (
        ("2m", "COMPLETED", 120, 0),
        ("90s so far", running["90s so far"], 30, 0),
        ("1m", "FAILED", 60, 0),
        ("an hour so far", running["an hour so far"], 0, 0),
        ("never", "PENDING", 0, 1),
        ("never, and later", "SCHEDULED", 0, 2),
    ):
        made[name] = await make.task_run(
            name,
            state,
            flow_run_id=flow_run,
            total_run_time=timedelta(seconds=seconds),
            expected_start_time=NOON + timedelta(hours=start),
        )
    return made


DESCENDING = ["an hour so far", "2m", "90s so far", "1m", "never, and later", "never"]
ASCENDING = ["never, and later", "never", "1m", "90s so far", "2m", "an hour so far"]


async def names(api: httpx.AsyncClient, **body: JSON) -> list[str]:
    reply = await api.post("/task_runs/filter", json=body)
    assert reply.status_code == 200, reply.text
    return [run["name"] for run in reply.json()]


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(("sort", "order"), [("DURATION_DESC", DESCENDING), ("DURATION_ASC", ASCENDING)])
async def test_by_duration(api: httpx.AsyncClient, sort: str, order: list[str]) -> None:
    assert await names(api, sort=sort) == order
    assert await names(api, sort=sort, limit=2, offset=2) == order[2:4]
    assert await names(api, sort=sort, flows={"name": {"any_": ["timed"]}}) == order
    assert await names(api, sort=sort, flows={"name": {"any_": ["other"]}}) == []
    running = {"state": {"type": {"any_": ["RUNNING"]}}}
    assert await names(api, sort=sort, task_runs=running) == [name for name in order if name.endswith("so far")]
    page = (await api.post("/task_runs/paginate", json={"sort": sort, "limit": 2, "page": 2})).json()
    assert [run["name"] for run in page["results"]] == order[2:4]


@pytest.mark.parametrize("sort", [TaskRunSort.DURATION_DESC, TaskRunSort.DURATION_ASC])
async def test_an_index_has_them_in_order(db: Database, make: Make, sort: TaskRunSort) -> None:
    """What does not run is not sorted, but for those of one duration."""
    for number in range(20):
        await make.task_run(f"t{number}", "COMPLETED", total_run_time=timedelta(seconds=number))
    async with db.write() as tx:
        await tx.execute(ANALYZE)
    plan = await plan_of(db, queries.task_run_list({}, sort).part(5, 0))
    assert "ix_task_run__duration" in plan
