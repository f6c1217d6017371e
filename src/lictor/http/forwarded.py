"""What proxies in front say of a request: whose it is, and by which scheme, host and prefix its client sent it.

Anybody can write these headers, so they count only where the connection comes from a proxy that the settings trust.
`Host` as it arrived stays known (`received_host`): whether a server answers to a name is decided by what a browser
sent, and not by what a page could add.
"""

import ipaddress
import re
from collections.abc import Iterable
from functools import lru_cache

from starlette.types import ASGIApp, Receive, Scope, Send

FOR = b"x-forwarded-for"
PROTO = b"x-forwarded-proto"
HOST = b"x-forwarded-host"
PREFIX = b"x-forwarded-prefix"
_NAMES = frozenset({FOR, PROTO, HOST, PREFIX})
_SCHEMES = {"http": ("http", "ws"), "https": ("https", "wss"), "ws": ("http", "ws"), "wss": ("https", "wss")}
_HOST = re.compile(r"[\w.-]+(:\d{1,5})?|\[[0-9a-f:.]+\](:\d{1,5})?", re.ASCII | re.IGNORECASE)
_PREFIX = re.compile(r"(/[\w.~-]+)+", re.ASCII)
_RECEIVED = "lictor.received_host"

MAX_REMEMBERED = 1_000

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class TrustedProxies:
    """Addresses and networks whose headers count; `*` stands for everybody."""

    def __init__(self, addresses: Iterable[str]) -> None:
        named = [address for address in addresses if address]
        self._all = "*" in named
        self._networks: tuple[Network, ...] = tuple(ipaddress.ip_network(each) for each in named if each != "*")
        self.trusts = lru_cache(MAX_REMEMBERED)(self._trusts)

    def _trusts(self, address: str) -> bool:
        if self._all:
            return True
        try:
            found = ipaddress.ip_address(address)
        except ValueError:  # a Unix socket, or no address at all
            return False
        mapped = getattr(found, "ipv4_mapped", None)
        return any((mapped or found) in network for network in self._networks)

    def client_of(self, forwarded_for: str) -> str | None:
        """The last address of the list that is not one of our proxies; the first one if all are."""
        addresses = [_without_port(each.strip()) for each in forwarded_for.split(",") if each.strip()]
        return next((each for each in reversed(addresses) if not self.trusts(each)), next(iter(addresses), None))


def _without_port(address: str) -> str:
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address


def received_host(scope: Scope) -> bytes:
    """The `Host` header as it arrived."""
    if (received := scope.get(_RECEIVED)) is not None:
        return bytes(received)
    return next((value for name, value in scope["headers"] if name == b"host"), b"")


class ForwardedMiddleware:
    """Puts what trusted proxies say into the scope, where everything else looks for it.

    A proxy that takes a prefix off the path names it: `/a/runs` arrives as `/runs` with `X-Forwarded-Prefix: /a`, and
    becomes the path `/a/runs` with the root path `/a`. What is not well-formed is as if it were not there.
    """

    def __init__(self, app: ASGIApp, proxies: TrustedProxies) -> None:
        self.app = app
        self.proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in {"http", "websocket"}:
            headers = [(name, value.decode("latin-1")) for name, value in scope["headers"] if name in _NAMES]
            client = scope.get("client")
            if headers and client and self.proxies.trusts(client[0]):
                forwarded: dict[bytes, str] = {}
                for name, value in headers:
                    forwarded[name] = f"{forwarded[name]}, {value}" if name in forwarded else value
                self._apply(scope, forwarded)
        await self.app(scope, receive, send)

    def _apply(self, scope: Scope, forwarded: dict[bytes, str]) -> None:
        if (schemes := _SCHEMES.get(_first(forwarded.get(PROTO)).lower())) is not None:
            scope["scheme"] = schemes[scope["type"] == "websocket"]
        if _HOST.fullmatch(host := _first(forwarded.get(HOST))):
            scope[_RECEIVED] = received_host(scope)
            others = [(name, value) for name, value in scope["headers"] if name != b"host"]
            scope["headers"] = [(b"host", host.encode()), *others]
        if _PREFIX.fullmatch(prefix := _first(forwarded.get(PREFIX)).rstrip("/")):
            scope["root_path"] = prefix + scope.get("root_path", "")
            scope["path"] = prefix + scope["path"]
            if (raw_path := scope.get("raw_path")) is not None:
                scope["raw_path"] = prefix.encode() + raw_path
        if (client := self.proxies.client_of(forwarded.get(FOR, ""))) is not None:
            scope["client"] = (client, 0)


def _first(values: str | None) -> str:
    """What the outermost proxy wrote: each adds its own behind a comma."""
    return (values or "").partition(",")[0].strip()
