"""What is around every page: the palette, login, how times and colours are shown, and who cannot see or point."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from playwright.async_api import expect

from lictor.settings import ServerSettings, Settings
from tests.make import Make
from tests.ui.browser import TIMEOUT_MS, Site, site_of

expect.set_options(timeout=TIMEOUT_MS)


@pytest.fixture
async def run(make: Make) -> UUID:
    began = datetime.now(UTC) - timedelta(minutes=5)
    flow = await make.flow("etl")
    run = await make.flow_run(
        "red-fox",
        "FAILED",
        flow_id=flow,
        expected_start_time=began,
        start_time=began,
        end_time=datetime.now(UTC),
        tags=["prod"],
    )
    await make.task_run(
        "load-1", "COMPLETED", flow_run_id=run, expected_start_time=began, start_time=began, end_time=began
    )
    await make.log("hello", flow_run_id=run, timestamp=began)
    return run


PAGES = [
    "/",
    "/runs",
    "/runs?panel=builder",
    "/runs?tab=task-runs",
    "/runs/flow-run/{run}",
    "/runs/flow-run/{run}?tab=states",
]


@pytest.mark.parametrize(("width", "dark"), [(1400, False), (390, True)])
async def test_pages_fit_and_are_accessible(settings: Settings, prefix: str, run: UUID, width: int, dark: bool):
    async with site_of(settings, prefix, width=width, dark=dark) as site:
        for path in PAGES:
            await site.open(path.format(run=run))
            await site.page.wait_for_timeout(300)
            await site.check_width()
            await site.check_accessibility()
    assert site.problems == []


async def test_home_says_what_needs_a_person(site: Site, run: UUID):
    page = await site.open("/")
    failed = page.get_by_role("region", name="Failed")
    await expect(failed).to_contain_text("red-fox")
    assert len(site.requests) <= 6
    await failed.get_by_role("link", name="red-fox").click()
    await expect(page.get_by_role("heading", name="red-fox")).to_be_visible()
    assert page.url.endswith(f"/runs/flow-run/{run}")
    await page.go_back()
    await expect(page.get_by_role("heading", name="What needs you now")).to_be_visible()


async def test_anything_is_found_by_keyboard(site: Site, run: UUID):
    page = await site.open("/")
    for text in ("red-f", str(run)):
        await page.keyboard.press("Control+k")
        await page.get_by_role("combobox", name="Name or id").fill(text)
        await expect(page.get_by_role("option", name="red-fox")).to_be_visible()
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"**/runs/flow-run/{run}")


async def test_theme_and_zone_are_remembered(site: Site):
    page = await site.open("/runs")
    await page.get_by_role("button", name="Theme: system").click()
    await page.get_by_role("button", name="Theme: light").click()
    await page.get_by_role("button", name="Time zone").click()
    await page.reload()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await expect(page.get_by_role("button", name="Time zone: UTC")).to_be_visible()


async def test_addresses_of_older_pages_lead_on(site: Site, run: UUID):
    page = await site.open(f"/flow-runs/flow-run/{run}")
    await expect(page.get_by_role("heading", name="red-fox")).to_be_visible()
    assert page.url == f"{site.root}/runs/flow-run/{run}"


async def test_whoever_has_the_password_logs_in_once(settings: Settings, prefix: str, run: UUID):
    server = ServerSettings(auth_string="admin:sécret", csrf_protection_enabled=True)
    async with site_of(settings.model_copy(update={"server": server}), prefix) as site:
        page = await site.open(f"/runs/flow-run/{run}?tab=states")
        await page.get_by_label("User").fill("admin")
        await page.get_by_label("Password").fill("wrong")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("This is not the user and password of this server.")
        await page.get_by_label("Password").fill("sécret")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="red-fox")).to_be_visible()
        assert page.url == f"{site.root}/runs/flow-run/{run}?tab=states"
        stored = await page.evaluate("JSON.stringify([localStorage, sessionStorage, document.cookie])")
        assert "cret" not in stored
        assert "lictor_session" not in stored
        await page.get_by_role("button", name="More actions").click()
        await page.get_by_role("menuitem", name="Delete").click()
        await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        await page.wait_for_url("**/runs")
        unexpected = [each for each in site.problems if "401" not in each and "403" not in each]
        assert unexpected == []
