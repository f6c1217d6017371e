"""Answers that are large, and those that nobody reads."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from lictor.app import create_app
from lictor.db import engine
from lictor.db.byte_budget import AnswerTooLarge, ByteBudget, Holding
from lictor.db.engine import Database, open_database
from lictor.errors import Unavailable
from lictor.resources.artifacts.table import artifact
from lictor.settings import Settings
from tests.make import Make
from tests.serving import client_of, port_of

REQUEST = b"POST /api/artifacts/filter HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"


@pytest.fixture
async def small_answers(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    server = settings.server.model_copy(update={"max_response_bytes": 1_000_000})
    async with client_of(settings.model_copy(update={"server": server})) as api:
        yield api


def test_a_budget_is_given_back() -> None:
    budget = ByteBudget(100, 250)
    budget.take(100)
    budget.take(100)
    with pytest.raises(Unavailable):
        budget.take(100)
    with pytest.raises(AnswerTooLarge):
        budget.take(101)
    budget.give(100)
    budget.take(100)
    assert budget.held == 200


def test_what_is_read_after_its_reader_has_left_is_given_back() -> None:
    budget = ByteBudget(100, 250)
    holding = Holding(budget)
    holding.add(60)
    with pytest.raises(AnswerTooLarge):
        holding.add(60)
    holding.release()
    with pytest.raises(Unavailable):
        holding.add(10)
    assert budget.held == 0


async def artifacts(make: Make, number: int, size: int) -> None:
    for _ in range(number):
        await make.artifact(data=json.dumps("x" * size))


async def test_rows_are_counted_while_the_database_sends_them(db: Database, settings: Settings, make: Make) -> None:
    """A page past the limit is refused when so much of it has arrived, and other reads go on."""
    await artifacts(make, 12, 1_000_000)
    most = 0

    class Watched(ByteBudget):
        def try_take(self, size: int) -> bool:
            nonlocal most
            taken = super().try_take(size)
            most = max(most, self.held)
            return taken

    watched = Watched(3_000_000)
    everything = sa.select(artifact.c.id, artifact.c.data)
    async with open_database(settings.database, watched) as database:
        for _ in range(3):
            with pytest.raises(AnswerTooLarge):
                await database.bounded_read.all(everything)
            assert len(await database.bounded_read.all(everything.limit(2))) == 2
        assert len(await database.read.all(everything)) == 12, "the server itself may read more"
        assert watched.held == 0
    assert 1_000_000 < most <= 3_000_000


async def test_batches_are_smaller_where_rows_are_large(
    settings: Settings, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BATCH_BYTES", 3_000_000)
    await artifacts(make, 6, 1_000_000)
    everything = sa.select(artifact.c.id, artifact.c.data)
    async with open_database(settings.database, ByteBudget(20_000_000)) as database:
        rows, size = await database.bounded_read.batch(lambda reader, size: reader.all(everything.limit(size)), 500)
        assert len(rows) == size == 1
        rows, size = await database.bounded_read.batch(lambda reader, size: reader.all(everything.limit(size)), 2)
        assert len(rows) == size == 2


async def test_an_export_of_large_objects_is_whole(
    small_answers: httpx.AsyncClient, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BATCH_BYTES", 900_000)
    for number in range(5):
        await make.flow_run(f"run {number}", parameters={"x": "y" * 400_000})
    answer = await small_answers.post("/flow_runs/export", json={})
    assert answer.status_code == 200
    assert len({json.loads(line)["name"] for line in answer.text.splitlines()}) == 5


@pytest.mark.parametrize("route", ["/flow_runs/filter", "/logs/filter", "/events/filter"])
async def test_pages_of_runs_logs_and_events_are_bounded_alike(
    small_answers: httpx.AsyncClient, make: Make, route: str
) -> None:
    for number in range(4):
        text = "y" * 300_000
        run = await make.flow_run(parameters={"x": text})
        log = {"name": "n", "level": 20, "message": text, "timestamp": "2026-01-01T00:00:00Z", "flow_run_id": str(run)}
        await small_answers.post("/logs/", json=[log])
        event = {
            "id": str(uuid4()),
            "occurred": datetime.now(UTC).isoformat(),
            "event": f"large.{number}",
            "resource": {"prefect.resource.id": "large"},
            "payload": {"x": text},
        }
        assert (await small_answers.post("/events", json=[event])).status_code == 204
    refused = await small_answers.post(route, json={})
    assert (refused.status_code, "LICTOR_MAX_RESPONSE_BYTES" in refused.text) == (422, True)
    assert (await small_answers.post(route, json={"limit": 1})).status_code == 200


async def test_an_answer_past_the_setting_is_refused(small_answers: httpx.AsyncClient, make: Make) -> None:
    for _ in range(3):
        await make.artifact(data=json.dumps("x" * 400_000))
    refused = await small_answers.post("/artifacts/filter", json={})
    assert refused.status_code == 422
    assert "LICTOR_MAX_RESPONSE_BYTES" in refused.json()["detail"]
    assert len((await small_answers.post("/artifacts/filter", json={"limit": 2})).json()) == 2


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
async def test_a_large_answer_arrives_whole(api: httpx.AsyncClient, make: Make, encoding: str) -> None:
    await make.artifact(data=json.dumps("x" * 3_000_000))
    answer = await api.post("/artifacts/filter", json={}, headers={"accept-encoding": encoding})
    assert len(answer.json()[0]["data"]) >= 3_000_000


async def test_answers_that_nobody_reads_are_bounded_over_all(settings: Settings, make: Make) -> None:
    await make.artifact(data=json.dumps("x" * 8_000_000))
    server = settings.server.model_copy(update={"max_response_bytes_in_flight": 20_000_000})
    async with port_of(create_app(settings.model_copy(update={"server": server}))) as port:
        connections = [await asyncio.open_connection("127.0.0.1", port) for _ in range(4)]
        for _, writer in connections[:2]:
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            writer.write(REQUEST)
        await asyncio.sleep(1)
        reader, writer = connections[2]
        writer.write(REQUEST)
        assert (await reader.readline()).startswith(b"HTTP/1.1 503 ")
        for _, writer in connections[:3]:
            writer.transport.abort()  # type: ignore[attr-defined]
        await asyncio.sleep(0.5)
        reader, writer = connections[3]
        writer.write(REQUEST)
        assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
        writer.transport.abort()  # type: ignore[attr-defined]
