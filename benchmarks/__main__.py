"""Lictor side by side with the real Prefect and the bare driver, on the same rows.

    make bench
    make bench ARGS="--rows 1000000 --databases postgresql --directory /var/tmp/bench"

Makes a history in a database of Prefect's, imports it, starts both servers on it, and asks each request of both in
turn. Differences between their answers are reported, and make the benchmark fail. At the end the SDK runs a flow of
mapped tasks against each.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.databases import Databases, open_databases
from benchmarks.generate import generate
from benchmarks.history import History
from benchmarks.mapped import mapped
from benchmarks.measure import Reads, Rounds, reads, starts
from benchmarks.quiet import share_of_others
from benchmarks.report import Report, update_docs
from benchmarks.throughput import throughput
from tests.compat.servers import LICTOR

KINDS = ("sqlite", "postgresql")


def main() -> None:
    options = _options()
    busy = share_of_others()
    with tempfile.TemporaryDirectory(prefix="lictor-bench-") as scratch:
        directory = options.directory or Path(scratch)
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o755)  # PostgreSQL may have to run as somebody else
        started = starts(options.starts) if options.starts else {}
        measured = [_measure(kind, options, directory, Path(scratch)) for kind in options.databases]
    report = Report(options.rows, started, measured, max(busy, share_of_others()))
    print(report.whole())
    if options.update_docs:
        update_docs(report, options.load > 0)
    _complain_about_differences(measured)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000, help="how many task runs (default: %(default)s)")
    parser.add_argument("--databases", nargs="+", choices=KINDS, default=KINDS, help="(default: both)")
    parser.add_argument("--directory", type=Path, help="where to keep the databases for the next time")
    parser.add_argument("--rounds", type=int, default=Rounds.most, help="of each request (default: %(default)s)")
    parser.add_argument("--starts", type=int, default=3, help="how many to measure (default: %(default)s)")
    parser.add_argument("--only", nargs="+", default=[], metavar="KEY", help="requests, by their keys in shapes.py")
    parser.add_argument("--load", type=float, default=0, help="how many seconds many clients ask at once (default: 0)")
    parser.add_argument("--mapped", type=int, default=1000, help="tasks of a flow of the SDK (default: %(default)s)")
    parser.add_argument("--update-docs", action="store_true", help="write into README.md and docs/performance.md")
    return parser.parse_args()


def _measure(kind: str, options: argparse.Namespace, directory: Path, scratch: Path) -> Reads:
    with open_databases(kind, directory) as databases:
        result = Reads(databases.kind, databases.version)
        prefect_url, lictor_url = with_history(databases, options.rows, scratch / "homes")
        _say(f"{result.kind}: asking")
        rounds = Rounds(options.rounds)
        reads(result, History(options.rows), prefect_url, lictor_url, rounds, set(options.only), scratch / kind)
        if options.load:
            _say(f"{result.kind}: many clients")
            result.throughput = throughput(prefect_url, lictor_url, options.load, scratch / kind / "load")
        if options.mapped:
            _say(f"{result.kind}: flows of mapped tasks")
            result.mapped = mapped(databases, options.mapped, scratch / kind / "mapped")
    return result


def with_history(databases: Databases, task_runs: int, home: Path, *, skew: bool = False) -> tuple[str, str]:
    """The same rows for Prefect and for Lictor; what an earlier run has kept is used again."""
    kind = "skewed_" if skew else ""
    theirs, ours = f"prefect_{kind}{task_runs}", f"lictor_{kind}{task_runs}"
    if not databases.exists(theirs):
        _say(f"{databases.kind}: making a history of {task_runs:,} task runs")
        generate(databases.create("unfinished"), task_runs, home, skew=skew)
        databases.rename("unfinished", theirs)
    if not databases.exists(ours):
        _say(f"{databases.kind}: importing it")
        target = databases.create("unfinished")
        command = [LICTOR, "import", databases.url(theirs), "--to", target]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"lictor import failed:\n{done.stdout}{done.stderr}")
        databases.settle("unfinished")
        databases.rename("unfinished", ours)
    return databases.url(theirs), databases.url(ours)


def _complain_about_differences(measured: list[Reads]) -> None:
    found = [
        f"{reads.kind}, {timing.shape.title}: {difference}"
        for reads in measured
        for timing in reads.timings
        for difference in timing.differences
    ]
    if found:
        print(f"{len(found)} differences between answers:", *found[:20], sep="\n  ", file=sys.stderr)
        raise SystemExit(1)


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
