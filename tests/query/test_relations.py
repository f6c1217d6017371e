"""Filters on other families: how they are reached, and what an empty one asks."""

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest

from lictor.db.compiled_query import BoundQuery
from lictor.db.engine import Database
from lictor.query.filter_key import Filters
from lictor.resources.deployments.filters import DeploymentFilter
from lictor.resources.flow_runs.filters import FlowRunFilter
from lictor.resources.flows import queries as flow_queries
from lictor.resources.flows.filters import FlowFilter
from lictor.resources.flows.schemas import FlowSort
from lictor.resources.task_runs import queries
from lictor.resources.task_runs.filters import TaskRunFilter
from lictor.resources.task_runs.schemas import TaskRunSort
from lictor.resources.work_pools.filters import WorkPoolFilter, WorkQueueFilter
from tests.make import Make
from tests.plans import plan_of

NOBODY = "00000000-0000-4000-8000-000000000000"
FAMILIES = {
    "flows": FlowFilter,
    "flow_runs": FlowRunFilter,
    "task_runs": TaskRunFilter,
    "deployments": DeploymentFilter,
    "work_pools": WorkPoolFilter,
    "work_queues": WorkQueueFilter,
}


def filters_of(asked: Mapping[str, Any]) -> Filters:
    return {family: FAMILIES[family].model_validate(criteria) for family, criteria in asked.items()}


def task_run_page(asked: Mapping[str, Any]) -> BoundQuery:
    return queries.task_run_page(queries.TASK_RUN, filters_of(asked), TaskRunSort.NAME_ASC, limit=200, offset=0)


async def task_runs(db: Database, asked: Mapping[str, Any]) -> list[str]:
    return [row["name"] for row in await db.read.objects(queries.TASK_RUN, task_run_page(asked))]


@pytest.fixture
async def history(make: Make) -> None:
    """Task run `a` in a deployed run of flow `etl` on a queue, `b` in a plain run of flow `ml`, `c` in none."""
    etl, ml = await make.flows("etl", "ml")
    pool = await make.work_pool("pool")
    queue = await make.work_queue("queue", work_pool_id=pool)
    nightly = await make.deployment("nightly", flow_id=etl, tags=["prod"])
    deployed = await make.flow_run("deployed", flow_id=etl, deployment_id=nightly, work_queue_id=queue)
    plain = await make.flow_run("plain", flow_id=ml)
    await make.task_run("a", flow_run_id=deployed)
    await make.task_run("b", flow_run_id=plain)
    await make.task_run("c")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["a", "b", "c"]),
        ({"flow_runs": {}}, ["a", "b"]),
        ({"flows": {}}, ["a", "b"]),
        ({"deployments": {}}, ["a"]),
        ({"work_queues": {}}, ["a"]),
        ({"work_pools": {}}, ["a"]),
        ({"flows": {"name": {"any_": ["ml"]}}}, ["b"]),
        ({"flow_runs": {"name": {"like_": "PLAIN"}}}, ["b"]),
        ({"deployments": {"tags": {"any_": ["prod", "dev"]}}}, ["a"]),
        ({"work_queues": {"name": {"startswith_": ["QUE"]}}}, ["a"]),
        ({"work_pools": {"name": {"any_": ["pool", "other"]}}}, ["a"]),
        ({"flows": {"name": {"any_": ["ml"]}}, "deployments": {}}, []),
        ({"flows": {"name": {"any_": ["etl"]}}, "task_runs": {"name": {"any_": ["a", "b"]}}}, ["a"]),
        ({"flows": {"deployment": {"is_null_": True}}}, ["b"]),
        ({"flows": {"deployment": {"is_null_": False}}, "deployments": {}}, ["a"]),
        ({"deployments": {"flow_or_deployment_name": {"like_": "etl"}}, "flows": {}}, ["a"]),
        ({"deployments": {"flow_or_deployment_name": {"like_": "NIGHT"}}}, ["a"]),
        ({"deployments": {"flow_or_deployment_name": {"like_": ""}}}, ["a"]),
        ({"deployments": {"operator": "or_", "concurrency_limit": {"ge_": 1}, "name": {"any_": ["no"]}}}, []),
        ({"deployments": {"concurrency_limit": {"is_null_": False}}}, ["a"]),
        ({"work_queues": {"name": {"startswith_": []}}}, ["a"]),
    ],
    ids=str,
)
@pytest.mark.usefixtures("history")
async def test_task_runs_by_other_families(db: Database, asked: dict[str, Any], found: list[str]) -> None:
    assert await task_runs(db, asked) == found
    assert await db.read.scalar(queries.task_run_count(filters_of(asked))) == len(found)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["etl", "ml"]),
        ({"deployments": {}}, ["etl"]),
        ({"work_pools": {}}, []),
        ({"task_runs": {"name": {"any_": ["b", "c"]}}}, ["ml"]),
        ({"flow_runs": {"name": {"any_": ["plain"]}}, "task_runs": {"name": {"any_": ["a"]}}}, []),
        ({"flow_runs": {"name": {"any_": ["deployed"]}}, "task_runs": {}}, ["etl"]),
        ({"flows": {"name": {"like_": "M"}}, "flow_runs": {}}, ["ml"]),
    ],
    ids=str,
)
@pytest.mark.usefixtures("history")
async def test_flows_by_what_belongs_to_them(db: Database, asked: dict[str, Any], found: list[str]) -> None:
    page = flow_queries.flow_page(filters_of(asked), FlowSort.NAME_ASC, limit=200, offset=0)
    assert [row["name"] for row in await db.read.objects(flow_queries.FLOW, page)] == found


