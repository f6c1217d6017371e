"""What automations do when they fire: once, and in the open."""

import asyncio
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import Database
from lictor.events.actions.worker import ActionWorker
from lictor.resources.automations.firing_tables import action
from lictor.settings import Settings
from tests.make import Make
from tests.resources.automations.delivery import answer, block, http_server, smtp_server
from tests.resources.automations.world import acting_settings, create, evaluate, event, send

OK = answer("200 OK")


@pytest.fixture
def settings(database_url: str) -> Settings:
    return acting_settings(database_url, action_attempts=3)


class World:
    """An automation's actions, carried out when the test says so."""

    def __init__(self, api: httpx.AsyncClient, db: Database, settings: Settings) -> None:
        self.api, self.db, self.settings = api, db, settings
        self.worker = ActionWorker(db, settings)

    async def do(self, *actions: dict[str, Any], resource: str = "r.1", **more: Any) -> list[dict[str, Any]]:
        """Fires once, for an event with this resource, and carries out the actions once; what became of them."""
        id = await create(self.api, {"expect": ["a"]}, actions=list(actions))
        await send(self.api, event("a", utc_now() - timedelta(seconds=1), resource, **more))
        await evaluate(self.db)
        await self.worker.perform_due()
        found = await self.outcome(id)
        await self.api.delete(f"/automations/{id}")
        return found

    async def outcome(self, id: str) -> list[dict[str, Any]]:
        (firing,) = (await self.api.get(f"/automations/{id}/firings")).json()
        return firing["actions"]

    async def attempt_again(self) -> None:
        """As if the time until the next attempt had passed: each action is attempted once, however long that takes."""
        due = sa.update(action).where(action.c.due.is_not(None)).values(due=utc_now())
        await self.db.try_write(lambda tx: tx.execute(due))
        await asyncio.gather(*map(self.worker._perform, await self.worker._claim(10)))

    async def told(self) -> list[dict[str, Any]]:
        """The events of actions, oldest first."""
        asked = {"filter": {"event": {"prefix": ["prefect.automation.action."]}, "order": "ASC"}}
        return (await self.api.post("/events/filter", json=asked)).json()["events"]


@pytest.fixture
def world(api: httpx.AsyncClient, db: Database, settings: Settings) -> World:
    return World(api, db, settings)


async def test_nothing_is_done_and_told(world: World) -> None:
    (one,) = await world.do({"type": "do-nothing"})
    assert (one["status"], one["attempts"], one["due"], one["error"]) == ("SUCCEEDED", 1, None, None)
    triggered, executed = await world.told()
    assert triggered["event"] == "prefect.automation.action.triggered"
    assert executed["event"] == "prefect.automation.action.executed"
    assert executed["follows"] == triggered["id"]
    assert executed["payload"] == {"action_index": 0, "action_type": "do-nothing", "invocation": one["id"]}
    assert executed["resource"]["prefect.trigger-type"] == "event"
    assert executed["resource"]["prefect.posture"] == "Reactive"
    assert [resource["prefect.resource.role"] for resource in executed["related"]] == [
        "automation-triggered-event",
        "triggering-event",
    ]


async def test_a_deployment_is_paused_and_resumed(world: World, make: Make) -> None:
    id = await make.deployment()
    resource = f"prefect.deployment.{id}"
    selected = {"type": "pause-deployment", "deployment_id": str(id)}
    (one,) = await world.do(selected)
    assert one["status"] == "SUCCEEDED"
    assert (await world.api.get(f"/deployments/{id}")).json()["paused"] is True
    await world.do({"type": "resume-deployment", "source": "inferred"}, resource=resource)
    assert (await world.api.get(f"/deployments/{id}")).json()["paused"] is False


