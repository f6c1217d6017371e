"""Runs that the server creates: polls, heartbeats and new runs beside Prefect, and the scheduler by itself.

    make bench-deployments
    make bench-deployments ARGS="--runs 10000 --workers 50 --seconds 3 --schedules 1000"

A database of Prefect's gets deployments, workers and scheduled runs, of which one in a hundred is due; `lictor import` brings
it over. Each request is sent by one client and by sixteen, one server after the other, Prefect without services and Lictor
as it comes. The scheduler of Lictor then plans a database of schedules from nothing, idles, and meets a new one.
"""

import argparse
import asyncio
import sqlite3
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from benchmarks import servers
from benchmarks.client import request_of
from benchmarks.databases import Databases, open_databases
from benchmarks.report import machine, write_into
from benchmarks.servers import Server
from lictor.db.ids import uuid7
from tests.compat.asking import Question
from tests.compat.servers import LICTOR, ROOT

POOL = "pool"
DEPLOYMENTS = 100
POLLED = 10
"""Deployments of one poll of a process that serves them."""

CLIENTS = 16
PATIENCE_SECONDS = 60
WARM_UP_SECONDS = 1.0
IDLE_SECONDS = 20.0
SCHEDULER_PATIENCE_SECONDS = 300
PERFORMANCE = ROOT / "docs" / "performance.md"

Json = dict[str, Any]


@dataclass(frozen=True)
class Figure:
    """Milliseconds of a request: of one client; of sixteen, half of them and 99 in 100."""

    alone: float
    median: float
    p99: float
    errors: int


def api_of(server: Server) -> httpx.Client:
    return httpx.Client(base_url=f"http://127.0.0.1:{server.port}/api", timeout=PATIENCE_SECONDS)


def fill(server: Server, workers: int) -> list[str]:
    """Deployments of a pool, each with one run to copy, and workers; the deployments' ids."""
    with api_of(server) as api:
        api.post("/work_pools/", json={"name": POOL, "type": "process"}).raise_for_status()
        flow = api.post("/flows/", json={"name": "f"}).json()["id"]
        ids = []
        for number in range(DEPLOYMENTS):
            body = {"name": f"d{number}", "flow_id": flow, "work_pool_name": POOL, "enforce_parameter_schema": False}
            ids.append(api.post("/deployments/", json=body).raise_for_status().json()["id"])
            api.post(f"/deployments/{ids[-1]}/create_flow_run", json={}).raise_for_status()
        register(api, workers)
    return ids


def register(api: httpx.Client, workers: int) -> None:
    for number in range(workers):
        body = {"name": f"worker {number}", "heartbeat_interval_seconds": 30}
        api.post(f"/work_pools/{POOL}/workers/heartbeat", json=body).raise_for_status()


def copies(columns: Sequence[str], rows: Sequence[Sequence[Any]], runs: int, kind: str) -> tuple[list[Any], list[Any]]:
    """Rows of runs like these, and of their states: one in a hundred is due, the others within thirty days."""
    place = {name: number for number, name in enumerate(columns)}
    now = datetime.now(UTC)
    text = kind == "SQLite"
    made, states = [], []
    for number in range(max(0, runs - len(rows))):
        row = list(rows[number % len(rows)])
        ahead = -60.0 if number % 100 == 0 else 30 * 86400 * number / runs
        due = now + timedelta(seconds=ahead)
        ids: list[Any] = [uuid7(), uuid7()]
        if text:
            ids = [str(each) for each in ids]
        row[place["id"]], row[place["state_id"]] = ids
        row[place["name"]] = f"run {number}"
        for name in ("expected_start_time", "next_scheduled_start_time"):
            row[place[name]] = f"{due:%Y-%m-%d %H:%M:%S.%f}" if text else due
        made.append(row)
        states.append(ids)
    return made, states


