"""HTTP basic authentication with the one user and password of the settings, or the session of a browser."""

import hmac
from base64 import b64decode

from starlette._utils import get_route_path
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from lictor.errors import Unauthorized
from lictor.http.sessions import Sessions
from lictor.observability.tokens import HOOKS

DOCS = frozenset({"/docs", "/redoc", "/openapi.json"})
DOCS_FOLDERS = ("/docs/",)
"""What describes the API outside of its prefix."""


def _unauthorized(scope: Scope) -> Unauthorized:
    """Says how to say who one is, except to scripts of a page: for them the browser would ask its user."""
    error = Unauthorized("Unauthorized")
    if Headers(scope=scope).get("sec-fetch-mode", "navigate") == "navigate":
        error.challenge = 'Basic realm="Lictor", charset="UTF-8"'
    return error


class BasicAuthMiddleware:
    """Asks for `user:password`, or for a session, below a prefix, except of probes, of whoever logs in, and of webhooks,
    whose addresses are secrets themselves.
    """

    def __init__(
        self, app: ASGIApp, credentials: str, prefix: str, open_paths: frozenset[str], login_path: str
    ) -> None:
        self.app = app
        self.credentials = credentials.encode()
        self.sessions = Sessions(self.credentials)
        self.prefix = f"{prefix}/"
        self.hooks = f"{prefix}{HOOKS}/"
        self.open = frozenset([("POST", prefix + login_path), *(("GET", prefix + path) for path in open_paths)])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._may_pass(scope):
            raise _unauthorized(scope)
        await self.app(scope, receive, send)

    def _may_pass(self, scope: Scope) -> bool:
        path = get_route_path(scope)
        is_protected = path.startswith((self.prefix, *DOCS_FOLDERS)) or path in DOCS
        if not is_protected or (scope["method"], path) in self.open or path.startswith(self.hooks):
            return True
        headers = Headers(scope=scope)
        try:
            scheme, encoded = headers.get("authorization", "").split()
            given = b64decode(encoded, validate=True)
        except ValueError:  # not two words, or not base64
            return self.sessions.admits(headers, scope["method"])
        return scheme.lower() == "basic" and hmac.compare_digest(given, self.credentials)
