"""What docs/compatibility.md tells of the answers of both servers is what they answer, and still differs.

A row of its tables is named by its first cell; the others tell the statuses. Where Prefect has come to answer as Lictor
does, or in a third way, the row is stale.
"""

import re
import time
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.compatibility_page import PAGE

from .asking import Answer, Pair, Question, ask, connected
from .conftest import SUBJECT
from .databases import Databases
from .servers import Server
from .told_requests import ROWS, Told, filled
from .told_sequences import EVENTS, SEQUENCES, SEQUENCES_OF_EVENTS, Sequence, found_at, is_told, shown

Json = Any

pytestmark = pytest.mark.skipif(SUBJECT == "prefect", reason="Prefect does not differ from itself")


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
            else:
                raise TimeoutError(f"{server.name} lacks some of the events")
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
        question = Question(path.format(**names), filled(body, names), method)
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
