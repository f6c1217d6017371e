"""Statements made once for all filters of one form are those that each filter by itself would be told in."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, get_args
from uuid import UUID

import pytest
from sqlalchemy.dialects import postgresql, sqlite

from lictor.db.compiled_query import BoundQuery, DriverCall, QueryCompiler
from lictor.query import reuse
from lictor.query.criteria import Condition, Criterion, Filter
from lictor.query.operators import Pattern
from lictor.resources.artifacts.filters import ArtifactFilter
from lictor.resources.artifacts.queries import artifact_count, artifact_list
from lictor.resources.artifacts.schemas import ArtifactSort
from lictor.resources.deployments.filters import DeploymentFilter
from lictor.resources.deployments.queries import deployment_count, deployment_list
from lictor.resources.deployments.schemas import DeploymentSort
from lictor.resources.flow_runs.filters import FlowRunFilter
from lictor.resources.flow_runs.queries import flow_run_count, flow_run_list
from lictor.resources.flow_runs.schemas import FlowRunSort
from lictor.resources.flows.filters import FlowFilter
from lictor.resources.flows.queries import flow_count, flow_list
from lictor.resources.flows.schemas import FlowSort
from lictor.resources.states.schemas import StateType
from lictor.resources.task_runs.filters import TaskRunFilter
from lictor.resources.task_runs.queries import task_run_count, task_run_counts_by_state, task_run_list
from lictor.resources.task_runs.schemas import TaskRunSort
from lictor.resources.work_pools.filters import WorkPoolFilter, WorkQueueFilter
from lictor.validation.fields import DateTime

Asked = dict[str, Any]
Filters = dict[str, Filter | None]

RUNS = {"flows": FlowFilter, "flow_runs": FlowRunFilter, "task_runs": TaskRunFilter, "deployments": DeploymentFilter}
FAMILIES: dict[str, type[Filter]] = {
    **RUNS,
    "work_pools": WorkPoolFilter,
    "work_queues": WorkQueueFilter,
    "artifacts": ArtifactFilter,
}
COMPILERS = [QueryCompiler(postgresql.asyncpg.dialect()), QueryCompiler(sqlite.aiosqlite.dialect())]


@dataclass(frozen=True)
class Route:
    """What a request asks of the database, by its filters."""

    name: str
    ask: Callable[[Filters], BoundQuery]
    families: tuple[str, ...] = tuple(RUNS)


ROUTES = [
    Route("flows", lambda f: flow_list(f, FlowSort.NAME_ASC).part(20, 5)),
    Route("count of flows", flow_count),
    Route("flow runs", lambda f: flow_run_list(f, FlowRunSort.START_TIME_DESC).part(20, 5), (*RUNS, "work_pools")),
    Route("count of flow runs", flow_run_count, (*RUNS, "work_queues")),
    Route("task runs", lambda f: task_run_list(f, TaskRunSort.ID_DESC).part(20, 5)),
    Route("task runs further on", lambda f: task_run_list(f, TaskRunSort.NAME_ASC).part(20, 5_000)),
    Route("count of task runs", task_run_count),
    Route("task runs by state", task_run_counts_by_state),
    Route("deployments", lambda f: deployment_list(f, DeploymentSort.NAME_ASC).part(20, 5)),
    Route("count of deployments", deployment_count),
    Route("artifacts", lambda f: artifact_list(f, ArtifactSort.ID_DESC).part(20, 5), ("artifacts", *RUNS)),
    Route("count of artifacts", artifact_count, ("artifacts", *RUNS)),
]
route_cases = pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)


class Draw:
    """Filters at random: of the same form for the same `form`, with other values for other `values`."""

    def __init__(self, form: int, values: int, size: int | None = None) -> None:
        self.form = random.Random(form)
        self.values = random.Random(values)
        self.size = size

    def how_many(self) -> int:
        return self.form.randrange(4) if self.size is None else self.size

    def value(self, kind: Any) -> Any:
        text = f"{self.values.choice('abc')}{self.values.randrange(1000)}"
        if kind == list[UUID]:
            return [str(UUID(int=self.values.getrandbits(128))) for _ in range(self.how_many())]
        if kind == list[StateType]:
            return self.values.sample(list(StateType), self.how_many())
        if kind in (list[str], list[Pattern]):
            return [f"{text}{n}" for n in range(self.how_many())]
        if kind == DateTime:
            return datetime.fromtimestamp(self.values.randrange(10**9), UTC).isoformat()
        if kind is bool:
            return self.form.random() < 0.5
        if int in (kind, *get_args(kind)):
            return self.values.randrange(1000)
        if kind == Pattern:
            return text if self.form.random() < 0.8 else ""
        return text

    def criterion(self, criterion: Criterion) -> Asked:
        asked: Asked = {"operator": self.form.choice(["and_", "or_"])} if criterion.combinable else {}
        for word, condition in criterion.conditions.items():
            if condition.required or self.form.random() < 0.6:
                asked[word] = self.value(condition.value)
        for key, member in criterion.group.items():
            if self.form.random() < 0.6:
                asked[key] = self.criterion(member)
        return asked

    def filter(self, kind: type[Filter], depth: int = 0) -> Asked:
        asked: Asked = {"operator": self.form.choice(["and_", "or_"])}
        asked |= {
            name: self.criterion(kind.criteria[name])
            for name in self.form.sample(sorted(kind.criteria), min(len(kind.criteria), self.form.randrange(4)))
        }
        for word in ("all_of", "any_of", "none_of"):
            if depth and self.form.random() < 0.4:
                asked[word] = [self.filter(kind, depth - 1) for _ in range(self.form.randrange(3))]
        return asked

    def filters(self, families: tuple[str, ...]) -> Filters:
        return {
            family: FAMILIES[family].model_validate(self.filter(FAMILIES[family], 2))
            if self.form.random() < 0.5
            else None
            for family in families
        }


def told(filled: BoundQuery) -> list[DriverCall]:
    return [forms.ready(filled) for forms in COMPILERS]


def same(one: list[DriverCall], other: list[DriverCall]) -> bool:
    return [(each.sql, list(each.values)) for each in one] == [(each.sql, list(each.values)) for each in other]


def kept() -> int:
    return len(reuse._made)


@pytest.fixture(autouse=True)
def _nothing_made_yet() -> None:
    reuse._made.clear()


@route_cases
def test_random_filters(route: Route) -> None:
    for number in range(40):
        one, other = (Draw(number, values).filters(route.families) for values in (1, 2))
        reuse._made.clear()
        first = told(route.ask(one))
        second = told(route.ask(other))
        # ... and what was asked first leaves nothing behind in either direction.
        assert same(first, told(route.ask(one))), one
        reuse._made.clear()
        assert same(second, told(route.ask(other))), other


def words(kind: type[Filter]) -> Iterator[tuple[str, str, Condition]]:
    for name, criterion in kind.criteria.items():
        for word, condition in {} if criterion.ignored else criterion.conditions.items():
            yield name, word, condition


@pytest.mark.parametrize("size", [1, 2], ids=["one value", "two values"])
@pytest.mark.parametrize("family", RUNS)
def test_each_word_of_the_language_is_reused(family: str, size: int) -> None:
    tried = 0
    for name, word, condition in words(RUNS[family]):
        if condition.values is None and condition.value is not bool:
            continue
        reuse._made.clear()
        for seed in (1, 2, 3):
            given = True if condition.value is bool else Draw(2, seed, size).value(condition.value)
            told(task_run_count({family: RUNS[family].model_validate({name: {word: given}})}))
            assert kept() == 1, (name, word)
        assert next(iter(reuse._made.values())) is not None, f"{name}.{word} is made anew each time"
        tried += 1
    assert tried > 3


def test_what_sql_depends_on_is_not_taken_for_another() -> None:
    def sql(**asked: Any) -> list[str]:
        return [each.sql for each in told(task_run_count({"task_runs": TaskRunFilter.model_validate(asked)}))]

    one, many, none = (sql(name={"any_": names}) for names in (["a"], ["a", "b"], []))
    assert one != many
    assert many == none
    assert sql(name={"like_": "a"}) != sql(name={"like_": ""})
    assert sql(start_time={"is_null_": True}) != sql(start_time={"is_null_": False})
    assert sql(tags={"all_": ["a"], "is_null_": True}) != sql(tags={"operator": "or_", "all_": ["a"], "is_null_": True})


def test_no_more_is_kept_than_was_agreed() -> None:
    for number in range(2 * reuse.MAX_CACHED_STATEMENTS):
        offset = 1_000 if number % 2 else 1
        further = [{}] * (number % 50) + [{"name": {"like_": "a"}}]
        asked = TaskRunFilter.model_validate(
            {"operator": "or_", "any_of": further[:50], "tags": {"all_": ["x"] * (number // 100)}}
        )
        told(task_run_list({"task_runs": asked}, list(TaskRunSort)[number % 7]).part(1, offset))
    assert reuse.MAX_CACHED_STATEMENTS / 2 < kept() <= 1.5 * reuse.MAX_CACHED_STATEMENTS
