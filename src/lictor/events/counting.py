"""How many events there are, by time, by name, or by what they are about."""

import math
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import Reader
from lictor.db.types import MICROSECOND
from lictor.errors import Unprocessable
from lictor.events import queries
from lictor.events.filters import EventFilter, EventOccurredFilter
from lictor.events.schemas import Countable, EventCount

PIVOT = datetime(2024, 4, 1, tzinfo=UTC)
"""A Monday; all intervals are counted from here, so that those of two questions meet."""

MAX_INTERVALS = 1_000


class TimeUnit(StrEnum):
    """The units of intervals."""

    week = "week"
    day = "day"
    hour = "hour"
    minute = "minute"
    second = "second"

    @property
    def span(self) -> timedelta:
        return timedelta(**{f"{self}s": 1})

    def end(self, moment: datetime) -> datetime:
        """The last microsecond of the unit that holds the moment. A week begins on Monday."""
        start = PIVOT + (moment - PIVOT) // self.span * self.span
        return start + self.span - MICROSECOND


async def count_events(
    db: Reader, filter_: EventFilter, countable: Countable, unit: TimeUnit, interval: float
) -> list[dict[str, Any]]:
    """The counts, each with what it counts, and the time it is about."""
    width = _width(filter_.occurred, unit, interval)
    match countable:
        case Countable.day:
            return await _by_time(db, filter_, TimeUnit.day, TimeUnit.day.span)
        case Countable.time:
            return await _by_time(db, filter_, unit, width)
        case Countable.event:
            return _by_value(await db.all(queries.counts_by_name(filter_)))
        case Countable.resource:
            return _by_value(await db.all(queries.counts_by_resource(filter_)))


def _width(occurred: EventOccurredFilter, unit: TimeUnit, interval: float) -> timedelta:
    try:
        width = unit.span * interval
    except OverflowError:
        raise Unprocessable("The given time interval is longer than the calendar.") from None
    intervals = math.ceil((occurred.until - occurred.since) / width)
    if intervals > MAX_INTERVALS:
        raise Unprocessable(
            f"The given interval would create {intervals} buckets, which is too many. Please increase the interval or"
            f" reduce the time range to produce {MAX_INTERVALS} buckets or fewer."
        )
    return width


async def _by_time(db: Reader, filter_: EventFilter, unit: TimeUnit, width: timedelta) -> list[dict[str, Any]]:
    now = utc_now()
    end = unit.end(now) if filter_.occurred.until > now else filter_.occurred.until
    start = PIVOT + (filter_.occurred.since - PIVOT) // width * width
    counts = [_interval(number, start + number * width, width) for number in range(max(0, -(-(end - start) // width)))]
    for row in await db.all(queries.counts_by_time(filter_, start, width // MICROSECOND)):
        if row.number < len(counts):  # what lies beyond happens later than now, by a clock that is fast
            counts[row.number]["count"] = row.count
    return counts


def _interval(number: int, start: datetime, width: timedelta) -> dict[str, Any]:
    return {
        "value": str(number),
        "label": start.isoformat(),
        "count": 0,
        "start_time": start,
        "end_time": start + width - MICROSECOND,
    }


def _by_value(rows: Any) -> list[dict[str, Any]]:
    """One count for each value, by the label that it had last; the largest first."""
    counts: dict[str, dict[str, Any]] = {}
    for row in sorted(rows, key=_latest):
        if (count := counts.get(row.value)) is None:
            counts[row.value] = {name: getattr(row, name) for name in EventCount.model_fields}
        else:
            count["label"] = row.label
            count["count"] += row.count
            count["start_time"] = min(count["start_time"], row.start_time)
            count["end_time"] = row.end_time
    return sorted(counts.values(), key=lambda count: (-count["count"], count["label"]))


def _latest(row: sa.Row[Any]) -> datetime:
    latest: datetime = row.end_time
    return latest