def multiply_sqlite(file: str, runs: int) -> None:
    with closing(sqlite3.connect(file)) as connection:
        found = connection.execute("SELECT * FROM flow_run")
        columns = [each[0] for each in found.description]
        rows, ids = copies(columns, found.fetchall(), runs, "SQLite")
        slots = ", ".join("?" * len(columns))
        connection.executemany(f"INSERT INTO flow_run ({', '.join(columns)}) VALUES ({slots})", rows)
        state = connection.execute("SELECT * FROM flow_run_state LIMIT 1")
        columns = [each[0] for each in state.description]
        template = dict(zip(columns, state.fetchone(), strict=True))
        states = [[*(template | {"id": id, "flow_run_id": run}).values()] for run, id in ids]
        slots = ", ".join("?" * len(columns))
        connection.executemany(f"INSERT INTO flow_run_state ({', '.join(columns)}) VALUES ({slots})", states)
        connection.commit()


async def multiply_postgresql(url: str, runs: int) -> None:
    connection = await asyncpg.connect(url)
    try:
        found = await connection.fetch("SELECT * FROM flow_run")
        columns = [*found[0].keys()]
        rows, ids = copies(columns, [tuple(row) for row in found], runs, "PostgreSQL")
        template = dict(await connection.fetchrow("SELECT * FROM flow_run_state LIMIT 1"))
        await connection.execute("ALTER TABLE flow_run DISABLE TRIGGER ALL")
        await connection.copy_records_to_table("flow_run", records=rows, columns=columns)
        states = [[*(template | {"id": id, "flow_run_id": run}).values()] for run, id in ids]
        await connection.copy_records_to_table("flow_run_state", records=states, columns=[*template])
        await connection.execute("ALTER TABLE flow_run ENABLE TRIGGER ALL")
    finally:
        await connection.close()


def prepare(databases: Databases, home: Path, runs: int, workers: int) -> tuple[str, str, list[str]]:
    """Both databases with the same rows, and the ids of the deployments."""
    theirs, ours = databases.create("prefect_deployments"), databases.create("lictor_deployments")
    with servers.prefect(home / "filling", theirs) as server:
        ids = fill(server, workers)
    if databases.kind == "SQLite":
        multiply_sqlite(theirs.partition(":///")[2], runs)
    else:
        asyncio.run(multiply_postgresql(theirs.replace("+asyncpg", ""), runs))
    subprocess.run([LICTOR, "import", theirs, "--to", ours], check=True, capture_output=True)
    for name in ("prefect_deployments", "lictor_deployments"):
        databases.settle(name)
    return theirs, ours, ids


def requests(deployments: Sequence[str], workers: int) -> dict[str, Callable[[int], bytes]]:
    """What is measured: for each the bytes of a client's requests, by number."""

    def poll_of_pool(_: int) -> bytes:
        before = (datetime.now(UTC) + timedelta(seconds=10)).isoformat()
        body = {"limit": 10, "scheduled_before": before}
        return request_of(Question(f"/work_pools/{POOL}/get_scheduled_flow_runs", body))

    def poll_of_deployments(number: int) -> bytes:
        first = number * POLLED % len(deployments)
        before = (datetime.now(UTC) + timedelta(seconds=10)).isoformat()
        body = {"deployment_ids": deployments[first : first + POLLED], "scheduled_before": before, "limit": 10}
        return request_of(Question("/deployments/get_scheduled_flow_runs", body))

    def heartbeat(number: int) -> bytes:
        body = {"name": f"worker {number % workers}", "heartbeat_interval_seconds": 30}
        return request_of(Question(f"/work_pools/{POOL}/workers/heartbeat", body))

    def create(number: int) -> bytes:
        due = (datetime.now(UTC) + timedelta(days=40)).isoformat()
        body = {"state": {"type": "SCHEDULED", "state_details": {"scheduled_time": due}}}
        return request_of(Question(f"/deployments/{deployments[number % len(deployments)]}/create_flow_run", body))

    return {
        "`work_pools/{name}/get_scheduled_flow_runs`": poll_of_pool,
        "`deployments/get_scheduled_flow_runs`": poll_of_deployments,
        "a worker's heartbeat": heartbeat,
        "`create_flow_run`": create,
    }


