"""How long large bodies hold up the event loop: the worst wait of everybody else, for each body.

    make bench-lag

The server runs in this process, with nothing between its event loop and a task that wakes every millisecond; whoever
sends the bodies is a process of its own. Each body is sent three times. Where other programs use the machine, the wait
says what they did, and the processor's part of it what the server did. Garbage is collected as usual.
"""

import argparse
import asyncio
import contextlib
import gc
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import orjson

from benchmarks.databases import open_databases
from benchmarks.report import machine
from lictor.app import create_app
from lictor.db import migrations
from lictor.settings import DatabaseSettings, Settings
from tests.serving import port_of

COLLECT_AFTER, SWITCH_SECONDS = (50_000, 20, 50), 0.0001
"""As `lictor server start` has it."""

Body = tuple[str, Callable[[str], bytes]]


def _ids(number: int) -> list[str]:
    return [str(uuid4()) for _ in range(number)]


def _event(number: int) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat()
    return {"id": str(uuid4()), "occurred": now, "event": f"e.{number}", "resource": {"prefect.resource.id": "r"}}


def _log(number: int) -> dict[str, Any]:
    return {"name": "n", "level": 20, "timestamp": datetime.now(UTC).isoformat(), "message": f"message {number}"}


def _run(flow: str, **more: Any) -> bytes:
    return orjson.dumps({"flow_id": flow, **more})


BODIES: dict[str, Body] = {
    "nothing": ("/flows/filter", lambda _: b"{}"),
    "200,000 ids in a filter": ("/flows/filter", lambda _: orjson.dumps({"flows": {"id": {"any_": _ids(200_000)}}})),
    "200,000 ids of task runs": (
        "/task_runs/filter",
        lambda _: orjson.dumps({"task_runs": {"id": {"any_": _ids(200_000)}}}),
    ),
    "200,000 names in a filter": (
        "/flows/filter",
        lambda _: orjson.dumps({"flows": {"name": {"any_": _ids(200_000)}}}),
    ),
    "100,000 tags in a filter": (
        "/flow_runs/filter",
        lambda _: orjson.dumps({"flow_runs": {"tags": {"all_": _ids(100_000)}}}),
    ),
    "240,000 numbers in parameters": ("/flow_runs/", lambda flow: _run(flow, parameters={"x": [1.5] * 240_000})),
    "240,000 names of parameters": (
        "/flow_runs/",
        lambda flow: _run(flow, parameters={f"k{number}": number for number in range(240_000)}),
    ),
    "100,000 tags of a run": ("/flow_runs/", lambda flow: _run(flow, tags=_ids(100_000))),
    "10,000 events": ("/events", lambda _: orjson.dumps([_event(number) for number in range(10_000)])),
    "40,000 logs": ("/logs/", lambda _: orjson.dumps([_log(number) for number in range(40_000)])),
    "240,000 members nobody knows": (
        "/flows/filter",
        lambda _: orjson.dumps({f"k{number}": 1 for number in range(240_000)}),
    ),
    "8,000,000 numbers": ("/flows/filter", lambda _: b'{"flows":{"id":{"any_":[' + b"1," * 7_999_999 + b"1]}}}"),
    "a variable of 240,000 values": (
        "/variables/",
        lambda _: orjson.dumps({"name": f"v{uuid4().hex}", "value": list(range(240_000))}),
    ),
    "an artifact of 240,000 values": ("/artifacts/", lambda _: orjson.dumps({"data": list(range(240_000))})),
}


def _send(path: str, body: bytes, port: int, go: Any, answers: Any) -> None:
    headers = {"content-type": "application/json"}
    with httpx.Client(timeout=120) as http:
        answers.put("ready")
        go.wait()
        began = time.perf_counter()
        answer = http.post(f"http://127.0.0.1:{port}/api{path}", content=body, headers=headers)
        answers.put((answer.status_code, time.perf_counter() - began))


class Watch:
    """The worst wait of a task that wanted to wake after a millisecond, and the processor's part in it."""

    worst = computing = 0.0

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            wanted, used = loop.time() + 0.001, time.thread_time()
            await asyncio.sleep(0.001)
            self.worst = max(self.worst, loop.time() - wanted)
            self.computing = max(self.computing, time.thread_time() - used)


async def _measure(kind: str, url: str, names: list[str]) -> None:
    settings = Settings(database=DatabaseSettings(connection_url=url))
    async with (
        port_of(create_app(settings)) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api") as http,
    ):
        flow = (await http.post("/flows/", json={"name": "lag"})).json()["id"]
        gc.collect()
        gc.freeze()
        gc.set_threshold(*COLLECT_AFTER)
        sys.setswitchinterval(SWITCH_SECONDS)
        watch = Watch()
        watching = asyncio.create_task(watch.run())
        context = get_context("spawn")
        for name in names:
            path, make = BODIES[name]
            body = await asyncio.to_thread(make, flow)
            worst, computing, took, status = [], [], 0.0, 0
            for _ in range(3):
                answers, go = context.Queue(), context.Event()
                process = context.Process(target=_send, args=(path, body, port, go, answers))
                process.start()
                await asyncio.to_thread(answers.get)
                await asyncio.sleep(0.1)
                watch.worst = watch.computing = 0.0
                go.set()
                status, took = await asyncio.to_thread(answers.get)
                worst.append(watch.worst)
                computing.append(watch.computing)
                await asyncio.to_thread(process.join)
            waits, parts = (" ".join(f"{1000 * each:.0f}" for each in sorted(found)) for found in (worst, computing))
            print(f"| {name} | {kind} | {status} | {1000 * took:.0f} | {waits} | {parts} |", flush=True)
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching


HEAD = "| Body | On | Status | Took, ms | Worst waits, ms | Of the processor, ms |\n|---|---|---|---|---|---|"


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench-lag ARGS=...")
    parser.add_argument("--only", default="", help="what the names of the bodies contain")
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"], choices=["sqlite", "postgresql"])
    options = parser.parse_args()
    names = [name for name in BODIES if options.only in name]
    print(machine(), HEAD, sep="\n\n")
    with tempfile.TemporaryDirectory(prefix="lictor-lag-") as scratch:
        directory = Path(scratch)
        directory.chmod(0o755)  # PostgreSQL may have to run as somebody else
        for kind in options.databases:
            with open_databases(kind, directory) as databases:
                url = databases.create("lag")
                asyncio.run(migrations.upgrade(DatabaseSettings(connection_url=url)))
                asyncio.run(_measure(kind, url, names))


if __name__ == "__main__":
    main()
