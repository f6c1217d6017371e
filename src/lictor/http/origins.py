"""Which web pages may speak to the server, and by which names it answers.

A browser lets any page send requests to any server of its user's machine or network. It says in `Origin` whose page it
is, and in `Host` by which name the page reached us: a name of the page's own if its owner has pointed that here (DNS
rebinding), which makes the page one of ours in the browser's eyes.
"""

import ipaddress
import re
import socket
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from lictor.errors import Forbidden
from lictor.http.forwarded import received_host
from lictor.settings import ServerSettings

THIS_MACHINE = frozenset(
    {
        "localhost",
        "host.docker.internal",
        "host.containers.internal",
        "gateway.docker.internal",
        "kubernetes.docker.internal",
    }
)
"""Names that lead to this machine from itself, or from its containers."""

LOOPBACK_ORIGIN = r"https?://(localhost|[a-z0-9.-]+\.localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?"
"""Pages that this machine serves on any port, such as Prefect's own UI."""

_LOOPBACK_ORIGIN = re.compile(LOOPBACK_ORIGIN)

MAX_REMEMBERED = 1_000


def is_loopback(host: str) -> bool:
    """Whether it is a name or an address by which a machine speaks to itself."""
    name = host.strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


class OriginPolicy:
    """Who may ask. `hosts` are the names that are answered, all if None; `origins` whose pages may call, all if None."""

    def __init__(self, hosts: frozenset[str] | None, origins: frozenset[str] | None) -> None:
        self._hosts = hosts
        self._origins = origins
        self._refusals: dict[tuple[bytes, bytes, bytes], str | None] = {}

    @classmethod
    def of(cls, settings: ServerSettings) -> "OriginPolicy | None":
        """The policy of a server; None if it answers everybody."""
        origins = allowed_origins(settings)
        if settings.auth_string is not None or not is_loopback(settings.host) or "*" in settings.allowed_hosts:
            return None if origins is None or settings.auth_string is not None else cls(None, origins)
        own = {*THIS_MACHINE, settings.host.lower(), socket.gethostname().lower()}
        return cls(frozenset({*own, *map(str.lower, settings.allowed_hosts)}), origins)

    def refusal(self, host: bytes, origin: bytes, received: bytes | None = None) -> str | None:
        """Why a request with these headers is not answered; None if it is.

        `host` is the one that its client asked for; behind a proxy the one that was `received` may be another.
        """
        key = host, origin, host if received is None else received
        if key not in self._refusals:
            if len(self._refusals) >= MAX_REMEMBERED:
                self._refusals.clear()
            self._refusals[key] = self._find_refusal(*(each.decode("latin-1") for each in key))
        return self._refusals[key]

    def _find_refusal(self, host: str, origin: str, received: str) -> str | None:
        name = _name_in(received)
        if self._hosts is not None and received and name not in self._hosts and not is_loopback(name):
            return f"This server does not answer to the name {name!r}; LICTOR_ALLOWED_HOSTS can add it."
        if self._origins is None or not origin or origin in self._origins or _LOOPBACK_ORIGIN.fullmatch(origin):
            return None
        if urlsplit(origin).netloc.lower() == host.lower() != "":
            return None
        return f"Pages of {origin} may not call this server; PREFECT_SERVER_CORS_ALLOWED_ORIGINS can allow it."


def allowed_origins(settings: ServerSettings) -> frozenset[str] | None:
    """Whose pages may call; None if all may.

    By default all may call a server that asks for a password, which pages do not know, and otherwise those of this
    machine and the server's own.
    """
    is_given = "cors_allowed_origins" in settings.model_fields_set
    if not is_given and settings.auth_string is None:
        return frozenset()
    return None if "*" in settings.cors_allowed_origins else frozenset(settings.cors_allowed_origins)


def _name_in(host: str) -> str:
    """The name in a `Host` header, without the port."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return host


class OriginMiddleware:
    """Refuses requests that an origin policy does not allow."""

    def __init__(self, app: ASGIApp, policy: OriginPolicy) -> None:
        self.app = app
        self.policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in {"http", "websocket"}:
            host = origin = b""
            for name, value in scope["headers"]:
                if name == b"host":
                    host = value
                elif name == b"origin":
                    origin = value
            if (refusal := self.policy.refusal(host, origin, received_host(scope))) is not None:
                if scope["type"] == "http":
                    raise Forbidden(refusal)
                await send({"type": "websocket.close", "code": 1008, "reason": refusal[:120]})
                return
        await self.app(scope, receive, send)
