"""Occurrences of interval schedules.

Below a day an interval is elapsed time. Whole days are days of the time zone: nine o'clock stays nine o'clock. A day on
whose clock the time does not exist runs as late as it would have been, and all later days keep the later time.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from lictor.scheduling.wall_clocks import gaps_in, moment_of, wall_time, width_of_gap

DAY = timedelta(days=1)


def interval_occurrences(interval: timedelta, anchor: datetime, zone: ZoneInfo, start: datetime) -> Iterator[datetime]:
    """The moments from a start on that are multiples of an interval away from an anchor."""
    if interval % DAY or zone.key == "UTC":
        return _elapsed(interval, anchor, start)
    return _daily(interval.days, anchor, zone, start)


def _elapsed(interval: timedelta, anchor: datetime, start: datetime) -> Iterator[datetime]:
    first = -((anchor - start) // interval)
    for number in count(first):
        yield anchor + number * interval


def _daily(days: int, anchor: datetime, zone: ZoneInfo, start: datetime) -> Iterator[datetime]:
    at = wall_time(anchor, zone)
    if start <= anchor:
        yield from _days_before(days, anchor, zone, start)
        yield anchor
    else:
        at = _last_before(at, days, wall_time(start, zone), zone)
    while True:
        at += days * DAY
        at += width_of_gap(at, zone)
        moment = moment_of(at, zone, fold=1)
        if moment >= start:
            yield moment


def _days_before(days: int, anchor: datetime, zone: ZoneInfo, start: datetime) -> Iterator[datetime]:
    """Before the anchor all days keep its time of day, and only run later where it does not exist."""
    at = wall_time(anchor, zone)
    steps = (anchor - start) // DAY // days + 1
    last = None
    for step in range(steps, 0, -1):
        wall = at - step * days * DAY
        moment = moment_of(wall + width_of_gap(wall, zone), zone, fold=1)
        if start <= moment < anchor and moment != last:  # of a day that a zone left out, and the day after
            yield moment
        last = moment


def _last_before(at: datetime, days: int, wall: datetime, zone: ZoneInfo) -> datetime:
    """The last step, from a wall time on, that lies safely before another one, with what gaps have made of it."""
    for year in range(at.year - 1, wall.year + 1):
        for first, end in gaps_in(max(year, 1), zone):
            if not at < first < wall - days * DAY:
                continue
            met = at + -(-(first - at) // (days * DAY)) * days * DAY
            if met < end:
                at = met + (end - first)
    return at + max((wall - at) // DAY // days - 1, 0) * days * DAY


def utc(moment: datetime) -> datetime:
    """The moment in UTC, which one without a zone is in."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
