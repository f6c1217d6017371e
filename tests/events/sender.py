"""Events as the SDK makes them, and a connection to send them by."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from websockets.asyncio.client import ClientConnection, connect

from lictor.db.ids import uuid7
from tests.make import NOON

STATES = {"Pending": "PENDING", "Running": "RUNNING", "Completed": "COMPLETED"}


def task_run_event(
    task_run: UUID,
    state: str = "Completed",
    at: datetime = NOON,
    *,
    flow_run: UUID | None = None,
    id: UUID | None = None,
    message: str | None = None,
    **fields: Any,
) -> dict[str, Any]:
    """What the SDK tells of a task run that enters a state; `fields` are of the task run."""
    related = [
        {"prefect.resource.id": f"prefect.tag.{tag}", "prefect.resource.role": "tag"} for tag in fields.get("tags", ())
    ]
    if flow_run is not None:
        related.append({"prefect.resource.id": f"prefect.flow-run.{flow_run}", "prefect.resource.role": "flow-run"})
    return {
        "id": str(id or uuid7()),
        "occurred": at.isoformat(),
        "event": f"prefect.task-run.{state}",
        "resource": {
            "prefect.resource.id": f"prefect.task-run.{task_run}",
            "prefect.resource.name": "extract",
            "prefect.state-name": state,
            "prefect.orchestration": "client",
        },
        "related": related,
        "payload": {
            "initial_state": None,
            "validated_state": {
                "type": STATES.get(state, "RUNNING"),
                "name": state,
                "message": message,
                "state_details": {},
                "data": None,
            },
            "task_run": {"name": "extract", "task_key": "extract", "dynamic_key": str(task_run), **fields},
        },
        "follows": None,
    }


def life_of(task_run: UUID, begin: datetime = NOON, **told: Any) -> list[dict[str, Any]]:
    """The three events of a task run that ends well, a second apart."""
    second = timedelta(seconds=1)
    times = {"expected_start_time": begin.isoformat()}
    began = times | {"start_time": (begin + second).isoformat(), "run_count": 1}
    ended = began | {"end_time": (begin + 2 * second).isoformat(), "total_run_time": 1.0}
    return [
        task_run_event(task_run, state, begin + number * second, **fields, **told)
        for number, (state, fields) in enumerate({"Pending": times, "Running": began, "Completed": ended}.items())
    ]


@asynccontextmanager
async def events_in(port: int, token: str | None = None) -> AsyncIterator[ClientConnection]:
    """A connection as the SDK opens it."""
    async with connect(f"ws://127.0.0.1:{port}/api/events/in", subprotocols=["prefect"], ping_interval=None) as socket:
        await socket.send(orjson.dumps({"type": "auth", "token": token}).decode())
        assert orjson.loads(await socket.recv()) == {"type": "auth_success"}
        yield socket


async def send(socket: ClientConnection, *events: dict[str, Any]) -> None:
    """Sends events and waits for the receipt."""
    for event in events:
        await socket.send(orjson.dumps(event).decode())
    await (await socket.ping())
