"""What a thousand automations cost, and how soon an event leads to an action, beside Prefect.

    make bench-automations
    make bench-automations ARGS="--task-runs 20000 --rounds 9"

Events of task runs go in over websockets, as the SDK sends them, by turns into a server without automations and into others
with a thousand of them, each on a database of its own. The clock runs from the first byte sent until the API shows all
task runs completed.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import servers
from benchmarks.client import Client, request_of
from benchmarks.databases import Databases, open_databases
from benchmarks.ingest import recorded
from benchmarks.quiet import share_of_others
from benchmarks.report import machine, write_into
from lictor.db.ids import uuid7
from tests.compat.asking import Question
from tests.compat.servers import ROOT

KINDS = ("sqlite", "postgresql")
SHARES = {"none": "that match no event", "few": "that match one event in 800", "many": "that match one event in 3"}
"""What the automations have to do with the events of the stream."""

PINGS = {"Lictor": 40, "Prefect": 10}
PATIENCE_SECONDS = 60
POLL_SECONDS = 0.02

Json = dict[str, Any]
Start = Callable[[Path, str], AbstractContextManager[servers.Server]]


@dataclass
class Figures:
    """Of one server on one database."""

    kind: str
    name: str
    rates: dict[str, list[float]] = field(default_factory=dict)
    """Task runs a second in each round, without automations ("") and with them."""
    processor: dict[str, list[float]] = field(default_factory=dict)
    """The server's processor time for a task run, which a busy machine changes less."""
    milliseconds: float = 0.0

    def change(self, share: str, of: dict[str, list[float]]) -> float:
        """What automations change, as a share: the median of rounds, each compared within itself."""
        return statistics.median(with_ / without for with_, without in zip(of[share], of[""], strict=True)) - 1