async def test_a_deployment_is_run_once_with_rendered_parameters(world: World, make: Make) -> None:
    await make.variable("region", value="eu")
    id = await make.deployment(parameters={"own": 1}, enforce_parameter_schema=False)
    parameters = {
        "text": "got {{ event.event }}",
        "number": "{{ event.payload.n }}",
        "list": ["{{ event.payload }}", "plain"],
        "jinja": {"__prefect_kind": "jinja", "template": "{{ event.payload.n }}"},
        "json": {"__prefect_kind": "json", "value": "[1, null]"},
        "variable": {"__prefect_kind": "workspace_variable", "variable_name": "region"},
    }
    run = {"type": "run-deployment", "deployment_id": str(id), "parameters": parameters, "schedule_after": 60}
    (one,) = await world.do(run, payload={"n": 5})
    assert one["status"] == "SUCCEEDED", one
    (made,) = (await world.api.post("/flow_runs/filter")).json()
    assert made["id"] == one["result"]["flow_run_id"]
    assert made["parameters"] == {
        "own": 1,
        "text": "got a",
        "number": 5,
        "list": [{"n": 5}, "plain"],
        "jinja": "5",
        "json": [1, None],
        "variable": "eu",
    }
    assert (made["state_type"], made["created_by"]["type"]) == ("SCHEDULED", "AUTOMATION")
    assert made["idempotency_key"].startswith("automation ")
    later = datetime.fromisoformat(made["expected_start_time"]) - utc_now()
    assert timedelta(seconds=30) < later < timedelta(seconds=61)
    inferred = {"type": "run-deployment", "source": "inferred"}
    (one,) = await world.do(inferred, resource=f"prefect.deployment.{id}")
    assert one["status"] == "SUCCEEDED"
    (one,) = await world.do(inferred)
    assert one["error"] == "No deployment could be inferred"
    (one,) = await world.do(inferred, resource=f"prefect.deployment.{uuid4()}")
    assert (one["status"], one["attempts"]) == ("FAILED", 1)
    assert len((await world.api.post("/flow_runs/filter")).json()) == 2


async def test_pools_and_queues_are_paused_and_resumed(world: World) -> None:
    pool = (await world.api.post("/work_pools/", json={"name": "p", "type": "process"})).json()
    queue = (await world.api.post("/work_pools/p/queues", json={"name": "q"})).json()
    for kind, object, path in (("work-pool", pool, "/work_pools/p"), ("work-queue", queue, "/work_pools/p/queues/q")):
        field = f"{kind.replace('-', '_')}_id"
        (one,) = await world.do({"type": f"pause-{kind}", field: object["id"]})
        assert one["status"] == "SUCCEEDED", one
        assert (await world.api.get(path)).json()["is_paused"] is True
        await world.do({"type": f"resume-{kind}", "source": "inferred"}, resource=f"prefect.{kind}.{object['id']}")
        assert (await world.api.get(path)).json()["is_paused"] is False


async def test_an_automation_is_paused_and_resumed(world: World) -> None:
    id = await create(world.api, {"expect": ["z"]})
    await world.do({"type": "pause-automation", "automation_id": id})
    assert (await world.api.get(f"/automations/{id}")).json()["enabled"] is False
    await world.do({"type": "resume-automation", "source": "inferred"}, resource=f"prefect.automation.{id}")
    assert (await world.api.get(f"/automations/{id}")).json()["enabled"] is True


async def test_a_flow_run_is_suspended_resumed_cancelled_changed_and_deleted(world: World, make: Make) -> None:
    id = await make.flow_run(state="RUNNING", deployment_id=await make.deployment())
    resource = f"prefect.flow-run.{id}"

    async def state() -> tuple[str, str]:
        found = (await world.api.get(f"/flow_runs/{id}")).json()["state"]
        return found["type"], found["name"]

    for done, entered in (
        ({"type": "suspend-flow-run"}, ("PAUSED", "Suspended")),
        ({"type": "resume-flow-run"}, ("SCHEDULED", "Resuming")),
        ({"type": "change-flow-run-state", "state": "RUNNING", "name": "Mine", "message": "m"}, ("RUNNING", "Mine")),
        ({"type": "cancel-flow-run"}, ("CANCELLING", "Cancelling")),
    ):
        (one,) = await world.do(done, resource=resource)
        assert one["status"] == "SUCCEEDED", one
        assert await state() == entered
    (one,) = await world.do({"type": "delete-flow-run"}, resource=resource)
    assert one["status"] == "SUCCEEDED"
    assert (await world.api.get(f"/flow_runs/{id}")).status_code == 404
    (one,) = await world.do({"type": "delete-flow-run"}, resource=resource)
    assert (one["status"], one["attempts"]) == ("FAILED", 1)
    assert (await world.told())[-1]["payload"]["reason"] == one["error"]
    (one,) = await world.do({"type": "cancel-flow-run"})
    assert one["error"] == "No flow run could be inferred"


