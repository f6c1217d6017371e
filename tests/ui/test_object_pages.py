"""The pages of objects that people look after, on one server for each database: what is shown, and what is done there."""

import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from lictor.db.engine import open_database
from lictor.resources.block_schemas import system
from lictor.settings.automations import AutomationSettings
from tests.databases import DIALECTS, Clone, settings_for
from tests.ui.browser import TIMEOUT_MS, Site, site_of
from tests.ui.conftest import PREFIXES

expect.set_options(timeout=TIMEOUT_MS)
pytestmark = pytest.mark.asyncio(loop_scope="module")

SCHEMA = {
    "type": "object",
    "properties": {
        "shards": {"type": "integer", "title": "shards", "position": 0},
        "region": {"enum": ["north", "south"], "title": "region", "position": 1},
    },
    "required": ["shards"],
}
LOOKS: dict[str, tuple[int, Literal["light", "dark"]]] = {"sqlite": (1400, "light"), "postgresql": (390, "dark")}
"""Each database is looked at in another window."""

MAX_REQUESTS = 6
"""So many requests a page may send before anybody acts."""

PAGES = (
    "/",
    "/runs",
    "/flows",
    "/flows/flow/{flow}",
    "/deployments",
    "/deployments/deployment/{deployment}",
    "/work-pools",
    "/work-pools/work-pool/shop",
    "/concurrency-limits",
    "/concurrency-limits/concurrency-limit/{limit}",
    "/variables",
    "/blocks",
    "/artifacts",
    "/artifacts/key/summary",
    "/automations",
    "/automations/automation/{automation}",
    "/events",
    "/settings",
)


@dataclass
class Shop:
    """A site whose database has some of everything."""

    site: Site
    api: httpx.AsyncClient
    ids: dict[str, str]

    async def create(self, path: str, body: Any) -> Any:
        answer = await self.api.post(path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    async def open(self, path: str) -> Page:
        return await self.site.open(path.format(**self.ids))


@pytest.fixture(scope="module", params=DIALECTS)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def url(kind: str, clones: Callable[[str], Clone]) -> Iterator[str]:
    with clones(kind)() as url:
        yield url


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def opened(url: str, kind: str) -> AsyncIterator[Shop]:
    """A browser on a server that carries out automations, and what the other tests find there."""
    settings = settings_for(url, automations=AutomationSettings(action_attempts=1))
    async with site_of(settings, PREFIXES[kind]) as site, site.api() as api:
        shop = Shop(site, api, {})
        async with open_database(settings.database) as db:
            await system.register(db)
        await fill(shop)
        yield shop


@pytest_asyncio.fixture(loop_scope="module")
async def shop(opened: Shop) -> AsyncIterator[Shop]:
    """The same; no test may leave an error in the browser's console."""
    opened.site.problems.clear()
    yield opened
    problems, opened.site.problems = opened.site.problems, []
    assert problems == []


async def fill(shop: Shop) -> None:
    ids = shop.ids
    ids["flow"] = (await shop.create("/flows/", {"name": "load-orders", "tags": ["prod"]}))["id"]
    await shop.create("/work_pools/", {"name": "shop", "type": "process"})
    ids["deployment"] = await deployed(shop, "nightly", tags=["prod"])
    for number, state in enumerate(["COMPLETED", "COMPLETED", "FAILED"]):
        body = {"flow_id": ids["flow"], "name": f"run-{number}", "state": {"type": "RUNNING"}}
        run = await shop.create("/flow_runs/", body)
        await shop.create(f"/flow_runs/{run['id']}/set_state", {"state": {"type": state}, "force": True})
    ids["limit"] = (await shop.create("/v2/concurrency_limits/", {"name": "database", "limit": 3}))["id"]
    lease = {"names": ["database"], "slots": 2, "lease_duration": 300, "holder": {"type": "flow_run", "id": run["id"]}}
    await shop.create("/v2/concurrency_limits/increment-with-lease", lease)
    await shop.create("/v2/concurrency_limits/increment", {"names": ["database"], "slots": 1})
    for text in ("# First", "# Second"):
        body = {"key": "summary", "type": "markdown", "data": text, "flow_run_id": run["id"]}
        await shop.create("/artifacts/", body)
    await shop.create("/concurrency_limits/", {"tag": "gpu", "concurrency_limit": 2})
    await shop.create("/variables/", {"name": "rows_at_once", "value": 500, "tags": ["prod"]})
    ids["automation"] = await automated(shop, "watch orders", [{"type": "do-nothing"}])
    await happened(shop, "shop.opened")


async def deployed(shop: Shop, name: str, **values: Any) -> str:
    body = {
        "name": name,
        "flow_id": shop.ids["flow"],
        "work_pool_name": "shop",
        "parameters": {"shards": 3},
        "parameter_openapi_schema": SCHEMA,
        "enforce_parameter_schema": True,
        "schedules": [{"schedule": {"cron": "0 7 * * *", "timezone": "UTC"}, "active": True}],
        **values,
    }
    return (await shop.create("/deployments/", body))["id"]


async def automated(shop: Shop, name: str, actions: list[dict[str, Any]]) -> str:
    trigger = {"type": "event", "posture": "Reactive", "expect": ["shop.never"], "threshold": 1, "within": 0}
    return (await shop.create("/automations/", {"name": name, "trigger": trigger, "actions": actions}))["id"]


async def happened(shop: Shop, name: str) -> None:
    now = datetime.now(UTC).isoformat()
    resource = {"prefect.resource.id": "shop.main", "prefect.resource.name": "the shop"}
    event = {"id": str(uuid4()), "occurred": now, "event": name, "resource": resource}
    assert (await shop.api.post("/events", json=[event])).status_code == 204


def row(page: Page, table: str, text: str) -> Locator:
    return page.get_by_role("table", name=table).get_by_role("row").filter(has_text=text)


async def confirm(page: Page, action: str) -> None:
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name=action, exact=True).click()
    await expect(dialog).to_have_count(0)


