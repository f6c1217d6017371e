"""What the pages cost: requests, bytes and time until a page has settled, beside Prefect's UI on Prefect's server.

    make bench-ui
    make bench-ui ARGS="--rows 100000 --database sqlite"

Both servers have the same rows, as for `make bench`. Each page is opened in a browser without a cache. It has settled
when the last answer of the API has come that it asked for before anybody touched it.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from playwright.async_api import Browser, CDPSession

from benchmarks import servers
from benchmarks.__main__ import with_history
from benchmarks.databases import open_databases
from tests.ui.browser import running_browser

ROUNDS = 3
QUIET_SECONDS = 1.0
"""So long no request may be open or begin before a page counts as settled."""
TIMEOUT_SECONDS = 60
SCROLL_STEPS = 200
RANGE = "2026-03-03T00:00:00Z..2026-06-01T00:00:00Z"  # the whole history that was made up
MOST_REQUESTS = 6
SAME_PATHS = {
    "flows": "/flows",
    "deployments": "/deployments",
    "work pools": "/work-pools",
    "limits": "/concurrency-limits",
    "variables": "/variables",
    "blocks": "/blocks",
    "artifacts": "/artifacts",
    "automations": "/automations",
    "events": "/events",
}
"""Pages that stand at the same path on both sides."""


@dataclass
class Opened:
    """What came of opening a page once."""

    requests: int = 0
    kilobytes: float = 0
    seconds: float = 0


@dataclass
class Watch:
    """Counts what a page asks for."""

    began: float = field(default_factory=time.perf_counter)
    open: set[str] = field(default_factory=set)
    api: set[str] = field(default_factory=set)
    requests: int = 0
    size: int = 0
    last: float = 0

    async def attach(self, session: CDPSession) -> None:
        session.on("Network.requestWillBeSent", self._sent)
        session.on("Network.loadingFinished", self._finished)
        session.on("Network.loadingFailed", self._finished)
        await session.send("Network.enable")

    def _sent(self, event: dict) -> None:
        if event["request"]["url"].startswith("ws"):
            return
        self.open.add(event["requestId"])
        if "/api/" in event["request"]["url"] and event["request"]["method"] != "OPTIONS":
            self.api.add(event["requestId"])
            self.requests += 1

    def _finished(self, event: dict) -> None:
        self.open.discard(event["requestId"])
        self.size += event.get("encodedDataLength", 0)
        self.last = time.perf_counter()

    async def settle(self) -> Opened:
        """Waits until nothing is open any more."""
        deadline = self.began + TIMEOUT_SECONDS
        while time.perf_counter() < deadline:
            await asyncio.sleep(0.02)
            if self.last and not self.open and time.perf_counter() - self.last > QUIET_SECONDS:
                break
        return Opened(self.requests, self.size / 1000, self.last - self.began)


async def opened(browser: Browser, url: str) -> Opened:
    context = await browser.new_context(viewport={"width": 1400, "height": 900})
    page = await context.new_page()
    watch = Watch()
    await watch.attach(await context.new_cdp_session(page))
    watch.began = time.perf_counter()
    await page.goto(url, wait_until="commit")
    found = await watch.settle()
    await context.close()
    return found


async def longest_block(browser: Browser, url: str) -> float:
    """The longest time in milliseconds in which a list did nothing else while somebody scrolled through it."""
    page = await browser.new_page(viewport={"width": 1400, "height": 900})
    await page.goto(url, wait_until="networkidle")
    await page.evaluate(
        "window.longest = 0; new PerformanceObserver(list => list.getEntries().forEach("
        "each => { window.longest = Math.max(window.longest, each.duration) })).observe({type: 'longtask'})"
    )
    await page.mouse.move(700, 600)
    for _ in range(SCROLL_STEPS):
        await page.mouse.wheel(0, 3000)
        await page.wait_for_timeout(20)
    longest = await page.evaluate("window.longest")
    await page.close()
    return float(longest)


async def measured(sides: dict[str, tuple[str, dict[str, str]]]) -> list[str]:
    """A row of a table for each page: of every side its requests, bytes and seconds."""
    rows = []
    names = list(sides)
    pages = list(sides["Lictor"][1])
    async with running_browser() as browser:
        for page in pages:
            cells = []
            for name in names:
                root, paths = sides[name]
                if page not in paths:
                    cells.append("has no such page")
                    continue
                tries = [await opened(browser, root + paths[page]) for _ in range(ROUNDS)]
                seconds = statistics.median(each.seconds for each in tries)
                kilobytes = statistics.median(each.kilobytes for each in tries)
                requests = max(each.requests for each in tries)
                cells.append(f"{requests} requests, {kilobytes:,.0f} kB, {seconds:.2f} s")
                if name == "Lictor" and requests > MOST_REQUESTS:
                    raise SystemExit(f"{page}: {requests} requests before anybody did anything")
            rows.append(f"| {page} | " + " | ".join(cells) + " |")
        root, paths = sides["Lictor"]
        longest = await longest_block(browser, root + paths["task runs"])
        rows.append(f"| scrolling through task runs, longest pause | {longest:.0f} ms |" + " |" * (len(names) - 1))
    return [f"| page | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|", *rows]


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        directory = options.directory or Path(scratch)
        databases = stack.enter_context(open_databases(options.database, directory))
        theirs, ours = with_history(databases, options.rows, Path(scratch) / "home")
        lictor = stack.enter_context(servers.lictor(Path(scratch) / "lictor", ours))
        root = f"http://127.0.0.1:{lictor.port}"
        newest = newest_flow_run(f"{root}/api")
        sides = {
            "Lictor": (
                root,
                {
                    "home": f"/?range={RANGE}",
                    "flow runs": f"/runs?range={RANGE}",
                    "task runs": f"/runs?tab=task-runs&range={RANGE}",
                    "a flow run": f"/runs/flow-run/{newest}",
                    **SAME_PATHS,
                    "server": "/settings",
                },
            )
        }
        if not options.alone:
            flags = ("--no-services", "--analytics-off", "--ui")
            prefect = stack.enter_context(servers.prefect(Path(scratch) / "prefect", theirs, *flags))
            paths = {"home": "/dashboard", "flow runs": "/runs", "task runs": "/runs?tab=task-runs"}
            sides["Prefect"] = (
                f"http://127.0.0.1:{prefect.port}",
                {**paths, **SAME_PATHS, "a flow run": f"/runs/flow-run/{newest}", "server": "/settings"},
            )
        print("\n".join(asyncio.run(measured(sides))))


def newest_flow_run(api: str) -> str:
    """The newest flow run that has come to its end."""
    body = {"flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}, "sort": "START_TIME_DESC", "limit": 1}
    return str(httpx.post(f"{api}/flow_runs/filter", json=body, timeout=60).json()[0]["id"])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000, help="how many task runs (default: %(default)s)")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="postgresql")
    parser.add_argument("--directory", type=Path, help="where to keep the databases for the next time")
    parser.add_argument("--alone", action="store_true", help="leave Prefect out")
    return parser.parse_args()


if __name__ == "__main__":
    main()
