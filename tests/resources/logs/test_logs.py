"""The log API."""

import csv
import io
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from lictor.db.engine import Database
from lictor.resources.logs import download
from lictor.resources.logs.schemas import Log
from lictor.validation.pieces import PIECE_ITEMS
from tests.make import NOON, Make

RUN = UUID("00000000-0000-4000-8000-00000000000a")
TASK = UUID("00000000-0000-4000-8000-00000000000b")


def entry(message: str = "hello", **values: Any) -> dict[str, Any]:
    return {"name": "prefect.flow_runs", "level": 20, "message": message, "timestamp": NOON.isoformat()} | {
        name: str(value) if isinstance(value, UUID) else value for name, value in values.items()
    }


async def ship(api: httpx.AsyncClient, *logs: dict[str, Any]) -> None:
    reply = await api.post("/logs/", json=list(logs))
    assert (reply.status_code, reply.content) == (201, b"null"), reply.text


async def messages(api: httpx.AsyncClient, logs: dict[str, Any] | None = None, **asked: Any) -> list[str]:
    reply = await api.post("/logs/filter", json={"logs": logs, **asked})
    assert reply.status_code == 200, reply.text
    return [log["message"] for log in reply.json()]


async def test_logs_are_kept(api: httpx.AsyncClient) -> None:
    await ship(api, entry(flow_run_id=RUN, task_run_id=TASK), entry("é\n\t\\", name="ü", level=-5))
    first, second = (await api.post("/logs/filter", json={})).json()
    assert (first["flow_run_id"], first["task_run_id"], first["level"]) == (str(RUN), str(TASK), 20)
    assert (second["message"], second["name"], second["level"]) == ("é\n\t\\", "ü", -5)
    assert (second["flow_run_id"], second["task_run_id"]) == (None, None)
    assert first["timestamp"] == "2026-06-01T12:00:00Z"
    assert first.keys() == Log.model_fields.keys()
    assert Log.model_validate(first).id < Log.model_validate(second).id


async def test_a_thousand_logs_take_a_statement_for_each_piece(api: httpx.AsyncClient, statements: list[str]) -> None:
    await ship(api, *(entry(f"line {number}") for number in range(1_024)))
    insertions = [statement for statement in statements if not statement.startswith("BEGIN")]
    assert len(insertions) == 1_024 / PIECE_ITEMS
    assert all('INSERT INTO "log"' in insertion for insertion in insertions)
    statements.clear()
    lines = await messages(api, limit=200)
    assert len(statements) == 1
    # Of one moment all of them: as they were sent.
    assert lines == [f"line {number}" for number in range(200)]


async def test_no_logs_are_none(api: httpx.AsyncClient) -> None:
    await ship(api)
    assert await messages(api) == []


async def test_what_cannot_be_stored_of_a_text_costs_no_log(api: httpx.AsyncClient) -> None:
    body = (
        b'[{"name": "a\\u0000b", "level": 20, "timestamp": "2026-06-01T12:00:00Z", "message": "x\\u0000y \\ud800 \\ud83d\\ude00"}'
        b', {"name": "n", "level": 20, "timestamp": "2026-06-01T12:00:01Z", "message": "\\\\u0000"}]'
    )
    reply = await api.post("/logs/", content=body)
    assert reply.status_code == 201, reply.text
    first, second = (await api.post("/logs/filter", json={})).json()
    assert (first["name"], first["message"]) == ("ab", "xy \ufffd \U0001f600")
    assert second["message"] == "\\u0000"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("level", 2**31),
        ("level", "high"),
        ("level", None),
        ("timestamp", "soon"),
        ("timestamp", "0001-01-01T00:00:00+14:00"),
        ("message", None),
        ("message", 5),
        ("flow_run_id", "x"),
        ("worker_id", "x"),
    ],
)
async def test_a_bad_log_is_named_and_nothing_is_kept(api: httpx.AsyncClient, field: str, value: Any) -> None:
    reply = await api.post("/logs/", json=[entry(), entry() | {field: value}])
    assert reply.status_code == 422
    assert [problem["loc"] for problem in reply.json()["exception_detail"]] == [["body", 1, field]]
    assert await messages(api) == []


