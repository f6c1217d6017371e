"""Uvicorn's websockets, with receipts: whoever sends learns what has been dealt with, not only what has arrived.

An application that accepts a connection with `"receipts": True` gets pings among the messages, in their order, and
answers each when all before it is done; the answer to a closing handshake waits until the application has returned.
Other connections behave as ever.
"""

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

PING = "lictor.ping"
"""The type of the message that a ping is to the application; `bytes` is what the pong is to repeat."""

PONG = "lictor.pong"
"""The type of the message that answers it."""


class _SilentProtocol(ServerProtocol):
    """Keeps pings instead of answering them."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.pings: deque[bytes] = deque()

    def recv_frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.PING:
            self.pings.append(bytes(frame.data))
            self.events.append(frame)
        else:
            super().recv_frame(frame)


class ReceiptsProtocol(WebSocketsSansIOProtocol):
    """For `ws` in uvicorn's configuration. Messages are not compressed: that would cost more than it saves."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conn: _SilentProtocol = _SilentProtocol(max_size=self.config.ws_max_size, logger=self.conn.logger)
        self.app = self._ended_by(self.app)
        self.receipts = False

    def _ended_by(self, app: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[None]]:
        async def run(scope: Any, receive: Any, send: Any) -> None:
            await app(scope, receive, send)
            self._flush()  # the answer to the closing handshake, if it has waited for this

        return run

    def handle_ping(self) -> None:
        payload = self.conn.pings.popleft()
        if self.receipts:
            ping: Any = {"type": PING, "bytes": payload}
            self.queue.put_nowait(ping)
            if not self.read_paused:
                self.read_paused = True
                self.transport.pause_reading()
        else:
            self._pong(payload)

    def handle_close(self, event: Frame) -> None:
        if not self.receipts or self.close_sent:
            super().handle_close(event)
            return
        assert self.conn.close_rcvd is not None
        code, reason = self.conn.close_rcvd.code, self.conn.close_rcvd.reason
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})

    async def send(self, message: Any) -> None:
        if message["type"] == PONG:
            self._pong(message["bytes"])
            return
        if message["type"] == "websocket.accept":
            self.receipts = message.get("receipts", False)
        await super().send(message)

    def _pong(self, payload: bytes) -> None:
        if self.conn.state is State.OPEN:  # else nobody waits for it any more
            self.conn.send_pong(payload)
            self._flush()

    def _flush(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(b"".join(self.conn.data_to_send()))
