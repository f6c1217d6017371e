"""Uvicorn's HTTP, with an end to whatever a client leaves half done, and a place for probes when there are none left."""

import asyncio
import math
import resource
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

SWEEP_SECONDS = 1.0

MIN_BYTES_PER_SECOND = 500
"""A client that sends or reads more slowly than this has stalled. Each byte that arrives extends its time by 2 ms."""

RESERVED_DESCRIPTORS = 256
"""Left to the database's connections, its files, the log, and to connections on which only probes are answered."""

PROBE_SECONDS = 2.0
"""How long a connection beyond the limit may take to send its request."""

SHUTDOWN_SECONDS = 3.0
"""How long a server that stops waits for the rest of a body."""

LAST_REQUEST_SECONDS = 0.2
"""How long an idle connection takes requests after that."""

PROBES = ("/health", "/ready")

REJECTIONS = {
    408: b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
    503: b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
}


@dataclass(frozen=True)
class Timeouts:
    """Seconds that a client may take for each part of its conversation without getting on with it."""

    request: float = 20.0
    """For the header of a request, and for its body."""
    write: float = 30.0
    """For reading what it is sent."""


def max_connections() -> int:
    """How many connections this process takes, by its limit on open files; further ones are for probes."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(soft - RESERVED_DESCRIPTORS, soft // 2)


class WriteProgress:
    """Whether a client reads what is written to it."""

    def __init__(self) -> None:
        self._last = 0
        self._drained = 0
        self._since = 0.0

    def has_stalled(self, transport: asyncio.Transport, now: float, seconds: float) -> bool:
        """To be asked each second: true if for `seconds` less was read than `MIN_BYTES_PER_SECOND` of what waits."""
        waiting = transport.get_write_buffer_size()
        self._drained += max(self._last - waiting, 0)
        has_just_begun = self._last == 0
        self._last = waiting
        if waiting == 0 or has_just_begun:
            self._since, self._drained = now, 0
        elif now - self._since >= seconds:
            if self._drained < MIN_BYTES_PER_SECOND * seconds:
                return True
            self._since, self._drained = now, 0
        return False


class ConnectionWatch:
    """Goes over the connections of a server once a second, and ends those that have stalled."""

    def __init__(self, state: ServerState, loop: asyncio.AbstractEventLoop) -> None:
        self._connections = state.connections
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None
        self.max_connections = max_connections()

    def start(self) -> None:
        if self._timer is None:
            self._timer = self._loop.call_later(SWEEP_SECONDS, self._sweep)

    def _sweep(self) -> None:
        self._timer = None
        now = self._loop.time()
        for connection in [*self._connections]:
            if (check := getattr(connection, "end_if_stalled", None)) is not None:
                check(now)
        if self._connections:
            self.start()

    def make_room(self, for_connection: object) -> bool:
        """Closes the connection that has been idle for the longest; false if none is."""
        idle = [
            connection
            for connection in self._connections
            if isinstance(connection, BoundedHttpProtocol) and connection.is_idle and connection is not for_connection
        ]
        if not idle:
            return False
        min(idle, key=lambda connection: connection.waiting_since).transport.abort()
        return True


_watches: WeakKeyDictionary[ServerState, ConnectionWatch] = WeakKeyDictionary()


def watch_of(state: ServerState, loop: asyncio.AbstractEventLoop) -> ConnectionWatch:
    """The watch over a server's connections."""
    if (watch := _watches.get(state)) is None:
        watch = _watches[state] = ConnectionWatch(state, loop)
    return watch


def timeouts_of(app_state: dict[str, Any]) -> Timeouts:
    """The timeouts that the settings in an application's state ask for."""
    if (settings := app_state.get("settings")) is None:
        return Timeouts()
    return Timeouts(settings.server.request_timeout, settings.server.write_timeout)


class BoundedHttpProtocol(HttpToolsProtocol):
    """For `http` in uvicorn's configuration."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._timeouts = timeouts_of(self.app_state)
        self._watch = watch_of(self.server_state, self.loop)
        self._progress = WriteProgress()
        self._is_beyond_limit = False
        self._received = 0
        self._last_moment = math.inf
        self.waiting_since = 0.0
        """Since when this waits for the rest of a request, or for the next one."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self.waiting_since = self.loop.time()
        self._watch.start()
        if len(self.connections) > self._watch.max_connections and not self._watch.make_room(self):
            self._is_beyond_limit = True
            self.app = _only_probes(self.app)

    @property
    def is_idle(self) -> bool:
        """Whether no request is being answered: nothing has come, or half a header, or the last answer has left."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete

    @property
    def _is_sending_body(self) -> bool:
        return not self.is_idle and self.cycle.more_body and not self.flow.read_paused

    def data_received(self, data: bytes) -> None:
        if self._received == 0:
            self.waiting_since = self.loop.time()
        self._received += len(data)
        super().data_received(data)

    def on_headers_complete(self) -> None:
        self.waiting_since, self._received = self.loop.time(), 0
        super().on_headers_complete()
        if self._last_moment < math.inf:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._received = 0

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self.waiting_since, self._received = self.loop.time(), 0

    def handle_websocket_upgrade(self) -> None:
        if self._is_beyond_limit:
            self._reject(503)
        else:
            super().handle_websocket_upgrade()

    def end_if_stalled(self, now: float) -> None:
        """Ends the connection if its client gets on neither with sending a request nor with reading an answer."""
        if self._progress.has_stalled(self.transport, now, self._timeouts.write):
            self.transport.abort()
            return
        if not self.is_idle and not self._is_sending_body:
            self.waiting_since = now  # it waits for us
            return
        if now > self._last_moment and not self.is_idle:
            self._reject(503)
            return
        allowed = self._timeouts.request + self._received / MIN_BYTES_PER_SECOND
        if self._is_beyond_limit:
            allowed = min(allowed, PROBE_SECONDS)
        if now - self.waiting_since > allowed and self.timeout_keep_alive_task is None:
            self._reject(408)

    def shutdown(self) -> None:
        """As uvicorn's; who has sent half a body when the server stops has a moment to send the rest.

        An idle connection is closed a moment later: its next request may have arrived, and be unread, and to close it
        then would reset it.
        """
        self._last_moment = self.loop.time() + SHUTDOWN_SECONDS
        if self.is_idle:
            self.loop.call_later(LAST_REQUEST_SECONDS, super().shutdown)
        else:
            super().shutdown()

    def _reject(self, status: int) -> None:
        if not self.transport.is_closing():
            has_begun = self._received > 0 if self.is_idle else not self.cycle.response_started
            if has_begun:
                self.transport.write(REJECTIONS[status])
            self.transport.close()


def _only_probes(app: ASGIApp) -> ASGIApp:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].endswith(PROBES):
            await app(scope, receive, send)
            return
        headers = [(b"content-length", b"0"), (b"retry-after", b"1"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    return answer