async def test_a_state_that_is_refused_is_said(world: World, make: Make) -> None:
    id = await make.flow_run(state="COMPLETED")
    (one,) = await world.do({"type": "resume-flow-run"}, resource=f"prefect.flow-run.{id}")
    assert one["status"] == "FAILED"
    assert one["error"] == "Failed to resume flow run: Cannot resume a flow run that is not paused."


async def test_a_webhook_is_called_with_a_rendered_body(world: World, make: Make) -> None:
    run = await make.flow_run("one", state="RUNNING")
    await make.variable("region", value="eu")
    template = "{{ flow_run.name }} {{ flow_run | ui_url }} {{ variables.region }} {{ event.id }} {{ automation.name }}"
    async with http_server(OK) as server:
        id = await block(world.api, "webhook", {"url": server.url, "headers": {"x-mine": "1"}, "method": "PUT"})
        named = {"type": "call-webhook", "block_document_id": id, "payload": template}
        (one,) = await world.do(named, resource=f"prefect.flow-run.{run}")
    assert one["status"] == "SUCCEEDED", one
    assert (one["result"]["status_code"], one["result"]["response_body"]) == (200, "ok")
    ((first, headers, body),) = server.requests
    assert first == "PUT /hook HTTP/1.1"
    assert (headers["x-mine"], headers["idempotency-key"]) == ("1", one["id"])
    (_, executed) = await world.told()
    event_id = executed["related"][-1]["prefect.resource.id"].removeprefix("prefect.event.")
    assert body == f"one http://ui/runs/flow-run/{run} eu {event_id} x"
    roles = [resource["prefect.resource.role"] for resource in executed["related"]]
    assert roles[:2] == ["block", "block-type"]


async def test_a_webhook_that_fails_is_called_again_and_given_up(world: World) -> None:
    failing, refusing, half = answer("500 Oops", "no"), answer("404 Not Found", "no"), None
    async with http_server(failing, half, OK) as server:
        id = await block(world.api, "webhook", {"url": server.url})
        named = {"type": "call-webhook", "block_document_id": id}
        automation = await create(world.api, {"expect": ["a"]}, actions=[named])
        await send(world.api, event("a", utc_now()))
        await evaluate(world.db)
        for attempts, status, error in (
            (1, "PENDING", "500"),
            (2, "PENDING", "complete message body"),
            (3, "SUCCEEDED", None),
        ):
            await world.attempt_again()
            (one,) = await world.outcome(automation)
            assert (one["attempts"], one["status"]) == (attempts, status)
            assert one["error"] is None if error is None else error in one["error"]
    assert {headers["idempotency-key"] for _, headers, _ in server.requests} == {one["id"]}
    await world.api.delete(f"/automations/{automation}")
    async with http_server(refusing) as server:
        id = await block(world.api, "webhook2", {"url": server.url})
    (one,) = await world.do({"type": "call-webhook", "block_document_id": id})
    assert one["error"] == "The referenced block was not a webhook block"
    (one,) = await world.do({"type": "call-webhook", "block_document_id": str(uuid4())})
    assert (one["status"], one["error"]) == ("FAILED", "Unexpected status from 'call-webhook' action: 404")


