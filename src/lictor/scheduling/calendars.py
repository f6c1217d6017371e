"""Occurrences of schedules that speak of the calendar: cron expressions and recurrence rules of iCalendar.

Both give wall times, in order. The moments these stand for are in another order around a transition of daylight-saving
time, because a clock that leaves out an hour does not leave out the runs of that hour.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Any, cast
from zoneinfo import ZoneInfo

from croniter import croniter
from croniter.croniter import CroniterBadDateError
from dateutil import rrule

from lictor.scheduling.wall_clocks import (
    LONGEST_SHIFT,
    SECOND,
    is_in_gap_of_summer_time,
    moment_of,
    offset_at,
    offset_of,
)

ANCHOR = datetime.fromisoformat("2020-01-01")
"""Where rules begin that do not say it, on the clock of their time zone."""

PERIODS = {
    rrule.SECONDLY: timedelta(seconds=1),
    rrule.MINUTELY: timedelta(minutes=1),
    rrule.HOURLY: timedelta(hours=1),
    rrule.DAILY: timedelta(days=1),
    rrule.WEEKLY: timedelta(weeks=1),
}
"""The frequencies whose steps all last equally long."""


def cron_occurrences(
    expression: str, zone: ZoneInfo, start: datetime, end: datetime, *, day_or: bool = True
) -> Iterator[datetime]:
    """The moments from a start to an end at which a cron expression runs.

    What the clock shows twice runs the first time; what it leaves out runs as late as it would have been.
    """
    walls = _cron_walls(expression, _first_wall(start, zone) - SECOND, day_or=day_or)
    return _in_order(walls, lambda wall: moment_of(wall, zone), zone, start, end)


def _cron_walls(expression: str, after: datetime, *, day_or: bool) -> Iterator[datetime]:
    walls = croniter(expression, after, day_or=day_or)
    try:
        while True:
            yield walls.get_next(datetime)
    except CroniterBadDateError:  # there is none any more, as with the 30th of February
        return


def rrule_occurrences(rule: str, zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[datetime]:
    """The moments from a start to an end at which a recurrence rule runs.

    What the clock shows twice runs the first time. What it leaves out when summer time begins runs an hour early, by the
    clock after it; what it leaves out at other transitions runs late.
    """

    def moment(wall: datetime) -> datetime:
        return moment_of(wall, zone, fold=int(is_in_gap_of_summer_time(wall, zone)))

    first = _first_wall(start, zone)
    return _in_order(_rule_walls(rule, first), moment, zone, start, end)


def _rule_walls(text: str, first: datetime) -> Iterator[datetime]:
    rules = rrule.rrulestr(text, dtstart=ANCHOR, forceset=True)
    inner = cast("Any", rules)  # there is no public way to change a set of rules
    inner._rrule = [_near(rule, first) for rule in inner._rrule]  # noqa: SLF001
    inner._exrule = [_near(rule, first) for rule in inner._exrule]  # noqa: SLF001
    inner._rdate = [wall.replace(tzinfo=None) for wall in inner._rdate]  # noqa: SLF001
    inner._exdate = [wall.replace(tzinfo=None) for wall in inner._exdate]  # noqa: SLF001
    return (wall for wall in rules if wall >= first)


def _near(rule: Any, first: datetime) -> rrule.rrule:
    """The same rule in wall times, begun shortly before the first one that is wanted, so that nobody walks there."""
    begun = rule._dtstart.replace(tzinfo=None)  # noqa: SLF001
    until, number = rule._until, rule._count  # noqa: SLF001
    until = None if until is None else until.replace(tzinfo=None)
    period = PERIODS.get(rule._freq)  # noqa: SLF001
    if period is not None and (number is None or not _is_filtered(rule)):
        period *= rule._interval  # noqa: SLF001
        skipped = max((first - begun) // period - 1, 0)
        begun += skipped * period
        if number is not None:
            number = max(number - skipped, 0)
    if number is not None and number <= 0:
        until, number = begun - SECOND, None  # a count of 0 would stand for any number
    changed: rrule.rrule = rule.replace(dtstart=begun, until=until, count=number)
    return changed


def _is_filtered(rule: Any) -> bool:
    """Whether some of its steps are none, so that to count them one has to walk."""
    return any(value is not None for value in rule._original_rule.values())  # noqa: SLF001


def _first_wall(start: datetime, zone: ZoneInfo) -> datetime:
    """The earliest wall time that may stand for a moment from the start on."""
    lowest = min(offset_at(start, zone), offset_at(start - LONGEST_SHIFT, zone))
    return start.replace(tzinfo=None) + lowest


def _in_order(
    walls: Iterator[datetime],
    moment: Callable[[datetime], datetime],
    zone: ZoneInfo,
    start: datetime,
    end: datetime,
) -> Iterator[datetime]:
    """The moments that wall times stand for, each once, in order, from the start to the end."""
    waiting: list[datetime] = []
    last = start - SECOND
    for wall in walls:
        # Whatever the clock does soon, no later wall time stands for an earlier moment than this.
        furthest = max(offset_of(wall, zone), offset_of(wall + LONGEST_SHIFT, zone))
        bound = (wall - furthest).replace(tzinfo=start.tzinfo)
        while waiting and waiting[0] < bound:
            if last < (due := heappop(waiting)) <= end:
                yield due
                last = due
        if bound > end:
            return
        if start <= (due := moment(wall)) <= end:
            heappush(waiting, due)
    while waiting:
        if last < (due := heappop(waiting)):
            yield due
            last = due