def waits(port: int, deployments: Sequence[str], workers: int, title: str, clients: int, seconds: float) -> Any:
    """How long each of a number of clients waited for its answers, and how many were none."""
    return asyncio.run(_waits(port, requests(deployments, workers)[title], clients, seconds))


async def _waits(port: int, request: Callable[[int], bytes], clients: int, seconds: float) -> tuple[list[float], int]:
    found: list[float] = []
    errors = 0
    numbers = iter(range(10**9))
    end = time.perf_counter() + seconds

    async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        writer.write(request(next(numbers)))
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        if b"content-length:" in head:
            await reader.readexactly(int(head.partition(b"content-length:")[2].partition(b"\r\n")[0]))
        return head.split(b" ", 2)[1][:1] == b"2"

    async def client() -> None:
        nonlocal errors
        while time.perf_counter() < end:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
            try:
                while (began := time.perf_counter()) < end:
                    async with asyncio.timeout(PATIENCE_SECONDS):
                        is_good = await ask(reader, writer)
                    if is_good:
                        found.append(time.perf_counter() - began)
                    else:
                        errors += 1
            except (OSError, asyncio.IncompleteReadError):
                errors += 1
            finally:
                writer.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    return found, errors


def measure(server: Server, deployments: Sequence[str], workers: int, seconds: float) -> dict[str, Figure]:
    figures = {}
    with ProcessPoolExecutor(1) as pool:
        for title in requests(deployments, workers):
            told = (server.port, deployments, workers, title)
            pool.submit(waits, *told, 1, WARM_UP_SECONDS).result()
            alone, first = pool.submit(waits, *told, 1, seconds).result()
            many, errors = pool.submit(waits, *told, CLIENTS, seconds).result()
            p99 = statistics.quantiles(many, n=100)[98]
            figures[title] = Figure(
                _ms(statistics.median(alone)), _ms(statistics.median(many)), _ms(p99), first + errors
            )
    return figures


def _ms(seconds: float) -> float:
    return seconds * 1000


@dataclass(frozen=True)
class Scheduling:
    """Seconds of the first pass over all schedules; idle CPU in percent; seconds until a new one has its runs."""

    first_pass: float
    runs: int
    idle: float
    new: float


def schedule(databases: Databases, home: Path, schedules: int) -> Scheduling:
    """What the scheduler takes for so many schedules, hourly, which nobody has planned yet."""
    url = databases.create("scheduler")
    with (
        servers.lictor(
            home / "deploying", url, settings={"PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED": "false"}
        ) as server,
        ProcessPoolExecutor(1) as pool,
    ):
        pool.submit(_deploy, server.port, schedules).result()
    databases.settle("scheduler")
    with servers.lictor(home / "scheduling", url) as server, api_of(server) as api:
        began = time.perf_counter()
        runs = _wait(lambda: _is_planned(api, schedules))
        first_pass = time.perf_counter() - began
        time.sleep(5)
        before = _cpu(server)
        time.sleep(IDLE_SECONDS)
        idle = (_cpu(server) - before) / IDLE_SECONDS * 100
        flow = api.post("/flows/", json={"name": "f"}).json()["id"]
        id = api.post("/deployments/", json=_deployment("new", flow)).json()["id"]
        began = time.perf_counter()
        _wait(lambda: _count(api, {"deployments": {"id": {"any_": [id]}}}))
        return Scheduling(first_pass, runs, idle, time.perf_counter() - began)


def _deployment(name: str, flow: str) -> Json:
    every_hour = {"schedule": {"cron": "0 * * * *", "timezone": "Europe/Paris"}}
    return {"name": name, "flow_id": flow, "schedules": [every_hour], "enforce_parameter_schema": False}


