"""Lists as files."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest
from starlette.types import ASGIApp

from lictor.http import exports
from lictor.resources.task_runs import queries
from lictor.settings import Settings
from tests.make import NOON, Make
from tests.serving import client_to, running

ROUTES = ["/task_runs", "/flow_runs", "/flows"]


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "BATCH_OBJECTS", 3)


@pytest.fixture
async def history(make: Make) -> None:
    """Eight of each, some without times."""
    for number in range(8):
        moment = NOON + timedelta(hours=number) if number % 3 else None
        flow_id = await make.flow(f'flow "{number}",\n')
        flow_run_id = await make.flow_run(flow_id=flow_id, state="FAILED", end_time=moment, tags=["a", "b"])
        await make.task_run("é", "FAILED", flow_run_id=flow_run_id, end_time=moment, tags=["a"][: number % 2])


def without_clock(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**each, "estimated_start_time_delta": None} for each in objects]


@pytest.mark.parametrize("route", ROUTES)
async def test_a_file_holds_the_objects_of_the_list(
    api: httpx.AsyncClient, history: None, small_batches: None, route: str
) -> None:
    listed = (await api.post(f"{route}/filter", json={})).json()
    reply = await api.post(f"{route}/export", json={})
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "application/x-ndjson"
    assert reply.headers["content-disposition"] == f'attachment; filename="{route[1:]}.ndjson"'
    exported = [orjson.loads(line) for line in reply.content.splitlines()]
    assert without_clock(exported) == without_clock(listed)
    assert len(listed) == 8


async def test_filters_and_sort_are_those_of_the_list(
    api: httpx.AsyncClient, history: None, small_batches: None
) -> None:
    for sort, order in queries.TASK_RUNS.orders.items():
        if order.moves:  # by a time that grows while it is read: there is no export in its order
            continue
        asked = {"sort": sort, "task_runs": {"tags": {"all_": ["a"]}}, "flow_runs": {}}
        listed = (await api.post("/task_runs/filter", json=asked)).json()
        lines = (await api.post("/task_runs/export", json={**asked, "limit": 1, "format": "ndjson"})).content
        assert [orjson.loads(line)["id"] for line in lines.splitlines()] == [each["id"] for each in listed]
        assert len(listed) == 4


async def test_a_table_has_a_column_for_each_field(api: httpx.AsyncClient, history: None, small_batches: None) -> None:
    for route in ROUTES:
        listed = (await api.post(f"{route}/filter", json={})).json()
        reply = await api.post(f"{route}/export", json={"format": "csv"})
        assert reply.headers["content-type"] == "text/csv; charset=utf-8"
        names, *rows = csv.reader(io.StringIO(reply.text, newline=""))
        assert names == list(listed[0])
        told = [dict(zip(names, row, strict=True)) for row in rows]
        assert [each["id"] for each in told] == [each["id"] for each in listed]
        for row, each in zip(told, listed, strict=True):
            for name, value in each.items():
                if name != "estimated_start_time_delta":
                    plain = value if isinstance(value, str) else None if value is None else orjson.loads(row[name])
                    assert (row[name] or None) == value if isinstance(value, str | None) else plain == value, name


async def test_an_empty_list_is_an_empty_file(api: httpx.AsyncClient) -> None:
    assert (await api.post("/task_runs/export", json={})).content == b""
    assert (await api.post("/task_runs/export", json={"format": "csv"})).text.startswith("id,created,")


async def test_what_is_wrong_is_told_before_a_file_begins(api: httpx.AsyncClient) -> None:
    for body in ({"format": "xml"}, {"sort": "NONE"}, {"task_runs": {"nothing": 1}}):
        assert (await api.post("/task_runs/export", json=body)).status_code == 422


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[ASGIApp]:
    async with running(settings) as (app, _):
        yield app


async def test_a_batch_is_one_statement_or_two(
    app: ASGIApp, history: None, small_batches: None, statements: list[str]
) -> None:
    async with client_to(app) as client:
        statements.clear()
        await client.post("/task_runs/export", json={})
        assert len(statements) == 3
