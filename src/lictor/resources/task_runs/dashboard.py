"""The counts that a dashboard draws: task runs that have come to their end, over a window of time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from lictor.db.types import LAST_MOMENT, MICROSECOND
from lictor.errors import Unprocessable
from lictor.query.criteria import Combinator, set_fields
from lictor.query.filter_key import Filters
from lictor.resources.states.schemas import TERMINAL
from lictor.resources.task_runs.filters import TaskRunFilter

INTERVALS = 20
IN_THE_END = TaskRunFilter.model_validate({"state": {"type": {"any_": sorted(TERMINAL)}}})


@dataclass(frozen=True)
class Window:
    """Whole minutes, cut into `INTERVALS` equal intervals."""

    start: datetime
    end: datetime

    @classmethod
    def asked_by(cls, task_runs: TaskRunFilter, now: datetime) -> "Window":
        """From the minute of the filter's `start_time.after_` to that of its `before_`, or of now."""
        asked: Any = task_runs.start_time
        if asked is None or asked.after_ is None:
            raise Unprocessable("task_runs.start_time.after_ is required")
        start = asked.after_.replace(second=0, microsecond=0)
        return cls(start, (asked.before_ or now).replace(second=59, microsecond=999_999))

    @property
    def edges(self) -> list[datetime]:
        """Where one interval ends and the next begins."""
        return [self.start + number * self.width for number in range(1, INTERVALS + 1)]

    def span(self, filters: Filters) -> tuple[datetime, datetime] | None:
        """The time from a moment to before another that is all that the filters of `ended` ask; None if they ask more."""
        task_runs = filters["task_runs"]
        assert isinstance(task_runs, TaskRunFilter)
        if any(asked is not None for asked in filters.values() if asked is not task_runs):
            return None
        if task_runs.operator is not Combinator.and_ or not set_fields(task_runs).keys() <= {"start_time", "state"}:
            return None
        asked = set_fields(task_runs.start_time)
        if not asked.keys() <= {"after_", "before_"}:
            return None
        last = min(asked.get("before_", self.end), LAST_MOMENT)
        return asked["after_"], last + MICROSECOND

    @property
    def width(self) -> timedelta:
        """How long an interval is; zero where the window ends before it begins."""
        return max((self.end - self.start) / INTERVALS, timedelta(0))


def ended(task_runs: TaskRunFilter) -> TaskRunFilter:
    """The filter with its criterion on states replaced: only ends count here."""
    return task_runs.model_copy(update={"state": IN_THE_END.state})


def dashboard_counts(rows: Iterable[sa.Row[Any]]) -> list[dict[str, int]]:
    """The answer: the counts of each interval, zeros where there are none."""
    counts = [{"completed": 0, "failed": 0} for _ in range(INTERVALS)]
    for row in rows:
        # Widths are whole microseconds, so the last ones of a window may lie past the last interval.
        counts[min(row.number, INTERVALS - 1)]["completed"] += row.completed
        counts[min(row.number, INTERVALS - 1)]["failed"] += row.failed
    return counts
