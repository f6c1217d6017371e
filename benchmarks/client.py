"""The lightest HTTP client there is: one connection, kept open, and no more of HTTP than servers answer here."""

import gzip
import json
import socket
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from tests.compat.asking import Answer, Question


@dataclass(frozen=True)
class Reply:
    status: int
    content: bytes

    @cached_property
    def answer(self) -> Answer:
        content = gzip.decompress(self.content) if self.content.startswith(b"\x1f\x8b") else self.content
        return Answer(self.status, json.loads(content))


class Client:
    def __init__(self, port: int) -> None:
        self._port = port
        self._connect()

    def _connect(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=120)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def ask(self, request: bytes) -> Reply:
        """The reply to a request that `request_of` made."""
        try:
            return self._ask(request)
        except ConnectionError:  # an idle connection is closed after some seconds, while another server was slow
            self._socket.close()
            self._connect()
            return self._ask(request)

    def _ask(self, request: bytes) -> Reply:
        self._socket.sendall(request)
        received = bytearray()
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self._receive()
        head = bytes(received[:end]).lower()
        status, body = int(head.split(b" ", 2)[1]), received[end + 4 :]
        if b"\r\ntransfer-encoding: chunked" in head:
            return Reply(status, self._chunks(body))
        length = int(head.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0] or 0)  # none has a 204
        while len(body) < length:
            body += self._receive()
        return Reply(status, bytes(body))

    def _chunks(self, received: bytearray) -> bytes:
        """A body in chunks, each after its size in hexadecimal digits, the last one empty."""
        body, at = bytearray(), 0
        while True:
            while (end := received.find(b"\r\n", at)) < 0:
                received += self._receive()
            size, at = int(received[at:end], 16), end + 2
            while len(received) < at + size + 2:
                received += self._receive()
            if size == 0:
                return bytes(body)
            body += received[at : at + size]
            at += size + 2

    def _receive(self) -> bytes:
        if not (chunk := self._socket.recv(1 << 20)):
            raise ConnectionError("the server hung up")
        return chunk


def request_of(question: Question, headers: dict[str, str] | None = None) -> bytes:
    """The bytes of a request, to be sent as often as one likes."""
    content = b"" if question.body is None else json.dumps(question.body).encode()
    lines = [
        f"{question.method} /api{question.path} HTTP/1.1",
        "host: 127.0.0.1",
        "content-type: application/json",
        f"content-length: {len(content)}",
        *(f"{name}: {value}" for name, value in (headers or {}).items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + content
