"""What docs/compatibility.md tells of the answers of both servers is what they answer, and still differs.

A row of its tables is named by its first cell; the others tell the statuses. Where Prefect has come to answer as Lictor
does, or in a third way, the row is stale.
"""

import re
from dataclasses import dataclass
from typing import Any

import pytest

from tests.compatibility_page import PAGE

from .asking import Answer, Pair, Question
from .conftest import SUBJECT

Json = Any

pytestmark = pytest.mark.skipif(SUBJECT == "prefect", reason="Prefect does not differ from itself")

NOWHERE = "00000000-0000-4000-8000-000000000000"
HISTORY = {"history_start": "2024-01-01T00:00:00Z", "history_end": "2024-01-02T00:00:00Z"}


@dataclass(frozen=True)
class Told:
    """A request that shows what a row tells; `theirs` and `ours` are the statuses that its words stand for."""

    row: str
    path: str
    body: Json = None
    method: str = "POST"
    theirs: int | None = None
    ours: int | None = None

    def question(self, names: dict[str, str]) -> Question:
        path = self.path.format(**names)
        return Question(path, _filled(self.body, names), self.method)


ROWS = (
    Told("an `offset` of 2^63 or more", "/flows/filter", {"offset": 2**63}),
    Told("a `page` that lies 2^63 rows away", "/flows/paginate", {"page": 2**62, "limit": 200}, ours=200),
    Told("an interval longer than the calendar", "/flow_runs/history", {**HISTORY, "history_interval_seconds": 1e15}),
    Told("a run created in a state with data", "/flow_runs/", {"flow_id": "{flow}", "state": {"type": "RUNNING", "data": {}}}),
    Told("`empirical_policy` that is null or no object", "/flow_runs/", {"flow_id": "{flow}", "empirical_policy": "x"}),
    Told("an unknown `flow_id`, `flow_run_id`, `parent_task_run_id`", "/flow_runs/", {"flow_id": NOWHERE}),
    Told("resuming an unknown flow run", f"/flow_runs/{NOWHERE}/resume"),
    Told("a variable's name that ends in a line break", "/variables/", {"name": "x\n", "value": 1}, theirs=201),
    Told("`null` for a variable's name or tags, in a `PATCH`", "/variables/{variable}", {"name": None}, "PATCH"),
    Told("a tag with `/`, `%`, `&`, `<` or `>`", "/concurrency_limits/", {"tag": "a/b", "concurrency_limit": 1}),
    Told("`null` for what cannot be absent, in a `PATCH`", "/v2/concurrency_limits/{limit}", {"limit": None}, "PATCH"),
    Told("an unknown work pool, in a `PATCH`", "/deployments/{deployment}", {"work_pool_name": "nobody"}, "PATCH"),
    Told("`null` for a work pool's name", "/work_pools/", {"name": None}),
    Told("deleting a pool's default queue", "/work_pools/told/queues/default", method="DELETE"),
    Told("a document of an unknown block type", "/block_documents/", {"name": "d", "data": {}, "block_type_id": NOWHERE, "block_schema_id": NOWHERE}),
    Told("a `$ref` that is no object", "/block_documents/", {"name": "d", "data": {"x": {"$ref": "y"}}, "block_type_id": "{type}", "block_schema_id": "{schema}"}),
    Told("a slug or a document's name that ends with a line break", "/block_types/", {"name": "n", "slug": "slug\n"}),
)  # fmt: skip


def _filled(value: Json, names: dict[str, str]) -> Json:
    if isinstance(value, dict):
        return {key: _filled(each, names) for key, each in value.items()}
    return names.get(value[1:-1], value) if isinstance(value, str) and value.startswith("{") else value


@pytest.fixture
async def names(writers: Pair) -> tuple[dict[str, str], dict[str, str]]:
    """What each server calls what the requests speak of; made once."""
    found = []
    for client in (writers.oracle, writers.subject):

        async def made(path: str, body: Json) -> Json:
            return (await client.post(path, json=body)).json()  # noqa: B023

        flow = (await made("/flows/", {"name": "told of"}))["id"]
        await made("/variables/", {"name": "told_of", "value": 1})
        await made("/v2/concurrency_limits/", {"name": "told of", "limit": 1})
        await made("/work_pools/", {"name": "told", "type": "process"})
        variable = (await client.get("/variables/name/told_of")).json()["id"]
        limit = (await client.get("/v2/concurrency_limits/told%20of")).json()["id"]
        kind = (await client.get("/block_types/slug/secret")).json()["id"]
        schemas = {"block_schemas": {"block_type_id": {"any_": [kind]}}}
        found.append(
            {
                "flow": flow,
                "variable": variable,
                "limit": limit,
                "deployment": (await made("/deployments/", {"name": "told of", "flow_id": flow}))["id"],
                "type": kind,
                "schema": (await made("/block_schemas/filter", schemas))[0]["id"],
            }
        )
    return found[0], found[1]


@pytest.mark.parametrize("told", ROWS, ids=lambda told: told.row[:60])
async def test_a_row_tells_what_both_answer(writers: Pair, names: Any, told: Told) -> None:
    theirs, ours = _cells(told.row)
    oracle, subject = await writers.ask_each(*(told.question(each) for each in names))
    assert oracle.status in (_statuses(theirs) or {told.theirs}), f"Prefect: {theirs!r} is stale: {_short(oracle)}"
    assert subject.status in (_statuses(ours) or {told.ours}), f"Lictor: {ours!r} is stale: {_short(subject)}"
    assert (oracle.status, oracle.body) != (subject.status, subject.body), "they differ no longer"


def _cells(row: str) -> tuple[str, str]:
    """What the page tells of Prefect and of Lictor, in the one row that begins so."""
    found = [line.strip("| ").split(" | ") for line in PAGE.read_text().splitlines() if line.startswith(f"| {row} |")]
    assert found, f"docs/compatibility.md has no row {row!r}"
    return found[0][1], found[0][2]


def _statuses(cell: str) -> set[int]:
    return {int(number) for number in re.findall(r"\b[2-5]\d\d\b", cell)}


def _short(answer: Answer) -> str:
    return f"{answer.status} {answer.body!s:.300}"
