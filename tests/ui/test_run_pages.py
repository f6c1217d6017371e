"""One run: what happened in it, and why?"""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from playwright.async_api import expect

from tests.make import Make
from tests.ui.browser import TIMEOUT_MS, Site

expect.set_options(timeout=TIMEOUT_MS)


@pytest.fixture
async def run(make: Make) -> UUID:
    """A flow run that failed: twelve loads and a report, logs and artifacts."""
    flow = await make.flow("etl")
    began = datetime.now(UTC) - timedelta(minutes=5)
    message = "Flow run encountered an exception: KeyError: 'id'"
    times = {"expected_start_time": began, "start_time": began, "end_time": began + timedelta(seconds=60)}
    run = await make.flow_run("red-fox", "FAILED", flow_id=flow, state_message=message, parameters={"n": 3}, **times)
    first = None
    for number in range(12):
        at = began + timedelta(seconds=number)
        task = {"start_time": at, "end_time": at + timedelta(seconds=3), "task_key": "load"}
        id = await make.task_run(f"load-{number}", "COMPLETED", flow_run_id=run, **task)
        first = first or id
    inputs = {"data": [{"input_type": "task_run", "id": str(first)}]}
    task = {"start_time": began + timedelta(seconds=20), "end_time": began + timedelta(seconds=50)}
    report = await make.task_run("report-1f2", "FAILED", flow_run_id=run, task_key="report", task_inputs=inputs, **task)
    await make.log("rows fetched", flow_run_id=run, timestamp=began)
    await make.log(
        "a row without id\n" + "\n".join(map(str, range(40))),
        level=40,
        flow_run_id=run,
        task_run_id=report,
        timestamp=began + timedelta(seconds=1),
    )
    await make.artifact(
        "summary",
        type="markdown",
        data="# Sum\n\n**bold** <img src=x onerror=\"document.title='pwned'\"><script>document.title='pwned'</script>",
        flow_run_id=run,
    )
    await make.artifact("totals", type="table", data='[{"region": "north", "rows": 3}]', flow_run_id=run)
    return run


async def test_a_flow_run_says_what_happened_and_why(site: Site, run: UUID):
    page = await site.open(f"/runs/flow-run/{run}")
    await expect(page.get_by_role("heading", name="red-fox")).to_be_visible()
    await expect(page.get_by_text("KeyError: 'id'", exact=True)).to_be_visible()
    await expect(page.get_by_text("took 1m")).to_be_visible()
    assert len(site.requests) <= 6
    await expect(page.get_by_role("listitem").filter(has_text="load-0, Completed, took 3s")).to_have_count(1)
    timeline = page.get_by_role("group", name="Timeline of 13 runs")
    await timeline.focus()
    await page.keyboard.press("ArrowDown")
    chosen = page.get_by_label("Chosen: report-1f2")
    await expect(chosen).to_contain_text("inputs from")
    await expect(chosen.get_by_role("button", name="load-0")).to_be_visible()
    await chosen.get_by_role("button", name="Its logs").click()
    await expect(page.get_by_role("log")).not_to_contain_text("rows fetched")
    await page.get_by_role("button", name="Show all").click()
    await expect(page.get_by_role("log")).to_contain_text("rows fetched")


async def test_logs_are_folded_filtered_and_searched(site: Site, run: UUID):
    page = await site.open(f"/runs/flow-run/{run}")
    log = page.get_by_role("log")
    await expect(log).to_contain_text("a row without id")
    await page.get_by_role("button", name="more lines").click()
    await expect(log).to_contain_text("39")
    await page.get_by_label("Level").select_option("40")
    await expect(log).not_to_contain_text("rows fetched")
    await page.get_by_label("Search in logs").fill("nowhere")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Show all lines").click()
    await expect(log).to_contain_text("rows fetched")
    await log.get_by_title("Link to this line").first.click()
    await page.reload()
    await expect(log.locator(".bg-mark")).to_contain_text("rows fetched")