async def test_ids_alone_are_asked_of_the_key(db: Database, make: Make) -> None:
    one, other = await make.flow_run("one"), await make.flow_run("other")
    await make.task_run("a", flow_run_id=one)
    await make.task_run("b", flow_run_id=other)
    by_id = {"flow_runs": {"id": {"any_": [str(one)]}}}
    assert "JOIN" not in str(task_run_page(by_id).plan().statement)
    assert await task_runs(db, by_id) == ["a"]


@pytest.mark.parametrize(
    "asked",
    [
        {"flow_runs": {"operator": "or_", "id": {"any_": [NOBODY]}, "name": {"any_": ["one"]}}},
        {"flow_runs": {"id": {"not_any_": [NOBODY]}}},
        {"flow_runs": {"name": {"any_": ["one"]}}, "flows": {}},
    ],
    ids=str,
)
async def test_more_than_ids_takes_a_join(asked: dict[str, Any]) -> None:
    assert "JOIN flow_run" in str(task_run_page(asked).plan().statement)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        pytest.param({"flows": {}}, ["a", "b"], id="none but that there is one"),
        pytest.param({"flows": {"name": {"any_": ["etl"]}}}, ["a"], id="a unique name"),
        pytest.param({"flows": {"name": {"any_": ["gone"]}}}, [], id="a name that nobody has"),
        pytest.param({"flows": {"name": {"any_": ["etl"], "like_": "ml"}}}, [], id="a unique name and more of it"),
        pytest.param({"flows": {"name": {"any_": ["etl"]}, "tags": {"all_": ["no"]}}}, [], id="a name and tags"),
        pytest.param({"flows": {"name": {"any_": ["etl", "ml"]}}}, ["a", "b"], id="two names"),
        pytest.param(
            {"flows": {"operator": "or_", "name": {"any_": ["etl"]}, "tags": {}}}, ["a", "b"], id="one or any"
        ),
        pytest.param({"flows": {"name": {"any_": ["etl"]}, "none_of": [{"name": {"any_": ["etl"]}}]}}, [], id="not it"),
        pytest.param({"flows": {"name": {"any_": ["etl"]}}, "flow_runs": {}}, ["a"], id="a name, and a flow run"),
        pytest.param(
            {"flows": {"name": {"any_": ["etl"]}}, "flow_runs": {"name": {"like_": "deploy"}}},
            ["a"],
            id="of its flow run",
        ),
        pytest.param(
            {"flows": {"name": {"any_": ["etl"]}}, "flow_runs": {"name": {"like_": "plain"}}},
            [],
            id="of another's flow run",
        ),
        pytest.param(
            {"flows": {"name": {"any_": ["etl"]}}, "deployments": {"name": {"any_": ["nightly"]}}, "work_pools": {}},
            ["a"],
            id="of a deployment and its pool",
        ),
    ],
)
@pytest.mark.parametrize("sort", [TaskRunSort.NAME_ASC, TaskRunSort.ID_DESC, TaskRunSort.END_TIME_DESC])
@pytest.mark.usefixtures("history")
async def test_task_runs_know_their_flow(
    db: Database, asked: dict[str, Any], found: list[str], sort: TaskRunSort
) -> None:
    filters = filters_of(asked)
    page = queries.task_run_page(queries.TASK_RUN, filters, sort, limit=200, offset=0)
    assert sorted(row["name"] for row in await db.read.objects(queries.TASK_RUN, page)) == found
    assert await db.read.scalar(queries.task_run_count(filters)) == len(found)
    skipped = queries.task_run_page(queries.TASK_RUN, filters, sort, limit=200, offset=len(found))
    assert await db.read.objects(queries.TASK_RUN, skipped) == []


