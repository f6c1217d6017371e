import asyncio
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from starlette.routing import Match

from lictor.app import ROUTERS, create_app
from lictor.db.ids import uuid7
from lictor.http.routing import RouteTable
from lictor.resources.csrf_tokens.table import csrf_token
from lictor.settings import ServerSettings, Settings
from tests.databases import settings_for
from tests.http.things import router as things
from tests.serving import client_of, client_to, port_of, running


@pytest.fixture
def unused_settings(tmp_path: Path) -> Settings:
    return settings_for(f"sqlite+aiosqlite:///{tmp_path / 'unused.db'}")


@pytest.fixture
async def api(unused_settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(unused_settings, [*ROUTERS, things]) as client:
        yield client


@pytest.fixture
def document(unused_settings: Settings) -> dict[str, Any]:
    return create_app(unused_settings).openapi()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


@pytest.mark.parametrize(
    ("method", "path", "status", "told"),
    [
        ("GET", "/nothing", 404, {"detail": "Not Found"}),
        ("GET", "/", 404, {"detail": "Not Found"}),
        ("GET", "", 404, {"detail": "Not Found"}),
        ("GET", "//health", 404, {"detail": "Not Found"}),
        ("POST", "http://localhost/nothing", 404, {"detail": "Not Found"}),
        ("POST", "/health", 405, {"detail": "Method Not Allowed"}),
        ("DELETE", "/hello", 405, {"detail": "Method Not Allowed"}),
        ("OPTIONS", "/hello", 405, {"detail": "Method Not Allowed"}),
        ("FOO", "/hello", 405, {"detail": "Method Not Allowed"}),
    ],
)
async def test_what_is_not_there(api: httpx.AsyncClient, method: str, path: str, status: int, told: dict[str, str]):
    answer = await api.request(method, path)
    assert (answer.status_code, answer.json()) == (status, told)


def test_routes_are_found_at_once_as_fastapi_finds_them(unused_settings: Settings) -> None:
    app = create_app(unused_settings)
    table = next(route for route in app.routes if isinstance(route, RouteTable))
    for route in app.api_routes:
        path = re.sub(r"{\w+:uuid}", str(uuid7()), route.path)
        path = "/api" + re.sub(r"{\w+:int}", "5", re.sub(r"{\w+(:path)?}", "some", path))
        for method in route.methods:
            match, inner = table.matches({"type": "http", "method": method, "path": path})
            assert (match, inner[RouteTable.CHOSEN].route) == (Match.FULL, route), path
            assert table.find(method, path) == (route, inner["path_params"])


@pytest.mark.parametrize("path", ["/health", "/hello"])
async def test_head_is_no_get(api: httpx.AsyncClient, path: str):
    answer = await api.head(path)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


@pytest.mark.parametrize(
    ("method", "path", "location"),
    [
        ("GET", "/health/", "http://localhost/api/health"),
        ("GET", "/admin/version/", "http://localhost/api/admin/version"),
        ("GET", "/csrf-token/?client=a", "http://localhost/api/csrf-token?client=a"),
        ("POST", "/things", "http://localhost/api/things/"),
        ("GET", "/docs/", "http://localhost/api/docs"),
    ],
)
async def test_a_slash_too_many_or_too_few_is_redirected(api: httpx.AsyncClient, method: str, path: str, location: str):
    answer = await api.request(method, path)
    assert (answer.status_code, answer.headers["location"], answer.content) == (307, location, b"")


@pytest.mark.parametrize("base", ["http://localhost/api", "http://localhost"])
async def test_the_documents_stand_with_and_without_the_prefix(api: httpx.AsyncClient, base: str):
    shown = await api.get(f"{base}/docs")
    assert shown.status_code == 200
    assert 'url: "openapi.json"' in shown.text
    for name, kind in (("swagger-ui.css", "text/css"), ("swagger-ui-bundle.js", "text/javascript")):
        assert f"docs/{name}" in shown.text
        file = await api.get(f"{base}/docs/{name}")
        assert (file.status_code, file.headers["content-type"].partition(";")[0]) == (200, kind)
    assert (await api.get(f"{base}/docs/other.js")).status_code == 404
    assert (await api.get(f"{base}/redoc")).headers["location"] == "docs"
    document = (await api.get(f"{base}/openapi.json")).json()
    assert document["servers"] == [{"url": "/api"}]
    assert "/admin/version" in document["paths"]


@pytest.mark.parametrize(("given", "path"), [("/v2/api/", "/v2/api"), ("/", ""), ("/lictor", "/lictor")])
async def test_the_api_stands_where_the_setting_says(unused_settings: Settings, given: str, path: str):
    server = ServerSettings(base_path=given, auth_string="me:secret")
    settings = unused_settings.model_copy(update={"server": server})
    async with running(settings) as (app, _), client_to(app) as client:
        assert (await client.get(f"http://localhost{path}/health")).json() is True
        elsewhere = await client.get("http://localhost/api/health")  # asks for the password, or is a page
        assert elsewhere.status_code == (401 if path == "" else 200)
        assert elsewhere.text != "true"
        assert (await client.get(f"http://localhost{path}/version")).status_code == 401
        authorized = await client.get(f"http://localhost{path}/version", auth=("me", "secret"))
        assert authorized.status_code == 200
        document = (await client.get(f"http://localhost{path}/openapi.json", auth=("me", "secret"))).json()
        assert document["servers"] == [{"url": path or "/"}]


def test_every_operation_is_described(document: dict[str, Any]):
    assert not [name for name, operation in operations(document) if not operation.get("description")]
    assert not [name for name, operation in operations(document) if not operation["summary"] or not operation["tags"]]
    undescribed = [
        (name, parameter["name"])
        for name, operation in operations(document)
        for parameter in operation.get("parameters", ())
        if not parameter.get("description") and parameter["in"] != "path"
    ]
    assert not undescribed


def test_operation_ids_are_unique(document: dict[str, Any]):
    ids = Counter(operation["operationId"] for _, operation in operations(document))
    assert max(ids.values()) == 1


def test_the_version_header_is_documented_where_it_counts(document: dict[str, Any]):
    silent = {
        name
        for name, operation in operations(document)
        if "x-prefect-api-version" not in {parameter["name"] for parameter in operation.get("parameters", ())}
    }
    assert silent == {"GET /health", "GET /version", "POST /hooks/{token}"}


def test_answers_to_invalid_requests_are_documented(document: dict[str, Any]):
    silent = {name for name, operation in operations(document) if "422" not in operation["responses"]}
    assert silent == {"GET /health", "GET /version"}
    assert {"HTTPValidationError", "ValidationError"} <= set(document["components"]["schemas"])


def test_every_reference_in_the_document_leads_somewhere(document: dict[str, Any]):
    text = json.dumps(document)
    for name in {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]}:
        assert name in document["components"]["schemas"]


