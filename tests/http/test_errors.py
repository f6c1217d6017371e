import asyncio
import json
import logging
from contextlib import AsyncExitStack, suppress
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lictor import errors
from lictor.app import ROUTERS, create_app
from lictor.db.failures import DatabaseUnavailable
from lictor.errors import InvalidRequest, RequestError, problem
from lictor.http.errors import as_json, render
from lictor.settings import DatabaseSettings, Settings
from tests import postgres
from tests.databases import settings_for
from tests.http.things import router
from tests.serving import client_of, client_to, port_of, running


@pytest.mark.parametrize(
    ("error", "status", "body"),
    [
        (errors.BadRequest("no"), 400, {"detail": "no"}),
        (errors.Unauthorized("no"), 401, {"exception_message": "no"}),
        (errors.Forbidden("no"), 403, {"detail": "no"}),
        (errors.NotFound("no"), 404, {"detail": "no"}),
        (errors.ObjectNotFound("no"), 404, {"exception_message": "no"}),
        (errors.Conflict("no"), 409, {"detail": "no"}),
        (errors.TooLarge("no"), 413, {"detail": "no"}),
        (errors.Unprocessable("no"), 422, {"detail": "no"}),
        (errors.InternalError("no"), 500, {"exception_message": "no"}),
        (errors.Unavailable("no"), 503, {"exception_message": "no"}),
    ],
)
def test_every_error_has_its_shape(error: RequestError, status: int, body: dict[str, Any]):
    answer = render(error)
    assert (answer.status_code, json.loads(answer.body)) == (status, body)
    assert answer.headers["content-type"] == "application/json"


def test_an_invalid_request_is_told_what_was_wrong_with_it():
    found = problem("too_odd", ("body", "count"), "Input should be even", 3, divisor=2)
    answer = render(InvalidRequest([found], {"count": 3}))
    assert answer.status_code == 422
    assert json.loads(answer.body) == {
        "exception_message": "Invalid request received.",
        "exception_detail": [
            {
                "type": "too_odd",
                "loc": ["body", "count"],
                "msg": "Input should be even",
                "input": 3,
                "ctx": {"divisor": 2},
            }
        ],
        "request_body": {"count": 3},
    }


def test_retry_after_comes_with_unavailable():
    assert render(errors.Unavailable("no")).headers["retry-after"] == "1"


ODD = st.recursive(
    st.none()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.datetimes()
    | st.uuids()
    | st.decimals()
    | st.just(ValueError("odd"))
    | st.builds(object),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text() | st.integers(), inner),
)


@given(ODD)
def test_anything_can_be_told_in_an_error(content: Any):
    answer = render(InvalidRequest([problem("odd", ("body",), "Odd", content)], content))
    text = answer.body.decode()
    json.loads(text, parse_constant=pytest.fail)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param(10**4000, 10**4000, id="huge integers stay exact"),
        pytest.param(float("nan"), "NaN", id="NaN"),
        pytest.param(float("-inf"), "-Infinity", id="infinity"),
        pytest.param("a\ud800b", "a\\ud800b", id="surrogates are spelled out"),
        pytest.param({"\ud800": ["\udfff"]}, {"\\ud800": ["\\udfff"]}, id="surrogates anywhere"),
        pytest.param("a\0b", "a\0b", id="NUL"),
        pytest.param(ValueError("odd"), {}, id="exceptions are empty objects"),
    ],
)
def test_what_json_cannot_hold(value: Any, shown: Any):
    assert json.loads(as_json({"value": value})) == {"value": shown}


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        ("not-found", 404, {"detail": "Thing not found"}),
        ("object-not-found", 404, {"exception_message": "Thing not found"}),
        ("conflict", 409, {"detail": "Thing exists"}),
        ("bad", 400, {"detail": "Thing is bad"}),
        ("forbidden", 403, {"detail": "Thing is forbidden"}),
    ],
)
async def test_a_route_raises_its_answer(things: httpx.AsyncClient, fault: str, status: int, body: dict[str, Any]):
    answer = await things.post(f"/things/raise/{fault}")
    assert (answer.status_code, answer.json()) == (status, body)


