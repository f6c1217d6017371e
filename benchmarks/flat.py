"""Whether reads stay flat while tables grow: the same requests, on a history and on ten times as much of it.

    make bench-flat
    make bench-flat ARGS="--rows 10000 --directory /var/tmp/bench"

Asks Lictor alone, on PostgreSQL. A million task runs are made as for `make bench`, and ten million out of them
(`benchmarks/multiply.py`), which takes about 20 minutes and 35 GB, or half of that without states. They can be kept for
the next time.
"""

import argparse
import platform
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks import servers
from benchmarks.__main__ import with_history
from benchmarks.client import Client, Reply, request_of
from benchmarks.databases import PostgreSQL, open_databases
from benchmarks.history import History
from benchmarks.measure import Rounds, in_turn, objects_in, some_task_run
from benchmarks.multiply import multiply
from benchmarks.quiet import share_of_others
from benchmarks.report import QUIET, machine, markdown, milliseconds, write_into
from benchmarks.shapes import Shape, shapes
from tests.compat.servers import ROOT

TIMES_AS_MANY = 10
SIDES = ("small", "large")
AIM = 1.5  # a request takes at most so many times as long on the larger tables


@dataclass(frozen=True)
class Side:
    """What came of one request on one database."""

    milliseconds: float
    answer: str


@dataclass(frozen=True)
class Pair:
    shape: Shape
    small: Side
    large: Side

    @property
    def ratio(self) -> float:
        return self.large.milliseconds / self.small.milliseconds


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="lictor-flat-") as scratch:
        directory = options.directory or Path(scratch)
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o755)  # PostgreSQL may have to run as somebody else
        with open_databases("postgresql", directory) as databases:
            assert isinstance(databases, PostgreSQL)
            history = History(options.rows)
            name = f"lictor_{options.rows}"
            if not databases.exists(name):
                with_history(databases, options.rows, Path(scratch) / "homes")
            _say(f"PostgreSQL: {TIMES_AS_MANY * options.rows:,} task runs")
            urls = databases.url(name), multiply(databases, name, TIMES_AS_MANY, history, with_states=options.states)
            _say("PostgreSQL: asking")
            busy = share_of_others()
            pairs = _measure(history, urls, options, Path(scratch))
            figures = _report(pairs, options, databases, urls, max(busy, share_of_others()))
    print(figures)
    if options.update_docs:
        write_into(ROOT / "docs" / "performance.md", figures, "bench-flat")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000, help="task runs of the smaller (default: %(default)s)")
    parser.add_argument("--directory", type=Path, help="where to keep the databases for the next time")
    parser.add_argument("--times", type=int, default=10, help="each request is measured (default: %(default)s)")
    parser.add_argument("--only", nargs="+", default=[], metavar="KEY", help="requests, by their keys in shapes.py")
    parser.add_argument(
        "--states",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="or save half of the room: nothing here reads them (default: with states)",
    )
    parser.add_argument("--update-docs", action="store_true", help="write into docs/performance.md")
    return parser.parse_args()


def _measure(history: History, urls: tuple[str, str], options: argparse.Namespace, home: Path) -> list[Pair]:
    with ExitStack() as stack:
        started = [stack.enter_context(servers.lictor(home / name, url)) for name, url in zip(SIDES, urls, strict=True)]
        clients = {name: stack.enter_context(Client(server.port)) for name, server in zip(SIDES, started, strict=True)}
        asked = shapes(history, some_task_run(clients["small"], history))
        wanted = [shape for shape in asked if not options.only or shape.key in options.only]
        return [_pair(shape, clients, Rounds(options.times)) for shape in wanted]


def _pair(shape: Shape, clients: dict[str, Client], rounds: Rounds) -> Pair:
    request = request_of(shape.question, shape.headers)
    replies = {name: client.ask(request) for name, client in clients.items()}
    if refused := [reply.status for reply in replies.values() if reply.status != 200]:
        raise SystemExit(f"{shape.title}: answered {refused[0]}")
    taken = in_turn(dict.fromkeys(clients, request), clients, rounds)
    sides = [Side(statistics.median(taken[name]) * 1000, _size(replies[name])) for name in SIDES]
    return Pair(shape, *sides)


def _size(reply: Reply) -> str:
    return f"{objects_in(reply):,} ({len(reply.content) / 1000:,.1f} kB)"


def _report(
    pairs: list[Pair], options: argparse.Namespace, databases: PostgreSQL, urls: tuple[str, str], others: float
) -> str:
    small, large = f"{options.rows:,}", f"{TIMES_AS_MANY * options.rows:,}"
    head = ["request, ms", "rows in the answer", small, "rows in the answer", large, "ratio"]
    table = markdown(head, [_row(pair) for pair in pairs])
    flat = [pair for pair in pairs if pair.ratio <= AIM]
    mean = statistics.geometric_mean(pair.ratio for pair in pairs)
    sizes = [f"{_gigabytes(databases, url):.1f}" for url in urls]
    busy = f" **Other programs took {others:.0%} of the machine.**" if others > QUIET else ""
    states = "" if options.states else " without states"
    return (
        f"{datetime.now().astimezone():%-d %B %Y}, {machine()}; {small} task runs in {sizes[0]} GB, {large}{states}"
        f" in {sizes[1]} GB; Lictor {version('lictor')}, Python {platform.python_version()}, PostgreSQL"
        f" {databases.version}; medians of {options.times} rounds.{busy}\n\n{table}\n\n"
        f"{len(flat)} of {len(pairs)} take at most {AIM} times as long; the geometric mean of the ratios is {mean:.1f}."
    )


def _row(pair: Pair) -> list[str]:
    ratio = f"{pair.ratio:.1f}" if pair.ratio <= AIM else f"**{pair.ratio:.1f}**"
    small, large = pair.small, pair.large
    return [
        *(pair.shape.title, small.answer, milliseconds(small.milliseconds)),
        *(large.answer, milliseconds(large.milliseconds), ratio),
    ]


def _gigabytes(databases: PostgreSQL, url: str) -> float:
    name = url.rpartition("/")[2]
    return float(str(databases.ask(f"SELECT pg_database_size('{name}')"))) / 2**30


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
