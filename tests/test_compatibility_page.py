"""The page on compatibility tells which routes there are."""

import re
from pathlib import Path

from starlette.routing import WebSocketRoute

from lictor.app import ROUTERS, create_app
from lictor.settings import Settings

PAGE = Path(__file__).parents[1] / "docs" / "compatibility.md"


def told() -> dict[str, str]:
    """What the page says of each route of Prefect."""
    return dict(re.findall(r"^\| `([A-Z]+ /\S*)` \| (.+) \|$", PAGE.read_text(), re.MULTILINE))


def test_the_page_names_the_routes_that_work(unused_settings: Settings) -> None:
    paths = create_app(unused_settings).openapi()["paths"]
    served = {
        f"{method.upper()} {path}"
        for path, methods in paths.items()
        for method, operation in methods.items()
        if "x-lictor" not in operation  # what Prefect has not
    }
    served |= {f"WS {route.path}" for router in ROUTERS for route in router.routes if isinstance(route, WebSocketRoute)}
    assert served == {route for route, status in told().items() if status == "works"}
    assert set(told().values()) == {"works", "not yet"}
