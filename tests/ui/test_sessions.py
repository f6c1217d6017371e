"""Logging in on the pages."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from lictor.http.sessions import COOKIE, Sessions
from lictor.settings import ServerSettings, Settings, UISettings
from tests.serving import client_of

CREDENTIALS = "admin:sécret"


@pytest.fixture
async def api(unused_settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    groups = {"server": ServerSettings(auth_string=CREDENTIALS), "ui": UISettings(session_lifetime=timedelta(hours=1))}
    async with client_of(unused_settings.model_copy(update=groups)) as client:
        yield client


async def log_in(api: httpx.AsyncClient, auth_string: str = CREDENTIALS) -> httpx.Response:
    return await api.post("/ui/login", json={"auth_string": auth_string})


async def test_a_session_stands_for_the_password(api: httpx.AsyncClient):
    assert (await api.get("/hello")).status_code == 401
    answer = await log_in(api)
    assert answer.status_code == 204
    cookie = answer.headers["set-cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=strict", "Max-Age=3600", "Path=/"))
    assert "sécret" not in cookie
    assert (await api.get("/hello")).status_code == 200


async def test_a_wrong_password_begins_none(api: httpx.AsyncClient):
    answer = await log_in(api, "admin:wrong")
    assert answer.status_code == 401
    assert answer.json() == {"exception_message": "This is not the user and password of this server."}
    assert "set-cookie" not in answer.headers


async def test_whoever_logs_out_is_out(api: httpx.AsyncClient):
    await log_in(api)
    await api.post("/ui/logout", headers={"origin": "http://localhost"})
    assert (await api.get("/hello")).status_code == 401


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("", id="nothing"),
        pytest.param("x.y", id="no time"),
        pytest.param("9999999999.0000", id="a wrong signature"),
        pytest.param(Sessions(b"admin:other").issue(60), id="of another password"),
        pytest.param(Sessions(CREDENTIALS.encode()).issue(-1), id="expired"),
        pytest.param("9" * 5000 + ".x", id="a long number"),
    ],
)
async def test_other_tokens_do_not(api: httpx.AsyncClient, token: str):
    assert (await api.get("/hello", headers={"cookie": f"{COOKIE}={token}"})).status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"origin": "http://localhost"}, 200, id="our own page"),
        pytest.param({"origin": "http://evil.test"}, 401, id="another origin of the same site"),
        pytest.param({"origin": "null"}, 401, id="a sandboxed page"),
        pytest.param({"sec-fetch-site": "same-origin"}, 200, id="a browser that names no origin"),
        pytest.param({}, 401, id="nobody says where it comes from"),
    ],
)
async def test_other_pages_cannot_use_it_to_change_anything(
    api: httpx.AsyncClient, headers: dict[str, str], status: int
):
    await log_in(api)
    assert (await api.post("/csrf-token", headers=headers)).status_code == (405 if status == 200 else status)


async def test_who_needs_no_password_needs_no_session(unused_settings: Settings):
    async with client_of(unused_settings) as api:
        answer = await log_in(api, "anything")
    assert answer.status_code == 204
    assert "set-cookie" not in answer.headers