@pytest.mark.parametrize(
    ("asked", "counts"),
    [
        pytest.param({}, {"COMPLETED": 3, "FAILED": 2}, id="all"),
        pytest.param({"flows": {}}, {"COMPLETED": 2, "FAILED": 1}, id="of any flow"),
        pytest.param({"flows": {"name": {"any_": ["etl"]}}}, {"COMPLETED": 2}, id="of one flow"),
        pytest.param({"flows": {"name": {"like_": "L"}}}, {"COMPLETED": 2, "FAILED": 1}, id="of those so called"),
        pytest.param({"flows": {"tags": {"all_": ["prod"]}}}, {"FAILED": 1}, id="by tags"),
        pytest.param({"flows": {"deployment": {"is_null_": False}}}, {"COMPLETED": 2}, id="of deployed flows"),
        pytest.param(
            {"flows": {"name": {"like_": "L"}}, "task_runs": {"state": {"type": {"any_": ["FAILED", "CRASHED"]}}}},
            {"FAILED": 1},
            id="and types of state",
        ),
        pytest.param({"task_runs": {"state": {"type": {"any_": ["FAILED"]}}}}, {"FAILED": 2}, id="types alone"),
        pytest.param({"flows": {"name": {"any_": ["gone"]}}}, {}, id="of none"),
    ],
)
async def test_counts_by_flow_and_state_read_no_runs(
    db: Database, make: Make, asked: dict[str, Any], counts: dict[str, int]
) -> None:
    etl, ml = await make.flow("etl"), await make.flow("ml", tags=["prod"])
    await make.deployment(flow_id=etl)
    for flow_id, states in ((etl, ["COMPLETED"] * 2), (ml, ["FAILED"]), (None, ["COMPLETED", "FAILED"])):
        flow_run_id = None if flow_id is None else await make.flow_run(flow_id=flow_id, state="COMPLETED")
        for state in states:
            await make.task_run(state=state, flow_run_id=flow_run_id)
    count, by_state = queries.task_run_count(filters_of(asked)), queries.task_run_counts_by_state(filters_of(asked))
    assert await db.read.scalar(count) == sum(counts.values())
    assert {row.value: row.total for row in await db.read.all(by_state)} == counts
    for statement in (count, by_state):
        assert not re.search("task_run(?!_tally)", await plan_of(db, statement))


async def test_a_key_that_proves_nothing_takes_a_join(db: Database, make: Make) -> None:
    """A flow run may bear the id of a deployment that is gone."""
    gone = "00000000-0000-4000-8000-000000000000"
    await make.task_run("a", flow_run_id=await make.flow_run(deployment_id=UUID(gone)))
    assert await task_runs(db, {"deployments": {"id": {"any_": [gone]}}}) == []
    assert await task_runs(db, {"flow_runs": {"deployment_id": {"any_": [gone]}}}) == ["a"]