async def write_json(page: Page, label: str, text: str) -> None:
    """Replaces what an editor holds."""
    editor = page.get_by_role("textbox", name=label, exact=True)
    await editor.click()
    await page.keyboard.press("Control+a")
    await page.keyboard.press("Delete")
    await page.keyboard.insert_text(text)


async def refused(shop: Shop, status: int) -> None:
    """The browser tells of refused requests, too; that is all that it may tell of."""
    assert [each for each in shop.site.problems if f"status of {status}" not in each] == []
    assert shop.site.problems
    shop.site.problems.clear()


async def test_pages_fit_and_are_accessible(shop: Shop, kind: str):
    page = shop.site.page
    width, scheme = LOOKS[kind]
    await page.set_viewport_size({"width": width, "height": 900})
    await page.emulate_media(color_scheme=scheme)
    try:
        for path in PAGES:
            shop.site.requests.clear()
            await shop.open(path)
            await expect(page.get_by_role("heading", level=1).first).to_be_visible()
            assert len(shop.site.requests) <= MAX_REQUESTS, (path, shop.site.requests)
            await shop.site.check_width()
            await shop.site.check_accessibility()
    finally:
        await page.set_viewport_size({"width": 1400, "height": 900})
        await page.emulate_media(color_scheme="light")


@pytest.fixture
def empty_url(kind: str, clones: Callable[[str], Clone]) -> Iterator[str]:
    with clones(kind)() as url:
        yield url


async def test_empty_pages_say_what_to_do_next(kind: str, empty_url: str):
    pages = {
        "/flows": "No flow has run yet.",
        "/deployments": "prefect deploy",
        "/work-pools": "prefect work-pool create",
        "/concurrency-limits": "prefect gcl create",
        "/variables": "prefect variable set",
        "/blocks": "prefect block register",
        "/automations": "prefect automation create",
        "/artifacts": "create_markdown_artifact",
        "/settings": "None has run yet.",
    }
    async with site_of(settings_for(empty_url), PREFIXES[kind]) as site:
        for path, text in pages.items():
            page = await site.open(path)
            await expect(page.get_by_text(text)).to_be_visible()
        missing = {
            "/flows/flow/{}": "Flow not found",
            "/deployments/deployment/{}": "Deployment not found",
            "/work-pools/work-pool/{}": "not found",
            "/automations/automation/{}": "Automation not found",
        }
        assert site.problems == []
        for path, text in missing.items():
            page = await site.open(path.format(uuid4()))
            await expect(page.get_by_role("alert").filter(has_text=text)).to_be_visible()
        assert [each for each in site.problems if "status of 404" not in each] == []