def _deploy(port: int, number: int) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}/api", timeout=PATIENCE_SECONDS) as api:
        flow = api.post("/flows/", json={"name": "f"}).json()["id"]
        for place in range(number):
            api.post("/deployments/", json=_deployment(f"d{place}", flow)).raise_for_status()


def _count(api: httpx.Client, body: Json) -> int:
    return int(api.post("/flow_runs/count", json=body).raise_for_status().json())


def _is_planned(api: httpx.Client, schedules: int) -> int:
    found = _count(api, {})
    return found if found >= 3 * schedules else 0


def _wait(condition: Callable[[], int]) -> int:
    deadline = time.perf_counter() + SCHEDULER_PATIENCE_SECONDS
    while time.perf_counter() < deadline:
        if found := condition():
            return found
        time.sleep(0.05)
    raise TimeoutError("the scheduler did not make the runs")


def _cpu(server: Server) -> float:
    """Seconds of processor that the server's process has had."""
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


HEAD = (
    "| request | Prefect, ms | Lictor, ms | ratio | 16 clients: Prefect | Lictor | ratio | p99 | p99 / median |\n"
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
)


def table(theirs: dict[str, Figure], ours: dict[str, Figure]) -> str:
    lines = [HEAD]
    for title, figure in ours.items():
        other = theirs[title]
        lines.append(
            f"| {title} | {other.alone:.1f} | {figure.alone:.2f} | **{other.alone / figure.alone:.1f}x** |"
            f" {other.median:.0f} | {figure.median:.1f} | **{other.median / figure.median:.1f}x** | {figure.p99:.1f} |"
            f" {figure.p99 / figure.median:.1f} |"
        )
        if other.errors or figure.errors:
            lines.append(f"| errors | {other.errors} | {figure.errors} | | | | | | |")
    return "\n".join(lines)


def main() -> None:
    options = _options()
    parts = [machine(), f"{options.runs:,} scheduled runs, {options.workers} workers, {options.seconds:g} s each."]
    with tempfile.TemporaryDirectory(prefix="lictor-deployments-") as scratch:
        directory = Path(scratch)
        directory.chmod(0o755)  # PostgreSQL may have to run as somebody else
        for kind in options.databases:
            with open_databases(kind, directory) as databases:
                home = directory / kind
                parts.append(f"### {databases.kind}")
                if not options.no_requests:
                    theirs, ours, ids = prepare(databases, home, options.runs, options.workers)
                    with servers.prefect(home / "prefect", theirs) as server:
                        slow = measure(server, ids, options.workers, options.seconds)
                    with servers.lictor(home / "lictor", ours) as server:
                        with api_of(server) as api:
                            register(api, options.workers)
                        quick = measure(server, ids, options.workers, options.seconds)
                    parts.append(table(slow, quick))
                if options.schedules:
                    found = schedule(databases, home, options.schedules)
                    parts.append(
                        f"{options.schedules:,} active schedules: the first pass, which makes {found.runs:,} runs, takes"
                        f" {found.first_pass:.1f} s; an idle server has {found.idle:.1f} % of a core; a new schedule has"
                        f" its runs after {found.new:.2f} s."
                    )
                print("\n\n".join(parts[-2:]), flush=True)
    text = "\n\n".join(parts)
    print(text)
    if options.update_docs:
        write_into(PERFORMANCE, text, "bench-deployments")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-deployments ARGS=...")
    parser.add_argument("--runs", type=int, default=100_000, help="that are scheduled")
    parser.add_argument("--workers", type=int, default=500)
    parser.add_argument("--schedules", type=int, default=10_000, help="for the scheduler; 0 for none")
    parser.add_argument("--seconds", type=float, default=10.0, help="for each request")
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"], choices=["sqlite", "postgresql"])
    parser.add_argument("--no-requests", action="store_true", help="the scheduler alone")
    parser.add_argument("--update-docs", action="store_true", help="write the figures into docs/performance.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
