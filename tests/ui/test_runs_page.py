"""Runs: which are those?"""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Page, expect

from tests.make import Make
from tests.ui.browser import TIMEOUT_MS, Site

expect.set_options(timeout=TIMEOUT_MS)


def asked(page: Page) -> dict[str, object]:
    """The filters in the address."""
    return json.loads(parse_qs(urlsplit(page.url).query).get("q", ["{}"])[0])


def rows(page: Page):
    return page.locator("[data-run]")


@pytest.fixture
async def three_runs(make: Make) -> None:
    flow = await make.flow("etl")
    now = datetime.now(UTC)
    for age, (name, state) in enumerate([("red-fox", "FAILED"), ("blue-hen", "COMPLETED"), ("old-ox", "FAILED")]):
        began = now - timedelta(minutes=10 + age)
        times = {"expected_start_time": began, "start_time": began, "end_time": began + timedelta(seconds=90)}
        await make.flow_run(name, state, flow_id=flow, tags=["prod"], **times)


@pytest.mark.usefixtures("three_runs")
async def test_filters_stand_in_the_address_and_back_undoes_them(site: Site):
    page = await site.open("/runs")
    await expect(rows(page)).to_have_count(3)
    assert len(site.requests) <= 6
    await expect(page.get_by_text("3 flow runs")).to_be_visible()
    await page.get_by_role("button", name="State", exact=True).click()
    await page.get_by_role("option", name="Failed").click()
    await expect(rows(page)).to_have_count(2)
    await page.keyboard.press("Escape")
    assert asked(page) == {"flow_runs": {"state": {"type": {"any_": ["FAILED"]}}}}
    await page.reload()
    await expect(rows(page)).to_have_count(2)
    await page.go_back()
    await expect(rows(page)).to_have_count(3)
    await page.go_forward()
    await expect(rows(page)).to_have_count(2)
    await expect(rows(page).first).to_contain_text("red-fox")
    await expect(rows(page).first).to_contain_text("1m 30s")


@pytest.mark.usefixtures("three_runs")
async def test_builder_and_json_are_one_question(site: Site):
    page = await site.open("/runs?panel=builder")
    await page.get_by_role("button", name="condition").first.click()
    await page.get_by_label("Criterion").select_option("name")
    await page.get_by_label("Operator").select_option("like_")
    await page.get_by_label("Value of flow runs name").fill("fox")
    await expect(rows(page)).to_have_count(1)
    assert asked(page) == {"flow_runs": {"name": {"like_": "fox"}}}
    await page.get_by_role("button", name="JSON", exact=True).click()
    editor = page.get_by_label("Filters as JSON")
    await expect(editor).to_contain_text('"like_": "fox"')
    await editor.fill('{"flow_runs": {"none_of": [{"name": {"like_": "fox"}}]}}')
    await expect(rows(page)).to_have_count(2)
    await page.get_by_role("button", name="Filter", exact=False).first.click()
    await expect(page.get_by_text("none of", exact=True).first).to_be_visible()
    await page.get_by_role("button", name="Explain").click()
    await expect(page.get_by_label("explain")).to_contain_text("SELECT")
    await page.get_by_role("button", name="Code", exact=True).click()
    await expect(page.get_by_label("Code", exact=True)).to_contain_text("none_of")


async def test_the_list_is_endless(site: Site, make: Make):
    flow = await make.flow("etl")
    now = datetime.now(UTC)
    for number in range(250):
        began = now - timedelta(seconds=10 + number)
        await make.flow_run(f"run-{number:03}", "COMPLETED", flow_id=flow, expected_start_time=began, start_time=began)
    page = await site.open("/runs")
    await expect(rows(page).first).to_contain_text("run-000")
    assert await rows(page).count() < 100
    table = page.get_by_role("table", name="Runs")
    for _ in range(40):
        await table.evaluate("each => each.scrollTo(0, each.scrollHeight)")
        if await page.get_by_text("run-249").count():
            break
        await page.wait_for_timeout(250)
    await expect(page.get_by_text("run-249")).to_be_visible()