def test_nothing_is_opened_before_the_lifespan_begins(tmp_path: Path):
    create_app(settings_for(f"sqlite+aiosqlite:///{tmp_path / 'new.db'}")).openapi()
    assert list(tmp_path.iterdir()) == []


async def test_two_applications_never_meet(database_url: str, empty_database_url: str):
    async with (
        running(settings_for(database_url, server=ServerSettings(default_limit=3)), [things]) as (one, one_state),
        running(settings_for(empty_database_url), [things]) as (other, _),
        client_to(one) as api,
        client_to(other) as other_api,
    ):
        assert (await api.post("/things/stored/mine")).status_code == 204
        assert await one_state["db"].read.scalar(sa.select(csrf_token.c.client)) == "mine"
        assert (await api.post("/things/filter")).json()["limit"] == 3
        assert (await other_api.get("/things/stored")).status_code == 500  # it has no tables at all
        assert (await other_api.post("/things/filter")).json()["limit"] == 200


async def test_what_a_request_writes_is_there_when_it_is_answered(settings: Settings):
    async with running(settings, [things]) as (app, _), client_to(app) as api:
        for number in range(20):
            assert (await api.post(f"/things/stored/{number:02}")).status_code == 204
            assert len((await api.get("/things/stored")).json()) == number + 1


@pytest.mark.parametrize("fault", ["not-found", "conflict", "surprise"])
async def test_what_fails_writes_nothing(settings: Settings, fault: str):
    async with running(settings, [things]) as (app, _), client_to(app) as api:
        assert (await api.post(f"/things/stored/one?fault={fault}")).status_code >= 400
        assert (await api.get("/things/stored")).json() == []


