"""How many task runs a second are recorded: Prefect and Lictor from the same sender, and the bare driver.

    make bench-ingest
    make bench-ingest ARGS="--task-runs 20000 --present 1000000"

Three events for each task run go in over websockets, as the SDK sends them. The clock runs from the first byte sent
until the API shows all of them completed.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from benchmarks import bare, servers
from benchmarks.client import Client, request_of
from benchmarks.databases import Databases, open_databases
from benchmarks.mapped import Mapped, await_completed, mapped
from benchmarks.quiet import share_of_others
from benchmarks.report import machine, write_into
from benchmarks.sdk_events import Home, life, stream
from benchmarks.sender import PING as PING_FRAME
from benchmarks.sender import TEXT, Connection, frame, parts_of, send_all
from tests.compat.asking import Question
from tests.compat.servers import ROOT

KINDS = ("sqlite", "postgresql")
LONE_EVENTS = 100


@dataclass
class Rates:
    """Task runs a second on one database."""

    kind: str
    prefect: float = 0.0
    lictor: float = 0.0
    bare: float = 0.0
    with_many: float | None = None
    lone_milliseconds: float = 0.0
    mapped: Mapped | None = None
    memory: tuple[float, float] = field(default=(0.0, 0.0))  # MB, idle and at most


def main() -> None:
    options = _options()
    busy = share_of_others()
    with tempfile.TemporaryDirectory(prefix="lictor-ingest-") as scratch:
        directory = Path(scratch)
        directory.chmod(0o755)  # PostgreSQL may have to run as somebody else
        measured = [_measure(kind, options, directory) for kind in options.databases]
    figures = _report(measured, options, max(busy, share_of_others()))
    print(figures)
    if options.update_docs:
        for page in ("docs/performance.md",):
            write_into(ROOT / page, figures, "bench-ingest")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task-runs", type=int, default=20_000, help="for Lictor (default: %(default)s)")
    parser.add_argument("--prefect-task-runs", type=int, default=300, help="(default: %(default)s)")
    parser.add_argument("--connections", type=int, default=4, help="(default: %(default)s)")
    parser.add_argument("--present", type=int, default=0, help="measure again with so many task runs there already")
    parser.add_argument("--mapped", type=int, default=1000, help="tasks of a flow of the SDK (default: %(default)s)")
    parser.add_argument("--databases", nargs="+", choices=KINDS, default=KINDS, help="(default: both)")
    parser.add_argument("--update-docs", action="store_true", help="write into README.md and docs/performance.md")
    return parser.parse_args()


def _measure(kind: str, options: argparse.Namespace, directory: Path) -> Rates:
    rates = Rates(kind)
    with open_databases(kind, directory / kind) as databases:
        if options.prefect_task_runs:
            _say(f"{databases.kind}: Prefect")
            with _server(servers.prefect_with_services, databases, "theirs", directory) as server:
                rates.prefect = recorded(server.port, options.prefect_task_runs, options.connections)
        _say(f"{databases.kind}: Lictor")
        with _server(servers.lictor, databases, "ours", directory) as server:
            idle = server.memory()
            rates.lone_milliseconds = lone_milliseconds(server.port)
            rates.lictor = recorded(server.port, options.task_runs, options.connections)
            if options.present:
                recorded(server.port, options.present - options.task_runs, options.connections)
                rates.with_many = recorded(server.port, options.task_runs, options.connections)
            rates.memory = idle, server.most_memory()
        if options.mapped:
            _say(f"{databases.kind}: flows of mapped tasks")
            rates.mapped = mapped(databases, options.mapped, directory)
        _say(f"{databases.kind}: the bare driver")
        with _server(servers.lictor, databases, "bare", directory) as server:
            home = new_home(server.port)
        rates.bare = bare.rate(databases.url("bare"), home, options.task_runs)
    return rates


def _server(
    start: Callable[[Path, str], AbstractContextManager[servers.Server]], databases: Databases, name: str, home: Path
) -> AbstractContextManager[servers.Server]:
    return start(home / f"{databases.kind}-{name}", databases.create(name))


def new_home(port: int) -> Home:
    with Client(port) as client:
        flow = _created(client, Question("/flows/", {"name": "ingest"}))
        run = _created(client, Question("/flow_runs/", {"flow_id": flow}))
    return Home(flow, run)


def _created(client: Client, question: Question) -> str:
    """The id of a new object; asked for again while Prefect says that SQLite is locked."""
    for _ in range(50):
        reply = client.ask(request_of(question))
        if reply.status < 300:
            id: str = reply.answer.body["id"]
            return id
        time.sleep(0.5)
    raise SystemExit(f"{question.path}: {reply.status}")


def recorded(port: int, task_runs: int, connections: int, at_a_time: int = 50_000) -> float:
    """Task runs a second, until all can be read. Frames are made for so many at a time, while no clock runs."""
    seconds = 0.0
    for first in range(0, task_runs, at_a_time):
        home = new_home(port)
        share = max(min(at_a_time, task_runs - first) // connections, 1)
        streams = [parts_of(stream(home, share)) for _ in range(connections)]
        began = time.perf_counter()
        send_all(port, streams)
        await_completed(port, {"flow_runs": {"id": {"any_": [home.flow_run]}}}, share * connections)
        seconds += time.perf_counter() - began
    return task_runs / seconds


def lone_milliseconds(port: int) -> float:
    """The median time from sending an event to reading its task run."""
    home = new_home(port)
    taken = []
    with Connection(port) as connection, Client(port) as client:
        for number in range(LONE_EVENTS):
            event = list(life(home))[2]
            id = orjson.loads(event)["resource"]["prefect.resource.id"].removeprefix("prefect.task-run.")
            ask = request_of(Question(f"/task_runs/{id}", method="GET"))
            part = frame(TEXT, event) + frame(PING_FRAME, b"%d" % number)
            began = time.perf_counter()
            connection.send(part)
            if client.ask(ask).status != 200:
                raise SystemExit("an event that was acknowledged cannot be read")
            taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1000


def _report(measured: list[Rates], options: argparse.Namespace, others: float) -> str:
    lines = [
        "| task runs a second | Prefect | Lictor | ratio | bare driver | Lictor / driver | a lone event, ms |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for rates in measured:
        ratio = f"**{rates.lictor / rates.prefect:.0f}x**" if rates.prefect else ""
        lines.append(
            f"| {rates.kind} | {rates.prefect:,.0f} | {rates.lictor:,.0f} | {ratio} | {rates.bare:,.0f}"
            f" | {rates.lictor / rates.bare:.0%} | {rates.lone_milliseconds:.1f} |"
        )
    lines.append("")
    for rates in measured:
        if rates.with_many is not None:
            lines.append(
                f"{rates.kind}, with {options.present:,} task runs there: {rates.with_many:,.0f} a second,"
                f" {rates.with_many / rates.lictor:.0%} of the rate on empty tables."
            )
        if rates.mapped:
            lines.append(str(rates.mapped))
        idle, most = rates.memory
        lines.append(f"{rates.kind}, resident memory: {idle:.0f} MB idle, at most {most:.0f} MB.")
    busy = f" **Other programs took {others:.0%} of the machine.**" if others > 0.05 else ""
    lines.append(f"\n{machine()}; {options.task_runs:,} task runs over {options.connections} connections.{busy}")
    return "\n".join(lines)


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