async def test_a_deployment_is_found_paused_and_run(shop: Shop):
    page = await shop.open("/deployments")
    await page.get_by_label("Part of a name").fill("night")
    await expect(page.get_by_role("table", name="Deployments").get_by_role("row")).to_have_count(2)
    await page.reload()
    await expect(page.get_by_label("Part of a name")).to_have_value("night")
    await row(page, "Deployments", "nightly").get_by_role("switch", name="Pause nightly").click()
    await expect(row(page, "Deployments", "nightly")).to_contain_text("Paused")
    await page.get_by_role("link", name="nightly").click()
    await page.get_by_role("button", name="Resume", exact=True).click()
    await expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Run", exact=True).click()
    await page.wait_for_url("**/runs/flow-run/*")
    await expect(page.get_by_text("Scheduled").first).to_be_visible()
    await page.go_back()
    await expect(page.get_by_role("heading", name="nightly")).to_be_visible()
    await page.go_forward()
    await expect(page.get_by_text("Scheduled").first).to_be_visible()


async def test_a_deployment_is_run_with_parameters_that_fit_its_schema(shop: Shop):
    page = await shop.open("/deployments/deployment/{deployment}")
    await page.get_by_role("button", name="Run with…").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="JSON").click()
    await write_json(page, "Parameters", '{"shards": "many"}')
    await dialog.get_by_role("button", name="Run now").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("shards")
    await dialog.get_by_role("button", name="JSON").click()
    await dialog.get_by_label("shards").fill("12")
    await dialog.get_by_label("region").select_option("south")
    await dialog.get_by_label("Name").fill("by hand")
    await dialog.get_by_role("button", name="Run now").click()
    await expect(page.get_by_role("heading", name="by hand")).to_be_visible()
    await page.get_by_role("tab", name="Parameters").click()
    await expect(page.get_by_role("tabpanel")).to_contain_text('"shards": 12')
    await expect(page.get_by_role("tabpanel")).to_contain_text('"region": "south"')
    await refused(shop, 409)


async def test_schedules_are_added_changed_and_deleted(shop: Shop):
    id = await deployed(shop, "hourly", schedules=[])
    page = await shop.open(f"/deployments/deployment/{id}")
    schedules = page.get_by_role("region", name="Schedules")
    await schedules.get_by_role("button", name="Add…").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("When").fill("0 8 * * *")
    await expect(dialog.get_by_role("list", name="Next times").get_by_role("listitem")).to_have_count(10)
    await dialog.get_by_label("When").fill("8 o'clock")
    await expect(dialog.locator(".text-danger")).to_be_visible()
    await refused(shop, 422)
    await dialog.get_by_label("When").fill("0 8 * * *")
    await expect(dialog.locator(".text-danger")).to_have_count(0)
    await confirm(page, "Add")
    await expect(schedules).to_contain_text("cron 0 8 * * *")
    await schedules.get_by_role("switch").click()
    await expect(schedules).to_contain_text("(inactive)")
    await schedules.get_by_role("button", name="Change").click()
    await dialog.get_by_label("Kind").select_option("interval")
    await dialog.get_by_label("When").fill("1800")
    await confirm(page, "Save")
    await expect(schedules).to_contain_text("every 30m")
    await schedules.get_by_role("button", name="Delete").click()
    await confirm(page, "Delete")
    await expect(schedules).to_contain_text("It runs when somebody says so.")


async def test_a_deployment_is_limited_and_deleted(shop: Shop):
    id = await deployed(shop, "weekly")
    page = await shop.open(f"/deployments/deployment/{id}")
    await page.get_by_role("button", name="Change", exact=True).click()
    await page.get_by_role("dialog").get_by_label("At most").fill("4")
    await confirm(page, "Save")
    assert (await shop.api.get(f"/deployments/{id}")).json()["global_concurrency_limit"]["limit"] == 4
    await page.get_by_role("button", name="Delete the deployment weekly").click()
    await confirm(page, "Delete")
    await page.wait_for_url("**/deployments")
    assert (await shop.api.get(f"/deployments/{id}")).status_code == 404


async def test_a_flow_tells_how_its_runs_went(shop: Shop):
    page = await shop.open("/flows")
    await expect(row(page, "Flows", "load-orders")).to_contain_text("deployment")
    await page.get_by_role("link", name="load-orders").click()
    await expect(page.get_by_text("67 % of the last 3 completed")).to_be_visible()
    await expect(page.get_by_role("link", name="run-2: Failed")).to_be_visible()
    await row(page, "Deployments", "nightly").get_by_role("link").click()
    await expect(page.get_by_role("heading", name="nightly")).to_be_visible()
    flow = (await shop.create("/flows/", {"name": "old"}))["id"]
    await shop.open(f"/flows/flow/{flow}")
    await page.get_by_role("button", name="Delete the flow old").click()
    await confirm(page, "Delete")
    await page.wait_for_url("**/flows")