async def test_the_unforeseen_is_logged_once_and_not_told(things: httpx.AsyncClient, caplog: pytest.LogCaptureFixture):
    answer = await things.post("/things/raise/surprise")
    assert (answer.status_code, answer.json()) == (500, {"exception_message": "Internal Server Error"})
    assert [(record.name, record.message) for record in caplog.records if record.levelno >= logging.WARNING] == [
        ("lictor.http.errors", "POST '/api/things/raise/surprise' failed")
    ]
    assert "RuntimeError: boom" in caplog.text


async def test_errors_tell_browsers_that_they_may_read_them(things: httpx.AsyncClient):
    answer = await things.post("/things/raise/surprise", headers={"origin": "http://localhost:8080"})
    assert answer.headers["access-control-allow-origin"] == "http://localhost:8080"


async def test_a_constraint_that_nobody_foresaw_is_a_conflict(stored_things: httpx.AsyncClient):
    assert (await stored_things.post("/things/stored/one")).status_code == 204
    answer = await stored_things.post("/things/stored/one")
    assert answer.status_code == 409
    assert list(answer.json()) == ["detail"]


async def test_a_database_that_nobody_serves_is_unavailable(caplog: pytest.LogCaptureFixture):
    nowhere = DatabaseSettings(connection_url="postgresql://nobody@127.0.0.1:1/nothing")
    async with client_of(Settings(_env_file=None, database=nowhere), [router]) as things:
        answer = await things.get("/things/stored")
    assert (answer.status_code, answer.json()) == (503, {"exception_message": "Service Unavailable"})
    assert answer.headers["retry-after"] == "1"
    warnings = [record for record in caplog.records if record.levelno >= logging.WARNING]
    [record] = [record for record in warnings if record.name == "lictor.http.errors"]  # services warn, too
    assert record.exc_info is None


@pytest.mark.parametrize("dialect", ["postgresql"])  # on SQLite, what is short needs no connection of the pool
async def test_a_pool_without_a_free_connection_is_unavailable(settings: Settings):
    busy = settings.database.model_copy(update={"pool_size": 1, "max_overflow": 0, "pool_timeout": 0.05})
    async with (
        running(settings.model_copy(update={"database": busy}), [router]) as (app, state),
        client_to(app) as things,
        AsyncExitStack() as taken,
    ):
        assert (await things.get("/things/stored")).json() == []
        with suppress(DatabaseUnavailable):
            while True:
                await taken.enter_async_context(state["db"].read.connection())
        answer = await things.get("/things/stored")
    assert (answer.status_code, answer.json()) == (503, {"exception_message": "Service Unavailable"})


async def test_a_database_server_that_goes_away_is_unavailable():
    with postgres.running() as server:
        url = server.url().replace("postgresql://", "postgresql+asyncpg://")
        async with client_of(settings_for(url), [*ROUTERS, router]) as api:
            assert (await api.get("/ready")).status_code == 200
            server.stop()
            answers = [
                await api.get("/things/stored"),
                await api.post("/things/stored/one"),
                await api.get("/ready"),
                await api.get("/health"),
            ]
    assert [answer.status_code for answer in answers] == [503, 503, 503, 200]


async def test_who_hangs_up_is_not_answered(unused_settings: Settings, caplog: pytest.LogCaptureFixture):
    async with port_of(create_app(unused_settings, [router])) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /api/things/json HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\n[")
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.close()
        async with httpx.AsyncClient() as client:
            assert (await client.get(f"http://127.0.0.1:{port}/api/things/name/x")).json() == "x"
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_an_answer_that_breaks_off_breaks_off_for_the_client_too(
    unused_settings: Settings, caplog: pytest.LogCaptureFixture
):
    async with port_of(create_app(unused_settings, [router])) as port, httpx.AsyncClient() as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get(f"http://127.0.0.1:{port}/api/things/broken")
    [record] = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert "RuntimeError: boom" in caplog.text
    assert record.name == "uvicorn.error"