def main() -> None:
    options = _options()
    busy = share_of_others()
    with tempfile.TemporaryDirectory(prefix="lictor-automations-") as scratch:
        directory = Path(scratch)
        directory.chmod(0o755)  # PostgreSQL may have to run as somebody else
        measured = [figures for kind in options.databases for figures in _measure(kind, options, directory)]
    figures = _report(measured, options, max(busy, share_of_others()))
    print(figures)
    if options.update_docs:
        write_into(ROOT / "docs/automations.md", figures, "bench-automations")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--automations", type=int, default=1000, help="(default: %(default)s)")
    parser.add_argument("--task-runs", type=int, default=3000, help="of a round, for Lictor (default: %(default)s)")
    parser.add_argument("--prefect-task-runs", type=int, default=100, help="none leaves it out (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="(default: %(default)s)")
    parser.add_argument("--connections", type=int, default=4, help="(default: %(default)s)")
    parser.add_argument("--databases", nargs="+", choices=KINDS, default=KINDS, help="(default: both)")
    parser.add_argument("--update-docs", action="store_true", help="write into docs/automations.md")
    return parser.parse_args()


def _measure(kind: str, options: argparse.Namespace, directory: Path) -> Iterator[Figures]:
    with open_databases(kind, directory / kind) as databases:
        yield _measured(databases, "Lictor", servers.lictor, options.task_runs, options.rounds, options, directory)
        if options.prefect_task_runs:
            start = prefect
            yield _measured(databases, "Prefect", start, options.prefect_task_runs, 1, options, directory)


def _measured(
    databases: Databases,
    name: str,
    start: Start,
    task_runs: int,
    rounds: int,
    options: argparse.Namespace,
    directory: Path,
) -> Figures:
    figures = Figures(databases.kind, name)
    shares = ["", *(SHARES if name == "Lictor" else ["few"])]
    with ExitStack() as stack:
        running = {}
        for share in shares:
            called = f"{name}_{share or 'without'}".lower()
            server = stack.enter_context(start(directory / f"{databases.kind}-{called}", databases.create(called)))
            _say(f"{databases.kind}: {name} {share or 'without automations'}")
            if share:
                create_automations(server.port, options.automations, share)
            running[share] = server
        for server in running.values():
            recorded(server.port, min(task_runs, 300), options.connections)  # what only the first events cost
        for number in range(rounds):
            for share in shares if number % 2 == 0 else reversed(shares):
                spent = running[share].processor_seconds()
                rate = recorded(running[share].port, task_runs, options.connections)
                spent = running[share].processor_seconds() - spent
                figures.rates.setdefault(share, []).append(rate)
                figures.processor.setdefault(share, []).append(spent / task_runs)
                _say(f"{databases.kind}: {name} {share or 'without'} {rate:,.0f}")
        _say(f"{databases.kind}: {name}, from events to actions")
        figures.milliseconds = milliseconds_to_action(running["few"].port, PINGS[name])
        _say(_row(figures))
    return figures


def prefect(home: Path, database: str) -> AbstractContextManager[servers.Server]:
    """Prefect with all that evaluates triggers and keeps events."""
    services = ("TRIGGERS", "EVENT_PERSISTER")
    settings = {f"PREFECT_SERVER_SERVICES_{name}_ENABLED": "true" for name in services}
    return servers.prefect(home, database, "--analytics-off", "--no-ui", settings=settings)


def create_automations(port: int, many: int, share: str) -> None:
    """Automations as people have them: for runs of certain flows, for certain resources, for names with wildcards."""
    with Client(port) as client:
        for number in range(many - 1):
            _ask(client, "/automations/", _automation(f"bench {number}", _of_others(number)))
        last = {
            "expect": ["prefect.task-run.Crashed" if share == "none" else "prefect.task-run.Completed"],
            "match": {"prefect.resource.name": "extract-1a*"} if share == "few" else {},  # one name in 256
            "for_each": ["related:flow-run:prefect.resource.id"],
            "threshold": 1_000_000,
            "within": 3600,
        }
        _ask(client, "/automations/", _automation("bench last", last))


def _of_others(number: int) -> Json:
    """A trigger that the events of the stream do not concern, though some must be looked at to tell."""
    match number % 5:
        case 0:
            return {"expect": ["prefect.flow-run.Failed"], "match_related": {"prefect.resource.id": _id("flow")}}
        case 1:
            return {"expect": [f"sales.order-{number}.*"], "threshold": 3, "within": 60}
        case 2:
            return {"expect": ["prefect.task-run.Completed"], "match_related": {"prefect.resource.id": _id("flow-run")}}
        case 3:
            return {"expect": ["prefect.task-run.*"], "match": {"prefect.resource.id": _id("task-run")}}
        case _:
            return {
                "expect": ["prefect.deployment.not-ready"],
                "match": {"prefect.resource.id": "prefect.deployment.*"},
                "for_each": ["prefect.resource.id"],
                "within": 60,
            }


def _id(kind: str) -> str:
    return f"prefect.{kind}.{uuid7()}"


def _automation(name: str, trigger: Json) -> Json:
    event = {"type": "event", "posture": "Reactive"}
    return {"name": name, "trigger": event | trigger, "actions": [{"type": "do-nothing"}]}


def milliseconds_to_action(port: int, pings: int) -> float:
    """The median time from when an event is received until its action is done, one event after the other."""
    with Client(port) as client:
        id = _ask(client, "/automations/", _automation("bench ping", {"expect": ["bench.ping"]}))["id"]
        time.sleep(2)  # until a server that keeps automations in memory has it there
        taken = [_milliseconds(client, f"prefect.automation.{id}") for _ in range(pings)]
    return statistics.median(taken)


def _milliseconds(client: Client, automation: str) -> float:
    event = str(uuid7())
    sent = {
        "id": event,
        "occurred": datetime.now(UTC).isoformat(),
        "event": "bench.ping",
        "resource": {"prefect.resource.id": "bench"},
    }
    while client.ask(request_of(Question("/events", [sent]))).status >= 300:
        time.sleep(POLL_SECONDS)
    done = {
        "event": {"name": ["prefect.automation.action.executed"]},
        "resource": {"id": [automation]},
        "related": {"id": [f"prefect.event.{event}"]},
    }
    executed = _await_event(client, done)
    ping = _await_event(client, {"id": {"id": [event]}})
    return (_moment(executed["occurred"]) - _moment(ping["received"])) * 1000


def _await_event(client: Client, filter_: Json) -> Json:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found = _ask(client, "/events/filter", {"filter": filter_})["events"]
        if found:
            return found[0]
        time.sleep(POLL_SECONDS)
    raise SystemExit(f"no event within {PATIENCE_SECONDS} s: {filter_}")


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _ask(client: Client, path: str, body: Any) -> Any:
    """The answer; asked for again while Prefect says that SQLite is locked."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (reply := client.ask(request_of(Question(path, body)))).status >= 300:
        if reply.status != 503 or time.monotonic() > deadline:
            raise SystemExit(f"{path}: {reply.status} {reply.answer.body}")
        time.sleep(POLL_SECONDS)
    return reply.answer.body


def _row(figures: Figures) -> str:
    cells = [f"{figures.kind}, {figures.name}", f"{statistics.median(figures.rates['']):,.0f}"]
    for share in SHARES:
        if share not in figures.rates:
            cells.append("")
            continue
        rate = statistics.median(figures.rates[share])
        change, cost = figures.change(share, figures.rates), figures.change(share, figures.processor)
        cells.append(f"{rate:,.0f} ({change:+.0%}; {cost:+.0%})")
    return f"| {' | '.join([*cells, f'{figures.milliseconds:.0f}'])} |"


def _report(measured: list[Figures], options: argparse.Namespace, others: float) -> str:
    titles = [f"{options.automations:,} {what}" for what in SHARES.values()]
    lines = [
        f"| task runs a second | without automations | {' | '.join(titles)} | from event to action, ms |",
        f"| --- | ---: | {'---: | ' * len(titles)}---: |",
    ]
    lines += map(_row, measured)
    busy = f" **Other programs took {others:.0%} of the machine.**" if others > 0.05 else ""
    lines.append(
        f"\nIn brackets the change of the rate, and of the server's processor time for a task run. {machine()}; medians of {options.rounds} rounds of {options.task_runs:,} task runs, three events each, over"
        f" {options.connections} connections; for Prefect one of {options.prefect_task_runs:,}.{busy}"
    )
    return "\n".join(lines)


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
