"""The clock on the wall of a time zone, and what it does at the transitions of daylight-saving time.

A wall time is a datetime without a zone. In spring a gap of them does not exist, in autumn a stretch exists twice.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

LONGEST_SHIFT = timedelta(hours=25)
"""No transition moves a clock by more: Samoa once left out a day."""

PROBE = timedelta(days=5)
"""No zone has moved its clock twice within so short a time."""

SECOND = timedelta(seconds=1)
NO_TIME = timedelta(0)


def offset_at(moment: datetime, zone: ZoneInfo) -> timedelta:
    """How far the clock of a zone is ahead of UTC at a moment."""
    offset = moment.astimezone(zone).utcoffset()
    assert offset is not None
    return offset


def offset_of(wall: datetime, zone: ZoneInfo, fold: int = 0) -> timedelta:
    """How far a wall time is ahead of UTC: in a gap, by the clock before it, or with a fold of 1 by the one after it."""
    offset = wall.replace(tzinfo=zone, fold=fold).utcoffset()
    assert offset is not None
    return offset


def moment_of(wall: datetime, zone: ZoneInfo, fold: int = 0) -> datetime:
    """The moment at which the clock shows a wall time; the first of two, or with a fold of 1 the second.

    A wall time in a gap is as far behind the gap's start as it would have been, or with a fold of 1 ahead of its end.
    """
    return (wall - offset_of(wall, zone, fold)).replace(tzinfo=UTC)


def wall_time(moment: datetime, zone: ZoneInfo) -> datetime:
    """What the clock shows at a moment."""
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def width_of_gap(wall: datetime, zone: ZoneInfo) -> timedelta:
    """How long the gap is that a wall time lies in; nothing if it lies in none."""
    return max(offset_of(wall, zone, 1) - offset_of(wall, zone, 0), NO_TIME)


def is_in_gap_of_summer_time(wall: datetime, zone: ZoneInfo) -> bool:
    """Whether a wall time lies in a gap, and the clock after it shows daylight-saving time."""
    return bool(width_of_gap(wall, zone) and wall.replace(tzinfo=zone, fold=1).dst())


@lru_cache(maxsize=4096)
def gaps_in(year: int, zone: ZoneInfo) -> tuple[tuple[datetime, datetime], ...]:
    """The gaps of a year: first wall time and end of each."""
    gaps = []
    before = datetime(year, 1, 1, tzinfo=UTC)
    end = min(before + timedelta(days=366), datetime.max.replace(tzinfo=UTC) - LONGEST_SHIFT)
    while before < end:
        after = min(before + PROBE, end)
        if offset_at(before, zone) < offset_at(after, zone):
            gaps.append(_gap_between(before, after, zone))
        before = after
    return tuple(gaps)


def _gap_between(before: datetime, after: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The gap that the clock passes between two moments, found by halves."""
    earlier, later = offset_at(before, zone), offset_at(after, zone)
    while after - before > SECOND:
        middle = before + ((after - before) // 2 // SECOND) * SECOND
        if middle == before:
            break
        if offset_at(middle, zone) == earlier:
            before = middle
        else:
            after = middle
    naive = after.replace(tzinfo=None)
    return naive + earlier, naive + later