async def test_what_was_given_up_can_be_tried_again(world: World) -> None:
    async with http_server(answer("404 Not Found"), OK) as server:
        id = await block(world.api, "webhook", {"url": server.url})
        (one,) = await world.do({"type": "call-webhook", "block_document_id": id})
        assert (one["status"], one["error"]) == ("FAILED", "Webhook call failed: the answer was 404")
        (firing,) = (await world.api.get("/automations/firings")).json()
        assert firing["actions"] == [one]
        retry = f"/automations/actions/{one['id']}/retry"
        assert (await world.api.post(retry)).status_code == 204
        assert (await world.api.post(retry)).status_code == 409
        await world.worker.perform_due()
    (succeeded,) = (await world.api.get("/automations/firings", params={"status": "SUCCEEDED"})).json()
    assert [(one["status"], one["attempts"]) for one in succeeded["actions"]] == [("SUCCEEDED", 1)]
    assert (await world.api.get("/automations/firings")).json() == []
    assert (await world.api.post(f"/automations/actions/{uuid4()}/retry")).status_code == 404


@pytest.mark.parametrize(
    ("answers", "seconds", "told"),
    [
        pytest.param([answer("302 Found", "", "Location: http://127.0.0.1:1/")], 0.0, "redirects", id="redirecting"),
        pytest.param([OK], 30.0, "0.5 s", id="slow"),
        pytest.param([None], 0.0, "complete message body", id="closing in the middle"),
        pytest.param(["nonsense\r\n\r\n"], 0.0, "Webhook call failed", id="no HTTP"),
    ],
)
async def test_servers_that_misbehave(
    api: httpx.AsyncClient, db: Database, settings: Settings, answers: Any, seconds: float, told: str
) -> None:
    timeout = timedelta(seconds=0.5 if seconds else 20)
    quick = settings.automations.model_copy(update={"action_timeout": timeout})
    world = World(api, db, settings.model_copy(update={"automations": quick}))
    async with http_server(*answers, seconds=seconds) as server:
        id = await block(api, "webhook", {"url": server.url})
        (one,) = await world.do({"type": "call-webhook", "block_document_id": id})
    assert told in one["error"], one["error"]
    assert len(server.requests) == 1


async def test_nobody_listens(world: World) -> None:
    async with http_server(OK) as server:
        url = server.url
    id = await block(world.api, "webhook", {"url": url})
    (one,) = await world.do({"type": "call-webhook", "block_document_id": id})
    assert (one["status"], one["attempts"]) == ("PENDING", 1)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "169.254.169.254", "10.0.0.1", "[::ffff:7f00:1]"])
async def test_private_addresses_are_out_of_reach(
    api: httpx.AsyncClient, db: Database, settings: Settings, host: str
) -> None:
    public = settings.automations.model_copy(update={"allow_private_addresses": False})
    world = World(api, db, settings.model_copy(update={"automations": public}))
    async with http_server(OK) as server:
        id = await block(api, "webhook", {"url": f"http://{host}:{server.port}/"})
        (one,) = await world.do({"type": "call-webhook", "block_document_id": id})
    assert (one["status"], server.requests) == ("FAILED", [])
    assert "not a public address" in one["error"]


async def test_a_block_can_forbid_private_addresses(world: World) -> None:
    async with http_server(OK) as server:
        id = await block(world.api, "webhook", {"url": server.url, "allow_private_urls": False})
        (one,) = await world.do({"type": "call-webhook", "block_document_id": id})
    assert "not a public address" in one["error"]


async def test_a_custom_webhook_notifies(world: World) -> None:
    data = {
        "name": "mine",
        "json_data": {"text": "{{subject}}: {{body}}", "token": "{{ token }}", "list": ["{{name}}"]},
        "headers": {"x-token": "{{token}}"},
        "secrets": {"token": "s3cret"},
    }
    async with http_server(OK) as server:
        id = await block(world.api, "custom-webhook", data | {"url": server.url + "?q={{subject}}"})
        said = {"type": "send-notification", "block_document_id": id, "subject": "s", "body": "{{ event.event }}"}
        (one,) = await world.do(said)
    assert one["status"] == "SUCCEEDED", one
    ((first, headers, body),) = server.requests
    assert first == "POST /hook?q=s HTTP/1.1"
    assert headers["x-token"] == "s3cret"
    assert body == '{"text":"s: a","token":"s3cret","list":["mine"]}'
    assert "s3cret" not in str(await world.told())


