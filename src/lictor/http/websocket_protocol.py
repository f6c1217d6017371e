"""Uvicorn's websockets, with receipts: whoever sends learns what has been dealt with, not only what has arrived.

An application that accepts a connection with `"receipts": True` gets pings among the messages, in their order, and
answers each when all before it is done; the answer to a closing handshake waits until the application has returned. It
also gets texts that came together in one message, because to pass each through the library's parser and the queue takes
as long as to read an event. Other connections behave as ever.
"""

import logging
from collections import deque
from collections.abc import Awaitable, Callable, Generator
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode, apply_mask  # type: ignore[attr-defined]  # the library's choice: C if it can
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.streams import StreamReader

from lictor.http.http_protocol import WriteProgress, timeouts_of

PING = "lictor.ping"
"""The type of the message that a ping is to the application; `bytes` is what the pong is to repeat."""

PONG = "lictor.pong"
"""The type of the message that answers it."""

FRAMES = logging.getLogger("websockets.server")
"""Where the library shows each frame, passwords included, at DEBUG; `lictor.cli.log_config` keeps it at INFO."""

TEXTS = "lictor.texts"
"""The type of the message that holds texts which came together, in their order; `texts` lists them."""

WHOLE_TEXT = 0x81
"""How the frame begins that is all of a text."""

MASKED = 0x80
TWO_BYTES, EIGHT_BYTES = 126, 127
"""What stands for a length in so many bytes, which follow."""


class _Texts(Frame):
    """Stands among frames for several of texts."""

    def __init__(self, texts: list[str]) -> None:
        super().__init__(Opcode.TEXT, b"")
        self.texts = texts


class _Reader(StreamReader):
    """Takes texts out of what has come before the library looks at it."""

    def __init__(self, protocol: "_SilentProtocol") -> None:
        super().__init__()
        self._protocol = protocol

    def at_eof(self) -> Generator[None, None, bool]:
        """As the library's own, which asks this wherever a frame ends, to find out whether another one begins."""
        while True:
            if self.buffer and self._protocol.may_take_texts:
                self._take_texts()
            if self.buffer or self.eof:
                return not self.buffer
            yield

    def _take_texts(self) -> None:
        """Stops where it meets anything but the whole frame of a text without faults, which it leaves to the library."""
        data = bytes(self.buffer)
        texts = []
        place = 0
        while place + 2 <= len(data) and data[place] == WHOLE_TEXT and data[place + 1] >= MASKED:
            start, length = place + 2, data[place + 1] - MASKED
            if length == TWO_BYTES:
                length = int.from_bytes(data[start : start + 2], "big")
                start += 2
            end = start + 4 + length
            if length == EIGHT_BYTES or length > self._protocol.longest or end > len(data):
                break
            try:
                texts.append(apply_mask(data[start + 4 : end], data[start : start + 4]).decode())
            except UnicodeDecodeError:
                break
            place = end
        if texts:
            del self.buffer[:place]
            self._protocol.events.append(_Texts(texts))


class _SilentProtocol(ServerProtocol):
    """Keeps pings instead of answering them."""

    def __init__(self, longest: int, **options: Any) -> None:
        super().__init__(max_size=longest, **options)
        self.longest = longest
        self.pings: deque[bytes] = deque()
        self.takes_texts = False
        self.reader = _Reader(self)
        self.parser = self.parse()  # anew, as it holds on to its reader
        next(self.parser)

    @property
    def may_take_texts(self) -> bool:
        """Not in the midst of a text of many frames, nor after a farewell."""
        return self.takes_texts and self.current_size is None and self.state is State.OPEN

    def recv_frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.PING:
            self.pings.append(bytes(frame.data))
            self.events.append(frame)
        else:
            super().recv_frame(frame)


PING_SECONDS = 30.0
"""A peer of whom nothing was heard for so long is pinged, and has as long again to answer."""


class ManualPongProtocol(WebSocketsSansIOProtocol):
    """For `ws` in uvicorn's configuration. Messages are not compressed: that would cost more than it saves.

    Peers that have vanished are found by pings; those that do not read what they are sent are cut off.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conn: _SilentProtocol = _SilentProtocol(self.config.ws_max_size, logger=FRAMES)
        self.app = self._ended_by(self.app)
        self.manual_pongs = False
        self._heard = 0.0
        self._progress = WriteProgress()
        self._timeouts = timeouts_of(self.app_state)

    def data_received(self, data: bytes) -> None:
        self._heard = self.loop.time()
        super().data_received(data)

    def send_keepalive_ping(self) -> None:
        """Only where nothing was heard for a while."""
        if self.loop.time() - self._heard < PING_SECONDS and self.ping_interval == PING_SECONDS:
            self.ping_timer = None
            self.schedule_ping()
        else:
            super().send_keepalive_ping()

    def keepalive_timeout(self) -> None:
        """A peer that we do not read from, as it is to wait with its events, cannot answer; one that sends is there."""
        if self.read_paused or self._heard > self.ping_sent_at:
            self.pong_timer = self.pending_ping_payload = None
            self.schedule_ping()
        else:
            super().keepalive_timeout()

    def end_if_stalled(self, now: float) -> None:
        """Cuts the peer off if it reads nothing of what waits for it."""
        if self._progress.has_stalled(self.transport, now, self._timeouts.write):
            self.transport.abort()

    def _ended_by(self, app: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[None]]:
        async def run(scope: Any, receive: Any, send: Any) -> None:
            await app(scope, receive, send)
            self._flush()  # the answer to the closing handshake, if it has waited for this

        return run

    def handle_ping(self) -> None:
        payload = self.conn.pings.popleft()
        if self.manual_pongs:
            self._hand_over({"type": PING, "bytes": payload})
        else:
            self._pong(payload)

    def handle_text(self, event: Frame) -> None:
        if not isinstance(event, _Texts):
            super().handle_text(event)
        elif not self.close_sent:
            self._hand_over({"type": TEXTS, "texts": event.texts})

    def _hand_over(self, message: Any) -> None:
        """Nothing more is read until the application has taken this."""
        self.queue.put_nowait(message)
        if not self.read_paused:
            self.read_paused = True
            self.transport.pause_reading()

    def handle_close(self, event: Frame) -> None:
        if not self.manual_pongs or self.close_sent:
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
            self.manual_pongs = self.conn.takes_texts = message.get("receipts", False)
        await super().send(message)

    def _pong(self, payload: bytes) -> None:
        if self.conn.state is State.OPEN:  # else nobody waits for it any more
            self.conn.send_pong(payload)
            self._flush()

    def _flush(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(b"".join(self.conn.data_to_send()))
