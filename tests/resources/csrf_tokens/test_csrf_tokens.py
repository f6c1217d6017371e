from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from lictor.http.dependencies import State
from lictor.resources.csrf_tokens.schemas import CsrfToken
from lictor.resources.csrf_tokens.table import csrf_token
from lictor.settings import ServerSettings, Settings
from tests.serving import client_to, running

FORBIDDEN = (403, {"detail": "Invalid CSRF token or client identifier."})


@pytest.fixture
async def served(settings: Settings) -> AsyncIterator[tuple[httpx.AsyncClient, State]]:
    server = ServerSettings(csrf_protection_enabled=True, csrf_token_expiration=timedelta(minutes=10))
    async with (
        running(settings.model_copy(update={"server": server})) as (app, state),
        client_to(app) as client,
    ):
        yield client, state


@pytest.fixture
def api(served: tuple[httpx.AsyncClient, State]) -> httpx.AsyncClient:
    return served[0]


async def token_for(api: httpx.AsyncClient, client: str) -> str:
    answer = await api.get("/csrf-token", params={"client": client})
    assert answer.status_code == 200
    return answer.json()["token"]


def shown(client: str, token: str) -> dict[str, Any]:
    return {"prefect-csrf-client": client, "prefect-csrf-token": token}


async def test_a_token_is_for_one_client_and_some_time(api: httpx.AsyncClient):
    before = datetime.now(UTC)
    given = (await api.get("/csrf-token", params={"client": "one"})).json()
    token = CsrfToken.model_validate(given)
    assert set(given) == set(CsrfToken.model_fields)
    assert token.client == "one"
    assert len(token.token) == 64
    assert timedelta(minutes=9) < token.expiration - before <= timedelta(minutes=11)
    assert given["created"].endswith("Z")


async def test_a_new_token_replaces_the_old_one(api: httpx.AsyncClient):
    first = (await api.get("/csrf-token", params={"client": "one"})).json()
    second = (await api.get("/csrf-token", params={"client": "one"})).json()
    assert UUID(first["id"]) == UUID(second["id"])
    assert first["token"] != second["token"]
    assert (await api.post("/hello", headers=shown("one", first["token"]))).status_code == 403
    assert (await api.post("/hello", headers=shown("one", second["token"]))).status_code == 405


async def test_who_shows_the_token_may_change_things(api: httpx.AsyncClient):
    token = await token_for(api, "one")
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        # 405 is the answer of the route: the request got that far.
        assert (await api.request(method, "/hello", headers=shown("one", token))).status_code == 405


async def test_who_changes_nothing_needs_none(api: httpx.AsyncClient):
    for method in ("GET", "HEAD", "OPTIONS"):
        assert (await api.request(method, "/hello")).status_code != 403


async def test_everybody_else_is_refused(api: httpx.AsyncClient):
    await token_for(api, "one")
    for headers, detail in (
        ({}, "Missing CSRF token."),
        ({"prefect-csrf-client": "one"}, "Missing CSRF token."),
        ({"prefect-csrf-token": "x"}, "Missing client identifier."),
        (shown("one", "x"), FORBIDDEN[1]["detail"]),
        (shown("two", "x"), FORBIDDEN[1]["detail"]),
        (shown("", ""), FORBIDDEN[1]["detail"]),
        ({"prefect-csrf-client": b"one", "prefect-csrf-token": b"\xe4"}, FORBIDDEN[1]["detail"]),
        ({"prefect-csrf-client": b"\xff", "prefect-csrf-token": b"x"}, FORBIDDEN[1]["detail"]),
    ):
        for path in ("/hello", "/nothing", "http://localhost/nothing"):
            answer = await api.post(path, headers=headers)
            assert (answer.status_code, answer.json()) == (403, {"detail": detail}), (path, headers)


async def test_the_token_of_another_client_is_of_no_use(api: httpx.AsyncClient):
    tokens = {client: await token_for(api, client) for client in ("one", "two")}
    answer = await api.post("/hello", headers=shown("one", tokens["two"]))
    assert (answer.status_code, answer.json()) == FORBIDDEN


async def test_a_token_runs_out_and_is_forgotten(served: tuple[httpx.AsyncClient, State]):
    api, state = served
    token = await token_for(api, "one")
    async with state["db"].write() as tx:
        await tx.execute(sa.update(csrf_token).values(expiration=datetime.now(UTC) - timedelta(seconds=1)))
    answer = await api.post("/hello", headers=shown("one", token))
    assert (answer.status_code, answer.json()) == FORBIDDEN
    await token_for(api, "two")
    assert await state["db"].read.all(sa.select(csrf_token.c.client)) == [("two",)]


async def test_a_client_must_have_a_name_that_can_be_kept(api: httpx.AsyncClient):
    for query, kind in (("", "missing"), ("client=%00", "string_nul"), (f"client={'x' * 3000}", "value_error")):
        answer = await api.get(f"/csrf-token?{query}")
        assert answer.status_code == 422
        [found] = answer.json()["exception_detail"]
        assert (found["loc"], found["type"]) == (["query", "client"], kind)


async def test_otherwise_any_name_will_do(api: httpx.AsyncClient):
    for name in ("", "%", "🔑" * 512, "a b/c?d&e", "\ufffd"):
        answer = await api.get("/csrf-token", params={"client": name})
        assert (answer.status_code, answer.json()["client"]) == (200, name)


async def test_without_protection_there_are_no_tokens(settings: Settings):
    async with running(settings) as (app, state), client_to(app) as api:
        answer = await api.get("/csrf-token", params={"client": "one"})
        assert (answer.status_code, answer.json()) == (422, {"detail": "CSRF protection is disabled."})
        assert (await api.get("/csrf-token")).json()["exception_detail"][0]["type"] == "missing"
        assert (await api.post("/hello")).status_code == 405
        assert await state["db"].read.all(sa.select(csrf_token)) == []


async def test_browsers_may_read_the_refusal(api: httpx.AsyncClient):
    answer = await api.post("/hello", headers={"origin": "http://localhost:1"})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (403, "http://localhost:1")
