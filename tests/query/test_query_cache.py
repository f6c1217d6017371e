"""A query that is compiled once for all filters of one key is the one that each filter by itself would have."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, get_args
from uuid import UUID

import pytest
from sqlalchemy.dialects import postgresql, sqlite

from lictor.db.compiled_query import MAX_CACHED_QUERIES, BoundQuery, DriverCall, QueryCompiler
from lictor.query.criteria import Condition, Criterion, Filter
from lictor.query.filter_key import keys_of
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
from lictor.resources.logs.filters import LogFilter
from lictor.resources.states.schemas import StateType
from lictor.resources.task_runs.filters import TaskRunFilter
from lictor.resources.task_runs.queries import task_run_count, task_run_counts_by_state, task_run_list
from lictor.resources.task_runs.schemas import TaskRunSort
from lictor.resources.work_pools.filters import WorkPoolFilter, WorkQueueFilter
from lictor.validation.fields import DateTime

RequestModel = dict[str, Any]
Filters = dict[str, Filter | None]

RUNS = {"flows": FlowFilter, "flow_runs": FlowRunFilter, "task_runs": TaskRunFilter, "deployments": DeploymentFilter}
FAMILIES: dict[str, type[Filter]] = {
    **RUNS,
    "work_pools": WorkPoolFilter,
    "work_queues": WorkQueueFilter,
    "artifacts": ArtifactFilter,
    "logs": LogFilter,
}
DIALECTS = (postgresql.asyncpg.dialect(), sqlite.aiosqlite.dialect())


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

    def value(self, kind: Any, *, late: bool = False) -> Any:
        """A value; a late one is past all that are not."""
        text = f"{self.values.choice('abc')}{self.values.randrange(1000)}"
        if kind == list[UUID]:
            return [str(UUID(int=self.values.getrandbits(128))) for _ in range(self.how_many())]
        if kind == list[StateType]:
            return self.values.sample(list(StateType), self.how_many())
        if kind in (list[str], list[Pattern]):
            return [f"{text}{n}" for n in range(self.how_many())]
        if kind == DateTime:
            return datetime.fromtimestamp(self.values.randrange(10**9) + late * 10**9, UTC).isoformat()
        if kind is bool:
            return self.form.random() < 0.5
        if int in (kind, *get_args(kind)):
            return self.values.randrange(1000) + late * 1000
        if kind == Pattern:  # with a trigram, too short for one, or empty
            return self.form.choice([f"{text}-etl"] * 3 + [text[:2]] * 2 + [""])
        return text

    def criterion(self, criterion: Criterion) -> RequestModel:
        asked: RequestModel = {"operator": self.form.choice(["and_", "or_"])} if criterion.combinable else {}
        for word, condition in criterion.conditions.items():
            if condition.required or self.form.random() < 0.6:
                asked[word] = self.value(condition.value, late=word in ("before_", "le_"))
        for key, member in criterion.group.items():
            if self.form.random() < 0.6:
                asked[key] = self.criterion(member)
        return asked

    def filter(self, kind: type[Filter], depth: int = 0) -> RequestModel:
        asked: RequestModel = {"operator": self.form.choice(["and_", "or_"])}
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


Compilers = list[QueryCompiler]


@pytest.fixture
def compilers() -> Compilers:
    """One for each database, which have met no query yet."""
    return new_compilers()


def new_compilers() -> Compilers:
    return [QueryCompiler(dialect) for dialect in DIALECTS]


def calls(query: BoundQuery, compilers: Compilers) -> list[DriverCall]:
    return [compiler.call(query) for compiler in compilers]


def sent(calls: list[DriverCall]) -> list[tuple[str, list[Any]]]:
    return [(call.sql, list(call.values)) for call in calls]


@route_cases
def test_random_filters_of_one_key(route: Route) -> None:
    for number in range(40):
        one, other = (route.ask(Draw(number, values).filters(route.families)) for values in (1, 2))
        assert one.key == other.key
        compilers = new_compilers()
        first = sent(calls(one, compilers))
        assert sent(calls(other, compilers)) == sent(calls(other, new_compilers())), number
        assert sent(calls(one, compilers)) == first, number
        assert [compiler.cached for compiler in compilers] == [1, 1]


def words(kind: type[Filter]) -> Iterator[tuple[str, str, Condition]]:
    for name, criterion in kind.criteria.items():
        for word, condition in {} if criterion.ignored else criterion.conditions.items():
            yield name, word, condition


@pytest.mark.parametrize("size", [1, 2], ids=["one value", "two values"])
@pytest.mark.parametrize("family", [*RUNS, "logs"])
def test_each_operator_has_one_key_for_all_values(family: str, size: int) -> None:
    for name, word, condition in words(FAMILIES[family]):
        given = (True if condition.value is bool else Draw(2, seed, size).value(condition.value) for seed in (1, 2, 3))
        filters = [{family: FAMILIES[family].model_validate({name: {word: value}})} for value in given]
        assert len({str(keys_of(each)[0]) for each in filters}) == 1, (name, word)


def test_what_sql_depends_on_is_not_taken_for_another() -> None:
    def sql(**criteria: Any) -> list[str]:
        query = task_run_count({"task_runs": TaskRunFilter.model_validate(criteria)})
        return [call.sql for call in calls(query, new_compilers())]

    one, many, none = (sql(name={"any_": names}) for names in (["a"], ["a", "b"], []))
    assert one != many
    assert none not in (one, many)
    assert sql(name={"like_": "a"}) != sql(name={"like_": ""})
    assert sql(start_time={"is_null_": True}) != sql(start_time={"is_null_": False})
    assert sql(tags={"all_": ["a"], "is_null_": True}) != sql(tags={"operator": "or_", "all_": ["a"], "is_null_": True})


def test_values_are_no_part_of_the_sql() -> None:
    filters = {"task_runs": TaskRunFilter.model_validate({"name": {"any_": ["strange"], "like_": "odd"}})}
    for call in calls(task_run_list(filters, TaskRunSort.NAME_ASC).part(123_456, 7), new_compilers()):
        assert not any(value in call.sql for value in ("strange", "odd", "123456", "123_456"))
        assert {"strange", "%odd%", 123_456, 7} <= set(call.values)


def test_no_more_is_cached_than_was_agreed() -> None:
    compiler = QueryCompiler(DIALECTS[1])
    for number in range(2 * MAX_CACHED_QUERIES):
        further = [{}] * (number % 50) + [{"name": {"like_": "a"}}]
        tree = {"operator": "or_", "any_of": further[:50], "all_of": [{}] * (number // 50)}
        compiler.call(task_run_count({"task_runs": TaskRunFilter.model_validate(tree)}))
    assert MAX_CACHED_QUERIES / 2 < compiler.cached <= 1.5 * MAX_CACHED_QUERIES


def test_a_resource_that_cannot_be_reached_is_refused() -> None:
    with pytest.raises(ValueError, match="artifacts cannot be reached from task_runs"):
        task_run_count({"artifacts": ArtifactFilter()})
