"""Which way a page or a count is made, and that each way finds the same rows as the others would."""

from typing import Any

import httpx
import pytest

from lictor.db.compiled_query import BoundQuery
from lictor.query.count_strategies import COUNT_STRATEGIES
from lictor.query.criteria import Filter
from lictor.query.page_strategies import PAGE_STRATEGIES
from lictor.resources.flow_runs.filters import FlowRunFilter
from lictor.resources.flows.filters import FlowFilter
from lictor.resources.task_runs.filters import TaskRunFilter
from lictor.resources.task_runs.queries import task_run_count, task_run_counts_by_state, task_run_list
from lictor.resources.task_runs.schemas import TaskRunSort
from tests.make import Make

KINDS: dict[str, type[Filter]] = {"flows": FlowFilter, "flow_runs": FlowRunFilter, "task_runs": TaskRunFilter}
Body = dict[str, Any]

NONE_IN_TIME = {"start_time": {"after_": "2026-01-02T00:00:00Z", "before_": "2026-01-01T00:00:00Z"}}
CONTRADICTIONS: list[Body] = [
    {"task_runs": {"name": {"any_": []}}},
    {"task_runs": NONE_IN_TIME},
    {"task_runs": {"start_time": {"is_null_": True, "before_": "2026-01-01T00:00:00Z"}}},
    {"task_runs": {"operator": "or_", "state": {"type": {"any_": []}}}},
    {"task_runs": {"all_of": [{"all_of": [NONE_IN_TIME]}]}},
    {"task_runs": {"tags": {"all_": ["a"]}}, "flow_runs": {"id": {"any_": []}}},
]
NO_CONTRADICTIONS: list[Body] = [
    {"task_runs": {"operator": "or_", "state": {"type": {"any_": []}}, "name": {"like_": "a"}}},
    {"task_runs": {"operator": "or_", "any_of": [NONE_IN_TIME, {}]}},
    {"task_runs": {"none_of": [NONE_IN_TIME]}},
    {"task_runs": {"state": {"operator": "or_", "type": {"any_": []}, "name": {"any_": ["Completed"]}}}},
    {"task_runs": {"flow_run_id": {"any_": [], "is_null_": True}}},
]
PAGES: dict[str, list[tuple[Body, str, int]]] = {
    "first_of_all": [({}, "NAME_ASC", 0)],
    "nothing": [(body, "ID_DESC", 0) for body in CONTRADICTIONS],
    "referring_keys": [({"task_runs": {"subflow_runs": {"exists_": True}}}, "ID_DESC", 0)],
    "distinct_values": [({"task_runs": {"name": {"like_": "a"}}}, "ID_DESC", 0)],
    "search_index": [({"task_runs": {"name": {"like_": "a"}, "tags": {"all_": ["x"]}}}, "ID_DESC", 0)],
    "merged": [
        ({}, "DURATION_DESC", 0),
        ({"task_runs": {"tags": {"all_": ["x"]}}, "flows": {}}, "DURATION_ASC", 1_000),
    ],
    "direct": [({"task_runs": {"start_time": {"is_null_": False}}}, "NAME_ASC", 0)],
    "own_ids_first": [({"task_runs": {"tags": {"all_": ["x"]}}}, "NAME_ASC", 0)],
    "ids_first": [({"task_runs": {"start_time": {"is_null_": False}}}, "NAME_ASC", 1_000)],
    "ordered_relation": [({"flows": {"name": {"any_": ["a"]}}, "flow_runs": {"tags": {"all_": ["x"]}}}, "ID_DESC", 0)],
}
COUNTS: dict[str, list[Body]] = {
    "nothing": CONTRADICTIONS,
    "counters": [
        {},
        {"task_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}},
        {"flows": {}, "flow_runs": {}, "task_runs": {}},
        {"flow_runs": {"operator": "or_"}},
        {"flows": {"name": {"like_": "a"}}},
    ],
    "rows": [{"task_runs": {"name": {"any_": ["a"]}}}, {"flow_runs": {"name": {"any_": ["a"]}}}],
}


def filters(body: Body) -> dict[str, Filter | None]:
    return {name: KINDS[name].model_validate(each) for name, each in body.items()}


def page(body: Body, sort: str, offset: int) -> BoundQuery:
    return task_run_list(filters(body), TaskRunSort(sort)).part(10, offset)


BY_RELATED_SETS = {"related_key"}  # see test_related_sets.py


@pytest.mark.parametrize(
    "strategy",
    [each for each in PAGE_STRATEGIES if each.name not in BY_RELATED_SETS],
    ids=lambda strategy: strategy.name,
)
def test_page_strategies(strategy: Any) -> None:
    assert strategy.reason.strip()
    for asked in PAGES[strategy.name]:
        assert page(*asked).plan().strategy == strategy.name, asked


@pytest.mark.parametrize("strategy", COUNT_STRATEGIES, ids=lambda strategy: strategy.name)
def test_count_strategies(strategy: Any) -> None:
    assert strategy.reason.strip()
    for body in COUNTS[strategy.name]:
        for count in (task_run_count, task_run_counts_by_state):
            assert count(filters(body)).plan().strategy == strategy.name, body


@pytest.mark.parametrize("body", NO_CONTRADICTIONS)
def test_what_some_row_may_meet_is_no_contradiction(body: Body) -> None:
    assert page(body, "ID_DESC", 0).plan().strategy != "nothing"


@pytest.fixture
async def runs(make: Make) -> None:
    flow_run = await make.flow_run(flow_id=await make.flow("a"))
    await make.task_run("a", "COMPLETED", flow_run_id=flow_run, start_time=None)
    await make.task_run("b", "FAILED", flow_run_id=flow_run)
    await make.task_run("c", "COMPLETED")


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize("body", CONTRADICTIONS)
async def test_contradictions_match_nothing(api: httpx.AsyncClient, body: Body) -> None:
    assert (await api.post("/task_runs/filter", json=body)).json() == []
    assert (await api.post("/task_runs/count", json=body)).json() == 0
    assert set((await api.post("/ui/task_runs/count", json=body)).json().values()) == {0}


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(
    ("body", "count"),
    [
        ({"flow_runs": {}}, 2),
        ({"flows": {}, "flow_runs": {}, "task_runs": {}}, 2),
        ({"flow_runs": {}, "task_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}}, 1),
        ({"task_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}}, 2),
    ],
)
async def test_counters_and_rows_agree(api: httpx.AsyncClient, body: Body, count: int) -> None:
    assert (await api.post("/task_runs/count", json=body)).json() == count
    # That no name is this one has to be asked of the rows.
    by_rows = {**body, "task_runs": {**body.get("task_runs", {}), "none_of": [{"name": {"any_": ["none"]}}]}}
    assert (await api.post("/task_runs/count", json=by_rows)).json() == count
