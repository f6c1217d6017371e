"""Prefect's own pages, of both versions, opened in a real browser on Lictor's answers."""

import httpx
import pytest

from tests.ui.browser import Site, running_browser

from . import servers

PAGES = {
    "v1": (
        "/dashboard",
        "/runs",
        "/runs?tab=task-runs",
        "/runs/flow-run/{flow_run}",
        "/runs/task-run/{task_run}",
        "/flows",
        "/flows/flow/{flow}",
        "/deployments",
        "/work-pools",
        "/blocks",
        "/blocks/catalog",
        "/variables",
        "/automations",
        "/automations/create",
        "/events",
        "/concurrency-limits",
        "/artifacts",
        "/settings",
    ),
    "v2": (
        "/dashboard",
        "/runs",
        "/runs/flow-run/{flow_run}",
        "/runs/task-run/{task_run}",
        "/flows",
        "/flows/flow/{flow}",
        "/deployments",
        "/work-pools",
        "/blocks",
        "/blocks/catalog",
        "/variables",
        "/automations",
        "/automations/create",
        "/events",
        "/concurrency-limits",
        "/artifacts",
        "/settings",
    ),
}
BASES = {"v1": "/prefect", "v2": "/prefect/v2"}
EXPECTED = (
    "Failed to load resource: net::ERR_",  # logos of block types, which come from elsewhere
    "amplitude",  # telemetry, which our content security policy refuses
)
SETTLE_MS = 1500
"""Pages poll and stream, so the network is never idle for long."""


async def ids_of(api: str) -> dict[str, str]:
    """An id of each kind of object that has a page of its own."""
    async with httpx.AsyncClient(base_url=api, timeout=60) as client:
        found = {}
        for kind, path in (("flow", "/flows"), ("flow_run", "/flow_runs"), ("task_run", "/task_runs")):
            found[kind] = (await client.post(f"{path}/filter", json={"limit": 1})).json()[0]["id"]
        return found


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_every_page_opens_without_an_error(reading: tuple[servers.Server, servers.Server], version: str):
    api = reading[1].url
    root = api.removesuffix("/api")
    ids = await ids_of(api)
    async with running_browser() as browser:
        site = Site(await browser.new_page(viewport={"width": 1400, "height": 900}), root)
        site.watch()
        failed: list[str] = []
        site.page.on(
            "response",
            lambda answer: (
                answer.url.startswith(root)
                and answer.status >= 400
                and failed.append(f"{answer.status} {answer.request.method} {answer.url} on {site.page.url}")
            ),
        )
        for path in PAGES[version]:
            await site.page.goto(root + BASES[version] + path.format(**ids))
            await site.page.wait_for_timeout(SETTLE_MS)
            assert await site.page.locator("body").inner_text(), path
        await site.page.close()
    assert failed == []
    assert [problem for problem in site.problems if not any(each in problem for each in EXPECTED)] == []