@pytest.mark.parametrize("body", ['{"name": "x"}', "5", '"x"', "[5]", "[null]", "[[]]"])
async def test_a_body_that_is_no_list_of_logs(api: httpx.AsyncClient, body: str) -> None:
    assert (await api.post("/logs/", content=body)).status_code == 422


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["started", "Lost connection to db", "Lost patience", "free, Ünited"]),
        ({"level": {"ge_": 30}}, ["Lost connection to db", "Lost patience"]),
        ({"level": {"ge_": 30, "le_": 39}}, ["Lost patience"]),
        ({"level": {"le_": -2147483647}}, []),
        ({"timestamp": {"after_": "2026-06-01T12:00:02Z"}}, ["Lost patience", "free, Ünited"]),
        ({"timestamp": {"before_": "2026-06-01T12:00:01"}}, ["started", "Lost connection to db"]),
        ({"flow_run_id": {"any_": [str(RUN)]}}, ["started", "Lost connection to db", "Lost patience"]),
        ({"flow_run_id": {"any_": []}}, []),
        ({"task_run_id": {"any_": [str(TASK), str(RUN)]}}, ["Lost connection to db"]),
        ({"task_run_id": {"is_null_": True}}, ["started", "Lost patience", "free, Ünited"]),
        ({"task_run_id": {"is_null_": False}}, ["Lost connection to db"]),
        ({"text": {"query": "LOST"}}, ["Lost connection to db", "Lost patience"]),
        ({"text": {"query": "lost -connection"}}, ["Lost patience"]),
        ({"text": {"query": '"to db" started'}}, ["started", "Lost connection to db"]),
        ({"text": {"query": "+lost +db"}}, ["Lost connection to db"]),
        ({"text": {"query": "lost%db"}}, []),
        ({"text": {"query": "Ünited"}}, ["free, Ünited"]),
        ({"text": {"query": "task_runs"}}, ["Lost connection to db"]),
        ({"text": {"query": "db prefect"}}, ["started", "Lost connection to db", "Lost patience", "free, Ünited"]),
        ({"text": {"query": '"db prefect"'}}, ["Lost connection to db"]),
        ({"text": {"query": "  "}}, ["started", "Lost connection to db", "Lost patience", "free, Ünited"]),
        (
            {"operator": "or_", "level": {"ge_": 40}, "text": {"query": "+free"}},
            ["Lost connection to db", "free, Ünited"],
        ),
        ({"none_of": [{"flow_run_id": {"any_": [str(RUN)]}}]}, ["free, Ünited"]),
    ],
)
async def test_filter(api: httpx.AsyncClient, asked: dict[str, Any], found: list[str]) -> None:
    await ship(
        api,
        entry("started", flow_run_id=RUN),
        entry("Lost connection to db", level=40, name="prefect.task_runs", flow_run_id=RUN, task_run_id=TASK)
        | {"timestamp": (NOON + timedelta(seconds=1)).isoformat()},
        entry("Lost patience", level=35, flow_run_id=RUN) | {"timestamp": (NOON + timedelta(seconds=2)).isoformat()},
        entry("free, Ünited") | {"timestamp": (NOON + timedelta(seconds=3)).isoformat()},
    )
    assert await messages(api, asked) == found
    assert await messages(api, asked, sort="TIMESTAMP_DESC") == found[::-1]


@pytest.mark.parametrize(
    ("asked", "location"),
    [
        ({"text": {}}, ["text", "query"]),
        ({"text": {"query": None}}, ["text", "query"]),
        ({"text": {"query": "x" * 201}}, ["text", "query"]),
        ({"text": {"query": "x\0"}}, ["text", "query"]),
        ({"level": {"ge_": 2**31}}, ["level", "ge_"]),
        ({"name": {"any_": ["x"]}}, ["name"]),
    ],
)
async def test_bad_filters_are_refused(api: httpx.AsyncClient, asked: dict[str, Any], location: list[str]) -> None:
    reply = await api.post("/logs/filter", json={"logs": asked})
    assert reply.status_code == 422
    assert [problem["loc"] for problem in reply.json()["exception_detail"]] == [["body", "logs", *location]]