async def test_mattermost_is_notified(world: World) -> None:
    async with http_server(OK) as server:
        data = {"hostname": "127.0.0.1", "port": server.port, "secure": False, "token": "abc", "channels": ["town"]}
        id = await block(world.api, "mattermost-webhook", data)
        said = {"type": "send-notification", "block_document_id": id, "subject": "s", "body": "it is {{ event.event }}"}
        (one,) = await world.do(said)
    assert one["status"] == "SUCCEEDED", one
    ((first, _, body),) = server.requests
    assert first == "POST /hooks/abc HTTP/1.1"
    assert "it is a" in body


async def test_mail_is_sent(world: World) -> None:
    async with smtp_server() as server:
        id = await mail_block(world.api, server.port)
        said = {
            "type": "send-notification",
            "block_document_id": id,
            "subject": "it fired",
            "body": "{{ event.event }}!",
        }
        (one,) = await world.do(said)
    assert one["status"] == "SUCCEEDED", one
    (mail,) = server.mails
    assert "it fired" in mail


CLOSED = "closed"
"""A port that nobody listens on."""


async def test_mail_that_cannot_be_delivered_is_tried_again_and_given_up(
    api: httpx.AsyncClient, db: Database, settings: Settings
) -> None:
    """By servers that refuse, close in the middle of a mail, or are not there; each says why it failed."""
    patient = settings.automations.model_copy(update={"action_timeout": timedelta(seconds=60)})
    world = World(api, db, settings.model_copy(update={"automations": patient}))
    causes = {"refuses": "no such user", "closes": "closed", CLOSED: "refused"}
    async with AsyncExitStack() as stack:
        servers = {fault: await stack.enter_async_context(smtp_server(fault)) for fault in causes if fault != CLOSED}
        async with smtp_server() as gone:
            servers[CLOSED] = gone
        ids = [await mail_block(api, server.port, fault) for fault, server in servers.items()]
        named = [{"type": "send-notification", "block_document_id": id, "body": "b"} for id in ids]
        automation = await create(api, {"expect": ["a"]}, actions=named)
        await send(api, event("a", utc_now()))
        await evaluate(db)
        for attempts, seconds in ((1, 1), (2, 5), (3, None)):
            await world.attempt_again()
            for one, cause in zip(await world.outcome(automation), [causes[fault] for fault in servers], strict=True):
                assert cause in one["error"], one
                assert (one["attempts"], one["status"]) == (attempts, "PENDING" if seconds else "FAILED")
                if seconds is None:
                    assert one["due"] is None
                else:
                    assert seconds_until(one["due"], one["started"]) > 0.89 * seconds
                    assert seconds_until(one["due"], one["finished"]) < 1.11 * seconds
    assert [server.connections for server in servers.values()] == [3, 3, 0]
    (listed,) = (await api.get("/automations/firings")).json()
    assert [one["status"] for one in listed["actions"]] == ["FAILED"] * 3
    failed = [told["payload"]["reason"] for told in await world.told() if told["event"].endswith("failed")]
    assert sorted(failed) == sorted(one["error"] for one in listed["actions"])


async def test_mail_is_not_waited_for_for_ever(api: httpx.AsyncClient, db: Database, settings: Settings) -> None:
    impatient = settings.automations.model_copy(update={"action_timeout": timedelta(seconds=1.5), "action_attempts": 2})
    world = World(api, db, settings.model_copy(update={"automations": impatient}))
    async with smtp_server("is slow") as server:
        id = await mail_block(api, server.port)
        said = {"type": "send-notification", "block_document_id": id, "body": "b"}
        automation = await create(api, {"expect": ["a"]}, actions=[said])
        await send(api, event("a", utc_now()))
        await evaluate(db)
        for status in ("PENDING", "FAILED"):
            await world.attempt_again()
            (one,) = await world.outcome(automation)
            assert (one["status"], "took longer than 1.5 s" in one["error"]) == (status, True), one
    assert server.mails == []


