"""What docs/compatibility.md tells of the answers of both servers is what they answer, and still differs.

A row of its tables is named by its first cell; the others tell the statuses. Where Prefect has come to answer as Lictor
does, or in a third way, the row is stale.
"""

import re
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests import incompressible
from tests.compatibility_page import PAGE

from .asking import Answer, Pair, Question, ask, connected
from .conftest import SUBJECT
from .databases import Databases
from .servers import Server
from .told_sequences import EVENTS, SEQUENCES, SEQUENCES_OF_EVENTS, Sequence, found_at, is_told, shown

Json = Any

pytestmark = pytest.mark.skipif(SUBJECT == "prefect", reason="Prefect does not differ from itself")

NOWHERE = "00000000-0000-4000-8000-000000000000"
HISTORY = {"history_start": "2024-01-01T00:00:00Z", "history_end": "2024-01-02T00:00:00Z"}


LONG = incompressible.text(3000)
TRIGGER = {"type": "event", "posture": "Proactive", "expect": ["told"], "threshold": 1}
AUTOMATION = {"name": "told", "actions": [{"type": "do-nothing"}], "enabled": False}


def _started_before(moment: str) -> Json:
    return {"flow_runs": {"start_time": {"before_": moment}}}


@dataclass(frozen=True)
class Told:
    """A request that shows what a row tells; `theirs` and `ours` are the statuses that its words stand for."""

    row: str
    path: str
    body: Json = None
    method: str = "POST"
    theirs: int | None = None
    ours: int | None = None
    content: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 1
    kinds: tuple[str, ...] = ("sqlite", "postgresql")
    """The databases on which it shows."""

    def question(self, names: dict[str, str]) -> Question:
        path = self.path.format(**names)
        return Question(path, _filled(self.body, names), self.method, self.content, self.headers)


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
    Told("an unknown `block_schema_id`", "/block_documents/", {"name": "d", "data": {}, "block_type_id": "{type}", "block_schema_id": NOWHERE}),
    Told("names of block types and documents of more than 1,250 bytes", "/block_types/", {"name": LONG, "slug": "long"}, theirs=201),
    Told("a NUL character in any other text", "/flows/", {"name": "a\0"}, theirs=201),
    Told("an unpaired surrogate in any other text", "/flows/", {"name": "a\ud800"}, kinds=("sqlite",)),
    Told("a moment that in UTC lies outside of the years 1 to 9999", "/flow_runs/filter", _started_before("0001-01-01T00:00:00+14:00"), kinds=("sqlite",)),
    Told("an integer of more than 4,300 digits", "/flows/filter", content=b'{"limit": 1' + b"0" * 5000 + b"}"),
    Told("JSON nested more than 200 levels deep", "/flows/filter", content=b'{"x": ' + b"[" * 300 + b"]" * 300 + b"}", theirs=200),
    Told("a body past `LICTOR_MAX_BODY_BYTES`, or of more than 250,000 values", "/flows/filter", content=b'{"x": [' + b"1," * 250_000 + b"1]}", theirs=200),
    Told("a `like_` or `startswith_` of more than 49,998 bytes", "/flows/filter", {"flows": {"name": {"like_": "x" * 50_000}}}, kinds=("sqlite",)),
    Told("without a password: a page of another origin", "/flows/filter", {}, headers={"origin": "http://elsewhere.example"}, theirs=200),
    Told("without a password, on a loopback address: another `Host`", "/flows/filter", {}, headers={"host": "elsewhere.example"}, theirs=200),
    Told("an empty idempotency key, twice", "/flow_runs/", {"flow_id": "{flow}", "idempotency_key": ""}, times=2, ours=200),
    Told("names, tags and keys of more than 2,500 bytes", "/flows/", {"name": LONG}, theirs=201),
    Told("a `scheduled_time` outside of the calendar, a surrogate in a state's name", "/flow_runs/{run}/set_state", {"state": {"type": "RUNNING", "name": "\ud800"}}, kinds=("sqlite",)),
    Told("an input's key with anything but `a-z`, `0-9` and `-`", "/flow_runs/{run}/input", {"key": "A b", "value": "x"}),
    Told("a negative `limit` of inputs, or of the dashboard's history", "/flow_runs/{run}/input/filter", {"prefix": "a", "limit": -1}, theirs=200),
    Told("an artifact's key that ends in a line break, or of more than 2,500 bytes", "/artifacts/", {"key": "x\n"}, theirs=201),
    Told("a saved search of a name of more than 2,500 bytes", "/saved_searches/", {"name": LONG, "filters": []}, "PUT", theirs=201),
    Told("more than 50 filters in `related` or `any_resource`, or 50 labels", "/events/filter", {"filter": {"related": [{"id": ["x"]}] * 51}}, theirs=200),
    Told("a trigger's `within` of more than ten years, a `threshold` beyond 32 bits", "/automations/", {**AUTOMATION, "trigger": {**TRIGGER, "within": 10**9}}, theirs=201),
    Told("`/flow_run_notification_policies` of the clients 3.0 to 3.3", "/flow_run_notification_policies/filter", {}, theirs=404, ours=200),
    Told("counts past 2^31", "/v2/concurrency_limits/", {"name": "past", "limit": 2**31}, theirs=201),
    Told("negative numbers, or more than the calendar has, in `POST /deployments/{id}/schedule`", "/deployments/{deployment}/schedule", {"max_runs": -1}, theirs=200),
    Told("an unknown `flow_id`", "/deployments/", {"name": "x", "flow_id": NOWHERE}),
    Told("limits, priorities and counts past 2^31", "/work_pools/", {"name": "past", "type": "process", "concurrency_limit": 2**31}, theirs=201),
    Told("a base job template whose parts are no objects", "/work_pools/", {"name": "odd", "type": "process", "base_job_template": {"job_configuration": 5, "variables": 5}}),
    Told("a `parameter_openapi_schema` that is no schema, in a `PATCH`", "/deployments/{deployment}", {"parameter_openapi_schema": {"type": 5}, "parameters": {"x": 1}, "enforce_parameter_schema": True}, "PATCH"),
    Told("a recurrence rule with an `INTERVAL` of 0, or below", "/deployments/{deployment}/schedules", [{"schedule": {"rrule": "FREQ=DAILY;INTERVAL=0"}}]),
    Told("the time zone of a recurrence rule", "/deployments/{deployment}/schedules", [{"schedule": {"rrule": "FREQ=DAILY", "timezone": "xUTC"}}], theirs=201, ours=422),
    Told("two schedules of one slug", "/deployments/{deployment}/schedules", [{"schedule": {"interval": 60}, "slug": "s"}], times=2, kinds=("sqlite",)),
    Told('"already exists in work pool" of a queue', "/work_pools/told/queues", {"name": "default"}, theirs=409, ours=409),
    Told("a `heartbeat_interval_seconds` of 0 or less, a worker's name of more than 2,500 bytes", "/work_pools/told/workers/heartbeat", {"name": "w", "heartbeat_interval_seconds": 0}),
    Told("deleting a pool's default queue by its id", "/work_queues/{queue}", method="DELETE"),
)  # fmt: skip