async def test_a_work_pool_is_made_paused_edited_and_deleted(shop: Shop):
    page = await shop.open("/work-pools")
    await page.get_by_role("button", name="New…").click()
    await page.get_by_role("dialog").get_by_label("Name").fill("gpu pool/1")
    await page.get_by_role("dialog").get_by_role("button", name="Create").click()
    await expect(page.get_by_role("alert")).to_be_visible()  # the name may hold no slash
    await page.get_by_role("dialog").get_by_label("Name").fill("gpu pool")
    await confirm(page, "Create")
    await refused(shop, 422)
    await page.get_by_role("switch", name="Pause gpu pool").click()
    await expect(row(page, "Work pools", "gpu pool")).to_contain_text("Paused")
    await page.get_by_role("link", name="gpu pool").click()
    await page.get_by_role("button", name="Settings…").click()
    await page.get_by_role("dialog").get_by_label("Runs at once").fill("7")
    await confirm(page, "Save")
    await expect(page.get_by_role("region", name="Work pool", exact=True)).to_contain_text("7")
    queues = page.get_by_role("region", name="Work queues")
    await queues.get_by_role("button", name="New…").click()
    await page.get_by_role("dialog").get_by_label("Name").fill("urgent")
    await page.get_by_role("dialog").get_by_label("Priority").fill("1")
    await confirm(page, "Save")
    await expect(queues.get_by_role("row").nth(1)).to_contain_text("urgent")
    await queues.get_by_role("button", name="urgent", exact=True).click()
    await page.get_by_role("dialog").get_by_label("Runs at once").fill("2")
    await confirm(page, "Save")
    await expect(row(page, "Work queues", "urgent")).to_contain_text("2")
    await queues.get_by_role("button", name="Delete the queue urgent").click()
    await confirm(page, "Delete")
    await expect(row(page, "Work queues", "urgent")).to_have_count(0)
    await page.get_by_role("button", name="Job template…").click()
    await write_json(
        page,
        "Base job template",
        '{"job_configuration": {"image": "{{ image }}"}, "variables": {"type": "object", "properties": {"image": {"type": "string"}}}}',
    )
    await confirm(page, "Save")
    assert (await shop.api.get("/work_pools/gpu%20pool")).json()["base_job_template"]["job_configuration"]
    await page.get_by_role("button", name="Delete the work pool gpu pool").click()
    await confirm(page, "Delete")
    await page.wait_for_url("**/work-pools")


async def test_limits_are_made_changed_and_given_back(shop: Shop):
    page = await shop.open("/concurrency-limits")
    await page.get_by_role("region", name="Global limits").get_by_role("button", name="New…").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Name").fill("api calls")
    await dialog.get_by_label("Slots").fill("4")
    await dialog.get_by_label("Free again").fill("0.5")
    await confirm(page, "Save")
    await expect(row(page, "Global limits", "api calls")).to_contain_text("0 of 4")
    await page.get_by_role("button", name="Edit api calls").click()
    await dialog.get_by_label("Slots").fill("6")
    await confirm(page, "Save")
    await expect(row(page, "Global limits", "api calls")).to_contain_text("0 of 6")
    await page.get_by_role("switch", name="Active: api calls").click()
    await expect(page.get_by_role("switch", name="Active: api calls")).not_to_be_checked()
    await page.get_by_role("button", name="Delete the limit api calls").click()
    await confirm(page, "Delete")
    await expect(row(page, "Global limits", "api calls")).to_have_count(0)
    await page.get_by_role("region", name="Limits of task run tags").get_by_role("button", name="New…").click()
    await dialog.get_by_label("Tag").fill("slow")
    await confirm(page, "Save")
    await page.get_by_role("button", name="Delete the limit of slow").click()
    await confirm(page, "Delete")
    await expect(row(page, "Limits of tags", "slow")).to_have_count(0)


async def test_slots_have_holders_and_are_given_back(shop: Shop):
    page = await shop.open("/concurrency-limits")
    await row(page, "Global limits", "database").get_by_role("link", name="database").click()
    await expect(page.get_by_text("3 of 3")).to_be_visible()
    holder = row(page, "Holders", "run-2")
    await expect(holder).to_contain_text("flow run")
    await expect(holder.get_by_role("cell").nth(1)).to_have_text("2")
    await expect(page.get_by_text("1 slot taken without a lease")).to_be_visible()
    await holder.get_by_role("button", name="Give back").click()
    await expect(page.get_by_role("dialog")).to_contain_text("2 slots of database become free")
    await confirm(page, "Give back")
    await expect(page.get_by_text("1 of 3")).to_be_visible()
    await page.get_by_role("button", name="Give back").click()
    await confirm(page, "Give back")
    await expect(page.get_by_text("0 of 3")).to_be_visible()
    await expect(page.get_by_text("Nobody holds one by a lease.")).to_be_visible()