async def test_mail_that_is_put_off_comes_in_the_end(world: World) -> None:
    async with smtp_server("greylists", None) as server:
        id = await mail_block(world.api, server.port)
        said = {"type": "send-notification", "block_document_id": id, "body": "at last"}
        automation = await create(world.api, {"expect": ["a"]}, actions=[said])
        await send(world.api, event("a", utc_now()))
        await evaluate(world.db)
        await world.attempt_again()
        (one,) = await world.outcome(automation)
        assert (one["status"], one["attempts"]) == ("PENDING", 1)
        assert "come back later" in one["error"]
        await world.attempt_again()
    (one,) = await world.outcome(automation)
    assert (one["status"], one["attempts"], one["error"], len(server.mails)) == ("SUCCEEDED", 2, None, 1)


async def test_webhooks_that_fail_are_called_again_and_given_up(world: World) -> None:
    """By servers that are slow, fail, cut the connection, are not there; what redirects is not followed, nor tried again."""
    async with AsyncExitStack() as stack:
        target = await stack.enter_async_context(http_server(OK))
        servers = [
            await stack.enter_async_context(http_server(answer("503 Busy"))),
            await stack.enter_async_context(http_server(None)),
            await stack.enter_async_context(http_server(answer("307 There", "", f"Location: {target.url}"))),
        ]
        async with http_server(OK) as gone:
            servers.append(gone)
        ids = [await block(world.api, "webhook", {"url": each.url}, str(each.port)) for each in servers]
        named = [{"type": "call-webhook", "block_document_id": id} for id in ids]
        slowly = await stack.enter_async_context(http_server(OK, seconds=60))
        id = await block(world.api, "custom-webhook", {"name": "n", "url": slowly.url, "timeout": 0.5})
        named.append({"type": "send-notification", "block_document_id": id, "body": "b"})
        automation = await create(world.api, {"expect": ["a"]}, actions=named)
        await send(world.api, event("a", utc_now()))
        await evaluate(world.db)
        for _ in range(3):
            await world.attempt_again()
    outcome = await world.outcome(automation)
    assert {one["status"] for one in outcome} == {"FAILED"}
    assert [one["attempts"] for one in outcome] == [3, 3, 1, 3, 3]
    causes = ["was 503", "complete message body", "redirects are not followed", "ConnectError", "within 0.5 s"]
    assert [cause in one["error"] for cause, one in zip(causes, outcome, strict=True)] == [True] * 5, outcome
    assert target.requests == []
    assert [len(each.requests) for each in (*servers, slowly)] == [3, 3, 1, 0, 3]
    (listed,) = (await world.api.get("/automations/firings")).json()
    assert listed["actions"] == outcome


def seconds_until(moment: str, begin: str) -> float:
    return (datetime.fromisoformat(moment) - datetime.fromisoformat(begin)).total_seconds()


async def mail_block(api: httpx.AsyncClient, port: int, name: str = "mine") -> str:
    people = {"from_address": "me@example.org", "to_addresses": ["you@example.org"]}
    data = {"host": "127.0.0.1", "port": port, "security": "insecure"}
    return await block(api, "smtp-email", data | people, name)


async def test_notifications_cannot_reach_private_addresses(
    api: httpx.AsyncClient, db: Database, settings: Settings
) -> None:
    public = settings.automations.model_copy(update={"allow_private_addresses": False})
    world = World(api, db, settings.model_copy(update={"automations": public}))
    async with http_server(OK) as server:
        data = {"hostname": "localhost", "port": server.port, "secure": False, "token": "abc"}
        id = await block(api, "mattermost-webhook", data)
        (one,) = await world.do({"type": "send-notification", "block_document_id": id, "body": "b"})
    assert (one["status"], server.requests) == ("FAILED", [])
    assert "not a public address" in one["result"]["notification_log"]


async def test_templates_that_fail_are_said_by_name(world: World) -> None:
    id = await block(world.api, "webhook", {"url": "http://127.0.0.1:1/"})
    (one,) = await world.do({"type": "call-webhook", "block_document_id": id, "payload": "{{ 5 / 0 }}"})
    assert (one["status"], one["attempts"]) == ("FAILED", 1)
    assert "division by zero" in one["error"]


