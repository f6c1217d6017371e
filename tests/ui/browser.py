"""A real browser on a real server."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import pytest
from axe_core_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright
from starlette.types import ASGIApp, Receive, Scope, Send

from lictor.app import create_app
from lictor.settings import Settings
from tests.serving import port_of

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
]
TIMEOUT_MS = 30_000  # the machine may be busy


@asynccontextmanager
async def running_browser() -> AsyncIterator[Browser]:
    """Chromium; the test is skipped where there is none."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here, so the pages are not tested in a browser")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        await browser.close()


@dataclass
class Site:
    """A page in a browser, and what went wrong there."""

    page: Page
    root: str
    problems: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Notes whatever a person would see in the browser's console, and each request to the API."""
        self.page.set_default_timeout(TIMEOUT_MS)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on(
            "console", lambda message: message.type == "error" and self.problems.append(f"console: {message.text}")
        )
        self.page.on("request", lambda request: "/api/" in request.url and self.requests.append(request.url))

    async def open(self, path: str) -> Page:
        await self.page.goto(f"{self.root}{path}")
        await self.page.wait_for_load_state("networkidle")
        return self.page

    def api(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=f"{self.root}/api")

    async def check_accessibility(self) -> None:
        """Nothing that axe-core takes for serious."""
        found = await Axe().run(self.page)
        serious = [
            (violation["id"], [node["target"] for node in violation["nodes"]][:3])
            for violation in found["violations"]
            if violation["impact"] in {"serious", "critical"}
        ]
        assert not serious, f"{self.page.url}: {serious}"

    async def check_width(self) -> None:
        """Nothing reaches beyond the window."""
        widths = await self.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert widths[0] <= widths[1], self.page.url


def behind_proxy(app: ASGIApp, prefix: str, *, says_so: bool = False) -> ASGIApp:
    """What a proxy does that strips a prefix from paths, and may say so."""
    header = [(b"x-forwarded-prefix", prefix.encode())] if says_so else []

    async def strip(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in {"http", "websocket"}:
            assert scope["path"].startswith(prefix), scope["path"]
            scope = {**scope, "path": scope["path"][len(prefix) :], "raw_path": scope["raw_path"][len(prefix) :]}
            scope["headers"] = [*scope["headers"], *header]
        await app(scope, receive, send)

    return strip


@asynccontextmanager
async def site_of(
    settings: Settings, prefix: str = "", *, width: int = 1400, dark: bool = False, says_so: bool = False
) -> AsyncIterator[Site]:
    """A browser on a server with these settings, below a prefix, of which the proxy may say so."""
    app = create_app(settings)
    proxied = behind_proxy(app, prefix, says_so=says_so) if prefix else app
    async with running_browser() as browser, port_of(proxied) as port:
        scheme = "dark" if dark else "light"
        page = await browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        site = Site(page, f"http://127.0.0.1:{port}{prefix}")
        site.watch()
        yield site
        await page.close()
