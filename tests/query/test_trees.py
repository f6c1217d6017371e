"""Further filters within filters: `all_of`, `any_of` and `none_of`, to any depth that is allowed."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from lictor.db.engine import Database
from lictor.query.criteria import MAX_FILTER_DEPTH, MAX_FURTHER_FILTERS, Condition, Criterion, Filter
from lictor.query.operators import Pattern
from lictor.resources.deployments.filters import DeploymentFilter
from lictor.resources.flow_runs import queries as flow_run_queries
from lictor.resources.flow_runs.filters import FlowRunFilter
from lictor.resources.flow_runs.schemas import FlowRunSort
from lictor.resources.flows.filters import FlowFilter
from lictor.resources.states.schemas import StateType
from lictor.resources.task_runs.filters import TaskRunFilter
from lictor.resources.work_pools.filters import WorkPoolFilter, WorkQueueFilter
from lictor.validation.fields import DateTime
from tests.make import NOON, Make

Asked = dict[str, Any]

NOBODY = "00000000-0000-4000-8000-000000000000"
SOMEBODY = "00000000-0000-4000-8000-000000000001"
NAMES = ["a", "ab", "b"]
TYPES = ["COMPLETED", "FAILED", "RUNNING"]
MOMENTS = [NOON + timedelta(hours=hours) for hours in range(-1, 2)]
TAGS = ["x", "y"]
KEYS = ["k1", "k2"]


async def names(api: httpx.AsyncClient, route: str = "/task_runs", **asked: Any) -> list[str]:
    reply = await api.post(f"{route}/filter", json={"sort": "NAME_ASC", **asked})
    assert reply.status_code == 200, reply.text
    found = [row["name"] for row in reply.json()]
    assert (await api.post(f"{route}/count", json=asked)).json() == len(found)
    return found


@pytest.fixture
async def abc(make: Make) -> None:
    """Task runs `a` (failed), `b` (tag t) and `c` (failed, tag t, started); `a` and `b` have never started."""
    await make.task_run("a", "FAILED")
    await make.task_run("b", tags=["t"])
    await make.task_run("c", "FAILED", tags=["t"], start_time=NOON)


FAILED = {"state": {"type": {"any_": ["FAILED"]}}}
TAGGED = {"tags": {"all_": ["t"]}}
STARTED = {"start_time": {"after_": NOON.isoformat()}}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        pytest.param({"all_of": [FAILED, TAGGED]}, "c", id="all_of"),
        pytest.param({"any_of": [FAILED, TAGGED]}, "abc", id="any_of"),
        pytest.param({"none_of": [FAILED, STARTED]}, "b", id="none_of"),
        pytest.param({"none_of": [STARTED]}, "ab", id="what is null does not match, so none_of finds it"),
        pytest.param({"none_of": [{"none_of": [STARTED]}]}, "c", id="none of none"),
        pytest.param({"all_of": [], "any_of": [], "none_of": []}, "abc", id="empty lists ask nothing"),
        pytest.param({"operator": "or_", "any_of": [], **STARTED}, "c", id="empty lists ask nothing under or_"),
        pytest.param({"any_of": [{}]}, "abc", id="an empty filter matches all"),
        pytest.param({"none_of": [{}]}, "", id="so none of it finds nothing"),
        pytest.param({**TAGGED, "none_of": [FAILED]}, "b", id="beside criteria"),
        pytest.param({"operator": "or_", **STARTED, "none_of": [TAGGED]}, "ac", id="joined by the operator"),
        pytest.param({"any_of": [{"operator": "or_", **FAILED, **TAGGED}]}, "abc", id="each has its own operator"),
        pytest.param({"any_of": [{"all_of": [FAILED, TAGGED]}, {"none_of": [FAILED]}]}, "bc", id="nested"),
        pytest.param({"name": {"any_": ["a"]}, "any_of": None}, "a", id="null asks nothing"),
    ],
)
async def test_lists_of_further_filters(api: httpx.AsyncClient, abc: None, asked: Asked, found: str) -> None:
    assert await names(api, task_runs=asked) == list(found)


async def test_of_other_families(api: httpx.AsyncClient, make: Make) -> None:
    etl, ml = await make.flows("etl", "ml")
    of_etl = await make.flow_run("of-etl", flow_id=etl)
    of_ml = await make.flow_run("of-ml", flow_id=ml)
    await make.task_run("a", "FAILED", flow_run_id=of_etl)
    await make.task_run("b", flow_run_id=of_ml)
    assert await names(api, flows={"any_of": [{"name": {"any_": ["etl"]}}, {"name": {"any_": ["dw"]}}]}) == ["a"]
    assert await names(api, flow_runs={"none_of": [{"id": {"any_": [str(of_etl)]}}]}) == ["b"]
    both = {"id": {"any_": [str(of_etl), str(of_ml)]}}
    assert await names(api, flow_runs=both) == ["a", "b"]
    assert await names(api, flow_runs={**both, "none_of": [{"flow_version": {"any_": ["1"]}}]}) == ["a", "b"]
    assert await names(api, flow_runs={**both, "none_of": [{"name": {"any_": ["of-ml"]}}]}) == ["a"]
    assert await names(api, "/flow_runs", task_runs={"none_of": [FAILED]}) == ["of-ml"]
    assert await names(api, "/flows", task_runs={"none_of": [FAILED]}) == ["ml"]
    assert await names(api, "/deployments", deployments={"any_of": [{"concurrency_limit": {}}]}) == []


def nested(depth: int) -> Asked:
    asked: Asked = {"name": {"any_": ["a"]}}
    for _ in range(depth):
        asked = {"any_of": [asked]}
    return asked


async def test_depth_is_bounded(api: httpx.AsyncClient, abc: None) -> None:
    assert await names(api, task_runs=nested(MAX_FILTER_DEPTH)) == ["a"]
    reply = await api.post("/task_runs/filter", json={"task_runs": nested(MAX_FILTER_DEPTH + 1)})
    assert reply.status_code == 422
    [problem] = reply.json()["exception_detail"]
    assert problem["loc"] == ["body", "task_runs", *["any_of", 0] * MAX_FILTER_DEPTH, "any_of"]
    assert f"at most {MAX_FILTER_DEPTH} levels deep" in problem["msg"]
    assert (await api.post("/task_runs/filter", json={"task_runs": nested(400)})).status_code in {400, 422}


async def test_size_is_bounded(api: httpx.AsyncClient) -> None:
    for asked, where in (
        ({"any_of": [{"any_of": [{}] * MAX_FURTHER_FILTERS}]}, ["any_of", 0, "any_of"]),
        ({"any_of": [{}] * 100_000}, ["any_of"]),
        ({"none_of": [{"any_of": [{}] * 30}, {"all_of": [{}] * 30}]}, ["none_of", 1, "all_of"]),
    ):
        reply = await api.post("/task_runs/count", json={"task_runs": asked})
        assert reply.status_code == 422
        [problem] = reply.json()["exception_detail"]
        assert problem["loc"] == ["body", "task_runs", *where]
        assert f"at most {MAX_FURTHER_FILTERS} further filters" in problem["msg"]


def full(family: type[Filter]) -> Asked:
    """A filter that asks with every word there is."""

    def value(condition: Condition) -> Any:
        kind = condition.value
        if kind is bool:
            return True
        if kind == list[UUID]:
            return [NOBODY, SOMEBODY]
        if kind == list[StateType]:
            return TYPES
        if kind is int:
            return 1
        return NOON.isoformat() if kind is DateTime else "text" if kind is Pattern else ["one", "other"]

    def asked(criterion: Criterion) -> Asked:
        words = {word: value(condition) for word, condition in criterion.conditions.items()}
        return words | {key: asked(member) for key, member in criterion.group.items()}

    return {key: asked(criterion) for key, criterion in family.criteria.items()}


async def test_the_largest_trees_are_answered(api: httpx.AsyncClient) -> None:
    families = {
        "flows": FlowFilter,
        "flow_runs": FlowRunFilter,
        "task_runs": TaskRunFilter,
        "deployments": DeploymentFilter,
        "work_pools": WorkPoolFilter,
        "work_pool_queues": WorkQueueFilter,
    }
    lists = ("all_of", "any_of", "none_of")
    filters = {name: full(family) for name, family in families.items()}
    flat = {name: asked | {word: [asked] * MAX_FURTHER_FILTERS for word in lists} for name, asked in filters.items()}
    assert (await api.post("/flow_runs/count", json=flat)).json() == 0
    for pattern in (
        [("and_", "all_of")],
        [("or_", "any_of"), ("and_", "all_of")],
        [("and_", "any_of"), ("or_", "all_of")],
        [("and_", "none_of")],
    ):
        deep = {name: filters[name] for name in ("flow_runs", "task_runs")}
        for level in range(MAX_FILTER_DEPTH):
            operator, word = pattern[level % len(pattern)]
            deep = {
                name: {**filters[name], "operator": operator, word: [asked, *[filters[name]] * 3]}
                for name, asked in deep.items()
            }
        assert (await api.post("/flow_runs/count", json=deep)).json() == 0, pattern


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        ({"any_of": {}}, ["any_of"]),
        ({"any_of": [5]}, ["any_of", 0]),
        ({"any_of": [{}, {"flow_id": {}}]}, ["any_of", 1, "flow_id"]),
        ({"none_of": [{"all_of": [{"id": {"any_": ["x"]}}]}]}, ["none_of", 0, "all_of", 0, "id", "any_", 0]),
    ],
    ids=str,
)
async def test_what_is_wrong_is_named(api: httpx.AsyncClient, asked: Asked, where: list[Any]) -> None:
    reply = await api.post("/task_runs/filter", json={"task_runs": asked})
    assert reply.status_code == 422
    assert reply.json()["exception_detail"][0]["loc"] == ["body", "task_runs", *where]


# Trees at random: what the database finds is what this page's own reading of the same tree finds.


CONDITIONS: dict[str, Callable[[Any, Any], bool]] = {
    # What is null is neither like a value nor unlike it.
    "any_": lambda value, asked: value is not None and value in asked,
    "not_any_": lambda value, asked: not asked or (value is not None and value not in asked),
    "like_": lambda value, asked: asked in value,
    "before_": lambda value, asked: value is not None and value <= asked,
    "after_": lambda value, asked: value is not None and value >= asked,
    "is_null_": lambda value, asked: (not value) is asked,
    "all_": lambda value, asked: set(asked) <= set(value),
}


def subset(rng: random.Random, values: list[Any]) -> list[Any]:
    return rng.sample(values, rng.randrange(len(values) + 1))


CRITERIA: dict[str, Callable[[random.Random], Asked]] = {
    "name": lambda rng: rng.choice([{"any_": subset(rng, NAMES)}, {"like_": rng.choice(NAMES)}, {}]),
    "idempotency_key": lambda rng: {rng.choice(["any_", "not_any_"]): subset(rng, KEYS)},
    "end_time": lambda rng: rng.choice(
        [{rng.choice(["before_", "after_"]): rng.choice(MOMENTS)}, {"is_null_": rng.random() < 0.5}]
    ),
    "tags": lambda rng: {
        "operator": rng.choice(["and_", "or_"]),
        "all_": rng.choice([["x"], ["y"], TAGS]),
        "is_null_": rng.random() < 0.5,
    },
    "flow_version": lambda rng: {"any_": subset(rng, ["1", "2"])},
}


def tree(rng: random.Random, depth: int) -> Asked:
    asked: Asked = {"operator": rng.choice(["and_", "or_"])} if rng.random() < 0.7 else {}
    for name in rng.sample(sorted(CRITERIA), rng.randrange(3)):
        asked[name] = CRITERIA[name](rng)
    for word in ("all_of", "any_of", "none_of"):
        if depth and rng.random() < 0.5:
            asked[word] = [tree(rng, depth - 1) for _ in range(rng.randrange(4 if depth > 1 else 3))]
    return asked


def matches(row: Asked, asked: Asked) -> bool:
    """Whether the row matches the tree, without SQL."""
    joined = {"and_": all, "or_": any}
    holds = []
    for name in CRITERIA.keys() & asked.keys():
        words = dict(asked[name])
        operator = words.pop("operator", "and_")
        answers = [CONDITIONS[word](row[name], value) for word, value in words.items()]
        holds.append(joined[operator](answers) if answers else True)
    if further := asked.get("all_of"):
        holds.append(all(matches(row, one) for one in further))
    if further := asked.get("any_of"):
        holds.append(any(matches(row, one) for one in further))
    if further := asked.get("none_of"):
        holds.append(not any(matches(row, one) for one in further))
    return joined[asked.get("operator", "and_")](holds) if holds else True


async def test_random_trees_find_what_they_say(db: Database, make: Make) -> None:
    rng = random.Random(20)
    flow_id = await make.flow()
    rows: dict[Any, Asked] = {}
    for number in range(60):
        row = {
            "name": rng.choice(NAMES),
            "idempotency_key": f"k{number}" if rng.random() < 0.4 else None,
            "end_time": rng.choice([None, *MOMENTS]),
            "tags": subset(rng, TAGS),
            "flow_version": rng.choice([None, "1", "2"]),
        }
        rows[str(await make.flow_run(flow_id=flow_id, **row))] = row
    some = 0
    for number in range(300):
        asked = tree(rng, 1 + number % 3)
        filters = {"flow_runs": FlowRunFilter.model_validate(asked)}
        page = flow_run_queries.flow_run_page(filters, FlowRunSort.ID_DESC, limit=200, offset=0)
        found = {row["id"] for row in await db.read.objects(flow_run_queries.FLOW_RUN, page)}
        assert found == {id for id, row in rows.items() if matches(row, asked)}, asked
        some += 0 < len(found) < len(rows)
    assert some > 100, "most trees should find some rows, and not all"