async def test_pages_and_cursors(api: httpx.AsyncClient) -> None:
    await ship(api, *(entry(str(number)) for number in range(5)))
    assert await messages(api, limit=2, offset=2) == ["2", "3"]
    reply = await api.post("/logs/filter", json={"limit": 3, "cursor": ""})
    assert [log["message"] for log in reply.json()] == ["0", "1", "2"]
    cursor = reply.headers["X-Lictor-Next-Cursor"]
    assert await messages(api, limit=3, cursor=cursor) == ["3", "4"]


async def test_logs_go_with_their_runs(api: httpx.AsyncClient, make: Make) -> None:
    flow_run = await make.flow_run()
    task_run = await make.task_run(flow_run_id=flow_run)
    await ship(api, entry("f", flow_run_id=flow_run), entry("t", flow_run_id=flow_run, task_run_id=task_run))
    await ship(api, entry("of another", flow_run_id=RUN))
    assert (await api.delete(f"/task_runs/{task_run}")).status_code == 204
    assert await messages(api) == ["f", "of another"]
    assert (await api.delete(f"/flow_runs/{flow_run}")).status_code == 204
    assert await messages(api) == ["of another"]


async def test_download(api: httpx.AsyncClient, make: Make) -> None:
    flow_run = await make.flow_run('crazy/"ü"')
    await ship(
        api,
        entry("second, with a comma", flow_run_id=flow_run)
        | {"timestamp": (NOON + timedelta(microseconds=1)).isoformat()},
        entry('a "quote"\nand a line', flow_run_id=flow_run, task_run_id=TASK, level=40),
        entry("of another run", flow_run_id=uuid4()),
    )
    reply = await api.get(f"/flow_runs/{flow_run}/logs/download")
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "text/csv; charset=utf-8"
    name = "crazy%2F%22%C3%BC%22-logs.csv"
    assert reply.headers["content-disposition"] == (
        f"attachment; filename=\"flow-run-logs.csv\"; filename*=UTF-8''{name}"
    )
    assert list(csv.reader(io.StringIO(reply.text, newline=""))) == [
        ["timestamp", "level", "flow_run_id", "task_run_id", "message"],
        ["2026-06-01 12:00:00+00:00", "40", str(flow_run), str(TASK), 'a "quote"\nand a line'],
        ["2026-06-01 12:00:00.000001+00:00", "20", str(flow_run), "", "second, with a comma"],
    ]


async def test_download_of_a_run_without_logs(api: httpx.AsyncClient, make: Make) -> None:
    reply = await api.get(f"/flow_runs/{await make.flow_run()}/logs/download")
    assert reply.text == "timestamp,level,flow_run_id,task_run_id,message\r\n"
    missing = await api.get(f"/flow_runs/{uuid4()}/logs/download")
    assert (missing.status_code, missing.json()) == (404, {"detail": "Flow run not found"})


async def test_a_long_download_comes_in_pieces(
    db: Database, api: httpx.AsyncClient, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each log once, in order, though many are of one moment; no more than a piece is ever read."""
    monkeypatch.setattr(download, "BATCH_ROWS", 10)
    flow_run = await make.flow_run()
    await ship(api, *(entry(str(number), flow_run_id=flow_run) for number in range(40)))
    pieces = [piece async for piece in download.logs_as_csv(db.read, flow_run)]
    assert [piece.count("\r\n") for piece in pieces] == [11, 10, 10, 10, 0]
    lines = list(csv.reader(io.StringIO("".join(pieces), newline="")))[1:]
    assert [line[4] for line in lines] == [str(number) for number in range(40)]