async def test_artifacts_are_found_with_their_versions(shop: Shop):
    page = await shop.open("/artifacts")
    await row(page, "Artifacts", "summary").get_by_role("link", name="summary").click()
    await expect(page.get_by_role("heading", name="Second")).to_be_visible()
    await page.get_by_role("region", name="Versions").get_by_role("button").last.click()
    await expect(page.get_by_role("heading", name="First")).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("heading", name="First")).to_be_visible()
    await page.get_by_role("link", name="by a flow run").click()
    await expect(page.get_by_role("heading", name="run-2")).to_be_visible()


async def test_a_paused_run_is_resumed_by_the_form_of_its_input(shop: Shop):
    schema = {"type": "object", "properties": {"approved": {"type": "boolean"}, "note": {"type": "string"}}}
    run = (await shop.create("/flow_runs/", {"flow_id": shop.ids["flow"], "state": {"type": "RUNNING"}}))["id"]
    for key, value in (("paused-1-schema", schema), ("paused-1-description", "May it go on?")):
        body = {"key": key, "value": json.dumps(value)}
        assert (await shop.api.post(f"/flow_runs/{run}/input", json=body)).status_code == 201
    keyset = {"schema": "paused-1-schema", "description": "paused-1-description", "response": "paused-1-response"}
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    details = {"run_input_keyset": keyset, "pause_timeout": until, "pause_key": "1"}
    state = {"type": "PAUSED", "name": "Paused", "state_details": details}
    await shop.create(f"/flow_runs/{run}/set_state", {"state": state, "force": True})
    page = await shop.open(f"/runs/flow-run/{run}")
    await page.get_by_role("button", name="Resume", exact=True).click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("approved").check()
    await dialog.get_by_label("note").fill("fine by me")
    await confirm(page, "Resume")
    answer = await shop.api.get(f"/flow_runs/{run}/input/paused-1-response")
    assert answer.json() == {"approved": True, "note": "fine by me"}


async def test_a_run_is_repeated_with_other_parameters(shop: Shop):
    path = f"/deployments/{shop.ids['deployment']}/create_flow_run"
    run = await shop.create(path, {"parameters": {"shards": 5, "region": "north"}})
    page = await shop.open(f"/runs/flow-run/{run['id']}")
    await page.get_by_role("button", name="Run again…").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_label("shards")).to_have_value("5")
    await dialog.get_by_label("region").select_option("south")
    await confirm(page, "Run again")
    await expect(page.get_by_role("heading", name=run["name"])).to_have_count(0)
    await page.get_by_role("tab", name="Parameters").click()
    await expect(page.get_by_role("tabpanel")).to_contain_text('"region": "south"')
    await expect(page.get_by_role("tabpanel")).to_contain_text('"shards": 5')


async def test_lists_are_read_again_by_themselves(shop: Shop):
    await shop.site.page.clock.install()
    page = await shop.open("/variables")
    await expect(row(page, "Variables", "rows_at_once")).to_be_visible()
    await shop.create("/variables/", {"name": "made_elsewhere", "value": 1})
    await page.clock.fast_forward("00:20")
    await expect(row(page, "Variables", "made_elsewhere")).to_be_visible()


async def test_variables_are_found_made_changed_and_deleted(shop: Shop):
    page = await shop.open("/variables")
    await page.get_by_role("button", name="New…").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Name").fill("region")
    await write_json(page, "Value", '{"name": ')
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.get_by_role("alert")).to_be_visible()
    await write_json(page, "Value", '{"name": "north"}')
    await dialog.get_by_label("Tags").fill("prod, eu")
    await confirm(page, "Save")
    await expect(row(page, "Variables", "region")).to_contain_text('{"name":"north"}')
    await expect(row(page, "Variables", "region")).to_contain_text("eu")
    await page.get_by_label("Part of a name").fill("rows")
    await expect(row(page, "Variables", "region")).to_have_count(0)
    await page.reload()
    await page.get_by_role("button", name="rows_at_once", exact=True).click()
    await write_json(page, "Value", "750")
    await confirm(page, "Save")
    await expect(row(page, "Variables", "rows_at_once")).to_contain_text("750")
    await shop.open("/variables")
    await page.get_by_role("button", name="Delete the variable region").click()
    await confirm(page, "Delete")
    await expect(row(page, "Variables", "region")).to_have_count(0)