async def test_artifacts_are_shown_and_do_nothing(site: Site, run: UUID):
    page = await site.open(f"/runs/flow-run/{run}?tab=artifacts")
    await expect(page.get_by_role("region", name="summary").locator("strong")).to_have_text("bold")
    await expect(page.get_by_role("region", name="totals").get_by_role("cell", name="north")).to_be_visible()
    assert "pwned" not in await page.title()
    expected = ("404", "inline event handler")  # the picture named x is not there, and its handler is refused
    site.problems = [problem for problem in site.problems if not any(each in problem for each in expected)]


@pytest.mark.parametrize("tab", ["graph", "parameters", "states", "events", "compare", "json"])
async def test_every_tab_has_an_address(site: Site, run: UUID, tab: str):
    expected = {
        "graph": "report-1f2",
        "parameters": '"n": 3',
        "states": "Failed",
        "events": "prefect.artifact-collection.created",
        "compare": "No other run",
        "json": '"name": "red-fox"',
    }
    page = await site.open(f"/runs/flow-run/{run}?tab={tab}")
    await expect(page.get_by_role("tabpanel")).to_contain_text(expected[tab])


async def test_logs_are_followed_live(site: Site, make: Make):
    run = await make.flow_run("blue-hen", "RUNNING", flow_id=await make.flow("etl"), start_time=datetime.now(UTC))
    page = await site.open(f"/runs/flow-run/{run}")
    await expect(page.get_by_role("button", name="Follow", exact=True)).to_be_visible()
    now = datetime.now(UTC).isoformat()
    async with site.api() as api:
        log = {"name": "x", "level": 20, "message": "just now", "timestamp": now, "flow_run_id": str(run)}
        assert (await api.post("/logs/", json=[log])).status_code == 201
        await expect(page.get_by_role("log")).to_contain_text("just now")
        await api.post(f"/flow_runs/{run}/set_state", json={"state": {"type": "COMPLETED"}})
    await expect(page.get_by_text("Completed").first).to_be_visible()


async def test_a_run_without_deployment_can_be_cancelled_and_deleted(site: Site, make: Make):
    run = await make.flow_run("blue-hen", "RUNNING", flow_id=await make.flow("etl"), start_time=datetime.now(UTC))
    page = await site.open(f"/runs/flow-run/{run}")
    await page.get_by_role("button", name="Cancel", exact=True).click()
    await page.get_by_role("dialog").get_by_role("button", name="Cancel", exact=True).click()
    await expect(page.get_by_text("Cancelled", exact=True).first).to_be_visible()
    await page.get_by_role("button", name="More actions").click()
    await page.get_by_role("menuitem", name="Delete").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await page.wait_for_url("**/runs")
    async with site.api() as api:
        assert (await api.get(f"/flow_runs/{run}")).status_code == 404


async def test_a_task_run_says_where_its_inputs_come_from(site: Site, run: UUID):
    page = await site.open(f"/runs/flow-run/{run}?tab=graph")
    async with site.api() as api:
        which = {"flow_run_id": {"any_": [str(run)]}, "name": {"any_": ["report-1f2"]}}
        [task_run] = (await api.post("/task_runs/filter", json={"task_runs": which})).json()
    await site.open(f"/runs/task-run/{task_run['id']}")
    await expect(page.get_by_role("log")).to_contain_text("a row without id")
    await page.get_by_role("tab", name="Inputs").click()
    await page.get_by_role("link", name="load-0").click()
    await expect(page.get_by_role("heading", name="load-0")).to_be_visible()


async def test_ids_of_nothing_say_so(site: Site):
    page = await site.open("/runs/flow-run/00000000-0000-4000-8000-000000000000")
    await expect(page.get_by_text("There is no flow run of this id.")).to_be_visible()
    await site.open("/runs/task-run/00000000-0000-4000-8000-000000000000")
    await expect(page.get_by_text("There is no task run of this id.")).to_be_visible()
    await site.open("/no/such/page")
    await expect(page.get_by_text("There is no page here.")).to_be_visible()
    site.problems = [problem for problem in site.problems if "404" not in problem]  # the graph of nothing
