"""Runs counted by interval and state."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import sqlalchemy as sa

from lictor.db.functions import Statement, greatest, interval, interval_values, micros_between, moment_called
from lictor.db.minute_rollup import MinuteRollup
from lictor.errors import Unprocessable
from lictor.resources.states.schemas import TERMINAL, StateType

MAX_INTERVALS = 500


@dataclass(frozen=True)
class Intervals:
    """Equal intervals from a start on; the last one is whole, even where it passes the end."""

    start: datetime
    width: timedelta
    count: int

    @classmethod
    def between(cls, start: datetime, end: datetime, seconds: float) -> "Intervals":
        """As many intervals as it takes to reach the end, up to MOST_INTERVALS."""
        if seconds < 1:
            raise Unprocessable("History interval must not be less than 1 second.")
        try:
            width = timedelta(seconds=seconds)
            count = min(max(-((start - end) // width), 0), MAX_INTERVALS)
            start + count * width  # the last edge must exist
        except OverflowError:
            raise Unprocessable("History interval must be short enough to end within the calendar.") from None
        return cls(start, width, count)

    @property
    def end(self) -> datetime:
        """Where the last one ends."""
        return self.edge(self.count)

    @property
    def edges(self) -> Iterator[datetime]:
        """Where one ends and the next begins."""
        return map(self.edge, range(1, self.count))

    def values(self, now: datetime) -> dict[str, Any]:
        """What the parameters of the statements of a history hold."""
        return {**interval_values(self.start, self.width), "end": self.end, "now": now}

    def edge(self, number: int) -> datetime:
        """Where the interval of this number begins."""
        return self.start + number * self.width


START, END, NOW = map(moment_called, ("start", "end", "now"))


def history(run: sa.Table) -> Statement:
    """The runs expected to start in each interval, counted by state; the filters are yet to come.

    Its parameters are those of `Intervals.values`.
    """
    group, number = interval(run.c.expected_start_time)
    return (
        sa.select(
            number.label("number"),
            run.c.state_type,
            run.c.state_name,
            sa.func.count().label("count_runs"),
            _sum(_run_time(run)).label("run_time"),
            _sum(lateness(run)).label("lateness"),
        )
        .select_from(run)
        .where(run.c.expected_start_time >= START, run.c.expected_start_time < END, run.c.state_type.is_not(None))
        .group_by(group, run.c.state_type, run.c.state_name)
    )


def history_of_all(run: sa.Table, ended: MinuteRollup, *, in_parts: bool) -> Statement:
    """The same of all runs, whatever they are: those that have come to their end are known by their figures."""
    # Each type by itself: of several, SQLite would rather look at all that was to start then.
    others = [
        sa.select(
            run.c.expected_start_time,
            run.c.state_type,
            sa.func.coalesce(run.c.state_name, ""),
            sa.literal_column("1"),
            _run_time(run),
            lateness(run),
        ).where(
            run.c.expected_start_time >= START, run.c.expected_start_time < END, run.c.state_type == str(state_type)
        )
        for state_type in sorted(set(StateType) - TERMINAL)
    ]
    figure = sa.union_all(*ended.between(START, END, in_parts=in_parts), *others).subquery("figure")
    group, number = interval(figure.c.minute)
    count = sa.cast(sa.func.sum(figure.c.count), sa.BigInteger)
    key = group, figure.c.state_type, figure.c.state_name
    return (
        sa.select(
            number.label("number"),
            figure.c.state_type,
            sa.func.nullif(figure.c.state_name, "").label("state_name"),
            count.label("count_runs"),
            _sum(figure.c.run_time).label("run_time"),
            _sum(figure.c.lateness).label("lateness"),
        )
        .group_by(*key)
        .having(count != 0)  # where all was taken away that had been counted
    )


def _sum(micros: sa.ColumnElement[int]) -> sa.ColumnElement[float]:
    """Of floating-point numbers, as the answer holds one: exact up to 285 years, and PostgreSQL adds them up much faster."""
    return sa.func.sum(sa.cast(micros, sa.Float))


def _run_time(run: sa.Table) -> sa.ColumnElement[int]:
    """Microseconds a run has run; see `estimated_run_time`."""
    total = sa.type_coerce(run.c.total_run_time, sa.BigInteger)
    running = micros_between(run.c.state_timestamp, NOW)
    is_running = run.c.state_type == StateType.RUNNING
    return greatest(0, total + sa.case((is_running, greatest(0, sa.func.coalesce(running, 0))), else_=0))


def lateness(run: sa.Table) -> sa.ColumnElement[int]:
    """Microseconds by which a run is late at the moment of the parameter `now`, never null.

    See `estimated_start_time_delta`.
    """
    expected = run.c.expected_start_time
    late = sa.case(
        (run.c.start_time.is_not(None), micros_between(expected, run.c.start_time)),
        (run.c.state_type.not_in(sorted(TERMINAL)), micros_between(expected, NOW)),
        else_=0,
    )
    return greatest(0, sa.func.coalesce(late, 0))


def history_objects(intervals: Intervals, counts: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
    """The answer: each interval, with the counts of `history` that fall into it."""
    states: list[list[dict[str, Any]]] = [[] for _ in range(intervals.count)]
    for number, state_type, state_name, count_runs, run_time, late in counts:
        states[number].append(
            {
                "state_type": state_type,
                "state_name": state_name,
                "count_runs": count_runs,
                "sum_estimated_run_time": run_time / 1_000_000,
                "sum_estimated_lateness": late / 1_000_000,
            }
        )
    edges = pairwise(map(intervals.edge, range(intervals.count + 1)))
    return [
        {"interval_start": start, "interval_end": end, "states": of_interval}
        for (start, end), of_interval in zip(edges, states, strict=True)
    ]