async def test_blocks_are_made_by_a_form_and_keep_their_secrets(shop: Shop):
    page = await shop.open("/blocks")
    await page.get_by_role("button", name="New…").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Part of a type's name").fill("secret")
    await dialog.get_by_role("button", name=re.compile("^Secret ?A value")).click()
    await dialog.get_by_label("Name", exact=True).fill("api-key")
    await write_json(page, "Fields.value", '"open sesame"')
    await confirm(page, "Save")
    await page.get_by_role("button", name="api-key", exact=True).click()
    await expect(dialog).to_contain_text("what is left empty stays as it is")
    assert "sesame" not in await page.content()
    await page.reload()
    await expect(dialog.get_by_role("heading", name="api-key")).to_be_visible()
    await write_json(page, "Fields.value", '"open barley"')
    await confirm(page, "Save")
    [found] = (await shop.api.post("/block_documents/filter", json={"include_secrets": True})).json()
    assert found["data"] == {"value": "open barley"}
    await page.get_by_role("button", name="Delete the block api-key").click()
    await confirm(page, "Delete")
    await expect(page.get_by_text("There are no blocks.")).to_be_visible()


async def test_an_automation_is_written_tested_and_deleted(shop: Shop):
    page = await shop.open("/automations")
    await page.get_by_role("button", name="New…").click()
    await page.get_by_role("dialog").get_by_label("Name").fill("tell somebody")
    await confirm(page, "Save")
    await expect(page.get_by_role("heading", name="tell somebody")).to_be_visible()
    await page.get_by_role("button", name="Edit…").click()
    await page.get_by_role("dialog").get_by_label("Description").fill("when a run fails")
    await confirm(page, "Save")
    about = page.get_by_role("region", name="Automation", exact=True)
    await expect(about).to_contain_text("when a run fails")
    await page.get_by_role("button", name="Disable").click()
    await expect(page.get_by_role("button", name="Enable")).to_be_visible()
    await page.get_by_role("button", name="Enable").click()
    await page.get_by_role("button", name="Test").click()
    firings = page.get_by_role("region", name="Firings")
    await expect(firings).to_contain_text("succeeded")
    await expect(firings).to_contain_text("test")
    await page.get_by_role("button", name="Delete the automation tell somebody").click()
    await confirm(page, "Delete")
    await page.wait_for_url("**/automations")


async def test_an_action_that_failed_is_tried_again(shop: Shop):
    action = {"type": "run-deployment", "source": "selected", "deployment_id": str(uuid4())}
    id = await automated(shop, "run what is gone", [action])
    page = await shop.open(f"/automations/automation/{id}")
    await page.get_by_role("button", name="Test").click()
    firings = page.get_by_role("region", name="Firings")
    await expect(firings).to_contain_text("failed")
    async with page.expect_response("**/retry") as answer:
        await firings.get_by_role("button", name="Try again").click()
    assert (await answer.value).status == 204
    await page.go_back()
    await page.go_forward()
    await expect(firings.get_by_role("button", name="Try again")).to_be_visible()


async def test_events_come_live_and_lead_to_what_they_are_about(shop: Shop):
    page = await shop.open("/events?name=shop.")
    await expect(page.get_by_text("shop.opened", exact=True).first).to_be_visible()
    await happened(shop, "elsewhere.opened")
    await happened(shop, "shop.closed")
    await page.get_by_role("button", name="1 new").click()
    await expect(page.get_by_text("shop.closed", exact=True)).to_be_visible()
    await page.get_by_text("shop.closed", exact=True).click()
    await expect(page.get_by_label("JSON", exact=True)).to_contain_text('"prefect.resource.id": "shop.main"')
    await page.get_by_label("How names begin").fill("prefect.flow-run.Failed")
    await page.get_by_role("link", name="run-2").click()
    await expect(page.get_by_role("heading", name="run-2")).to_be_visible()


async def test_the_server_tells_how_it_is(shop: Shop):
    page = await shop.open("/settings")
    await expect(page.get_by_text("Prefect 3.")).to_be_visible()
    await expect(page.get_by_text("● answers")).to_be_visible()
    await expect(page.get_by_label("JSON", exact=True)).to_contain_text('"action_attempts"')
