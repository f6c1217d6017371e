"""Answers that are large, and those that nobody reads."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest

from lictor.app import create_app
from lictor.errors import Unavailable, Unprocessable
from lictor.http.answers import AnswerBudget
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
    budget = AnswerBudget(100, 250)
    budget.take(100)
    budget.take(100)
    with pytest.raises(Unavailable):
        budget.take(100)
    with pytest.raises(Unprocessable):
        budget.take(101)
    budget.give(100)
    budget.take(100)
    assert budget.held == 200


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