def _filled(value: Json, names: dict[str, str]) -> Json:
    if isinstance(value, dict):
        return {key: _filled(each, names) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, names) for each in value]
    return names.get(value[1:-1], value) if isinstance(value, str) and value.startswith("{") else value


@pytest.fixture(scope="module")
def names(writing: tuple[Server, Server]) -> tuple[dict[str, str], dict[str, str]]:
    """What each server calls what the requests speak of."""
    oracle, subject = map(_named_by, writing)
    return oracle, subject


def _named_by(server: Server) -> dict[str, str]:
    with httpx.Client(base_url=server.url, timeout=60) as client:

        def made(path: str, body: Json) -> Json:
            for _ in range(5):
                if (
                    answer := client.post(path, json=body)
                ).status_code != 503:  # Prefect's SQLite file is busy at times
                    break
                time.sleep(1)
            return answer.raise_for_status().json()

        flow = made("/flows/", {"name": "told of"})["id"]
        made("/work_pools/", {"name": "told", "type": "process"})
        made("/work_pools/", {"name": "told too", "type": "process"})
        kind = client.get("/block_types/slug/secret").json()["id"]
        return {
            "flow": flow,
            "run": made("/flow_runs/", {"flow_id": flow})["id"],
            "queue": client.get("/work_pools/told%20too/queues/default").json()["id"],
            "variable": made("/variables/", {"name": "told_of", "value": 1})["id"],
            "limit": made("/v2/concurrency_limits/", {"name": "told of", "limit": 1})["id"],
            "deployment": made("/deployments/", {"name": "told of", "flow_id": flow})["id"],
            "type": kind,
            "schema": made("/block_schemas/filter", {"block_schemas": {"block_type_id": {"any_": [kind]}}})[0]["id"],
        }