async def test_an_action_is_carried_out_once_however_many_try(world: World, db: Database, settings: Settings) -> None:
    async with http_server(OK, seconds=0.1) as server:
        id = await block(world.api, "webhook", {"url": server.url})
        named = {"type": "call-webhook", "block_document_id": id}
        automation = await create(world.api, {"expect": ["a"]}, actions=[named] * 5)
        await send(world.api, event("a", utc_now()))
        await evaluate(db)
        await asyncio.gather(*(ActionWorker(db, settings).perform_due() for _ in range(4)))
    assert len(server.requests) == 5
    assert {one["attempts"] for one in await world.outcome(automation)} == {1}


async def test_an_action_whose_holder_fell_silent_is_taken_over(world: World, db: Database) -> None:
    automation = await create(world.api, {"expect": ["a"]}, actions=[{"type": "do-nothing"}])
    await send(world.api, event("a", utc_now()))
    await evaluate(db)
    (claimed,) = await world.worker._claim(10)
    await world.worker.perform_due()
    (one,) = await world.outcome(automation)
    assert (one["status"], one["attempts"]) == ("RUNNING", 1)
    await world.attempt_again()
    (one,) = await world.outcome(automation)
    assert (one["status"], one["attempts"]) == ("SUCCEEDED", 2)
    await world.worker._perform(claimed)  # which finds that it is not its own any more
    (one,) = await world.outcome(automation)
    assert (one["status"], one["attempts"]) == ("SUCCEEDED", 2)
    assert len(await world.told()) == 2


async def test_a_firing_tells_the_events_that_were_counted(world: World) -> None:
    part = {"type": "event", "posture": "Reactive", "threshold": 2, "within": 60}
    parts = [part | {"expect": ["a"]}, part | {"expect": ["b"]}]
    both = {"type": "compound", "require": "all", "within": 60, "triggers": parts}
    many = await create(world.api, {"expect": ["a", "b"], "threshold": 25, "within": 60})
    id = await create(world.api, both)
    begin = utc_now() - timedelta(seconds=40)
    names = "abcba" + "a" * 21
    sent = [event(name, begin + number * timedelta(seconds=1)) for number, name in enumerate(names)]
    for one in sent:
        await send(world.api, one)
        await evaluate(world.db)
    (firing,) = (await world.api.get(f"/automations/{id}/firings")).json()
    assert [each["id"] for each in firing["events"]] == [sent[number]["id"] for number in (1, 3, 0, 4)]
    assert firing["events"][0] == sent[1] | {"follows": None, "received": firing["events"][0]["received"]} | {
        "occurred": sent[1]["occurred"].replace("+00:00", "Z")
    }
    (firing,) = (await world.api.get(f"/automations/{many}/firings")).json()
    assert [each["id"] for each in firing["events"]] == [each["id"] for each in sent[-20:]]


async def test_an_automation_is_tried(world: World) -> None:
    trigger = {"expect": ["a.*"], "match": {"prefect.resource.id": "r.*"}, "for_each": ["prefect.resource.id"]}
    named = [{"type": "do-nothing"}]
    id = await create(world.api, trigger | {"threshold": 5}, actions=named, actions_on_trigger=named, enabled=False)
    reply = await world.api.post(f"/automations/{id}/test")
    assert reply.status_code == 201, reply.text
    firing = reply.json()
    assert (firing["is_test"], len(firing["actions"])) == (True, 2)
    (shown,) = firing["events"]
    assert shown["event"] == "a.any"
    assert shown["resource"]["prefect.resource.id"].startswith("r.")
    given = event("b", utc_now(), "mine")
    reply = await world.api.post(f"/automations/{id}/test", json={"event": given})
    assert reply.json()["labels"] == {"prefect.resource.id": "mine"}
    await world.worker.perform_due()
    found = (await world.api.get(f"/automations/{id}/firings")).json()
    assert [one["status"] for firing in found for one in firing["actions"]] == ["SUCCEEDED"] * 4
    assert [firing["id"] for firing in found] == sorted((firing["id"] for firing in found), reverse=True)
    older = (await world.api.get(f"/automations/{id}/firings", params={"before": found[0]["id"], "limit": 1})).json()
    assert older == found[1:]
    assert (await world.api.get(f"/automations/{uuid4()}/firings")).status_code == 404
    assert (await world.api.post(f"/automations/{uuid4()}/test")).status_code == 404
