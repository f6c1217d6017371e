"""Random requests against Lictor and the real Prefect, on the same skewed rows.

    make bench-random
    make bench-random ARGS="--rows 100000 --requests 150 --databases postgresql --seconds 300 --directory /var/tmp/bench"

Each request is answered by both servers in turn, and their answers are compared; of each server the best of three
rounds counts. Where Prefect cannot finish within 30 seconds, that is its time. Prints how the ratios are distributed,
and of Lictor's slowest requests the strategy and the plan. Differences between answers make the benchmark fail.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import random_requests, servers
from benchmarks.__main__ import KINDS, with_history
from benchmarks.client import Client, Reply, request_of
from benchmarks.databases import open_databases
from benchmarks.history import History
from benchmarks.quiet import share_of_others
from benchmarks.report import markdown
from tests.compat.asking import Question
from tests.compat.compare import Row, differences
from tests.compat.rows import Rows

PREFECT_TIMEOUT_SECONDS = 30
ROUNDS = 3
ONE_ROUND_SECONDS = 3.0  # a server that takes longer is not asked again
SLOWEST = 10
MAX_PAGE_ROWS = 200
BUSY = 0.05
TARGET_SECONDS = 0.4
NOISE_SECONDS = 0.002  # who answers within this is not called slower


@dataclass(frozen=True)
class Comparison:
    """One request: seconds that each server took, and where their answers differ."""

    question: Question
    prefect: float
    lictor: float
    differences: list[str]

    @property
    def ratio(self) -> float:
        return self.prefect / self.lictor

    @property
    def kind(self) -> str:
        _, resource, *_, verb = self.question.path.removeprefix("/ui").split("/")
        return f"{resource} {verb}"


class Servers:
    """Both servers on the same rows, and a client of each."""

    def __init__(self, stack: ExitStack, home: Path, prefect_url: str, lictor_url: str) -> None:
        timeout = {"PREFECT_API_DATABASE_TIMEOUT": str(PREFECT_TIMEOUT_SECONDS)}
        prefect = servers.prefect(home / "prefect", prefect_url, settings=timeout)
        settings = {"LICTOR_EXPLAIN_ENABLED": "true", **servers.NOTHING_LATE}
        lictor = servers.lictor(home / "lictor", lictor_url, settings=settings)
        self.prefect = stack.enter_context(Client(stack.enter_context(prefect).port))
        self.lictor = stack.enter_context(Client(stack.enter_context(lictor).port))

    def compare(self, question: Question, known: dict[str, Row]) -> Comparison | None:
        """Both answers and their times; None where Prefect refuses the request or fails at it."""
        request = request_of(question)
        theirs, prefect_seconds = _timed(self.prefect, request)
        timed_out = theirs.status >= 500 and prefect_seconds >= PREFECT_TIMEOUT_SECONDS
        if theirs.status != 200 and not timed_out:
            return None
        ours, lictor_seconds = _timed(self.lictor, request)
        found = [] if timed_out else self._differences(question, theirs, ours, known)
        for _ in range(ROUNDS - 1):
            if prefect_seconds < ONE_ROUND_SECONDS:
                prefect_seconds = min(prefect_seconds, _timed(self.prefect, request)[1])
            if lictor_seconds < ONE_ROUND_SECONDS:
                lictor_seconds = min(lictor_seconds, _timed(self.lictor, request)[1])
        return Comparison(question, prefect_seconds, lictor_seconds, found)

    def _differences(self, question: Question, theirs: Reply, ours: Reply, known: dict[str, Row]) -> list[str]:
        whole_rows = question.path.endswith("/filter")  # those of `paginate` lack what they are sorted by
        if whole_rows and not differences(question, theirs.answer, ours.answer, known):
            return []
        if ours.status != 200:
            return [f"status 200 became {ours.status}: {ours.answer.body}"]
        # Rows with equal sort keys may stand on another page of Prefect's: it is asked for all by their ids.
        strangers = sorted({*_ids(theirs.answer.body), *_ids(ours.answer.body)} - known.keys())
        family = question.path.removeprefix("/ui").split("/")[1]
        more: dict[str, Row] = {}
        for first in range(0, len(strangers), MAX_PAGE_ROWS):
            filters = {family: {"id": {"any_": strangers[first : first + MAX_PAGE_ROWS]}}}
            rows = self.prefect.ask(request_of(Question(f"/{family}/filter", filters))).answer.body
            more |= {row["id"]: row for row in rows}
        return differences(question, theirs.answer, ours.answer, known | more)

    def explanation(self, question: Question) -> dict[str, Any]:
        """How Lictor answers: its statements with their strategies and plans; empty where it does not say."""
        path, verb = question.path.rsplit("/", 1)
        body = dict(question.body)
        if verb == "paginate":
            body["offset"] = (body.pop("page") - 1) * body["limit"]
            verb = "filter"
        reply = self.lictor.ask(request_of(Question(f"{path}/{verb}/explain", body)))
        return dict(reply.answer.body) if reply.status == 200 else {}


def _timed(client: Client, request: bytes) -> tuple[Reply, float]:
    began = time.perf_counter()
    reply = client.ask(request)
    return reply, time.perf_counter() - began


def _ids(body: Any) -> Iterator[str]:
    rows = body.get("results", []) if isinstance(body, dict) else body if isinstance(body, list) else []
    return (row["id"] for row in rows if isinstance(row, dict) and "id" in row)


@dataclass
class Result:
    """What came of one database."""

    kind: str
    comparisons: list[Comparison]
    refused: int
    explanations: list[tuple[Comparison, dict[str, Any]]]

    def report(self) -> str:
        ratios = sorted(each.ratio for each in self.comparisons)
        slower = sum(each.ratio < 1 and each.lictor > NOISE_SECONDS for each in self.comparisons)
        under_two = sum(ratio < 2 for ratio in ratios)
        slowest = max(each.lictor for each in self.comparisons)
        over = sum(each.lictor > TARGET_SECONDS for each in self.comparisons)
        mean, (first, tenth, median) = statistics.geometric_mean(ratios), (_percentile(ratios, n) for n in (1, 10, 50))
        lines = [
            f"{self.kind}: {len(ratios)} requests ({self.refused} that Prefect refuses or fails at are left out)",
            f"  Prefect's time to Lictor's: geometric mean {mean:.1f}x, 1st percentile {first:.1f}x,",
            f"  10th {tenth:.1f}x, median {median:.1f}x; {under_two} under 2x, {slower} slower than Prefect",
            f"  Lictor's slowest: {slowest * 1000:.0f} ms; {over} over {TARGET_SECONDS * 1000:.0f} ms",
            self._by_kind(),
        ]
        return "\n".join([*lines, *self._slowest()])

    def _by_kind(self) -> str:
        counted = Counter(each.kind for each in self.comparisons)
        rows = []
        for kind, count in counted.most_common():
            ratios = [each.ratio for each in self.comparisons if each.kind == kind]
            slowest = max(each.lictor for each in self.comparisons if each.kind == kind)
            mean = statistics.geometric_mean(ratios)
            rows.append([kind, str(count), f"{mean:.1f}x", f"{min(ratios):.1f}x", f"{slowest * 1000:.0f}"])
        return markdown(["requests", "count", "mean ratio", "worst", "Lictor's slowest, ms"], rows)

    def _slowest(self) -> Iterator[str]:
        for each, explanation in self.explanations:
            yield f"{each.lictor * 1000:7.0f} ms, Prefect {each.prefect * 1000:.0f} ms: {each.question}"
            for statement in explanation.get("statements", ()):
                yield f"        strategy: {statement.get('strategy', '')}"
                yield from (f"        {line}" for line in _plan_lines(statement["plan"]))


def _percentile(ordered: list[float], percent: int) -> float:
    return ordered[min(len(ordered) * percent // 100, len(ordered) - 1)]


def _plan_lines(plan: Any, depth: int = 0) -> Iterator[str]:
    """A plan of either database, a line for each of its steps."""
    if isinstance(plan, list):
        yield from plan
        return
    over = plan.get("Index Name") or plan.get("Relation Name") or ""
    yield f"{'  ' * depth}{plan['Node Type']} {over} ({plan['Plan Rows']} rows expected)"
    for child in plan.get("Plans", ()):
        yield from _plan_lines(child, depth + 1)


def measure(both: Servers, rows: Rows, questions: Iterable[Question], seconds: float) -> tuple[list[Comparison], int]:
    """Each request compared, as many as so many seconds have room for; and how many Prefect refused."""
    deadline = time.monotonic() + seconds
    found: list[Comparison] = []
    refused = 0
    for question in questions:
        if time.monotonic() > deadline:
            break
        if (comparison := both.compare(question, rows.by_id)) is None:
            refused += 1
        else:
            found.append(comparison)
    return found, refused


def main() -> None:
    options = _options()
    busy = share_of_others()
    with tempfile.TemporaryDirectory(prefix="lictor-bench-") as scratch:
        directory = options.directory or Path(scratch)
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o755)  # PostgreSQL may have to run as somebody else
        results = [_result(kind, options, directory, Path(scratch) / kind) for kind in options.databases]
    busy = max(busy, share_of_others())
    print(f"{options.rows:,} skewed task runs, seed {options.seed}")
    if busy > BUSY:
        print(f"Other programs took {busy:.0%} of the machine.")
    for result in results:
        print(result.report())
    if options.output:
        options.output.write_text("".join(_records(results)))
    _fail_on_differences(results)


def _result(kind: str, options: argparse.Namespace, directory: Path, home: Path) -> Result:
    with open_databases(kind, directory) as databases, ExitStack() as stack:
        urls = with_history(databases, options.rows, home, skew=True)
        both = Servers(stack, home, *urls)
        rows = random_requests.sample(both.prefect, History(options.rows))
        questions = random_requests.requests(rows, options.seed, options.requests)
        comparisons, refused = measure(both, rows, questions, options.seconds)
        slowest = sorted(comparisons, key=lambda each: -each.lictor)[:SLOWEST]
        explained = [(each, both.explanation(each.question)) for each in slowest]
        return Result(databases.kind, comparisons, refused, explained)


def _records(results: Iterable[Result]) -> Iterator[str]:
    """A line of JSON for each request."""
    for result in results:
        for each in result.comparisons:
            record = {
                "database": result.kind,
                "path": each.question.path,
                "body": each.question.body,
                "prefect_ms": round(each.prefect * 1000, 2),
                "lictor_ms": round(each.lictor * 1000, 2),
                "differences": each.differences,
            }
            yield json.dumps(record) + "\n"


def _fail_on_differences(results: Iterable[Result]) -> None:
    found = [(result, each) for result in results for each in result.comparisons if each.differences]
    if found:
        lines = [f"{result.kind}, {each.question}: {each.differences[0]}" for result, each in found[:20]]
        raise SystemExit("\n  ".join([f"{len(found)} answers differ:", *lines]))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000, help="how many task runs (default: %(default)s)")
    parser.add_argument("--requests", type=int, default=1_000, help="how many to draw (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=3_600, help="on each database at most (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="another one draws other requests (default: %(default)s)")
    parser.add_argument("--databases", nargs="+", choices=KINDS, default=KINDS, help="(default: both)")
    parser.add_argument("--directory", type=Path, help="where to keep the databases for the next time")
    parser.add_argument("--output", type=Path, help="a file for one line of JSON per request")
    return parser.parse_args()


if __name__ == "__main__":
    main()
