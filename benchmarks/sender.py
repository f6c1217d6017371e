"""Sends events as the SDK does: over websockets, with a ping every 700 events whose answer is the receipt.

All frames are made beforehand, so that next to nothing but the server works while the time is taken.
"""

import base64
import os
import socket
import struct
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Self

import orjson

EVENTS_PER_RECEIPT = 700
NO_MASK = bytes(4)  # a client must mask what it sends; with this key a text stays what it is
TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA


def frame(opcode: int, content: bytes) -> bytes:
    """A websocket frame as clients send it."""
    size = len(content)
    if size < 126:
        head = struct.pack("!BB", 0x80 | opcode, 0x80 | size)
    elif size < 1 << 16:
        head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, size)
    return head + NO_MASK + content


class Connection:
    """A websocket on which events go in."""

    def __init__(self, port: int, timeout: float = 300) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._input = self._socket.makefile("rb")
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            "GET /api/events/in HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Protocol: prefect",
        ]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        status = self._input.readline()
        if b" 101 " not in status:
            raise ConnectionError(f"no websocket: {status!r}")
        while self._input.readline() != b"\r\n":
            pass
        self._socket.sendall(frame(TEXT, b'{"type":"auth","token":null}'))
        opcode, content = self._receive()
        if orjson.loads(content) != {"type": "auth_success"}:
            raise ConnectionError(f"not let in: {opcode} {content!r}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, part: bytes) -> None:
        """Sends what `parts_of` made, and waits for the receipt."""
        self._socket.sendall(part)
        self.await_receipt()

    def await_receipt(self) -> None:
        while True:
            opcode, content = self._receive()
            if opcode == PONG:
                return
            if opcode == CLOSE:
                raise ConnectionError(f"the server hung up: {content[2:].decode()}")

    def close(self) -> None:
        """Takes leave, and waits until the server does too."""
        self._socket.sendall(frame(CLOSE, struct.pack("!H", 1000)))
        while self._receive()[0] != CLOSE:
            pass

    def _receive(self) -> tuple[int, bytes]:
        head = self._input.read(2)
        if len(head) < 2:
            raise ConnectionError("the server hung up")
        size = head[1] & 0x7F
        if size == 126:
            [size] = struct.unpack("!H", self._input.read(2))
        elif size == 127:
            [size] = struct.unpack("!Q", self._input.read(8))
        return head[0] & 0xF, self._input.read(size)


def parts_of(events: Iterable[bytes]) -> list[bytes]:
    """Frames of events, each part with a ping at its end."""
    parts = []
    frames: list[bytes] = []
    for event in events:
        frames.append(frame(TEXT, event))
        if len(frames) == EVENTS_PER_RECEIPT:
            parts.append(b"".join([*frames, frame(PING, b"%d" % len(parts))]))
            frames = []
    if frames:
        parts.append(b"".join([*frames, frame(PING, b"%d" % len(parts))]))
    return parts


def send_all(port: int, streams: Sequence[Sequence[bytes]]) -> None:
    """Sends each of the streams, which `parts_of` made, over a connection of its own, all at once."""

    def send(parts: Sequence[bytes]) -> None:
        with Connection(port) as connection:
            for part in parts:
                connection.send(part)
            connection.close()

    with ThreadPoolExecutor(len(streams)) as pool:
        list(pool.map(send, streams))
