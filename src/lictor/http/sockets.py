"""Websockets as Prefect's clients speak them: who a client is, it says in its first message."""

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import orjson
from starlette.datastructures import Headers
from starlette.routing import WebSocketRoute
from starlette.types import Message, Receive, Scope, Send

from lictor.db.failures import DatabaseUnavailable
from lictor.http.sessions import Sessions
from lictor.http.websocket_protocol import PING, PONG, TEXTS
from lictor.settings import Settings

SUBPROTOCOL = "prefect"
PROTOCOL_ERROR = 1002
POLICY_VIOLATION = 1008
TRY_AGAIN_LATER = 1013

HANDSHAKE_SECONDS = 10.0
"""How long a client may take to say who it is, and what it wants."""

logger = logging.getLogger(__name__)


class Disconnected(Exception):
    """The client has gone."""


class Socket:
    """A connection, accepted and authenticated."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.state: dict[str, Any] = scope["state"]
        self._receive = receive
        self._send = send
        self._left: list[str] = []

    async def next_messages(self, before_pong: Callable[[], Awaitable[None]] | None = None) -> list[str]:
        """The next messages, at least one. A ping among them is answered after `before_pong`. Raises Disconnected."""
        if self._left:
            left, self._left = self._left, []
            return left
        while True:
            message = await self._receive()
            match message["type"]:
                case "websocket.receive":
                    text: str | None = message.get("text")
                    return [message["bytes"].decode(errors="replace") if text is None else text]
                case "websocket.disconnect":
                    raise Disconnected
                case kind if kind == TEXTS:
                    texts: list[str] = message["texts"]
                    return texts
                case kind if kind == PING:
                    if before_pong is not None:
                        await before_pong()
                    await self._send({"type": PONG, "bytes": message["bytes"]})

    async def next_message(self) -> str:
        """The next message. Raises Disconnected."""
        first, *self._left = await self.next_messages()
        return first

    async def next_object(self) -> dict[str, Any] | None:
        """The next message as a JSON object; None if it is none. Raises Disconnected."""
        try:
            message = orjson.loads(await self.next_message())
        except orjson.JSONDecodeError:
            return None
        return message if isinstance(message, dict) else None

    async def send(self, content: Any) -> None:
        """Sends JSON. Raises Disconnected."""
        await self._say({"type": "websocket.send", "text": orjson.dumps(content, option=orjson.OPT_UTC_Z).decode()})

    async def send_text(self, text: str) -> None:
        """Sends a message as it is. Raises Disconnected."""
        await self._say({"type": "websocket.send", "text": text})

    async def stay(self) -> None:
        """Waits until the client has gone, whatever it says. Raises Disconnected."""
        while True:
            await self.next_message()

    async def close(self, code: int, reason: str) -> None:
        """Ends the connection from our side. A reason is cut to the 123 bytes that a closing handshake has room for."""
        short = reason.encode()[:123].decode(errors="ignore")
        await self._say({"type": "websocket.close", "code": code, "reason": short})

    async def accept(self, *, manual_pongs: bool, refusal: str | None = None) -> bool:
        """Opens the connection, and makes sure who is at its other end; False if it is closed again.

        Where there is a `refusal`, it is what any client is told that is not taken, and all have to say who they are.
        """
        credentials = _credentials(self.state["settings"])
        offered = SUBPROTOCOL in self.scope.get("subprotocols", ())
        if not offered and (credentials is not None or refusal is not None):
            await self._say({"type": "websocket.close", "code": PROTOCOL_ERROR})
            return False
        subprotocol = SUBPROTOCOL if offered else None
        await self._say({"type": "websocket.accept", "subprotocol": subprotocol, "receipts": manual_pongs})
        if not offered:  # clients older than the handshake
            return True
        if credentials is not None and Sessions(credentials).admits(Headers(scope=self.scope)):
            credentials = None
        try:
            async with asyncio.timeout(HANDSHAKE_SECONDS):
                reason = _objection(await self.next_object(), credentials)
        except TimeoutError:
            reason = "Expected 'auth' message"
        if reason is not None:
            await self.close(POLICY_VIOLATION, refusal or reason)
            return False
        await self.send({"type": "auth_success"})
        return True

    async def _say(self, message: Message) -> None:
        try:
            await self._send(message)
        except (OSError, RuntimeError) as error:  # as uvicorn and other servers say it
            raise Disconnected from error


def _credentials(settings: Settings) -> bytes | None:
    secret = settings.server.auth_string
    return None if secret is None else secret.get_secret_value().encode()


def _objection(message: dict[str, Any] | None, credentials: bytes | None) -> str | None:
    """What there is to say against a client's first message."""
    if message is None or message.get("type") != "auth":
        return "Expected 'auth' message"
    if credentials is None:
        return None
    token = message.get("token")
    if not token:
        return "Auth required but no token provided"
    if not isinstance(token, str) or not hmac.compare_digest(token.encode(), credentials):
        return "Invalid token"
    return None


Conversation = Callable[[Socket], Awaitable[None]]


def socket_route(
    path: str, talk: Conversation, *, manual_pongs: bool = False, refusal: str | None = None
) -> WebSocketRoute:
    """A websocket at a path: `talk` has it for as long as the connection lasts; for `refusal`, see `Socket.accept`."""

    class Endpoint:
        """An ASGI application; a class, because Starlette takes a function for something else."""

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            socket = Socket(scope, receive, send)
            with suppress(Disconnected):
                try:
                    if await socket.accept(manual_pongs=manual_pongs, refusal=refusal):
                        await talk(socket)
                except DatabaseUnavailable as error:
                    await socket.close(TRY_AGAIN_LATER, str(error))

    return WebSocketRoute(path, Endpoint())
