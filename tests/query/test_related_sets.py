"""Small sets of related rows are found first; whether they are found small or large changes no answer."""

from typing import Any

import pytest
import sqlalchemy as sa

from lictor.db.compiled_query import BoundQuery
from lictor.db.engine import Database
from lictor.query import related_sets
from lictor.query.criteria import Filter
from lictor.query.resource_query import ResourceQuery
from lictor.resources.deployments.filters import DeploymentFilter
from lictor.resources.deployments.queries import DEPLOYMENTS
from lictor.resources.deployments.schemas import DeploymentSort
from lictor.resources.flow_runs.filters import FlowRunFilter
from lictor.resources.flow_runs.queries import FLOW_RUNS
from lictor.resources.flow_runs.schemas import FlowRunSort
from lictor.resources.flows.filters import FlowFilter
from lictor.resources.flows.queries import FLOWS
from lictor.resources.flows.schemas import FlowSort
from lictor.resources.task_runs.filters import TaskRunFilter
from lictor.resources.task_runs.queries import TASK_RUNS, task_run_count, task_run_list
from lictor.resources.task_runs.schemas import TaskRunSort
from lictor.resources.work_pools.filters import WorkPoolFilter, WorkQueueFilter
from tests.make import Make

Body = dict[str, Any]

KINDS: dict[str, type[Filter]] = {
    "flows": FlowFilter,
    "flow_runs": FlowRunFilter,
    "task_runs": TaskRunFilter,
    "deployments": DeploymentFilter,
    "work_pools": WorkPoolFilter,
    "work_queues": WorkQueueFilter,
}
RESOURCES: list[tuple[ResourceQuery, Any]] = [
    (TASK_RUNS, list(TaskRunSort)),
    (FLOW_RUNS, list(FlowRunSort)),
    (DEPLOYMENTS, list(DeploymentSort)),
    (FLOWS, list(FlowSort)),
]
NOBODY: Body = {"deployments": {"tags": {"all_": ["of nobody"]}}}
BODIES: list[Body] = [
    NOBODY,
    {"flow_runs": {"name": {"like_": "of nobody"}}},
    {"task_runs": {"name": {"any_": ["of nobody", "nor this"]}}},
    {"deployments": {"tags": {"all_": ["even"]}}},
    {"deployments": {"tags": {"is_null_": True}}, "flow_runs": {"name": {"like_": "1"}}},
    {"flow_runs": {"tags": {"any_": ["even", "odd"]}}},
    {"flow_runs": {"state": {"type": {"any_": ["FAILED"]}}}, "task_runs": {"name": {"like_": "2"}}},
    {"flows": {"tags": {"all_": ["even"]}}, "deployments": {"name": {"like_": "d"}}},
    {"flows": {"name": {"like_": "1"}}, "task_runs": {"state": {"type": {"any_": ["FAILED"]}}}},
    {"flows": {"deployment": {"is_null_": False}}, "flow_runs": {}},
    {"task_runs": {"tags": {"all_": ["even"]}}},
    {"flow_runs": {"tags": {"all_": ["even"]}}, "deployments": {"name": {"like_": "d 3"}}},
    {"flow_runs": {"tags": {"all_": ["odd"]}}, "deployments": {"name": {"like_": "d"}}},
    {"task_runs": {"operator": "or_", "tags": {"all_": ["odd"]}, "name": {"like_": "4"}}},
    {"work_pools": {"type": {"any_": ["process"]}}, "task_runs": {}},
    {"work_queues": {"name": {"startswith_": ["q"]}}, "flow_runs": {"tags": {"all_": ["odd"]}}},
]


def filters(body: Body, resource: ResourceQuery) -> dict[str, Filter | None]:
    return {name: KINDS[name].model_validate(each) for name, each in body.items() if name in resource.filtered}