@pytest.mark.parametrize("told", ROWS, ids=lambda told: told.row[:60])
async def test_a_row_tells_what_both_answer(writers: Pair, databases: Databases, names: Any, told: Told) -> None:
    if databases.kind not in told.kinds:
        pytest.skip("does not show on this database")
    theirs, ours = _cells(told.row)
    for _ in range(told.times):
        oracle, subject = await writers.ask_each(*(told.question(each) for each in names))
    expected = _statuses(theirs) | ({told.theirs} if told.theirs else set())
    assert oracle.status in expected, f"Prefect: {theirs!r} is stale: {_short(oracle)}"
    assert subject.status in (_statuses(ours) or {told.ours}), f"Lictor: {ours!r} is stale: {_short(subject)}"
    assert (oracle.status, oracle.body) != (subject.status, subject.body), "they differ no longer"


@pytest.mark.parametrize("sequence", SEQUENCES, ids=lambda sequence: sequence.row[:60])
async def test_a_sequence_shows_what_a_row_tells(
    writers: Pair, databases: Databases, names: Any, sequence: Sequence
) -> None:
    await _compare(writers, databases, names, sequence)


@pytest.fixture(scope="module")
def told_events(telling: tuple[Server, Server]) -> tuple[Server, Server]:
    """Servers that have the events which the sequences ask for."""
    wanted = {"filter": {"event": {"name": [event["event"] for event in EVENTS]}}}
    for server in telling:
        with httpx.Client(base_url=server.url, timeout=60) as client:
            client.post("/events", json=EVENTS).raise_for_status()
            for _ in range(300):
                if client.post("/events/filter", json=wanted).json()["total"] == len(EVENTS):
                    break
                time.sleep(0.2)
    return telling


@pytest.mark.parametrize("sequence", SEQUENCES_OF_EVENTS, ids=lambda sequence: sequence.row[:60])
async def test_a_question_about_events_shows_what_a_row_tells(
    told_events: tuple[Server, Server], databases: Databases, sequence: Sequence
) -> None:
    async with connected(told_events) as pair:
        await _compare(pair, databases, ({}, {}), sequence)


async def _compare(pair: Pair, databases: Databases, names: tuple[Json, Json], sequence: Sequence) -> None:
    if databases.kind not in sequence.kinds:
        pytest.skip("does not show on this database")
    _cells(sequence.row)
    theirs = await _last_answer(pair, pair.oracle, sequence, dict(names[0]))
    ours = await _last_answer(pair, pair.subject, sequence, dict(names[1]))
    found = shown(sequence, theirs.status, theirs.body), shown(sequence, ours.status, ours.body)
    assert is_told(sequence.theirs, found[0]), f"Prefect: {found[0]!r} of {_short(theirs)}"
    assert is_told(sequence.ours, found[1]), f"Lictor: {found[1]!r} of {_short(ours)}"


async def _last_answer(pair: Pair, client: httpx.AsyncClient, sequence: Sequence, names: dict[str, str]) -> Answer:
    for request, body in sequence.steps:
        method, path, *saved = request.split()
        question = Question(path.format(**names), _filled(body, names), method)
        answer = await (pair.ask_oracle(question) if client is pair.oracle else ask(client, question))
        if saved:
            names[saved[0]] = found_at(answer.body, _path(saved[1])) if saved[1:] else answer.body["id"]
    return answer


def _path(text: str) -> list[str | int]:
    return [int(part) if part.isdigit() else part for part in text.split(".")]


def test_ids_come_in_the_order_of_time(names: Any) -> None:
    oracle, subject = names
    for name in ("flow", "run"):
        assert (UUID(oracle[name]).version, UUID(subject[name]).version) == (4, 7)


def _cells(row: str) -> tuple[str, str]:
    """What the page tells of Prefect and of Lictor, in the one row that begins so."""
    found = [line.strip("| ").split(" | ") for line in PAGE.read_text().splitlines() if line.startswith(f"| {row} |")]
    assert found, f"docs/compatibility.md has no row {row!r}"
    return found[0][1], found[0][2]


def _statuses(cell: str) -> set[int]:
    return {int(number) for number in re.findall(r"\b[2-5]\d\d\b", cell)}


def _short(answer: Answer) -> str:
    return f"{answer.status} {answer.body!s:.300}"
