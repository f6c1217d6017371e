"""The API of automations."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from lictor.resources.automations.schemas import Automation

EVENT: dict[str, Any] = {"type": "event", "posture": "Reactive", "expect": ["b", "a"], "within": 0}
NOTHING = [{"type": "do-nothing"}]


async def created(api: httpx.AsyncClient, name: str = "x", **more: Any) -> dict[str, Any]:
    body = {"name": name, "trigger": EVENT, "actions": NOTHING} | more
    reply = await api.post("/automations/", json=body)
    assert reply.status_code == 201, reply.text
    return reply.json()


async def names(api: httpx.AsyncClient, **body: Any) -> list[str]:
    reply = await api.post("/automations/filter", json=body)
    assert reply.status_code == 200, reply.text
    return [automation["name"] for automation in reply.json()]


async def test_an_automation_is_created_and_read(api: httpx.AsyncClient, statements: list[str]) -> None:
    automation = await created(api, tags=["t"])
    assert automation.keys() == Automation.model_fields.keys()
    assert automation["trigger"] == {
        "type": "event",
        "id": automation["trigger"]["id"],
        "match": {},
        "match_related": {},
        "after": [],
        "expect": ["a", "b"],
        "for_each": [],
        "posture": "Reactive",
        "threshold": 1,
        "within": 0.0,
    }
    assert (automation["enabled"], automation["description"], automation["tags"]) == (True, "", ["t"])
    statements.clear()
    assert (await api.get(f"/automations/{automation['id']}")).json() == automation
    assert len(statements) == 1


async def test_triggers_get_ids_of_the_servers_own(api: httpx.AsyncClient) -> None:
    id = str(uuid4())
    trigger = {"type": "compound", "require": "all", "within": 5, "id": id, "triggers": [EVENT | {"id": id}] * 2}
    automation = await created(api, trigger=trigger)
    ids = {automation["trigger"]["id"], *(child["id"] for child in automation["trigger"]["triggers"])}
    assert len(ids) == 3
    assert id not in ids
    assert automation["trigger"]["within"] == 5.0


async def test_a_replaced_automation_keeps_what_is_not_given(api: httpx.AsyncClient) -> None:
    before = await created(api, description="why", tags=["t"])
    url = f"/automations/{before['id']}"
    body = {"name": "y", "trigger": EVENT | {"threshold": 3}, "actions": []}
    assert (await api.put(url, json=body)).status_code == 204
    after = (await api.get(url)).json()
    assert (after["name"], after["description"], after["tags"], after["actions"]) == ("y", "why", ["t"], [])
    assert after["trigger"]["threshold"] == 3
    assert after["trigger"]["id"] != before["trigger"]["id"]


async def test_an_automation_is_disabled_and_deleted(api: httpx.AsyncClient) -> None:
    url = f"/automations/{(await created(api))['id']}"
    assert (await api.patch(url, json={"enabled": False})).status_code == 204
    assert (await api.get(url)).json()["enabled"] is False
    assert (await api.patch(url, json={})).status_code == 204
    assert (await api.get(url)).json()["enabled"] is False
    assert (await api.delete(url)).status_code == 204
    for reply in (
        await api.get(url),
        await api.delete(url),
        await api.patch(url, json={"enabled": True}),
        await api.put(url, json={"name": "y", "trigger": EVENT, "actions": []}),
    ):
        assert (reply.status_code, reply.json()) == (404, {"exception_message": "Automation not found"})


async def test_automations_are_filtered_sorted_and_counted(api: httpx.AsyncClient) -> None:
    a, b, c = [await created(api, name, tags=tags) for name, tags in (("a", ["x", "y"]), ("b", ["x"]), ("c", []))]
    assert await names(api) == ["a", "b", "c"]
    assert await names(api, sort="NAME_DESC", limit=2) == ["c", "b"]
    assert await names(api, sort="CREATED_DESC", offset=1) == ["b", "a"]
    for asked, found in (
        ({"name": {"any_": ["b", "z"]}}, ["b"]),
        ({"id": {"any_": [a["id"], c["id"]]}}, ["a", "c"]),
        ({"tags": {"all_": ["x", "y"]}}, ["a"]),
        ({"tags": {"any_": ["y", "z"]}}, ["a"]),
        ({"tags": {"is_null_": True}}, ["c"]),
        ({"created": {"before_": b["created"]}}, ["a", "b"]),
        ({"operator": "or_", "name": {"any_": ["a"]}, "tags": {"is_null_": True}}, ["a", "c"]),
    ):
        assert await names(api, automations=asked) == found
        assert (await api.post("/automations/count", json={"automations": asked})).json() == len(found)
    assert (await api.post("/automations/count")).json() == 3


async def test_deployments_that_an_automation_runs_are_related_to_it(api: httpx.AsyncClient) -> None:
    deployment, other = uuid4(), uuid4()

    def runs(id: UUID) -> dict[str, Any]:
        return {"actions": [{"type": "run-deployment", "deployment_id": str(id)}]}

    async def related(id: UUID) -> list[str]:
        reply = await api.get(f"/automations/related-to/prefect.deployment.{id}")
        return [automation["name"] for automation in reply.json()]

    one = await created(api, "one", **runs(deployment))
    await created(api, "two", owner_resource=f"prefect.deployment.{deployment}")
    assert await related(deployment) == ["one", "two"]
    await api.put(f"/automations/{one['id']}", json={"name": "one", "trigger": EVENT, **runs(other)})
    assert (await related(deployment), await related(other)) == (["two"], ["one"])
    reply = await api.delete(f"/automations/owned-by/prefect.deployment.{deployment}")
    assert (reply.status_code, reply.json()) == (202, None)
    assert await names(api) == ["one"]
    assert await related(uuid4()) == []


@pytest.mark.parametrize(
    ("trigger", "place"),
    [
        pytest.param({"type": "event"}, "posture", id="an event trigger without posture"),
        pytest.param({**EVENT, "within": -1}, "within", id="negative time"),
        pytest.param({**EVENT, "within": 1e300}, "within", id="endless time"),
        pytest.param({**EVENT, "within": None}, "EventTrigger", id="no time"),
        pytest.param({**EVENT, "posture": "Proactive", "within": 9}, "EventTrigger", id="too short to be proactive"),
        pytest.param({**EVENT, "posture": "Metric"}, "posture", id="a posture of Prefect Cloud"),
        pytest.param({**EVENT, "threshold": 2**40}, "threshold", id="a huge threshold"),
        pytest.param({**EVENT, "match": {"a": 5}}, "a", id="a label that is no text"),
        pytest.param({"type": "compound", "triggers": [EVENT], "within": 1}, "require", id="nothing required"),
        pytest.param(
            {"type": "compound", "triggers": [EVENT], "within": 1, "require": 2}, "CompoundTrigger", id="too much"
        ),
        pytest.param({"type": "sequence", "triggers": [{"type": "event"}], "within": 1}, "posture", id="a bad child"),
        pytest.param("event", "EventTrigger", id="text"),
    ],
)
async def test_triggers_that_are_none(api: httpx.AsyncClient, trigger: Any, place: str) -> None:
    reply = await api.post("/automations/", json={"name": "x", "trigger": trigger, "actions": []})
    assert reply.status_code == 422
    assert place in [part for problem in reply.json()["exception_detail"] for part in problem["loc"]]


@pytest.mark.parametrize(
    "action",
    [
        {"type": "run-deployment"},
        {"type": "run-deployment", "source": "inferred", "deployment_id": str(uuid4())},
        {"type": "run-deployment", "deployment_id": str(uuid4()), "parameters": {"a": "{{ b"}},
        {"type": "run-deployment", "deployment_id": str(uuid4()), "schedule_after": -1},
        {"type": "pause-work-queue"},
        {"type": "send-notification", "block_document_id": str(uuid4())},
        {"type": "send-notification", "block_document_id": str(uuid4()), "body": "{% for %}"},
        {"type": "change-flow-run-state"},
        {"type": "call-webhook"},
        {"type": "unknown"},
        5,
    ],
)
async def test_actions_that_are_none(api: httpx.AsyncClient, action: Any) -> None:
    reply = await api.post("/automations/", json={"name": "x", "trigger": EVENT, "actions": [action]})
    assert reply.status_code == 422
    assert reply.json()["exception_detail"][0]["loc"][:3] == ["body", "actions", 0]


async def test_an_automation_that_would_run_for_ever_is_refused(api: httpx.AsyncClient) -> None:
    trigger = {"type": "event", "posture": "Reactive", "expect": ["prefect.flow-run.Running"]}
    inferred = {"type": "run-deployment", "source": "inferred"}
    body = {"name": "x", "trigger": trigger, "actions": [inferred]}
    assert (await api.post("/automations/", json=body)).status_code == 422
    automation = await created(api, enabled=False, trigger=trigger, actions=[inferred])
    reply = await api.patch(f"/automations/{automation['id']}", json={"enabled": True})
    assert reply.status_code == 422
    assert "infinite loop" in reply.text
    selected = {"type": "run-deployment", "deployment_id": str(uuid4())}
    assert (await api.post("/automations/", json=body | {"actions": [selected]})).status_code == 422
    await created(api, trigger=trigger | {"match": {"prefect.resource.name": "x"}}, actions=[selected])


@pytest.mark.parametrize("path", ["/templates/validate", "/automations/templates/validate"])
async def test_templates_are_validated(api: httpx.AsyncClient, path: str) -> None:
    reply = await api.post(path, json="{{ event.id }}")
    assert (reply.status_code, reply.content) == (204, b"")
    assert (await api.post(path)).status_code == 204
    reply = await api.post(path, json="a\n{{ b")
    assert reply.status_code == 422
    assert reply.json()["error"]["line"] == 2
    assert reply.json()["error"]["source"] == "a\n{{ b"
    loops = "{% for a in b %}{% for c in d %}{% for e in f %}{% endfor %}{% endfor %}{% endfor %}"
    assert (await api.post(path, json=loops)).status_code == 422