@pytest.mark.usefixtures("three_runs")
async def test_many_runs_are_changed_at_once(site: Site, make: Make):
    page = await site.open("/runs")
    for name in ("red-fox", "old-ox"):
        await page.get_by_label(f"Choose {name}").check()
    await page.get_by_role("button", name="Set state…").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("Set state 2 flow runs?")
    await dialog.get_by_label("State").select_option("COMPLETED")
    await dialog.get_by_label("Leave out").check()
    await dialog.get_by_role("button", name="Set state 2").click()
    await expect(dialog).to_have_count(0)
    await expect(page.locator("[data-run]", has_text="Completed")).to_have_count(3)
    await page.get_by_label("Choose blue-hen").check()
    await page.get_by_role("button", name="Delete").click()
    await dialog.get_by_role("button", name="Delete 1").click()
    await expect(rows(page)).to_have_count(2)


@pytest.mark.usefixtures("three_runs")
async def test_the_picture_is_brushed(site: Site):
    page = await site.open("/runs?range=1h")
    over = page.locator(".u-over")
    box = await over.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + 5, box["y"] + 20)
    await page.mouse.down()
    await page.mouse.move(box["x"] + box["width"] / 3, box["y"] + 20, steps=4)
    await page.mouse.up()
    await expect(page.get_by_text("No such run:")).to_be_visible()
    assert ".." in parse_qs(urlsplit(page.url).query)["range"][0]
    await page.get_by_role("button", name="Look at").click()
    await expect(rows(page)).to_have_count(3)


@pytest.mark.usefixtures("three_runs")
async def test_what_is_filtered_is_exported(site: Site):
    page = await site.open('/runs?q={"flow_runs":{"name":{"like_":"o"}}}')
    await expect(rows(page)).to_have_count(2)
    await page.get_by_role("button", name="Export").click()
    async with page.expect_download() as waiting:
        await page.get_by_role("menuitem", name="NDJSON").click()
    file = await asyncio.to_thread(Path(await (await waiting.value).path()).read_text)
    assert {json.loads(line)["name"] for line in file.splitlines()} == {"red-fox", "old-ox"}


@pytest.mark.usefixtures("three_runs")
async def test_searches_are_saved(site: Site):
    page = await site.open('/runs?q={"flow_runs":{"name":{"like_":"hen"}}}&range=7d')
    await page.get_by_role("button", name="Saved").click()
    await page.get_by_role("menuitem", name="Save this search…").click()
    await page.get_by_label("Name of the search").fill("hens")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await site.open("/runs")
    await page.get_by_role("button", name="Saved").click()
    await page.get_by_role("menuitem", name="hens").click()
    await expect(rows(page)).to_have_count(1)
    assert asked(page) == {"flow_runs": {"name": {"like_": "hen"}}}


@pytest.mark.usefixtures("three_runs")
async def test_rows_change_in_place_and_new_ones_wait(site: Site, make: Make):
    page = await site.open("/runs")
    await expect(rows(page)).to_have_count(3)
    await page.wait_for_timeout(1000)  # until the stream listens
    async with site.api() as api:
        flow_id = (await api.post("/flows/", json={"name": "etl"})).json()["id"]
        made = await api.post("/flow_runs/", json={"flow_id": flow_id, "name": "new-elk", "state": {"type": "PENDING"}})
        await api.post(f"/flow_runs/{made.json()['id']}/set_state", json={"state": {"type": "RUNNING"}})
    await page.get_by_role("button", name="Show 1 new").click()
    await expect(rows(page).first).to_contain_text("new-elk")
    await expect(rows(page).first).to_contain_text("Running")
    async with site.api() as api:
        await api.post(f"/flow_runs/{made.json()['id']}/set_state", json={"state": {"type": "COMPLETED"}})
    await expect(rows(page).first).to_contain_text("Completed")


async def test_task_runs_are_the_other_tab(site: Site, make: Make):
    flow_run = await make.flow_run("red-fox", flow_id=await make.flow("etl"))
    await make.task_run("load-1", "FAILED", flow_run_id=flow_run, expected_start_time=datetime.now(UTC))
    page = await site.open("/runs")
    await page.get_by_role("tab", name="Task runs").click()
    await expect(rows(page)).to_have_count(1)
    await expect(rows(page).first).to_contain_text("etl / red-fox")


async def test_an_empty_page_says_what_to_do(site: Site):
    page = await site.open("/runs?range=all")
    await expect(page.get_by_text("No flow has run yet.")).to_be_visible()
    await expect(page.get_by_text(f"PREFECT_API_URL={site.root}/api")).to_be_visible()
