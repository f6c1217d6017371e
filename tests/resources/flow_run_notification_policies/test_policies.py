"""Flow run notification policies, and the automations that they are."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from lictor.db.base import utc_now
from lictor.db.engine import Database
from lictor.events.actions.worker import ActionWorker
from lictor.resources.flow_run_notification_policies.messages import to_jinja
from lictor.settings import Settings
from lictor.templates.rendering import render
from tests.make import Make
from tests.resources.automations.delivery import answer, block, http_server
from tests.resources.automations.world import acting_settings, evaluate, event, send

ROUTE = "/flow_run_notification_policies"


@pytest.fixture
def settings(database_url: str) -> Settings:
    return acting_settings(database_url)


async def created(api: httpx.AsyncClient, block_id: Any, **more: Any) -> dict[str, Any]:
    body = {"state_names": [], "tags": [], "block_document_id": str(block_id)} | more
    reply = await api.post(f"{ROUTE}/", json=body)
    assert reply.status_code == 201, reply.text
    return reply.json()


async def test_a_policy_is_created_read_changed_and_deleted(api: httpx.AsyncClient, make: Make) -> None:
    document, other = await make.block_document(), await make.block_document()
    policy = await created(api, document, state_names=["Failed", "Crashed"], tags=["prod"])
    assert list(policy) == [
        "id",
        "created",
        "updated",
        "is_active",
        "state_names",
        "tags",
        "block_document_id",
        "message_template",
    ]
    assert (policy["is_active"], policy["state_names"], policy["tags"]) == (True, ["Failed", "Crashed"], ["prod"])
    url = f"{ROUTE}/{policy['id']}"
    assert (await api.get(url)).json() == policy
    automation = (await api.get(f"/automations/{policy['id']}")).json()
    assert automation["name"] == "Flow run notifications: Failed, Crashed"
    assert automation["trigger"]["expect"] == ["prefect.flow-run.Crashed", "prefect.flow-run.Failed"]
    changes = {"block_document_id": str(other), "message_template": "{flow_run_name}", "is_active": False}
    assert (await api.patch(url, json=changes)).status_code == 204
    after = (await api.get(url)).json()
    assert after == policy | changes | {"updated": after["updated"]}
    automation = (await api.get(f"/automations/{policy['id']}")).json()
    assert (automation["enabled"], automation["actions"][0]["body"]) == (False, "{{ flow_run.name }}")
    assert (await api.delete(url)).status_code == 204
    for reply in (await api.get(url), await api.patch(url, json={}), await api.delete(url)):
        assert (reply.status_code, reply.json()) == (404, {"detail": "Flow run notification policy not found"})
    assert (await api.get(f"/automations/{policy['id']}")).status_code == 404


async def test_policies_are_filtered(api: httpx.AsyncClient, make: Make) -> None:
    document = await make.block_document()
    on, off = await created(api, document), await created(api, document, is_active=False)

    async def found(**body: Any) -> list[dict[str, Any]]:
        reply = await api.post(f"{ROUTE}/filter", json=body)
        assert reply.status_code == 200, reply.text
        return reply.json()

    assert await found() == [on, off]
    assert await found(limit=1, offset=1) == [off]
    assert await found(flow_run_notification_policy_filter={"is_active": {"eq_": True}}) == [on]
    assert await found(flow_run_notification_policy_filter={"is_active": None}) == [on, off]
    assert await found(flow_run_notification_policy_filter={}) == [off]  # what its default asks


async def test_a_policy_goes_the_way_of_its_automation_and_of_its_block(api: httpx.AsyncClient, make: Make) -> None:
    document = await make.block_document()
    one, two, three = [await created(api, document) for _ in range(3)]
    assert (await api.patch(f"/automations/{one['id']}", json={"enabled": False})).status_code == 204
    assert (await api.get(f"{ROUTE}/{one['id']}")).json()["is_active"] is False
    assert (await api.delete(f"/automations/{one['id']}")).status_code == 204
    assert (await api.get(f"{ROUTE}/{one['id']}")).status_code == 404
    other = {"name": "mine", "trigger": {"type": "event", "posture": "Reactive"}, "actions": []}
    assert (await api.put(f"/automations/{two['id']}", json=other)).status_code == 204
    assert (await api.get(f"{ROUTE}/{two['id']}")).status_code == 404
    assert (await api.delete(f"/block_documents/{document}")).status_code == 204
    assert (await api.post(f"{ROUTE}/filter", json={})).json() == []
    assert (await api.get(f"/automations/{three['id']}")).status_code == 404
    assert (await api.get(f"/automations/{two['id']}")).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "place"),
    [
        ({"state_names": None}, 422, "state_names"),
        ({"tags": "x"}, 422, "tags"),
        ({"message_template": "{nobody}"}, 422, "message_template"),
        ({"message_template": "{"}, 422, "message_template"),
        ({"message_template": "{flow_name:>99999999}"}, 422, "message_template"),
        ({"message_template": "{flow_name.__class__}"}, 422, "message_template"),
        ({"message_template": "{}"}, 422, "message_template"),
        ({"block_document_id": str(uuid4())}, 409, "block_document_id"),
        ({"other": 1}, 422, "other"),
    ],
)
async def test_policies_that_are_none(
    api: httpx.AsyncClient, make: Make, body: dict[str, Any], status: int, place: str
) -> None:
    valid = {"state_names": [], "tags": [], "block_document_id": str(await make.block_document())}
    reply = await api.post(f"{ROUTE}/", json=valid | body)
    assert reply.status_code == status
    assert place in reply.text
    policy = await created(api, valid["block_document_id"])
    reply = await api.patch(f"{ROUTE}/{policy['id']}", json=body)
    assert reply.status_code == status
    assert place in reply.text
    assert (await api.get(f"{ROUTE}/{policy['id']}")).json() == policy


async def test_people_are_notified(api: httpx.AsyncClient, db: Database, settings: Settings, make: Make) -> None:
    flow = await make.flow("etl")
    runs = {
        name: (await api.post("/flow_runs/", json={"flow_id": str(flow), "name": name, "tags": tags})).json()["id"]
        for name, tags in (("one", ["a", "x*"]), ("two", ["a"]))
    }
    async with http_server(answer("200 OK")) as server:
        data = {"name": "n", "url": server.url, "json_data": {"text": "{{body}}"}, "method": "POST"}
        document = await block(api, "custom-webhook", data)
        template = (
            "{flow_name}/{flow_run_name:>5} {{is}} {flow_run_state_name}: {flow_run_state_message} {flow_run_url}"
        )
        of_tag = await created(api, document, tags=["x*", "y"], message_template=template)
        await created(api, document, state_names=["Failed"])
        for name, run in runs.items():
            for state in ({"type": "RUNNING"}, {"type": "FAILED", "message": f"no {name}"}):
                reply = await api.post(f"/flow_runs/{run}/set_state", json={"state": state, "force": True})
                assert reply.json()["status"] == "ACCEPT"
        await send(api, event("prefect.flow-run.heartbeat", utc_now(), f"prefect.flow-run.{runs['one']}"))
        await evaluate(db)
        await ActionWorker(db, settings).perform_due()
    said = sorted(body for _, _, body in server.requests)
    url = f"http://ui/runs/flow-run/{runs['one']}"
    assert said[:2] == [
        f'{{"text":"etl/  one {{is}} Failed: no one {url}"}}',
        f'{{"text":"etl/  one {{is}} Running:  {url}"}}',
    ]
    for text, name in zip(said[2:], runs, strict=True):
        assert text.startswith(f'{{"text":"etl/{name} is Failed since 20')
        assert f"no {name}" in text
    firings = (await api.get(f"/automations/{of_tag['id']}/firings")).json()
    assert [one["status"] for firing in firings for one in firing["actions"]] == ["SUCCEEDED"] * 2


@pytest.mark.parametrize(
    "message",
    [
        "plain",
        "{{}} {{% raw %}} 'quoted' \"twice\" \\n é 😀",
        "{flow_name}",
        "{flow_name!r} {flow_name:<6}| {flow_name!s:>7}",
        "{{{flow_name}}}",
        "{# no comment #} {{# none either #}}",
    ],
)
def test_messages_are_rendered_as_str_format_does(message: str) -> None:
    context = {"flow": {"__kind": "flow", "value": {"name": "e't\"l"}}}
    try:
        expected = message.format(flow_name="e't\"l")
    except (KeyError, ValueError):
        with pytest.raises(ValueError, match=r"Invalid|format"):
            to_jinja(message)
        return
    assert render(to_jinja(message), context) == expected
