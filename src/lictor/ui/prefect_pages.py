"""Prefect's own pages, served from the user's `prefect` package: nothing is copied into ours or written into theirs.

Prefect's builds, one a version of its pages, hold a placeholder where their base path belongs. It is replaced while
serving; what was sent once stays in memory, compressed.
"""

import asyncio
import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from http.cookies import CookieError, SimpleCookie
from importlib.util import find_spec
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import orjson
from starlette._utils import get_route_path
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from lictor.settings import Settings
from lictor.ui.static_files import File, cache_control_of, etag_of, media_type_of

Version = Literal["v1", "v2"]

FOLDERS: Mapping[Version, tuple[str, str]] = {"v1": ("ui", "v1"), "v2": ("ui-v2", "v2")}
"""The folder of each version in Prefect's package, and in a static directory that Prefect has unpacked."""
PLACEHOLDER = b"/PREFECT_UI_SERVE_BASE_REPLACE_PLACEHOLDER"
TEXT_SUFFIXES = frozenset({".html", ".js", ".css", ".json", ".svg", ".txt", ".webmanifest"})
INDEX = "index.html"
PREFECT_PATH = "/prefect"
"""Where Prefect's pages stand beside ours, below the base path of both."""
V2_PATH = "/v2"
SETTINGS_PATH = "/ui-settings"
VERSION_COOKIE = "prefect_ui_version"
HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "X-Frame-Options": "DENY"}
CONNECT_SOURCES = "connect-src 'self'"
"""Whom the pages may speak to: the second version's fetch settings of a telemetry service whatever the server says.

Nothing else is forbidden: they evaluate code, and show pictures from other hosts.
"""
GZIP_LEVEL = 6
MAX_BASES = 4
"""For how many base paths files are kept. They differ only where several proxies add a prefix."""


def find_bundles(directory: Path | None) -> dict[Version, Path]:
    """The folders of Prefect's pages: below `directory` if there are any, else in the `prefect` that Python finds.

    The package is located, not imported.
    """
    for root in (directory, _package_directory()):
        if root is not None and (found := _bundles_below(root)):
            return found
    return {}


def _package_directory() -> Path | None:
    spec = find_spec("prefect")
    locations = spec.submodule_search_locations if spec else None
    return Path(locations[0]) / "server" if locations else None


def _bundles_below(root: Path) -> dict[Version, Path]:
    found: dict[Version, Path] = {}
    for version, names in FOLDERS.items():
        for name in names:
            if (root / name / INDEX).is_file():
                found.setdefault(version, root / name)
    return found


class Bundle:
    """One version of Prefect's pages. A file is read when it is first requested."""

    def __init__(self, directory: Path, headers: Mapping[str, str]) -> None:
        self._directory = directory
        self._headers = headers
        self._files: dict[str, dict[str, File]] = {}

    @cached_property
    def _names(self) -> frozenset[str]:
        files = (path for path in self._directory.rglob("*") if path.is_file())
        return frozenset(path.relative_to(self._directory).as_posix() for path in files)

    async def read(self, name: str, base: str) -> File | None:
        """A file whose links begin with `base`; the index page for a path that the pages route themselves.

        None for a missing asset, which a page in its place would be taken for.
        """
        if name not in self._names:
            if name.startswith("assets/"):
                return None
            name = INDEX
        if base not in self._files and len(self._files) >= MAX_BASES:
            self._files.clear()
        files = self._files.setdefault(base, {})
        if name not in files:
            files[name] = await asyncio.to_thread(self._load, name, base)
        return files[name]

    def _load(self, name: str, base: str) -> File:
        path = self._directory / name
        content = path.read_bytes()
        contents = {"identity": content}
        if path.suffix in TEXT_SUFFIXES:
            content = content.replace(PLACEHOLDER, base.encode())
            contents = {"identity": content, "gzip": gzip.compress(content, GZIP_LEVEL, mtime=0)}
        return File(contents, media_type_of(name), etag_of(content), cache_control_of(name), self._headers)


