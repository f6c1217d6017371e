"""Refuses changes that do not come from a client of ours."""

import hmac

from starlette._utils import get_route_path
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from lictor.db.base import utc_now
from lictor.db.engine import Database
from lictor.errors import Forbidden
from lictor.resources.csrf_tokens import queries

CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class CsrfMiddleware:
    """Asks each request that may change something for its client's token, except of whoever logs in (a token is told
    to those only who have the password) and of webhooks, below `hooks`: their addresses are no less secret than it.
    """

    def __init__(self, app: ASGIApp, open_path: str, hooks: str) -> None:
        self.app = app
        self.open_path = open_path
        self.hooks = hooks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] in CHANGING and not self._is_open(get_route_path(scope)):
            await _check(Headers(scope=scope), scope["state"]["db"])
        await self.app(scope, receive, send)

    def _is_open(self, path: str) -> bool:
        return path == self.open_path or path.startswith(self.hooks)


async def _check(headers: Headers, db: Database) -> None:
    token = headers.get("prefect-csrf-token")
    client = headers.get("prefect-csrf-client")
    if token is None:
        raise Forbidden("Missing CSRF token.")
    if client is None:
        raise Forbidden("Missing client identifier.")
    known = await db.read.scalar(queries.token_of(client, utc_now()))
    if known is None or not hmac.compare_digest(known.encode(), token.encode()):
        raise Forbidden("Invalid CSRF token or client identifier.")
