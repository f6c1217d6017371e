"""Which runs of a schedule are to be made now, and when to look at it again: arithmetic on JSON, with no database."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from lictor.scheduling.occurrences import LAST, next_occurrences, occurrences

ALL, LATEST, NONE = "all", "latest", "none"
"""Which of the missed runs are made up for."""

PUNCTUAL = timedelta(minutes=1)
"""What is overdue by less was not missed."""

MAX_MADE_UP = 1000
"""Missed runs of a schedule that are made at once."""

INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Bounds:
    """How many runs of a schedule to have waiting, and how far ahead (seconds)."""

    min_runs: int
    max_runs: int
    min_seconds: float
    max_seconds: float


@dataclass(frozen=True)
class Request:
    """A schedule to plan: its JSON; up to when it is covered, if at all; what to do about missed runs (seconds)."""

    schedule: Mapping[str, Any]
    covered_until: str | None
    max_runs: int | None = None
    catch_up: str = ALL
    window: float = 3600.0


@dataclass(frozen=True)
class Plan:
    """The moments to run at, until when the schedule is covered then, and when to look at it again; or what is wrong."""

    moments: list[str]
    covered_until: str
    due: str | None
    error: str | None = None


def plan_all(requests: Sequence[Mapping[str, Any]], now: str, bounds: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A plan for each schedule. One that nobody can plan is looked at again after a day."""
    moment, limits = datetime.fromisoformat(now), Bounds(**bounds)
    return [asdict(_plan(Request(**request), moment, limits)) for request in requests]


def _plan(request: Request, now: datetime, bounds: Bounds) -> Plan:
    try:
        return plan(request, now, bounds)
    except (ValueError, TypeError, KeyError, OverflowError, ArithmeticError, IndexError) as error:
        later = now + timedelta(days=1)
        return Plan([], now.isoformat(), later.isoformat(), f"{type(error).__name__}: {error}")


def plan(request: Request, now: datetime, bounds: Bounds) -> Plan:
    """The runs that were missed and are made up for, and as few of the next ones as the bounds ask for."""
    covered = now - INSTANT if request.covered_until is None else datetime.fromisoformat(request.covered_until)
    max_runs = bounds.max_runs if request.max_runs is None else min(request.max_runs, bounds.max_runs)
    end = min(now + timedelta(seconds=bounds.max_seconds), LAST)
    enough = now + timedelta(seconds=bounds.min_seconds)
    next_ones = next_occurrences(
        request.schedule, now, end, min_runs=bounds.min_runs, max_runs=max_runs, min_until=enough
    )
    new = [*_missed(request, covered, now), *(due for due in next_ones if due > covered)]
    covered_until = max(next_ones[-1] if next_ones else now, covered)
    due = None if max_runs == 0 else _look_again(request.schedule, next_ones, now, end, bounds)
    return Plan(
        [moment.isoformat() for moment in new], covered_until.isoformat(), None if due is None else due.isoformat()
    )


def _missed(request: Request, covered: datetime, now: datetime) -> list[datetime]:
    begin = max(covered + INSTANT, now - timedelta(seconds=request.window))
    if request.catch_up != ALL:
        window = timedelta(seconds=request.window) if request.catch_up == LATEST else PUNCTUAL
        begin = max(covered + INSTANT, now - max(window, PUNCTUAL))
    if begin >= now:
        return []
    missed = list(islice(occurrences(request.schedule, begin, now - INSTANT), MAX_MADE_UP))
    if request.catch_up == LATEST:
        punctual = [due for due in missed if due > now - PUNCTUAL]
        return punctual or missed[-1:]
    return missed


def _look_again(
    schedule: Mapping[str, Any], made: Sequence[datetime], now: datetime, end: datetime, bounds: Bounds
) -> datetime | None:
    """When there will be too few runs waiting, or they will not reach far enough ahead; never if there is none to come."""
    following = next(occurrences(schedule, (made[-1] if made else now) + INSTANT, LAST), None)
    if following is None:
        return None
    if following > end:
        return following - (end - now)
    if not made:
        return None
    too_few = made[-min(max(bounds.min_runs, 1), len(made))]
    too_near = made[-1] - timedelta(seconds=bounds.min_seconds)
    look = min(too_few, too_near) if bounds.min_seconds else too_few
    # More often than that it is of no use: there may be no more runs waiting than the maximum.
    return max(look, made[len(made) // 2]) if look <= now else look