@dataclass(frozen=True)
class PrefectSettings:
    """What Prefect's pages read at their start, and which of them comes first."""

    api_url: str | None
    """The API's address as browsers see it, or None for the path of this server's own."""
    api_path: str
    csrf_enabled: bool
    has_password: bool
    default_version: Version

    @classmethod
    def of(cls, settings: Settings) -> "PrefectSettings":
        return cls(
            api_url=settings.ui.api_url,
            api_path=settings.server.base_path or "/",
            csrf_enabled=settings.server.csrf_protection_enabled,
            has_password=settings.server.auth_string is not None,
            default_version="v2" if settings.ui.prefect_v2_enabled else "v1",
        )


class PrefectPages(BaseRoute):
    """Both versions of Prefect's pages below a base path: the first at it, the second at `v2` below it."""

    def __init__(self, base_path: str, directories: Mapping[Version, Path], settings: PrefectSettings) -> None:
        self._base = base_path
        self._paths: dict[Version, str] = {"v1": base_path, "v2": base_path + V2_PATH}
        sources = f"{CONNECT_SOURCES} {_origins_of(settings.api_url)}".rstrip()
        headers = {**HEADERS, "Content-Security-Policy": sources}
        self._bundles = {version: Bundle(directory, headers) for version, directory in directories.items()}
        self._settings = settings
        self._api = f"{settings.api_path.rstrip('/')}/"

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
            return Match.NONE, {}
        path = f"{get_route_path(scope)}/"
        is_ours = path.startswith(f"{self._base}/") and not path.startswith(self._api)
        return (Match.FULL if is_ours else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._respond(scope, get_route_path(scope), Headers(scope=scope))
        await response(scope, receive, send)

    async def _respond(self, scope: Scope, path: str, headers: Headers) -> Response:
        prefix = scope.get("root_path", "")
        if path == self._base + SETTINGS_PATH:
            return Response(orjson.dumps(self._ui_settings(prefix)), headers=HEADERS, media_type="application/json")
        asked: Version = "v2" if f"{path}/".startswith(f"{self._paths['v2']}/") else "v1"
        below = path[len(self._paths[asked]) :]
        version = self._version(asked, below, headers)
        if version != asked or (not below and self._paths[asked]):
            query = scope["query_string"].decode("latin-1")
            location = f"{prefix}{self._paths[version]}{below or '/'}" + (f"?{query}" if query else "")
            return Response(status_code=307, headers={"Location": location, "Vary": "Cookie"})
        if asked not in self._bundles:
            return Response("Not found", 404, headers=HEADERS, media_type="text/plain")
        file = await self._bundles[asked].read(below.removeprefix("/"), prefix + self._paths[asked])
        if file is None:
            return Response("Not found", 404, headers=HEADERS, media_type="text/plain")
        return file.response(headers)

    def _version(self, asked: Version, below: str, headers: Headers) -> Version:
        """The version to show: another than was asked for at the entry, by the reader's choice, or if there is no such."""
        if not _is_navigation(headers) or (asked in self._bundles and (asked == "v2" or below not in {"", "/"})):
            return asked
        chosen = _chosen_version(headers)
        return chosen if chosen in self._bundles else self._default_version()

    def _default_version(self) -> Version:
        default = self._settings.default_version
        return default if default in self._bundles else next(iter(self._bundles))

    def _ui_settings(self, prefix: str) -> dict[str, object]:
        bases = {version: prefix + self._paths[version] or "/" for version in self._bundles}
        return {
            "api_url": self._settings.api_url or prefix + self._settings.api_path,
            "csrf_enabled": self._settings.csrf_enabled,
            "auth": "BASIC" if self._settings.has_password else None,
            "flags": [],
            "default_ui": self._default_version(),
            "available_uis": list(self._bundles),
            "v1_base_url": bases.get("v1"),
            "v2_base_url": bases.get("v2"),
        }


def _origins_of(url: str | None) -> str:
    """The origins of an API elsewhere, for requests and for websockets."""
    scheme, host, *_ = urlsplit(url or "")
    return f"{scheme}://{host} {scheme.replace('http', 'ws')}://{host}" if host else ""


def _is_navigation(headers: Headers) -> bool:
    """True if a person opens a page, rather than a page one of its parts."""
    if headers.get("sec-fetch-mode") == "navigate" or headers.get("sec-fetch-dest") in {"document", "iframe"}:
        return True
    return "text/html" in headers.get("accept", "").lower()


def _chosen_version(headers: Headers) -> Version | None:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(VERSION_COOKIE)
    except CookieError:
        return None
    return next((version for version in FOLDERS if found is not None and found.value == version), None)
