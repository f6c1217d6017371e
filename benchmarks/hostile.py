"""What one hostile client does to all others: each attack in turn, beside Prefect where it has the route.

    make bench-hostile
    make bench-hostile ARGS="--seconds 3 --only quiet,unread"

While an attack runs, `/health` and one flow are read twenty times a second, and events are recorded one request after the
other. The table has the worst answer of both reads, the rate of recording, and the resident memory: at most, and some
seconds after the attack.
"""

import argparse
import asyncio
import contextlib
import json
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import orjson
import websockets

from benchmarks import servers
from benchmarks.databases import open_databases
from benchmarks.report import machine
from benchmarks.servers import Server

PROBE_SECONDS = 0.05
PROBE_TIMEOUT = 120.0
WARM_UP_SECONDS = 3.0
"""For the attacker to get ready."""

REST_SECONDS = 3.0
"""After an attack, before its memory is looked at."""

ARTIFACTS, ARTIFACT_BYTES = 15, 5_000_000
LOGS, LOGS_AT_ONCE = 60_000, 2_000
EVENTS_AT_ONCE = 20


@dataclass(frozen=True)
class Target:
    """A server under attack."""

    port: int
    flow: str
    http: httpx.AsyncClient


@dataclass
class Row:
    """A line of the table: milliseconds, events a second, megabytes."""

    attack: str
    server: str
    health: float
    by_id: float
    recorded: float
    most: float
    afterwards: float

    def __str__(self) -> str:
        return (
            f"| {self.attack} | {self.server} | {self.health:.0f} | {self.by_id:.0f} | {self.recorded:.0f}"
            f" | {self.most:.0f} | {self.afterwards:.0f} |"
        )


HEAD = "| Attack | Server | `/health`, ms | by id, ms | events/s | MB at most | MB afterwards |\n|---|---|---|---|---|---|---|"


def events(number: int) -> list[dict[str, Any]]:
    now = datetime.now(UTC).isoformat()
    resource = {"prefect.resource.id": "benchmark"}
    return [{"id": str(uuid4()), "occurred": now, "event": "benchmark", "resource": resource} for _ in range(number)]


async def _seed(http: httpx.AsyncClient) -> str:
    flow: str = (await http.post("/flows/", json={"name": "hostile"})).json()["id"]
    for number in range(ARTIFACTS):
        body = {"key": f"large-{number}", "data": "x" * ARTIFACT_BYTES}
        (await http.post("/artifacts/", json=body)).raise_for_status()
    log = {"name": "n", "level": 20, "timestamp": datetime.now(UTC).isoformat()}
    for first in range(0, LOGS, LOGS_AT_ONCE):
        logs = [{**log, "message": f"message {number}"} for number in range(first, first + LOGS_AT_ONCE)]
        (await http.post("/logs/", json=logs)).raise_for_status()
    return flow


async def quiet(_: Target) -> None:
    await asyncio.sleep(3600)


async def _at_once(number: int, one: Callable[[], Awaitable[object]]) -> None:
    async def repeat() -> None:
        while True:
            with contextlib.suppress(httpx.HTTPError, OSError):
                await one()

    await asyncio.gather(*(repeat() for _ in range(number)))


async def regex(target: Target) -> None:
    """A check that does not end."""
    schema = {"type": "object", "properties": {"x": {"type": "string", "pattern": "^(a+)+$"}}}
    body = {
        "name": "d",
        "flow_id": target.flow,
        "enforce_parameter_schema": True,
        "parameter_openapi_schema": schema,
        "parameters": {"x": "a" * 40 + "!"},
    }
    await _at_once(4, lambda: target.http.post("/deployments/", json=body))


async def unread(target: Target) -> None:
    """Six connections that ask for all large artifacts and read nothing."""
    writers = []
    try:
        for _ in range(6):
            reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            head = b"POST /api/artifacts/filter HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
            writer.write(head + b"content-length: 2\r\n\r\n{}")
            writers.append((reader, writer))
        await asyncio.sleep(3600)
    finally:
        for _, writer in writers:
            writer.transport.abort()  # type: ignore[attr-defined]


async def half_requests(target: Target) -> None:
    """Connections that send half a header."""
    writers = []
    try:
        for _ in range(500):
            _, writer = await asyncio.open_connection("127.0.0.1", target.port)
            writer.write(b"GET /api/health HTTP/1.1\r\nhost: loc")
            writers.append(writer)
        await asyncio.sleep(3600)
    finally:
        for writer in writers:
            writer.transport.abort()  # type: ignore[attr-defined]


async def large_bodies(target: Target) -> None:
    """Many events, ids, wrong numbers and names of members, each in one body."""
    ids = orjson.dumps({"flows": {"id": {"any_": [str(uuid4()) for _ in range(100_000)]}}})
    numbers = b'{"flows": {"id": {"any_": [' + b"1," * 249_000 + b"1]}}}"
    members = orjson.dumps({f"k{number}": 1 for number in range(240_000)})
    headers = {"content-type": "application/json"}

    async def one() -> None:
        await target.http.post("/events", json=events(10_000))
        for body in (ids, numbers, members):
            await target.http.post("/flows/filter", content=body, headers=headers)

    await _at_once(1, one)


