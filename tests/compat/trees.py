"""Questions about rows: each criterion alone, and random trees over all families."""

import copy
import itertools
import random
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from .asking import Question
from .rows import STATE_TYPES, Rows, Witness, ask_for, near
from .vocabulary import Criterion, Route, Vocabulary, kind

Json = Any

OWN_FAMILY = {
    "flows": "FlowFilter",
    "flow_runs": "FlowRunFilter",
    "task_runs": "TaskRunFilter",
    "deployments": "DeploymentFilter",
    "logs": "LogFilter",
    "variables": "VariableFilter",
    "artifacts": "ArtifactFilter",
    "artifacts/latest": "ArtifactCollectionFilter",
}
HISTORY = {
    "history_start": "2024-02-28T00:00:00Z",
    "history_end": "2024-04-01T00:00:00Z",
    "history_interval_seconds": 86400,
}
DASHBOARD = {"start_time": {"after_": HISTORY["history_start"], "before_": HISTORY["history_end"]}}


def each_alone(vocabulary: Vocabulary, rows: Rows, rng: random.Random) -> Iterator[Question]:
    """Each operator of each criterion of each family, with all sorts of values, on each route that takes the family."""
    for route in vocabulary.routes.values():
        for key, family in route.families.items():
            own = OWN_FAMILY[route.resource] == family
            if broken(route, key):
                continue
            # On the family's own list every value; elsewhere enough to see that the route passes the filter on.
            count = None if own and route.verb == "filter" else 4 if own else 2
            for criterion in vocabulary.criteria(family):
                for asked in itertools.islice(variants(rows, family, criterion, rng), count):
                    # Long pages take Prefect long; whether all rows are found the counts tell.
                    page = {"limit": 60} if route.verb == "filter" else {}
                    yield question(route, {key: criterion.asking(**asked), **page})


def variants(rows: Rows, family: str, criterion: Criterion, rng: random.Random) -> Iterator[Json]:
    """Values for each operator alone, and all operators together."""
    operators = list(criterion.operators)
    rng.shuffle(operators)
    for operator in operators:
        for value in operator_values(rows, family, criterion, operator, rng):
            yield {operator: value}
    yield {}
    for combined in ("and_", "or_") if criterion.combinable else ():
        yield {"operator": combined}
    for _ in range(3):
        row = rng.choice(rows.by_family[family])
        asked = {
            operator: ask_for(rows, family, criterion, operator, rng, row)
            for operator in compatible(criterion, operators)
        }
        yield asked | ({"operator": rng.choice(("and_", "or_"))} if criterion.combinable else {})


def operator_values(rows: Rows, family: str, criterion: Criterion, operator: str, rng: random.Random) -> Iterator[Json]:
    asked = kind(criterion.operators[operator])
    held = rows.values(family, criterion, operator)
    if asked == "flag":
        yield from (True, False, None)
        return
    if asked == "enums":
        yield from ([state] for state in STATE_TYPES)
        yield list(STATE_TYPES)
    for _ in range(4):
        yield ask_for(rows, family, criterion, operator, rng, rng.choice(rows.by_family[family]))
    if asked in {"uuids", "strings", "enums"}:
        yield from (
            [],
            held[:60],
            held[:1] * 2,
            [value.upper() for value in held[:3]] if asked != "enums" else held[:1],
        )
        yield from ([value] for value in rng.sample(held, min(len(held), 4)))
    if asked == "text":
        yield from ("%", "_", "\\", "", "ÜN", "e")
    yield None


def compatible(criterion: Criterion, operators: list[str]) -> list[str]:
    """Of the operators those that Prefect heeds together: it ignores a state that is both wanted and barred."""
    return operators[:1] if criterion.path[0] == "state" else operators


def broken(route: Route, key: str) -> bool:
    """Prefect answers 500: the dashboard's SQL for work pools names a table that it does not join."""
    return route.verb == "counts" and key == "work_pools"


def question(route: Route, filters: Json, dashboard: Json = DASHBOARD) -> Question:
    """`filters` on a route, with what else the route asks for."""
    body = dict(filters)
    if route.verb == "history":
        body |= HISTORY
    if route.verb == "counts":
        # `or_` finds runs outside the dashboard's time, for which Prefect has no bucket: 500.
        body["task_runs"] = body.get("task_runs", {}) | dashboard | {"operator": "and_"}
    return Question(route.path, body)


