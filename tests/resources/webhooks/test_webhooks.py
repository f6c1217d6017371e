"""Webhooks: made, used, limited, revoked."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from lictor.db.engine import Database
from lictor.observability.tokens import without_tokens
from lictor.resources.webhooks.schemas import Webhook
from lictor.resources.webhooks.table import webhook
from lictor.settings import ServerSettings, Settings
from tests.databases import settings_for

TEMPLATE = {
    "event": "model.{{ body.action }}",
    "resource": {"prefect.resource.id": "model.{{ body.id }}", "prefect.resource.name": "{{ body.name }}"},
    "related": [{"prefect.resource.id": "team.{{ query.team }}", "prefect.resource.role": "team"}],
    "payload": {"count": "{{ body.count }}", "all": "{{ body }}", "said": "it is {{ body.count }}", "plain": 1},
}
SENT = {"action": "made", "id": 7, "name": 'a "b", \\', "count": 3}


async def create(api: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    reply = await api.post("/webhooks/", json={"name": "mine"} | more)
    assert reply.status_code == 201, reply.text
    return reply.json()


async def recorded(api: httpx.AsyncClient) -> list[dict[str, Any]]:
    asked = {"filter": {"event": {"exclude_prefix": ["prefect."]}, "order": "ASC"}}
    return (await api.post("/events/filter", json=asked)).json()["events"]


async def test_a_request_becomes_an_event(api: httpx.AsyncClient, db: Database) -> None:
    made = await create(api, template=TEMPLATE)
    assert made.keys() == {*Webhook.model_fields, "token"}
    reply = await api.post(f"/hooks/{made['token']}?team=x", json=SENT)
    assert (reply.status_code, reply.content) == (204, b"")
    (event,) = await recorded(api)
    assert event["event"] == "model.made"
    assert event["resource"] == {"prefect.resource.id": "model.7", "prefect.resource.name": SENT["name"]}
    assert event["related"] == [
        {"prefect.resource.id": "team.x", "prefect.resource.role": "team"},
        {
            "prefect.resource.id": f"prefect.webhook.{made['id']}",
            "prefect.resource.name": "mine",
            "prefect.resource.role": "webhook",
        },
    ]
    assert event["payload"] == {"count": 3, "all": SENT, "said": "it is 3", "plain": 1}
    read = (await api.get(f"/webhooks/{made['id']}")).json()
    assert read["last_used"] is not None
    assert made["token"] not in str(await db.read.all(sa.select(webhook)))


async def test_the_same_id_counts_once(api: httpx.AsyncClient) -> None:
    made = await create(api, template={"id": "{{ headers['x-delivery'] }}"})
    headers = {"x-delivery": str(uuid4())}
    for _ in range(2):
        assert (await api.post(f"/hooks/{made['token']}", json={}, headers=headers)).status_code == 204
    (event,) = await recorded(api)
    assert (event["id"], event["event"]) == (headers["x-delivery"], "webhook.received")
    assert event["resource"] == {"prefect.resource.id": "webhook.mine"}


@pytest.mark.parametrize(
    ("content", "type", "payload"),
    [
        (b'{"a": 1}', "application/json", {"a": 1}),
        (b'{"a": 1}', "text/plain", {"a": 1}),
        (b"[1]", "application/json", {"body": [1]}),
        (b"a=1&b=", "application/x-www-form-urlencoded", {"a": "1", "b": ""}),
        (b"hello", "text/plain; charset=utf-8", {"body": "hello"}),
        (b"\xff\x00", "application/octet-stream", {"body": "\ufffd\ufffd"}),
        (b'{"a": "\\u0000"}', "application/json", {"a": ""}),
        (b"", "", {}),
    ],
)
async def test_bodies_of_all_kinds(api: httpx.AsyncClient, content: bytes, type: str, payload: Any) -> None:
    made = await create(api)
    reply = await api.post(f"/hooks/{made['token']}", content=content, headers={"content-type": type})
    assert reply.status_code == 204, reply.text
    (event,) = await recorded(api)
    assert event["payload"] == payload


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ({"event": "prefect.{{ body.kind }}"}, "such names are the server's own"),
        ({"event": "{{ 1 / 0 }}"}, "division by zero"),
        ({"id": "{{ body.id }}"}, "id"),
        ({"occurred": "yesterday"}, "occurred"),
        ({"resource": {"prefect.resource.id": "r", "a": "{% for a in range(1000) %}{% endfor %}"}}, "Range too big"),
    ],
)
async def test_what_makes_no_event_is_said(api: httpx.AsyncClient, template: Any, told: str) -> None:
    made = await create(api, template=template)
    reply = await api.post(f"/hooks/{made['token']}", json={"kind": "flow-run.Failed", "id": "x"})
    assert reply.status_code == 422
    assert told in reply.json()["detail"]
    assert await recorded(api) == []


async def test_only_so_many_in_a_minute(api: httpx.AsyncClient) -> None:
    made = await create(api, requests_per_minute=2)
    replies = [await api.post(f"/hooks/{made['token']}", json={}) for _ in range(3)]
    assert [reply.status_code for reply in replies] == [204, 204, 429]
    assert 1 <= int(replies[2].headers["retry-after"]) <= 30
    assert len(await recorded(api)) == 2


async def test_a_large_body(api: httpx.AsyncClient) -> None:
    made = await create(api)
    assert (await api.post(f"/hooks/{made['token']}", content=b"x" * (2**20 + 1))).status_code == 413


async def test_changed_rotated_and_revoked(api: httpx.AsyncClient) -> None:
    made = await create(api)
    id, token = made["id"], made["token"]
    assert (await api.post("/webhooks/", json={"name": "mine"})).status_code == 409
    assert (await api.patch(f"/webhooks/{id}", json={"enabled": False, "template": {"event": "e"}})).status_code == 204
    assert (await api.post(f"/hooks/{token}", json={})).status_code == 403
    assert (await api.patch(f"/webhooks/{id}", json={"enabled": True})).status_code == 204
    rotated = (await api.post(f"/webhooks/{id}/rotate")).json()
    assert (await api.post(f"/hooks/{token}", json={})).status_code == 404
    assert (await api.post(f"/hooks/{rotated['token']}", json={})).status_code == 204
    (event,) = await recorded(api)
    assert event["event"] == "e"
    (listed,) = (await api.post("/webhooks/filter")).json()
    assert listed["id"] == id
    assert "token" not in listed
    assert (await api.delete(f"/webhooks/{id}")).status_code == 204
    assert (await api.post(f"/hooks/{rotated['token']}", json={})).status_code == 404
    for reply in (
        await api.delete(f"/webhooks/{id}"),
        await api.get(f"/webhooks/{id}"),
        await api.patch(f"/webhooks/{id}", json={"enabled": True}),
        await api.post(f"/webhooks/{id}/rotate"),
    ):
        assert reply.status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"template": {"event": "{{ x"}},
        {"template": {"resource": {"a": "b"}}},
        {"template": {"unknown": 1}},
        {"name": ""},
        {"requests_per_minute": 0},
        {"requests_per_minute": 2**31},
    ],
)
async def test_what_is_no_webhook(api: httpx.AsyncClient, wrong: Any) -> None:
    assert (await api.post("/webhooks/", json={"name": "x"} | wrong)).status_code == 422


class TestProtected:
    """With a password and CSRF tokens."""

    @pytest.fixture
    def settings(self, database_url: str) -> Settings:
        server = ServerSettings(auth_string=SecretStr("me:secret"), csrf_protection_enabled=True)
        return settings_for(database_url, server=server)

    async def test_the_address_is_all_that_is_asked_for(self, api: httpx.AsyncClient) -> None:
        assert (await api.post("/webhooks/", json={"name": "x"})).status_code == 401
        asked = {"auth": ("me", "secret"), "params": {"client": "c"}}
        csrf = (await api.get("/csrf-token", **asked)).json()["token"]
        headers = {"prefect-csrf-client": "c", "prefect-csrf-token": csrf}
        made = await api.post("/webhooks/", json={"name": "x"}, auth=asked["auth"], headers=headers)
        assert made.status_code == 201, made.text
        assert (await api.post(f"/hooks/{made.json()['token']}", json={})).status_code == 204
        assert (await api.post("/hooks/filter", json={})).status_code == 404
        assert (await api.post("/hooks/../webhooks/", json={"name": "y"})).status_code in {401, 404}


def test_the_log_has_no_tokens() -> None:
    assert without_tokens("/api/hooks/s3cret?x=1") == "/api/hooks/***?x=1"
    assert without_tokens("/api/flows/") == "/api/flows/"
