"""When a schedule runs: the same moments as on Prefect's server. Everything here is arithmetic, with no database."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any
from zoneinfo import ZoneInfo

from lictor.scheduling.calendars import cron_occurrences, rrule_occurrences
from lictor.scheduling.intervals import interval_occurrences, utc

LAST = datetime(9000, 1, 1, tzinfo=UTC)
"""No occurrence lies beyond; no date arithmetic there overflows."""


def occurrences(schedule: Mapping[str, Any], start: datetime, end: datetime) -> Iterator[datetime]:
    """The moments, in UTC and in order, from a start to an end, at which a schedule runs, as its JSON gives it."""
    start, end = utc(start), min(utc(end), LAST)
    zone = ZoneInfo(schedule.get("timezone") or "UTC")
    if "interval" in schedule:
        interval = timedelta(seconds=schedule["interval"])
        anchor = utc(datetime.fromisoformat(schedule["anchor_date"]))
        return takewhile(lambda due: due <= end, interval_occurrences(interval, anchor, zone, start))
    if "cron" in schedule:
        return cron_occurrences(schedule["cron"], zone, start, end, day_or=schedule.get("day_or", True))
    return rrule_occurrences(schedule["rrule"], zone, start, end)


def next_occurrences(
    schedule: Mapping[str, Any],
    start: datetime,
    end: datetime,
    *,
    min_runs: int,
    max_runs: int,
    min_until: datetime,
) -> list[datetime]:
    """As few of the first occurrences as are at least so many, and reach so far; never more than the maximum."""
    found: list[datetime] = []
    if max_runs <= 0:
        return found
    for due in occurrences(schedule, start, end):
        found.append(due)
        if len(found) >= max_runs or (len(found) >= min_runs and due >= min_until):
            break
    return found
