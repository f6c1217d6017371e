"""The figures as Markdown, on their own and in the documents."""

import os
import platform
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.measure import Reads, Start, Timing
from benchmarks.throughput import CLIENTS
from tests.compat.servers import PREFECT, ROOT

QUIET = 0.05
# What the README shows of it all.
IN_README = (
    *("page", "page-of-1", "one", "flow-run-id", "failed-since", "common-tags", "rare-tags", "across", "offset"),
    *("count-states", "history", "flow-runs"),
)


@dataclass(frozen=True)
class Report:
    task_runs: int
    starts: dict[str, Start]
    reads: list[Reads]
    others: float  # the share of the machine that other programs took

    def whole(self) -> str:
        parts = [self._circumstances(), *map(self._table, self.reads)]
        parts += [self._throughput(reads) for reads in self.reads if reads.throughput]
        if self.starts:
            parts.append(self._starts())
        parts += [str(reads.mapped) for reads in self.reads if reads.mapped]
        return "\n\n".join(parts)

    def short(self) -> str:
        """For the README: the databases side by side."""
        by_key = [{timing.shape.key: timing for timing in reads.timings} for reads in self.reads]
        head = ["request, ms", *(f"{server}, {reads.kind}" for reads in self.reads for server in ("Prefect", "Lictor"))]
        rows = [
            [found[0].shape.title, *(cell for timing in found for cell in _compared(timing))]
            for key in IN_README
            if len(found := [timings[key] for timings in by_key if key in timings]) == len(by_key)
        ]
        parts = [markdown(head, rows)]
        if self.starts:
            parts.append(self._starts())
        return "\n\n".join([*parts, self._circumstances()])

    def _circumstances(self) -> str:
        history = f"{self.task_runs:,} task runs, {2 * self.task_runs:,} states, {self.task_runs // 50:,} flow runs"
        busy = f" **Other programs took {self.others:.0%} of the machine.**" if self.others > QUIET else ""
        databases = " and ".join(f"{reads.kind} {reads.version}" for reads in self.reads)
        return (
            f"{datetime.now().astimezone():%-d %B %Y}, {machine()}; {history}; Prefect {_prefect_version()},"
            f" Lictor {version('lictor')}, Python {platform.python_version()}, {databases}.{busy}"
        )

    def _table(self, reads: Reads) -> str:
        rows = [_row(timing) for timing in reads.timings]
        rows.append([f"geometric mean of {len(rows)} ratios", "", "", "", f"**{reads.mean_ratio:.1f}x**", "", ""])
        head = ["request, ms", "rows in the answer", "Prefect", "Lictor", "ratio", "bare driver", "Lictor / driver"]
        table = markdown(head, rows)
        return f"### {reads.kind}\n\n{table}"

    def _throughput(self, reads: Reads) -> str:
        head = [
            f"{CLIENTS} clients at once, {reads.kind}",
            "answers a second",
            "ratio",
            "median, ms",
            "p99, ms",
            "p99 / median",
            "errors",
        ]
        rows = [
            [
                f"{title}: {server}",
                f"{load.answers_a_second:,.0f}",
                f"**{load.answers_a_second / max(loads['Prefect'].answers_a_second, 1e-9):.1f}x**",
                milliseconds(load.median),
                milliseconds(load.p99),
                f"{load.p99 / load.median:.1f}",
                str(load.errors),
            ]
            for title, loads in reads.throughput.items()
            for server, load in loads.items()
        ]
        return markdown(head, rows)

    def _starts(self) -> str:
        theirs, ours = self.starts["Prefect"], self.starts["Lictor"]
        rows = [
            _start_row("start to first answer, empty home, s", theirs.on_empty_home, ours.on_empty_home, 1),
            _start_row("start to first answer, later, s", theirs.once_more, ours.once_more, 1),
            _start_row("resident memory when idle, MB", theirs.memory, ours.memory, 0),
            *(
                _start_row(f"resident memory after the requests on {reads.kind}, MB", *_both(reads.memory), 0)
                for reads in self.reads
            ),
        ]
        return markdown(["", "Prefect", "Lictor", "ratio"], rows)


def write_into(path: Path, figures: str, mark: str = "bench") -> None:
    """Put figures between the marks of a document."""
    marked = re.compile(f"(<!-- {mark} -->\n).*?(<!-- /{mark} -->)", re.DOTALL)
    text, replaced = marked.subn(lambda found: f"{found[1]}{figures}\n{found[2]}", path.read_text())
    if not replaced:
        raise SystemExit(f"{path.name} has no <!-- {mark} --> ... <!-- /{mark} --> to write into.")
    path.write_text(text)


def update_docs(report: Report, with_load: bool) -> None:
    if with_load:
        write_into(ROOT / "docs" / "performance.md", report.whole(), "bench-reads")
        return
    write_into(ROOT / "docs" / "performance.md", report.whole())
    write_into(ROOT / "README.md", report.short())


def _both(by_name: dict[str, float]) -> tuple[float, float]:
    return by_name["Prefect"], by_name["Lictor"]


def _cells(timing: Timing) -> list[str]:
    theirs, ours = _both(timing.milliseconds)
    return [milliseconds(theirs), milliseconds(ours), f"**{timing.ratio:.1f}x**"]


def _compared(timing: Timing) -> list[str]:
    theirs, ours, ratio = _cells(timing)
    return [theirs, f"{ours} ({ratio})"]


def _row(timing: Timing) -> list[str]:
    driver = timing.milliseconds.get("driver")
    limit = ["", ""] if driver is None else [milliseconds(driver), f"{timing.milliseconds['Lictor'] / driver:.1f}"]
    size = f"{timing.objects:,} ({timing.kilobytes:,.1f} kB)"
    return [timing.shape.title, size, *_cells(timing), *limit]


def _start_row(title: str, theirs: float, ours: float, digits: int) -> list[str]:
    return [title, f"{theirs:.{digits}f}", f"{ours:.{digits}f}", f"**{theirs / ours:.1f}x**"]


def milliseconds(value: float) -> str:
    """With as many digits as mean something."""
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"


def markdown(head: list[str], rows: Iterable[list[str]]) -> str:
    """A table: text on the left, figures to the right of it."""
    marks = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, marks, *rows))


def machine() -> str:
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores ({_processor()}), {gigabytes:.0f} GB"


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*: (.*)$", cpuinfo.read_text(), re.MULTILINE) if cpuinfo.exists() else None
    return found[1].strip() if found else platform.machine()


def _prefect_version() -> str:
    found = next(PREFECT.parents[1].glob("lib/python*/site-packages/prefect-[0-9]*.dist-info"))
    return found.name.removeprefix("prefect-").removesuffix(".dist-info")
