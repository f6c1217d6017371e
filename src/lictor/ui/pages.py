"""Serves the pages: built files from memory, compressed beforehand, below any path."""

from functools import cache, lru_cache
from pathlib import Path
from posixpath import relpath

from starlette._utils import get_route_path
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from lictor.ui.static_files import ENCODINGS, REVALIDATE, File, cache_control_of, etag_of, media_type_of

STATIC = Path(__file__).parent / "static"
INDEX = "index.html"
BASE = '<base href="/" />'
API = '<meta name="lictor-api" content="api" />'

DIRECTIVES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: https: http:",  # image artifacts show pictures from wherever flows put them
    "connect-src": "'self'",
    "font-src": "'self'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
CONTENT_SECURITY_POLICY = "; ".join(f"{name} {sources}" for name, sources in DIRECTIVES.items())
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "same-origin",
}
MAX_DEPTHS = 16
"""How many index pages are kept, which differ by the depth of their paths."""


class Pages(BaseRoute):
    """All paths below a base path, but for those below the API's prefix: a built file, or else the index page.

    The index page holds its base and the API's address relative to the path it was asked by, so that the pages work
    behind a proxy that strips a prefix which the server does not know.
    """

    def __init__(self, base_path: str, api_prefix: str, static: Path = STATIC) -> None:
        self._base = f"{base_path}/"
        self._api = f"{api_prefix}/"
        self._relative_api = relpath(api_prefix or "/", base_path or "/")
        self._static = static
        self._read_file = cache(self._file)
        self._index_page = lru_cache(MAX_DEPTHS)(self._index)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
            return Match.NONE, {}
        path = get_route_path(scope) or "/"
        if path.startswith(self._api) or f"{path}/" == self._api:
            return Match.NONE, {}
        if path.startswith(self._base) or f"{path}/" == self._base:
            return Match.FULL, {}
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = get_route_path(scope) or "/"
        if not path.startswith(self._base):  # the base path itself, without the slash that its links need
            response = Response(status_code=307, headers={"Location": f"{path.rpartition('/')[2]}/"})
        else:
            response = self._respond(path[len(self._base) :], Headers(scope=scope))
        await response(scope, receive, send)

    def _respond(self, path: str, headers: Headers) -> Response:
        if (file := self._read_file(path) if path in self._names else None) is not None:
            return file.response(headers)
        if path.startswith("assets/"):  # of another build: a page in its place would be taken for a script
            return Response("Not found", 404, headers=SECURITY_HEADERS, media_type="text/plain")
        return self._index_page(path.count("/")).response(headers)

    @property
    def _names(self) -> frozenset[str]:
        return _files_below(self._static)

    def _file(self, path: str) -> File:
        file = self._static / path
        contents = {"identity": file.read_bytes()}
        for encoding, suffix in ENCODINGS.items():
            compressed = file.with_name(file.name + suffix)
            if compressed.is_file():
                contents[encoding] = compressed.read_bytes()
        etag = etag_of(contents["identity"])
        return File(contents, media_type_of(path), etag, cache_control_of(path), SECURITY_HEADERS)

    def _index(self, depth: int) -> File:
        page = (self._static / INDEX).read_text()
        assert BASE in page, "the built page has lost its base"
        assert API in page, "the built page has lost the API's address"
        page = page.replace(BASE, f'<base href="{"../" * depth or "./"}" />')
        content = page.replace(API, f'<meta name="lictor-api" content="{self._relative_api}" />').encode()
        return File({"identity": content}, "text/html; charset=utf-8", etag_of(content), REVALIDATE, SECURITY_HEADERS)


@cache
def _files_below(static: Path) -> frozenset[str]:
    """The paths of all built files but the index page, which is never answered as it is."""
    paths = (path for path in static.rglob("*") if path.is_file() and path.suffix not in ENCODINGS.values())
    return frozenset(path.relative_to(static).as_posix() for path in paths) - {INDEX}
