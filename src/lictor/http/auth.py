"""HTTP basic authentication with the one user and password of the settings."""

import hmac
from base64 import b64decode

from starlette._utils import get_route_path
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from lictor.http.errors import Unauthorized


class BasicAuthMiddleware:
    """Asks for `user:password` below a prefix, except of probes."""

    def __init__(self, app: ASGIApp, credentials: str, prefix: str, open_paths: frozenset[str]) -> None:
        self.app = app
        self.credentials = credentials.encode()
        self.prefix = f"{prefix}/"
        self.open_paths = frozenset(prefix + path for path in open_paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._may_pass(scope):
            raise Unauthorized("Unauthorized")
        await self.app(scope, receive, send)

    def _may_pass(self, scope: Scope) -> bool:
        path = get_route_path(scope)
        if not path.startswith(self.prefix) or (scope["method"] == "GET" and path in self.open_paths):
            return True
        try:
            scheme, encoded = Headers(scope=scope).get("authorization", "").split()
            given = b64decode(encoded)
        except ValueError:  # not two words, or not base64
            return False
        return scheme == "Basic" and hmac.compare_digest(given, self.credentials)