@pytest.fixture
async def history(make: Make) -> None:
    """Six flows, deployments and flow runs, twelve task runs; some belong to nothing."""
    pool = await make.work_pool("pool", type="process")
    queue = await make.work_queue("queue", work_pool_id=pool)
    for number in range(6):
        tags = ["even" if number % 2 == 0 else "odd"]
        flow = await make.flow(f"flow {number}", tags=tags)
        deployment = await make.deployment(f"d {number}", flow_id=flow, tags=tags) if number < 4 else None
        flow_run = await make.flow_run(
            *(f"run {number}", ("COMPLETED", "FAILED")[number % 2]),
            flow_id=flow,
            deployment_id=deployment,
            tags=tags,
            work_queue_id=queue if number % 3 == 0 else None,
        )
        await make.task_run(f"task {number}", "FAILED", flow_run_id=flow_run, tags=tags)
        await make.task_run(f"task {number + 1}", "COMPLETED", flow_run_id=None if number == 5 else flow_run)


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize(("few", "few_owners"), [(0, 10), (1, 0), (3, 10), (500, 0), (500, 10)])
async def test_answers_are_the_same_however_few_are_few(
    db: Database, monkeypatch: pytest.MonkeyPatch, few: int, few_owners: int
) -> None:
    monkeypatch.setattr(related_sets, "MAX_RELATED_IDS", few)
    monkeypatch.setattr(related_sets, "FEW_OWNERS", few_owners)
    for resource, sorts in RESOURCES:
        ids = sa.select(resource.table.c.id).select_from(resource.table)
        for number, body in enumerate(BODIES):
            asked = filters(body, resource)
            expected = {row[0] for row in await db.read.all(resource.matching(ids, asked))}
            sort = sorts[number % len(sorts)]
            assert await db.read.scalar(resource.count(asked)) == len(expected), (resource.name, body)
            in_order = await _in_order(db, resource, sort, expected)
            page = resource.page(ids, asked, sort, limit=200, offset=0)
            assert [row[0] for row in await db.read.all(page)] == in_order, (resource.name, body)
            assert [row[0] for row in await db.read.all(await _searched(db, page))] == in_order, (resource.name, body)


async def _in_order(db: Database, resource: ResourceQuery, sort: Any, ids: set[Any]) -> list[Any]:
    id = resource.table.c.id
    rows = sa.select(id).where(id.in_(ids)).order_by(*resource.orders[sort].clauses(id))
    return [row[0] for row in await db.read.all(rows)]


async def _searched(db: Database, page: BoundQuery) -> BoundQuery:
    """The page as a search finds it, once the related sets are known."""
    async with db.read.connection() as connection:
        resolved = await connection.resolved(page)
    assert isinstance(resolved, BoundQuery)
    assert resolved.other is not None
    return resolved.other()


async def strategy_of(db: Database, query: BoundQuery) -> str:
    """The strategy of what follows from the related sets."""
    async with db.read.connection() as connection:
        resolved = await connection.resolved(query)
    assert isinstance(resolved, BoundQuery)
    return resolved.plan().strategy


@pytest.mark.usefixtures("history")
async def test_what_no_related_row_meets_reads_no_task_runs(db: Database, statements: list[str]) -> None:
    count = task_run_count(filters(NOBODY, TASK_RUNS))
    assert await strategy_of(db, count) == "nothing"
    (related,) = statements
    assert "task_run" not in related
    assert await db.read.scalar(count) == 0


@pytest.mark.usefixtures("history")
async def test_the_farthest_set_is_found_first(db: Database, statements: list[str]) -> None:
    body = {"deployments": {"tags": {"all_": ["even"]}}, "flow_runs": {"name": {"like_": "run"}}}
    page = task_run_list(filters(body, TASK_RUNS), TaskRunSort.END_TIME_DESC).part(10, 0)
    assert await strategy_of(db, page) == "related_key"
    deployments, flow_runs = statements
    assert "flow_run" not in deployments
    assert "JOIN" not in flow_runs
    assert len(await db.read.all(page)) == 4


@pytest.mark.usefixtures("history")
async def test_the_rows_themselves_are_found_before_the_many_that_belong_to_them(
    db: Database, monkeypatch: pytest.MonkeyPatch, statements: list[str]
) -> None:
    body = {"flow_runs": {"name": {"any_": ["run 1", "run 2"]}}, "task_runs": {"name": {"like_": "task 2"}}}
    assert await db.read.scalar(FLOW_RUNS.count(filters(body, FLOW_RUNS))) == 2
    own, count = statements
    assert "task_run" not in own
    assert "EXISTS" in count
    statements.clear()
    monkeypatch.setattr(related_sets, "FEW_OWNERS", 1)
    assert await db.read.scalar(FLOW_RUNS.count(filters(body, FLOW_RUNS))) == 2
    _, owners, count = statements
    assert "task_run.flow_run_id" in owners
    assert "EXISTS" not in count
    statements.clear()
    none = {"flow_runs": {"name": {"any_": ["of nobody"]}}, "task_runs": {"name": {"like_": "task 2"}}}
    assert await db.read.scalar(FLOW_RUNS.count(filters(none, FLOW_RUNS))) == 0
    assert not any("task_run" in statement for statement in statements)


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize("body", [{"deployments": {}}, {"flows": {"name": {"any_": ["flow 1"]}}}, {"flow_runs": {}}])
async def test_what_is_known_anyway_is_not_asked_first(db: Database, statements: list[str], body: Body) -> None:
    await db.read.scalar(task_run_count(filters(body, TASK_RUNS)))
    assert len(statements) == 1
