"""Random requests, drawn from the declarations of the criteria: every operator, sort, page, count and history.

A plain benchmark asks what somebody thought of; this one asks what nobody did. Each filter, criterion and operator is
read from Lictor's own OpenAPI document, which is made of the declarations; the values come from sampled rows that
belong together, so that answers are rarely empty and windows are narrow as often as wide.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from benchmarks.client import Client, request_of
from benchmarks.history import END, SPAN, History
from lictor.app import create_app
from lictor.settings import Settings
from tests.compat.asking import Question
from tests.compat.rows import Row, Rows, Witness, ask_for, related
from tests.compat.trees import OWN_FAMILY, Json, Trees, broken, merge, question
from tests.compat.vocabulary import Criterion, Route, Vocabulary, kind

SAMPLED_PAGES = 10
PAGE_ROWS = 200
BEGIN = END - timedelta(microseconds=SPAN)
WINDOWS = [timedelta(**width) for width in ({"minutes": 2}, {"hours": 1}, {"days": 1}, {"days": 7}, {"days": 90})]
HISTORIES = [  # how long, and the seconds of an interval
    (timedelta(hours=2), 60),
    (timedelta(days=2), 3600),
    (timedelta(days=7), 6 * 3600),
    (timedelta(microseconds=SPAN), 86400),
]
OFFSETS = (0, 0, 1, 50, 1_000, 20_000)
CRITERIA_IN_FILTER = (0, 1, 1, 1, 2, 2, 3, 4)


def vocabulary() -> Vocabulary:
    """What can be asked of both servers: what Lictor alone offers is left out."""
    document = create_app(Settings()).openapi()
    schemas = document["components"]["schemas"]
    for schema in schemas.values():
        properties = schema.get("properties", {})
        schema["properties"] = {name: each for name, each in properties.items() if "x-lictor" not in each}
    return Vocabulary(document)


class RandomRequests(Trees):
    """Draws each criterion, operator and sort of a family once before any of them comes again."""

    def __init__(self, vocabulary: Vocabulary, rows: Rows, seed: int) -> None:
        super().__init__(vocabulary, rows, seed)
        self._decks: dict[str, list[Any]] = {}

    def question(self) -> Question:
        (route,) = self.rng.choices(self.routes, self.weights)
        witness = self.rng.choice(self.rows.witnesses)
        filters = {
            key: self.family(family, witness)
            for key, family in route.families.items()
            if not broken(route, key) and self.rng.random() < self._chance(route, family, witness)
        }
        asked = question(route, filters, {"start_time": self._window(self._moment())})
        asked.body.update(self.page(route))
        return asked

    def _chance(self, route: Route, family: str, witness: Witness) -> float:
        if OWN_FAMILY[route.resource] == family:
            return 0.7
        return 0.35 if witness[family] else 0.05

    def family(self, family: str, witness: Witness) -> Json:
        tree: Json = {}
        for _ in range(self.rng.choice(CRITERIA_IN_FILTER)):
            criterion, operator = self._draw(
                family, [(each, word) for each in self.vocabulary.criteria(family) for word in each.operators]
            )
            merge(tree, criterion.asking(**self._asked(family, criterion, operator, witness)))
        if self.rng.random() < 0.3:
            tree["operator"] = self.rng.choice(("and_", "or_"))
        return tree

    def _asked(self, family: str, criterion: Criterion, operator: str, witness: Witness) -> Json:
        moments = kind(criterion.operators[operator]) == "moment"
        if moments and {"before_", "after_"} <= criterion.operators.keys() and self.rng.random() < 0.5:
            return self._window(self._moment())
        return {operator: ask_for(self.rows, family, criterion, operator, self.rng, witness[family])}

    def _draw(self, name: str, cards: list[Any]) -> Any:
        """A card of the deck of this name, which is shuffled again when it is used up."""
        deck = self._decks.setdefault(name, [])
        if not deck:
            deck += self.rng.sample(cards, len(cards))
        return deck.pop()

    def _moment(self) -> datetime:
        """Recent moments are more frequent, as runs are."""
        return END - (END - BEGIN) * self.rng.random() ** 2

    def _window(self, around: datetime) -> Json:
        width = self.rng.choice(WINDOWS)
        return {"after_": (around - width / 2).isoformat(), "before_": (around + width / 2).isoformat()}

    def page(self, route: Route) -> Json:
        if route.verb == "history":
            length, seconds = self.rng.choice(HISTORIES)
            start = max(self._moment() - length, BEGIN)
            return {
                "history_start": start.isoformat(),
                "history_end": (start + length).isoformat(),
                "history_interval_seconds": seconds,
            }
        page: Json = {}
        if route.sorts and self.rng.random() < 0.8:
            page["sort"] = self._draw(route.path, list(route.sorts))
        if route.verb in {"filter", "paginate"}:
            page["limit"] = self.rng.choice((1, 10, 50, 200))
        if route.verb == "filter":
            page["offset"] = self.rng.choice(OFFSETS)
        if route.verb == "paginate":
            page["page"] = self.rng.choice((1, 1, 2, 5, 100))
        return page


def sample(client: Client, history: History) -> Rows:
    """Some rows of each family as Prefect tells them, with those that belong to them.

    Work pools and queues come from the history itself: Prefect fails to list those that have no default queue.
    """

    def ask(path: str, **body: Any) -> list[Row]:
        reply = client.ask(request_of(Question(path, body))).answer
        assert reply.status == 200, reply.body
        return list(reply.body)

    def by_id(family: str, ids: set[str | None]) -> Iterator[Row]:
        wanted = sorted(id for id in ids if id is not None)
        for first in range(0, len(wanted), PAGE_ROWS):
            yield from ask(f"/{family}/filter", **{family: {"id": {"any_": wanted[first : first + PAGE_ROWS]}}})

    def everything(path: str) -> list[Row]:
        rows: list[Row] = []
        while page := ask(path, limit=PAGE_ROWS, offset=len(rows)):
            rows += page
        return rows

    step = max(history.task_runs // SAMPLED_PAGES, PAGE_ROWS)
    task_run_rows = [row for n in range(SAMPLED_PAGES) for row in ask("/task_runs/filter", offset=n * step)]
    flow_run_rows = [*by_id("flow_runs", {row["flow_run_id"] for row in task_run_rows})]
    flow_run_rows += ask("/flow_runs/filter")
    flow_run_rows += ask("/flow_runs/filter", flow_runs={"state": {"type": {"any_": ["SCHEDULED"]}}})
    parents = {row["parent_task_run_id"] for row in flow_run_rows}
    task_run_rows += by_id("task_runs", parents)
    return related(
        {
            "FlowFilter": everything("/flows/filter"),
            "FlowRunFilter": list({row["id"]: row for row in flow_run_rows}.values()),
            "TaskRunFilter": list({row["id"]: row for row in task_run_rows}.values()),
            "DeploymentFilter": everything("/deployments/filter"),
            "WorkPoolFilter": [
                {"id": id, "name": f"pool-{number}", "type": "process"} for number, id in enumerate(history.pools)
            ],
            "WorkQueueFilter": [
                {"id": id, "name": history.queue_name(number)} for number, id in enumerate(history.queues)
            ],
        }
    )


def requests(rows: Rows, seed: int, count: int) -> list[Question]:
    """So many random requests about rows like these: the same for the same seed."""
    drawn = RandomRequests(vocabulary(), rows, seed)
    return [drawn.question() for _ in range(count)]
