"""The parts of a run's JSON that flow runs and task runs share."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from lictor.db.row_serializer import DurationField, NestedObject
from lictor.db.types import SecondsBetween
from lictor.resources.states.schemas import TERMINAL


def state_of_run(run: sa.Table) -> NestedObject:
    """The current state, which the row of the run carries."""
    return NestedObject(
        {
            "id": run.c.state_id,
            "type": run.c.state_type,
            "name": run.c.state_name,
            "timestamp": run.c.state_timestamp,
            "message": run.c.state_message,
            "data": run.c.state_data,
            "state_details": run.c.state_details,
        },
        unless_null=run.c.state_details,
    )


def estimated_run_time(run: sa.Table) -> DurationField:
    """Seconds a run has run, up to now if it is running."""
    return DurationField(_run_time, (run.c.state_type, run.c.state_timestamp, run.c.total_run_time))


def _run_time(seconds_between: SecondsBetween) -> Callable[..., float]:
    def measure(now: Any, state_type: str | None, since: Any, total: int) -> float:
        seconds = total / 1_000_000
        if state_type == "RUNNING" and since is not None:
            return round(seconds + max(seconds_between(since, now), 0.0), 6)
        return seconds

    return measure


def estimated_start_time_delta(run: sa.Table) -> DurationField:
    """Seconds by which a run started late, or is late by now if it has not started."""
    return DurationField(_lateness, (run.c.state_type, run.c.start_time, run.c.expected_start_time))


def _lateness(seconds_between: SecondsBetween) -> Callable[..., float]:
    def measure(now: Any, state_type: str | None, start: Any, expected: Any) -> float:
        if expected is None:
            return 0.0
        if start is None:
            if state_type in TERMINAL:
                return 0.0
            start = now
        return max(seconds_between(expected, start), 0.0)

    return measure
