"""Servers as processes of their own, senders that do not give up, and what must be true in the end."""

import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import orjson
from websockets.exceptions import WebSocketException

from lictor.db.ids import uuid7
from tests.cli.running import RunningServer, running_server
from tests.events.sender import events_in, life_of, send
from tests.postgres import free_port

SOAK = int(os.environ.get("SOAK", "1"))
"""How many times more than in CI is done: see `make soak`."""

AT_ONCE = 50
PATIENCE = 120.0 * min(SOAK, 20)

Told = dict[str, Any]


class Place:
    """Where a server runs, again and again: its port stays the same."""

    def __init__(self, home: Path, url: str, *arguments: str, **variables: str) -> None:
        self.port = free_port()
        self.api = f"http://127.0.0.1:{self.port}/api"
        self._home = home
        self._arguments = arguments
        self._variables = {"PREFECT_API_DATABASE_CONNECTION_URL": url, **variables}
        self.said = ""

    @contextmanager
    def running(self) -> Iterator[RunningServer]:
        with running_server(*self._arguments, home=self._home, port=self.port, **self._variables) as server:
            self.wait_until_healthy()
            yield server

    def wait_until_healthy(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{self.api}/health", timeout=5).is_success:
                    return
            except httpx.HTTPError:
                time.sleep(0.05)
        raise TimeoutError("the server is not well")

    def new_flow_run(self) -> UUID:
        with httpx.Client(base_url=self.api, timeout=30) as api:
            flow = api.post("/flows/", json={"name": "f"}).json()["id"]
            return UUID(api.post("/flow_runs/", json={"flow_id": flow}).json()["id"])


@contextmanager
def running(*places: Place) -> Iterator[list[RunningServer]]:
    with ExitStack() as stack:
        yield [stack.enter_context(place.running()) for place in places]


def lives(task_runs: int, flow_run: UUID | None = None) -> list[list[Told]]:
    """The events of so many task runs."""
    return [life_of(uuid7(), datetime.now(UTC), flow_run=flow_run) for _ in range(task_runs)]


async def tell(ports: Sequence[int], told: Sequence[Told]) -> None:
    """Sends events until each has its receipt, as the SDK does, by one server or the other."""
    deadline = time.monotonic() + PATIENCE
    turn = 0
    for first in range(0, len(told), AT_ONCE):
        while True:
            try:
                async with asyncio.timeout(20), events_in(ports[turn % len(ports)]) as socket:
                    await send(socket, *told[first : first + AT_ONCE])
                break
            except (OSError, WebSocketException, TimeoutError):
                assert time.monotonic() < deadline, "no receipt in time"
                turn += 1
                await asyncio.sleep(0.05)
        turn += 1


async def recorded(api: str, expected: list[list[Told]]) -> None:
    """Fails unless each of these task runs is there once, completed, with each of its states once."""
    wanted = [one[0]["resource"]["prefect.resource.id"].removeprefix("prefect.task-run.") for one in expected]
    async with httpx.AsyncClient(base_url=api, timeout=60) as client:
        found = {}
        for first in range(0, len(wanted), 200):
            ids = wanted[first : first + 200]
            page = (await client.post("/task_runs/filter", json={"task_runs": {"id": {"any_": ids}}})).json()
            found |= {run["id"]: run["state"]["type"] for run in page}
        assert [found.get(id) for id in wanted] == ["COMPLETED"] * len(wanted)
        for id in wanted[:: max(len(wanted) // 50, 1)]:
            states = (await client.get("/task_run_states/", params={"task_run_id": id})).json()
            assert [state["name"] for state in states] == ["Pending", "Running", "Completed"]


def as_text(told: Told) -> str:
    return orjson.dumps(told).decode()
