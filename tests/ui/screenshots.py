"""Draws the pictures of the documents from the real thing: `make screenshots`."""

import asyncio
import os
import subprocess
import tempfile
from pathlib import Path

import httpx

from tests.compat.servers import PREFECT_PYTHON, ROOT, lictor_server, prefect_environment
from tests.ui.browser import running_browser

PICTURES = ROOT / "docs" / "images"
SCRIPT = Path(__file__).parent / "scripts" / "shop_flows.py"
ROUNDS = 5
WIDTH, HEIGHT = 1400, 900
SETTLED_MS = 1500


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with lictor_server(f"sqlite+aiosqlite:///{home / 'lictor.db'}", home / "lictor") as server:
            environment = prefect_environment(home / "prefect", api=server.url) | {
                "PREFECT_LOGGING_LEVEL": "INFO",
                "PATH": os.environ["PATH"],
            }
            subprocess.run([PREFECT_PYTHON, SCRIPT, str(ROUNDS)], env=environment, check=True, timeout=600)
            asyncio.run(draw(server.url.removesuffix("/api")))


async def draw(root: str) -> None:
    """A picture of each page, of the runs that the script left."""
    async with httpx.AsyncClient(base_url=f"{root}/api") as api:
        body = {"flows": {"name": {"any_": ["load-orders"]}}, "flow_runs": {"state": {"type": {"any_": ["FAILED"]}}}}
        [failed, *_] = (await api.post("/flow_runs/filter", json=body)).json()
    pages = {
        "home": "/?range=15m",
        "runs": "/runs?range=15m",
        "flow-run": f"/runs/flow-run/{failed['id']}?text=-Traceback",  # which names folders of this machine
    }
    PICTURES.mkdir(exist_ok=True)
    async with running_browser() as browser:
        page = await browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        for name, path in pages.items():
            await page.goto(f"{root}{path}")
            await page.wait_for_timeout(SETTLED_MS)
            await page.screenshot(path=PICTURES / f"{name}.png")
            print(PICTURES / f"{name}.png")


if __name__ == "__main__":
    main()