async def long_reads(target: Target) -> None:
    """Thirty clients that ask for the end of a long list."""
    body = {"limit": 1, "offset": LOGS - 10, "sort": "TIMESTAMP_ASC"}
    await _at_once(30, lambda: target.http.post("/logs/filter", json=body))


async def subscribers(target: Target) -> None:
    """Two hundred subscribers whose filters match nothing."""
    async with contextlib.AsyncExitStack() as stack:
        for number in range(200):
            url = f"ws://127.0.0.1:{target.port}/api/events/out"
            socket = await stack.enter_async_context(websockets.connect(url, subprotocols=["prefect"]))  # type: ignore[list-item]
            await socket.send(json.dumps({"type": "auth", "token": None}))
            await socket.recv()
            wanted = {"occurred": {"since": "2026-01-01T00:00:00Z"}, "event": {"name": [f"never.{number}"]}}
            await socket.send(json.dumps({"type": "filter", "filter": wanted}))
        await asyncio.sleep(3600)


ATTACKS: dict[str, Callable[[Target], Awaitable[None]]] = {
    "quiet": quiet,
    "regex": regex,
    "unread": unread,
    "half": half_requests,
    "bodies": large_bodies,
    "reads": long_reads,
    "subscribers": subscribers,
}


def _attack(name: str, port: int, flow: str) -> None:
    async def run() -> None:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api", timeout=PROBE_TIMEOUT) as http:
            await ATTACKS[name](Target(port, flow, http))

    asyncio.run(run())


@contextmanager
def _attacked(name: str, target: Target) -> Iterator[None]:
    """In a process of its own: what takes the attacker long is not to be taken for the server's delay."""
    process = get_context("spawn").Process(target=_attack, args=(name, target.port, target.flow))
    process.start()
    try:
        yield
    finally:
        process.kill()
        process.join()


async def _measure(name: str, server: Server, target: Target, seconds: float) -> Row:
    until = 0.0
    worst = {"/health": 0.0, f"/flows/{target.flow}": 0.0}
    recorded, most = 0, server.memory()

    async def probe(path: str) -> None:
        while (began := time.perf_counter()) < until:
            with contextlib.suppress(httpx.HTTPError):
                await target.http.get(path)
            worst[path] = max(worst[path], time.perf_counter() - began)
            await asyncio.sleep(PROBE_SECONDS)

    async def record() -> None:
        nonlocal recorded
        while time.perf_counter() < until:
            with contextlib.suppress(httpx.HTTPError):
                answer = await target.http.post("/events", json=events(EVENTS_AT_ONCE))
                recorded += EVENTS_AT_ONCE if answer.is_success else 0

    async def watch() -> None:
        nonlocal most
        while time.perf_counter() < until:
            most = max(most, await asyncio.to_thread(server.memory))
            await asyncio.sleep(0.5)

    with _attacked(name, target):
        await asyncio.sleep(WARM_UP_SECONDS)
        began = time.perf_counter()
        until = began + seconds
        await asyncio.gather(*map(probe, worst), record(), watch())
        took = time.perf_counter() - began
    await asyncio.sleep(REST_SECONDS)
    health, by_id = (1000 * value for value in worst.values())
    return Row(name, server.name, health, by_id, recorded / took, most, server.memory())


async def _measure_all(server: Server, names: list[str], seconds: float) -> None:
    base = f"http://127.0.0.1:{server.port}/api"
    limits = httpx.Limits(max_connections=100)
    async with httpx.AsyncClient(base_url=base, timeout=PROBE_TIMEOUT, limits=limits) as http:
        target = Target(server.port, await _seed(http), http)
        for name in names:
            print(await _measure(name, server, target, seconds), flush=True)


@contextmanager
def _servers(directory: Path, kind: str, which: list[str]) -> Iterator[Iterator[Server]]:
    with open_databases(kind, directory) as databases:

        def each() -> Iterator[Server]:
            for name in which:
                start = {"lictor": servers.lictor, "prefect": servers.prefect_with_services}[name]
                with start(directory / f"{kind}-{name}", databases.create(f"hostile_{name}")) as server:
                    yield server

        yield each()


def main() -> None:
    options = _options()
    names = options.only.split(",") if options.only else [*ATTACKS]
    print(machine(), HEAD, sep="\n\n", flush=True)
    with tempfile.TemporaryDirectory(prefix="lictor-hostile-") as scratch:
        directory = Path(scratch)
        directory.chmod(0o755)  # PostgreSQL may have to run as somebody else
        for kind in options.databases:
            with _servers(directory, kind, options.servers) as running:
                for server in running:
                    # What never ends on Prefect, and takes it down for good, is left out there.
                    able = [name for name in names if name != "regex" or server.name != "Prefect"]
                    asyncio.run(_measure_all(server, able, options.seconds))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-hostile ARGS=...")
    parser.add_argument("--seconds", type=float, default=10.0, help="for each attack")
    parser.add_argument("--only", default="", help=f"some of {','.join(ATTACKS)}")
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"], choices=["sqlite", "postgresql"])
    parser.add_argument("--servers", nargs="+", default=["lictor", "prefect"], choices=["lictor", "prefect"])
    return parser.parse_args()


if __name__ == "__main__":
    main()
