"""What docs/compatibility.md says of each route of Prefect."""

import re
from functools import cache
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "compatibility.md"

WORKS, NOT_YET = "works", "not yet"
DIFFERS = re.compile(r"\[differs\]\(#([a-z-]+)\)")


@cache
def told() -> dict[str, str]:
    """Works, differs (with where it says how), or not yet."""
    return dict(re.findall(r"^\| `([A-Z]+ /\S*)` \| (.+) \|$", PAGE.read_text(), re.MULTILINE))


@cache
def differing() -> list[str]:
    """The first cell of each row that tells of a difference, which is the name of the row."""
    tables = PAGE.read_text().partition("## Where Lictor answers otherwise")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| (.+?) \| .*\|$", tables, re.MULTILINE)
    return [cell for cell in cells if cell not in {"Request", "What"}]


def anchors() -> set[str]:
    """Where a link within the page can lead."""
    headings = re.findall(r"^#+ (.+)$", PAGE.read_text(), re.MULTILINE)
    return {re.sub(r"[^a-z -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def of_request(method: str, path: str) -> str | None:
    """What is said of the route that answers a request."""
    return next((status for route, status in told().items() if _pattern(route).fullmatch(f"{method} {path}")), None)


@cache
def _pattern(route: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(route)) + r"(\?.*)?")