async def test_browsers_of_the_allowed_origins_may_call(unused_settings: Settings):
    server = ServerSettings(
        cors_allowed_origins="http://a, http://b", cors_allowed_methods="GET,POST", cors_allowed_headers="x-one"
    )
    async with client_of(unused_settings.model_copy(update={"server": server})) as api:
        allowed = await api.get("/hello", headers={"origin": "http://b"})
        assert allowed.headers["access-control-allow-origin"] == "http://b"
        assert "access-control-allow-origin" not in (await api.get("/hello", headers={"origin": "http://c"})).headers
        asking = {"origin": "http://a", "access-control-request-method": "DELETE"}
        assert (await api.options("/hello", headers=asking)).status_code == 400
        asking = {
            "origin": "http://a",
            "access-control-request-method": "POST",
            "access-control-request-headers": "x-one",
        }
        assert (await api.options("/hello", headers=asking)).status_code == 200


async def test_pages_of_this_machine_may_call_unless_set(api: httpx.AsyncClient):
    for path in ("/hello", "/nothing"):
        answer = await api.get(path, headers={"origin": "http://localhost:8080"})
        assert answer.headers["access-control-allow-origin"] == "http://localhost:8080"
        answer = await api.get(path, headers={"origin": "http://elsewhere"})
        assert "access-control-allow-origin" not in answer.headers


async def test_pages_of_any_origin_may_call_where_they_need_a_password(unused_settings: Settings):
    server = ServerSettings(auth_string="me:secret")
    async with client_of(unused_settings.model_copy(update={"server": server})) as api:
        answer = await api.get("/hello", headers={"origin": "http://elsewhere"}, auth=("me", "secret"))
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")


async def test_long_answers_are_compressed_for_those_who_can_read_it(api: httpx.AsyncClient):
    long = await api.get("/things/long")
    assert long.headers["content-encoding"] == "gzip"
    assert int(long.headers["content-length"]) < len(long.content) / 10
    assert "content-encoding" not in (await api.get("/hello")).headers
    plain = await api.get("/things/long", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == long.content


async def test_caches_are_told_what_an_answer_depends_on(api: httpx.AsyncClient) -> None:
    for headers in ({"accept-encoding": "identity"}, {"accept-encoding": "gzip"}, {"origin": "http://localhost"}):
        varies = (await api.get("/things/long", headers=headers)).headers["vary"]
        assert sorted(varies.split(", ")) == ["Accept-Encoding", "Origin"]


@asynccontextmanager
async def raw(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def status_of(reader: asyncio.StreamReader) -> int:
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    await reader.readexactly(length)
    return int(head.split()[1])


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (b"/api/things/name/%00", 404),
        (b"/api/things/name/%ff%fe", 200),
        (b"/api/things/name/%ed%a0%80", 200),
        (b"/api/things/name/%", 200),
        (b"/api/things/name/" + b"%25" * 10_000, 200),
        (b"/api/things/name/a%2Fb", 404),
        (b"/api/%00", 404),
        (b"/api/things/?name=%00", 422),
        (b"/api/things/?name=%ff", 200),
        (b"/api/things/?name=%F0%9F", 200),
        (b"/api/things/?%00=1&name=1", 422),
        (b"/api/things/name/\xff", 400),
        (b"/api/things/?name=\xff", 400),
    ],
)
async def test_odd_request_lines(unused_settings: Settings, target: bytes, status: int):
    async with port_of(create_app(unused_settings, [things])) as port, raw(port) as (reader, writer):
        writer.write(b"GET " + target + b" HTTP/1.1\r\nhost: localhost\r\n\r\n")
        assert await status_of(reader) == status


async def test_after_a_body_that_is_too_long_the_connection_serves_on(unused_settings: Settings):
    settings = unused_settings.model_copy(update={"server": ServerSettings(max_body_bytes=1000)})
    async with port_of(create_app(settings, [things])) as port, raw(port) as (reader, writer):
        head = b"POST /api/things/json HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        for framing, body in (
            (b"content-length: 1000000\r\n\r\n", b" " * 1_000_000),
            (b"transfer-encoding: chunked\r\n\r\n", (b"3e8\r\n" + b" " * 1000 + b"\r\n") * 1000 + b"0\r\n\r\n"),
        ):
            writer.write(head + framing + body)
            assert await status_of(reader) == 413
            writer.write(head + b"content-length: 1\r\n\r\n1")
            assert await status_of(reader) == 200
