"""What people do on Prefect's own pages, with a password, with CSRF tokens, below a path behind a proxy."""

import httpx
from playwright.async_api import Locator, Page, expect

from lictor.settings import ServerSettings, Settings, UISettings
from tests.ui.browser import TIMEOUT_MS, Site, site_of

from .servers import ROOT

expect.set_options(timeout=TIMEOUT_MS)

CREDENTIALS = ("admin", "secret")
PREFIX = "/a/sub/path"
DIRECTORY = next((ROOT / ".venv-prefect" / "lib").glob("python3*/site-packages/prefect/server"))


def client_of(site: Site) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=f"{site.root}/api", auth=CREDENTIALS, timeout=60)


async def fill(api: httpx.AsyncClient) -> None:
    """Something to change: a deployment, a variable."""
    token = (await api.get("/csrf-token", params={"client": "test"})).json()["token"]
    api.headers.update({"Prefect-Csrf-Token": token, "Prefect-Csrf-Client": "test"})
    flow = (await api.post("/flows/", json={"name": "etl"})).json()["id"]
    for path, body in (
        ("/work_pools/", {"name": "shop", "type": "process"}),
        ("/deployments/", {"name": "nightly", "flow_id": flow, "work_pool_name": "shop"}),
        ("/variables/", {"name": "rows", "value": 5}),
    ):
        assert (await api.post(path, json=body)).status_code == 201


async def choose(page: Page, row: Locator, action: str) -> None:
    await row.get_by_role("button", name="Open menu").click()
    await page.get_by_role("menuitem", name=action).click()


async def test_people_log_in_and_run_add_and_delete(settings: Settings):
    server = ServerSettings(auth_string=":".join(CREDENTIALS), csrf_protection_enabled=True)
    groups = {"server": server, "ui": UISettings(prefect_directory=DIRECTORY)}
    async with site_of(settings.model_copy(update=groups), PREFIX, says_so=True) as site, client_of(site) as api:
        await fill(api)
        page = site.page
        await page.goto(f"{site.root}/prefect/v2/deployments")
        await page.get_by_placeholder("admin:pass").fill(":".join(CREDENTIALS))
        await page.get_by_role("button", name="Login").click()
        await choose(page, page.get_by_role("row").filter(has_text="nightly"), "Quick Run")
        await expect(page.get_by_text("Flow run created")).to_be_visible()
        [run] = (await api.post("/flow_runs/filter", json={})).json()
        assert run["state_type"] == "SCHEDULED"

        await page.goto(f"{site.root}/prefect/v2/variables")
        await page.get_by_role("button", name="Add variable").click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_role("textbox", name="Name").fill("region")
        await dialog.get_by_role("textbox").nth(1).click()
        await page.keyboard.insert_text('"north"')
        await dialog.get_by_role("button", name="Create").click()
        await expect(page.get_by_role("row").filter(has_text="region")).to_contain_text("north")
        await choose(page, page.get_by_role("row").filter(has_text="rows"), "Delete")
        await page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
        await expect(page.get_by_role("row").filter(has_text="rows")).to_have_count(0)
        left = (await api.post("/variables/filter", json={})).json()
        assert [(each["name"], each["value"]) for each in left] == [("region", "north")]

        # The first version finds the login that the second one has kept, and the same objects.
        await page.goto(f"{site.root}/prefect/variables")
        await expect(page.get_by_role("row").filter(has_text="region")).to_be_visible()
        await page.goto(f"{site.root}/prefect/deployments")
        await page.get_by_role("link", name="nightly").click()
        await page.wait_for_url(f"{site.root}/prefect/deployments/deployment/*")
