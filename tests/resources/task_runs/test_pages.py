"""Pages whose ids are found first, in an index or in another table, are those of a list of all that match."""

import random
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from lictor.db.engine import Database
from lictor.resources.task_runs.filters import TaskRunFilter
from lictor.resources.task_runs.queries import TASK_RUNS
from lictor.resources.task_runs.table import task_run
from tests.incompressible import text
from tests.make import Make

BAD = {"operator": "or_", "type": {"any_": ["CRASHED"]}, "name": {"any_": ["TimedOut"]}}
CASES = {
    "parents of subflow runs": {"subflow_runs": {"exists_": True}},
    "parents, whatever else": {"subflow_runs": {"exists_": True}, "tags": {"all_": ["etl"]}},
    "names of states": {"state": {"name": {"any_": ["TimedOut", "Completed"]}}},
    "state or tags": {"operator": "or_", "state": BAD, "tags": {"all_": ["etl"]}},
    "state, name or tags": {
        "operator": "or_",
        "state": {"type": {"any_": ["CRASHED"]}},
        "name": {"like_": "load"},
        "tags": {"is_null_": True},
    },
    "one of several": {"any_of": [{"state": BAD}, {"name": {"any_": ["send"]}, "tags": {"all_": ["etl"]}}]},
    "none of several": {"none_of": [{"state": BAD}, {"tags": {"all_": ["etl"]}}]},
    "a state without more": {"state": {}},
}


@pytest.fixture
async def some(make: Make) -> None:
    """Ninety task runs; of some, several flow runs are subflow runs, and some are too long for an index to search."""
    choose = random.Random(5)
    flow_run = await make.flow_run()
    many, wide = [f"tag-{n}" for n in range(300)], text(2500)
    states = [("COMPLETED", "Completed"), ("CRASHED", "Crashed"), ("FAILED", "TimedOut"), ("CRASHED", wide)]
    for _ in range(90):
        kind, name = choose.choice(states)
        one = await make.task_run(
            choose.choice(["extract", "load", "send"]),
            flow_run_id=flow_run,
            state_type=kind,
            state_name=name,
            tags=choose.choice([[], ["etl"], ["etl", "prod"], ["etl", *many], [wide]]),
        )
        for _ in range(choose.choice([0, 0, 1, 3])):
            await make.flow_run(parent_task_run_id=one)


@pytest.mark.usefixtures("some")
@pytest.mark.parametrize("asked", CASES.values(), ids=CASES)
async def test_pages_are_parts_of_all_that_match(db: Database, api: httpx.AsyncClient, asked: dict[str, Any]) -> None:
    filters = {"task_runs": TaskRunFilter.model_validate(asked)}
    every = TASK_RUNS.matching(sa.select(task_run.c.id).order_by(task_run.c.id.desc()), filters)
    ids = [str(row[0]) for row in await db.read.all(every)]
    assert len(ids) > 5
    for limit, offset in ((200, 0), (5, 0), (5, 3), (3, len(ids) - 1), (5, len(ids))):
        reply = await api.post("/task_runs/filter", json={"task_runs": asked, "limit": limit, "offset": offset})
        assert [each["id"] for each in reply.json()] == ids[offset : offset + limit]