class Trees:
    """Random questions, drawn around rows that belong together so that answers are rarely empty."""

    ROUTES = {"task_runs": 5, "flow_runs": 4, "deployments": 2, "flows": 2}
    VERBS = {"filter": 10, "count": 3, "paginate": 3, "history": 3, "lateness": 1, "counts": 1}

    def __init__(self, vocabulary: Vocabulary, rows: Rows, seed: int, *, fine_history: bool = True) -> None:
        """`fine_history` asks for intervals that begin at odd microseconds, which Prefect on SQLite rounds away."""
        self.fine_history = fine_history
        self.vocabulary = vocabulary
        self.rows = rows
        self.rng = random.Random(seed)
        self.routes = [route for route in vocabulary.routes.values() if route.resource in self.ROUTES]
        self.weights = [self.ROUTES[route.resource] * self.VERBS[route.verb] for route in self.routes]

    def question(self) -> Question:
        rng = self.rng
        (route,) = rng.choices(self.routes, self.weights)
        witness = rng.choice(self.rows.witnesses)
        body: Json = {}
        for key, family in route.families.items():
            if broken(route, key):
                continue
            chance = 0.75 if OWN_FAMILY[route.resource] == family else 0.4 if witness[family] else 0.05
            if rng.random() < chance:
                body[key] = self.family(family, witness)
        asked = question(route, body)
        asked.body.update(self.page(route))
        return asked

    def family(self, family: str, witness: Witness) -> Json:
        rng = self.rng
        criteria = self.vocabulary.criteria(family)
        tree: Json = {}
        for criterion in rng.sample(criteria, min(len(criteria), rng.choice((0, 1, 1, 1, 2, 2, 3, 5)))):
            merge(tree, criterion.asking(**self.criterion(family, criterion, witness)))
        if rng.random() < 0.4:
            tree["operator"] = rng.choice(("and_", "or_", "or_"))
        if "state" in tree and rng.random() < 0.4:
            tree["state"]["operator"] = rng.choice(("and_", "or_", "or_"))
        return tree

    def criterion(self, family: str, criterion: Criterion, witness: Witness) -> Json:
        rng = self.rng
        row = witness[family] if rng.random() < 0.95 else None
        operators = rng.sample(list(criterion.operators), rng.choice((1, 1, 1, min(2, len(criterion.operators)))))
        operators = compatible(criterion, operators)
        asked = {operator: ask_for(self.rows, family, criterion, operator, rng, row) for operator in operators}
        if criterion.combinable and rng.random() < 0.3:
            asked["operator"] = rng.choice(("and_", "or_"))
        return asked

    def page(self, route: Route) -> Json:
        rng = self.rng
        page: Json = {}
        if route.sorts and rng.random() < 0.7:
            page["sort"] = rng.choice(route.sorts)
        if route.verb in {"filter", "paginate"}:
            page["limit"] = rng.choice((1, 3, 10, 50, 50, 200, None))
        if route.verb == "filter" and rng.random() < 0.3:
            page["offset"] = rng.choice((0, 1, 5, 30, 300))
        if route.verb == "paginate" and rng.random() < 0.6:
            page["page"] = rng.choice((1, 2, 3, 100))
        if route.verb == "history":
            page = self.history(route)
        return page

    def history(self, route: Route) -> Json:
        rng = self.rng
        runs = self.rows.by_family[OWN_FAMILY[route.resource]]
        start = rng.choice([row["expected_start_time"] for row in runs if row["expected_start_time"]])
        if self.fine_history:
            start, interval = near(start, rng), rng.choice((1, 60, 3600, 5000.5, 86400, 1e7))
        else:
            # Between the moments at which runs are expected, or intervals whose edges none of them is just short of.
            fraction, intervals = rng.choice(((".25Z", (1, 5000.5)), ("Z", (60, 3600, 86400, 1e7))))
            start, interval = start[:19] + fraction, rng.choice(intervals)
        end = near(rng.choice([HISTORY["history_end"], "2026-12-31T00:00:00Z", start]), rng)
        return {"history_start": start, "history_end": end, "history_interval_seconds": interval}


async def smallest(asked: Question, still_differs: Callable[[Question], Awaitable[bool]]) -> Question:
    """The question without all that the difference does not need."""
    shrunk = True
    while shrunk:
        shrunk = False
        for body in _with_less(asked.body):
            fewer = Question(asked.path, body, asked.method)
            if await still_differs(fewer):
                asked, shrunk = fewer, True
                break
    return asked


def _with_less(body: Json) -> Iterator[Json]:
    """Copies of `body` that lack one part each."""
    for key in body if isinstance(body, dict) else range(len(body)) if isinstance(body, list) else ():
        less = copy.copy(body)
        del less[key]
        yield less
        for part in _with_less(body[key]):
            changed = copy.copy(body)
            changed[key] = part
            yield changed


def merge(tree: Json, more: Json) -> None:
    """Adds what is asked to a tree of filters."""
    for key, value in more.items():
        if isinstance(tree.get(key), dict) and isinstance(value, dict):
            merge(tree[key], value)
        else:
            tree[key] = value
