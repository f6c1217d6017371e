"""`lictor import`: bring the history over from a Prefect database."""

import asyncio
import signal
import sys
import time
from collections.abc import Iterable
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from lictor.cli.configuration import configured
from lictor.db.migrations import shown
from lictor.errors import LictorError
from lictor.settings import DatabaseSettings
from lictor.settings.fields import keys_in
from lictor.transfer.opening import database_at, import_history
from lictor.transfer.report import Cases, Report

INTERRUPTED = "Interrupted. What came over so far stays; run the same import again to go on."
SECONDS_BETWEEN_LINES = 5.0


def import_(source: str, /, *, to: str | None = None, assume_version: bool = False) -> None:
    """Bring over the history in a Prefect 3 database, which stays as it is. Repeat it to bring what is new.

    Parameters
    ----------
    source
        The Prefect database: a URL, as Prefect has it, or the path of an SQLite file.
    to
        The URL of the database to bring it to; by default, the database of the settings.
    assume_version
        Read a database of a version that is not known here as one of the newest known version, if its tables allow.
    """
    settings = configured()
    target = settings.database if to is None else database_at(to, like=settings.database)
    try:
        report = asyncio.run(_run(source, target, keys_in(settings.server.encryption_key), assume_version))
    except KeyboardInterrupt:
        _end(INTERRUPTED, 128 + signal.SIGINT)
    except asyncio.CancelledError:
        _end(INTERRUPTED, 128 + signal.SIGTERM)
    else:
        _print(report, target)
        if not report.complete:
            raise LictorError("Rows are missing from the target, though none was refused. Run the import again.")


def _end(message: str, code: int) -> None:
    print(message, file=sys.stderr)
    raise SystemExit(code)


async def _run(source: str, target: DatabaseSettings, keys: tuple[str, ...], assume_version: bool) -> Report:
    current = asyncio.current_task()
    assert current is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, current.cancel)
    if sys.stderr.isatty():
        with Bar() as bar:
            return await import_history(source, target, bar, keys, assume_version=assume_version)
    return await import_history(source, target, Lines(), keys, assume_version=assume_version)


class Bar:
    """Progress on a terminal."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._clock = Clock()
        self._task = self._progress.add_task("Looking", total=None, rate="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def begun(self, rows: int) -> None:
        self._clock.begin(rows)
        self._progress.update(self._task, total=rows)

    def advanced(self, table: str, rows: int) -> None:
        self._clock.done += rows
        self._progress.update(self._task, description=table, advance=rows, rate=f"{self._clock.rate:,.0f} rows/s")

    def settling(self) -> None:
        self._progress.update(self._task, description="Finishing")


class Lines:
    """Progress where nobody watches: a line now and then."""

    def __init__(self) -> None:
        self._clock = Clock()
        self._said = time.monotonic()

    def begun(self, rows: int) -> None:
        self._clock.begin(rows)
        print(f"{rows:,} rows in the source", file=sys.stderr, flush=True)

    def advanced(self, table: str, rows: int) -> None:
        clock = self._clock
        clock.done += rows
        if time.monotonic() - self._said >= SECONDS_BETWEEN_LINES:
            self._said = time.monotonic()
            print(
                f"{table}: {clock.done:,} of {clock.total:,} rows, {clock.rate:,.0f} rows/s, {clock.left:,.0f} s left",
                file=sys.stderr,
                flush=True,
            )

    def settling(self) -> None:
        print(f"Finishing after {self._clock.elapsed:,.0f} s", file=sys.stderr, flush=True)


class Clock:
    """How fast it goes, and how long it will take."""

    def __init__(self) -> None:
        self.total = 0
        self.done = 0
        self._start = time.monotonic()

    def begin(self, rows: int) -> None:
        self.total = rows
        self._start = time.monotonic()

    @property
    def elapsed(self) -> float:
        return max(time.monotonic() - self._start, 0.001)

    @property
    def rate(self) -> float:
        return self.done / self.elapsed

    @property
    def left(self) -> float:
        return (self.total - self.done) / self.rate if self.done else 0.0


def _print(report: Report, target: DatabaseSettings) -> None:
    table = Table("", box=None, pad_edge=False)
    for heading in ("in the source", "new", "updated", "merged", "left out", "in Lictor"):
        table.add_column(heading, justify="right", no_wrap=True)
    for each in report.tables:
        if each.in_source:
            numbers = (each.in_source, each.new, each.updated, each.merged, each.without_place, each.in_target)
            table.add_row(each.name, *(f"{number:,}" for number in numbers))
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"Imported into {shown(target)}", markup=False)
    console.print(table)
    for line in _remarks(report):
        console.print(line, markup=False)


def _remarks(report: Report) -> Iterable[str]:
    for each in report.tables:
        for reason, cases in each.left_out.items():
            yield f"Left out of {each.name}: {_counted(reason, cases)}"
        for reason, cases in each.changed.items():
            yield f"Changed in {each.name}: {_counted(reason, cases)}"
        if each.missing:
            yield f"Missing from {each.name}: {each.missing:,} rows"
    if report.without_room:
        rows = ", ".join(f"{name} ({rows:,})" for name, rows in report.without_room.items())
        yield f"Not brought over, because this version of Lictor has no place for them: {rows}"


def _counted(reason: str, cases: Cases) -> str:
    more = ", ..." if cases.count > len(cases.first) else ""
    return f"{cases.count:,} rows: {reason} ({', '.join(cases.first)}{more})"
