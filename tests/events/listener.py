"""Websockets that tell what is new, and plain events to tell of."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect

from lictor.db.ids import uuid7

EVER = {"until": "2100-01-01T00:00:00Z"}


def plain_event(name: str = "happened", about: str = "thing.1", **values: Any) -> dict[str, Any]:
    """An event that just happened."""
    labels = values.pop("labels", {})
    return {
        "id": str(uuid7()),
        "occurred": datetime.now(UTC).isoformat(),
        "event": name,
        "resource": {"prefect.resource.id": about, **labels},
        **values,
    }


@asynccontextmanager
async def following(
    port: int, path: str, asked: dict[str, Any], *, token: str | None = None, **said: Any
) -> AsyncIterator[ClientConnection]:
    """A connection that has said what it wants."""
    async with connect(f"ws://127.0.0.1:{port}/api{path}", subprotocols=["prefect"]) as socket:
        await socket.send(orjson.dumps({"type": "auth", "token": token}).decode())
        assert orjson.loads(await socket.recv()) == {"type": "auth_success"}
        await socket.send(orjson.dumps({"type": "filter", "filter": asked, **said}).decode())
        yield socket


async def next_ones(socket: ClientConnection, kind: str, count: int) -> list[dict[str, Any]]:
    """The next so many things that it tells of."""
    found = []
    async with asyncio.timeout(20):
        while len(found) < count:
            message = orjson.loads(await socket.recv())
            assert message["type"] == kind
            found.append(message[kind])
    return found


async def is_silent(socket: ClientConnection, seconds: float = 0.5) -> bool:
    """Whether nothing comes for a while."""
    try:
        await asyncio.wait_for(socket.recv(), seconds)
    except TimeoutError:
        return True
    return False
