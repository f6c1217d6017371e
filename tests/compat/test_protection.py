"""Servers that ask who calls, and for a token of whoever changes something: both let the same requests pass."""

from base64 import b64encode
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from . import servers
from .asking import Pair, connected
from .conftest import subject_server
from .databases import SQLiteDatabases
from .scenario import Scenario
from .servers import PROTECTED

Json = Any


def _basic(user: str) -> dict[str, str]:
    return {"authorization": "Basic " + b64encode(user.encode()).decode()}


ADMIN = _basic("admin:pass:word")
STRANGERS = (
    {},
    _basic("admin:wrong"),
    _basic("admin"),
    {"authorization": "Bearer admin:pass:word"},
    {"authorization": "Basic"},
    {"authorization": "Basic !!!"},
    {"authorization": ""},
)


@pytest.fixture(scope="module")
def protected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[servers.Server, servers.Server]]:
    home: Path = tmp_path_factory.mktemp("protected")
    databases = SQLiteDatabases(home)
    with (
        servers.prefect_server(databases.create("oracle"), home / "oracle", PROTECTED) as oracle,
        subject_server(databases.create("subject"), home / "subject", PROTECTED) as subject,
    ):
        yield oracle, subject


@pytest.fixture
async def guards(protected: tuple[servers.Server, servers.Server]) -> AsyncIterator[Pair]:
    async with connected(protected) as pair:
        yield pair


async def test_strangers_are_refused(guards: Pair) -> None:
    s = Scenario(guards)
    for headers in STRANGERS:
        for path in ("/hello", "/flows/name/x", "/nothing", "/csrf-token?client=x", "/admin/version"):
            await s.get(path, headers=headers)
        await s.post("/flows/filter", {}, headers=headers, unlike=(401, "Prefect asks for the token first"))
    await s.get("/hello", headers=_basic("admin:ü"), unlike=(401, "Prefect fails"))
    for path in ("/health", "/ready", "/version"):
        await s.get(path)
    for path in ("/hello", "/version", "/admin/version", "/nothing"):
        await s.get(path, headers=ADMIN)
    s.end()


async def test_changes_take_a_token(guards: Pair) -> None:
    s = Scenario(guards)
    await s.get("/csrf-token", headers=ADMIN)
    await s.step("GET", "/csrf-token?client=me", headers=ADMIN, saved="csrf", field="token")
    mine = ADMIN | {"Prefect-Csrf-Client": "me", "Prefect-Csrf-Token": "{csrf}"}
    for headers in (
        ADMIN,
        ADMIN | {"Prefect-Csrf-Client": "me"},
        ADMIN | {"Prefect-Csrf-Token": "{csrf}"},
        mine | {"Prefect-Csrf-Client": "you"},
        mine | {"Prefect-Csrf-Token": "wrong"},
        mine,
    ):
        await s.post("/flows/", {"name": "guarded"}, headers=headers)
        await s.post("/flows/filter", {}, headers=headers)
        await s.get("/flows/name/guarded", headers=headers)
        await s.patch("/flows/00000000-0000-4000-8000-000000000000", {"tags": []}, headers=headers)
        await s.delete("/flows/00000000-0000-4000-8000-000000000000", headers=headers)
    s.end()


async def test_pages_elsewhere_are_told_what_they_may_do(guards: Pair) -> None:
    preflight = {"access-control-request-headers": "authorization,x-mine"}
    for origin in ("http://here", "http://there:8080", "http://there", "null"):
        asked = [("GET", "/hello", {}), ("GET", "/hello", ADMIN), ("GET", "/nothing", ADMIN)]
        asked += [
            ("OPTIONS", "/flows/filter", preflight | {"access-control-request-method": method})
            for method in ("GET", "POST", "DELETE")
        ]
        for method, path, headers in asked:
            replies = [
                await client.request(method, path, headers=headers | {"origin": origin})
                for client in (guards.oracle, guards.subject)
            ]
            theirs, ours = [(reply.status_code, _of_pages_elsewhere(reply.headers)) for reply in replies]
            assert ours == theirs, (method, path, origin)


def _of_pages_elsewhere(headers: Mapping[str, str]) -> dict[str, str]:
    """Less the headers that pages may read: Lictor has one that Prefect has not."""
    about = {name: value for name, value in headers.items() if name.startswith("access-control-")}
    about.pop("access-control-expose-headers", None)
    return about


async def test_a_page_elsewhere_can_read_that_it_lacks_a_token(guards: Pair) -> None:
    headers = ADMIN | {"origin": "http://here"}
    replies = [
        await client.post("/flows/", json={"name": "guarded"}, headers=headers)
        for client in (guards.oracle, guards.subject)
    ]
    assert [reply.status_code for reply in replies] == [403, 403]
    assert [reply.headers.get("access-control-allow-origin") for reply in replies] == [None, "http://here"]


@pytest.mark.parametrize("page", ["docs", "redoc", "openapi.json"])
async def test_the_documents_ask_for_the_password(protected: tuple[servers.Server, servers.Server], page: str) -> None:
    oracle, subject = (server.url.removesuffix("api") + page for server in protected)
    async with httpx.AsyncClient(timeout=60, follow_redirects=True) as client:
        assert (await client.get(oracle)).is_success, "Prefect's are no longer open"
        assert (await client.get(subject)).status_code == 401
        assert (await client.get(subject, headers=ADMIN)).is_success
