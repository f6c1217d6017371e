"""Requests to routes that take parameters: what Prefect 3.9.1 answers, and 4xx where Prefect fails."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from lictor.http.routing import StrictRouter
from lictor.settings import ServerSettings, Settings
from tests.http.things import fast_router, router
from tests.serving import client_of

DEFAULTS = {"limit": 200, "offset": 0, "names": None, "sort": "NAME_ASC"}


@pytest.fixture(params=[[router], [fast_router, router]], ids=["through FastAPI", "fast path"])
def routers(request: pytest.FixtureRequest) -> list[StrictRouter]:
    """Both ways to the same routes."""
    found: list[StrictRouter] = request.param
    return found


@pytest.fixture
async def things(unused_settings: Settings, routers: list[StrictRouter]) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(unused_settings, routers) as client:
        yield client


async def post(things: httpx.AsyncClient, path: str, body: bytes, media_type: str | None = "application/json") -> Any:
    return await things.post(path, content=body, headers={} if media_type is None else {"content-type": media_type})


@pytest.mark.parametrize(
    ("body", "media_type", "asked"),
    [
        pytest.param(b"", None, {}, id="nothing at all"),
        pytest.param(b"", "application/json", {}, id="empty JSON"),
        pytest.param(b"", "text/plain", {}, id="empty text"),
        pytest.param(b"{}", "application/json", {}, id="an empty object"),
        pytest.param(b"null", "application/json", {}, id="null"),
        pytest.param(b'{"limit": 5}', None, {"limit": 5}, id="no media type"),
        pytest.param(b'{"limit": 5}', "", {"limit": 5}, id="an empty media type"),
        pytest.param(b'{"limit": 5}', "APPLICATION/JSON; charset=latin-1", {"limit": 5}, id="loud, with a parameter"),
        pytest.param(b'{"limit": 5}', "application/vnd.api+json", {"limit": 5}, id="a kind of JSON"),
        pytest.param(b'\xef\xbb\xbf{"limit": 5}', "application/json", {"limit": 5}, id="byte order mark"),
        pytest.param(b'{"limit": 1, "limit": 2}', "application/json", {"limit": 2}, id="repeated key"),
        pytest.param(b'{"unknown": 1}', "application/json", {}, id="an unknown parameter"),
        pytest.param(b'{"limit": "5"}', "application/json", {"limit": 5}, id="a number as text"),
        pytest.param(b'{"limit": 5.0}', "application/json", {"limit": 5}, id="a whole float"),
        pytest.param(
            b'{"limit": null, "offset": null, "names": null, "sort": null}', "application/json", {}, id="null is unset"
        ),
        pytest.param(b'{"names": {"any_": null}}', "application/json", {"names": {"any_": None}}, id="null inside"),
    ],
)
async def test_bodies_that_are_fine(
    things: httpx.AsyncClient, body: bytes, media_type: str | None, asked: dict[str, Any]
):
    answer = await post(things, "/things/filter", body, media_type)
    assert (answer.status_code, answer.json()) == (200, DEFAULTS | asked)


@pytest.mark.parametrize(
    ("body", "where", "kind"),
    [
        pytest.param(b'{"limit": 5.5}', ["body", "limit"], "int_from_float", id="half a limit"),
        pytest.param(b'{"limit": 1e30}', ["body", "limit"], "int_parsing_size", id="a float beyond 64 bits"),
        pytest.param(b'{"offset": -1}', ["body", "offset"], "greater_than_equal", id="negative offset"),
        pytest.param(
            b'{"offset": 9223372036854775808}', ["body", "offset"], "less_than_equal", id="offset beyond 64 bits"
        ),
        pytest.param(
            b'{"offset": 1' + b"0" * 5000 + b"}", ["body", "offset"], "int_parsing_size", id="offset of 5,001 digits"
        ),
        pytest.param(b'{"limit": NaN}', ["body", "limit"], "finite_number", id="NaN"),
        pytest.param(b'{"limit": Infinity}', ["body", "limit"], "finite_number", id="infinity"),
        pytest.param(b'{"limit": 1e999}', ["body", "limit"], "finite_number", id="overflow"),
        pytest.param(
            b'{"names": {"other_": 1}}', ["body", "names", "other_"], "extra_forbidden", id="unknown operator"
        ),
        pytest.param(b'{"names": {"any_": [1]}}', ["body", "names", "any_", 0], "string_type", id="wrong type"),
        pytest.param(b'{"names": {"any_": ["\\u0000"]}}', ["body", "names", "any_", 0], "string_nul", id="NUL"),
        pytest.param(
            b'{"names": {"any_": ["\\udfff"]}}', ["body", "names", "any_", 0], "string_unicode", id="surrogate"
        ),
        pytest.param(b'{"x\\u0000": 1}', ["body", "x\0"], "string_nul", id="NUL in a key nobody asked for"),
        pytest.param(b'{"limit":', ["body", 9], "json_invalid", id="no JSON"),
        pytest.param(b"\x00", ["body", 0], "json_invalid", id="a NUL byte"),
        pytest.param(b'{"limit": 5}x', ["body", 12], "json_invalid", id="more than JSON"),
    ],
)
async def test_bodies_that_are_not(things: httpx.AsyncClient, body: bytes, where: list[str | int], kind: str):
    answer = await post(things, "/things/filter", body)
    assert answer.status_code == 422
    told = answer.json()
    assert list(told) == ["exception_message", "exception_detail", "request_body"]
    assert told["exception_message"] == "Invalid request received."
    assert [(found["loc"], found["type"]) for found in told["exception_detail"]] == [(where, kind)]
    assert list(told["exception_detail"][0])[:4] == ["type", "loc", "msg", "input"]


@pytest.mark.parametrize("body", [b"[]", b"3", b'"x"', b"true"])
async def test_a_body_that_is_no_object_lacks_every_parameter(things: httpx.AsyncClient, body: bytes):
    answer = await post(things, "/things/filter", body)
    assert answer.status_code == 422
    assert {(found["type"], tuple(found["loc"])) for found in answer.json()["exception_detail"]} == {
        ("missing", ("body", name)) for name in DEFAULTS
    }
    assert answer.json()["request_body"] == json.loads(body)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(b"", [{"type": "missing", "loc": ["body"], "msg": "Field required", "input": None}], id="empty"),
        pytest.param(
            b"null", [{"type": "missing", "loc": ["body"], "msg": "Field required", "input": None}], id="null"
        ),
        pytest.param(
            b"[]",
            [
                {
                    "type": "model_attributes_type",
                    "loc": ["body"],
                    "msg": "Input should be a valid dictionary or object to extract fields from",
                    "input": [],
                }
            ],
            id="a list",
        ),
        pytest.param(
            b"{}",
            [{"type": "missing", "loc": ["body", "name"], "msg": "Field required", "input": {}}],
            id="an object without its field",
        ),
        pytest.param(
            b'{"name": "x", "even": 1}',
            [
                {
                    "type": "value_error",
                    "loc": ["body", "even"],
                    "msg": "Value error, must be even",
                    "input": 1,
                    "ctx": {"error": {}},
                }
            ],
            id="a check of ours",
        ),
    ],
)
async def test_a_body_that_is_one_object(things: httpx.AsyncClient, body: bytes, expected: list[dict[str, Any]]):
    answer = await post(things, "/things/", body)
    assert answer.status_code == 422
    assert answer.json() == {
        "exception_message": "Invalid request received.",
        "exception_detail": expected,
        "request_body": json.loads(body) if body else None,
    }


async def test_nulls_of_an_object_stay(things: httpx.AsyncClient):
    answer = await post(things, "/things/", b'{"name": null}')
    assert answer.json()["exception_detail"][0]["type"] == "string_type"


async def test_what_was_sent_comes_back_with_the_problems(things: httpx.AsyncClient):
    answer = await post(things, "/things/filter", b'{"offset": -1, "limit": null, "unknown": [1e5]}')
    assert answer.json()["request_body"] == {"offset": -1, "limit": None, "unknown": [1e5]}


@pytest.mark.parametrize(
    "media_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "nonsense",
        "a/b/json",
        "/json",
    ],
)
@pytest.mark.parametrize("path", ["/things/filter", "/things/"])
async def test_what_does_not_call_itself_json_is_refused(things: httpx.AsyncClient, path: str, media_type: str):
    answer = await post(things, path, b'{"name": "x"}', media_type)
    assert answer.status_code == 422
    [found] = answer.json()["exception_detail"]
    assert (found["loc"], found["type"]) == (["header", "content-type"], "media_type")
    assert answer.json()["request_body"] == '{"name": "x"}'


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("123456789012345678901234567890123456789", id="integers beyond 64 bits"),
        pytest.param("-9223372036854775809", id="just beyond 64 bits"),
        pytest.param("1.0", id="whole floats"),
        pytest.param('{"a":[{"b":null},"\U0001f600",1e+100]}', id="nested"),
        pytest.param("[" * 150 + "]" * 150, id="150 levels"),
    ],
)
async def test_free_json_arrives_as_it_was_sent(things: httpx.AsyncClient, content: str):
    body = f'{{"name":"x","data":{content}}}'.encode()
    assert (await post(things, "/things/", body)).json()["data"] == json.loads(content)
    answer = await post(things, "/things/json", content.encode())
    assert answer.json() == json.loads(content)
    assert type(answer.json()) is type(json.loads(content))


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b'{"limit": 201}', "Invalid limit: must be less than or equal to 200."),
        (b'{"limit": 9223372036854775808}', "Invalid limit: must be less than or equal to 200."),
        (b'{"limit": -1}', "Invalid limit: must be greater than or equal to 0."),
    ],
)
@pytest.mark.parametrize("path", ["/things/filter", "/things/paginate"])
async def test_limits_out_of_bounds(things: httpx.AsyncClient, path: str, body: bytes, detail: str):
    answer = await post(things, path, body)
    assert (answer.status_code, answer.json()) == (422, {"detail": detail})


@pytest.mark.parametrize(("asked", "limit"), [({}, 7), ({"limit": 0}, 0), ({"limit": 7}, 7)])
async def test_the_setting_is_the_default_limit_and_the_largest(
    unused_settings: Settings, routers: list[StrictRouter], asked: dict[str, Any], limit: int
):
    settings = unused_settings.model_copy(update={"server": ServerSettings(default_limit=7)})
    async with client_of(settings, routers) as things:
        assert (await things.post("/things/filter", json=asked)).json()["limit"] == limit
        refused = await things.post("/things/filter", json={"limit": 8})
        assert refused.json() == {"detail": "Invalid limit: must be less than or equal to 7."}


@pytest.mark.parametrize(
    ("page", "offset"),
    [
        (1, 0),
        (3, 400),
        (2**62, 2**63 - 1),
        (2**63 - 1, 2**63 - 1),
    ],
)
async def test_pages_start_where_databases_can_count_to(things: httpx.AsyncClient, page: int, offset: int):
    answer = await things.post("/things/paginate", json={"page": page})
    assert (answer.status_code, answer.json()) == (200, {"page": page, "limit": 200, "offset": offset})


@pytest.mark.parametrize("page", [0, -1, 2**63, 10**40])
async def test_pages_that_cannot_be(things: httpx.AsyncClient, page: int):
    answer = await things.post("/things/paginate", json={"page": page})
    assert answer.status_code == 422
    assert answer.json()["exception_detail"][0]["loc"] == ["body", "page"]


async def test_a_nul_in_a_query_is_refused(things: httpx.AsyncClient):
    answer = await things.get("/things/?name=a%00b")
    assert answer.status_code == 422
    assert answer.json() == {
        "exception_message": "Invalid request received.",
        "exception_detail": [
            {
                "type": "string_nul",
                "loc": ["query", "name"],
                "msg": "Strings must not contain NUL characters",
                "input": "a\0b",
            }
        ],
        "request_body": None,
    }


@pytest.mark.parametrize(
    ("query", "name"),
    [("name=%2500", "%00"), ("name=%ff", "\ufffd"), ("name=%ed%a0%80", "\ufffd\ufffd\ufffd"), ("name=", "")],
)
async def test_other_odd_queries_are_text(things: httpx.AsyncClient, query: str, name: str):
    assert (await things.get(f"/things/?{query}")).json() == name


async def test_nothing_has_a_name_with_a_nul_in_it(things: httpx.AsyncClient):
    answer = await things.get("/things/name/a%00b")
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})


@pytest.fixture
async def narrow_things(unused_settings: Settings, routers: list[StrictRouter]) -> AsyncIterator[httpx.AsyncClient]:
    settings = unused_settings.model_copy(update={"server": ServerSettings(max_body_bytes=1000)})
    async with client_of(settings, routers) as client:
        yield client


@pytest.mark.parametrize("path", ["/things/filter", "/things/", "/things/json"])
async def test_a_long_body_is_refused_before_it_is_read(narrow_things: httpx.AsyncClient, path: str):
    async def unread() -> AsyncIterator[bytes]:
        pytest.fail("the body was read")
        yield b""

    answer = await narrow_things.post(path, content=unread(), headers={"content-length": "1001"})
    assert answer.status_code == 413
    assert answer.json() == {"detail": "The request body is larger than 1000 bytes, the most this server takes."}


async def test_a_body_as_long_as_may_be_is_read(narrow_things: httpx.AsyncClient):
    body = b'"' + b"x" * 998 + b'"'
    assert (await post(narrow_things, "/things/json", body)).json() == "x" * 998


async def test_a_body_of_unknown_length_is_read_up_to_the_limit(narrow_things: httpx.AsyncClient):
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 100
            yield b" " * 100

    answer = await narrow_things.post("/things/filter", content=endless())
    assert answer.status_code == 413
    assert sent <= 1200
