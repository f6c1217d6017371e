"""Which runs to make now, and when to look again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lictor.scheduling.planning import Bounds, Request, plan, plan_all

NOW = datetime(2026, 6, 1, 12, 0, 30, tzinfo=UTC)
HOUR = 3600.0
BOUNDS = Bounds(min_runs=3, max_runs=100, min_seconds=HOUR, max_seconds=100 * 24 * HOUR)
MINUTELY = {"cron": "* * * * *"}
HOURLY = {"cron": "0 * * * *"}


def planned(schedule: dict[str, Any], covered: datetime | None = None, bounds: Bounds = BOUNDS, **more: Any) -> Any:
    return plan(Request(schedule, None if covered is None else covered.isoformat(), **more), NOW, bounds)


def moment(text: str | None) -> datetime:
    assert text is not None
    return datetime.fromisoformat(text)


def test_the_first_runs_of_a_schedule():
    made = planned(MINUTELY)
    assert len(made.moments) == 61
    assert moment(made.moments[0]) == NOW.replace(minute=1, second=0)
    assert made.covered_until == made.moments[-1]
    assert moment(made.due) == moment(made.moments[-1]) - timedelta(hours=1)


def test_only_what_is_not_covered_is_made():
    made = planned(MINUTELY, NOW + timedelta(minutes=59))
    assert len(made.moments) == 2


def test_looking_when_it_is_due_makes_what_was_missing():
    """Each look makes the next run, and nothing is left out between."""
    now, covered, made = NOW, None, []
    for _ in range(50):
        step = plan(Request(HOURLY, covered), now, BOUNDS)
        made += step.moments
        covered = step.covered_until
        now = moment(step.due) + timedelta(seconds=1)
        assert now > NOW
    assert [moment(due) for due in made] == [moment(made[0]) + timedelta(hours=place) for place in range(len(made))]
    assert len(made) == 52


def test_more_runs_than_there_may_be():
    made = planned({"interval": 1.0, "anchor_date": "2026-01-01T00:00:00+00:00"})
    assert len(made.moments) == 100
    assert timedelta(seconds=45) < moment(made.due) - NOW < timedelta(seconds=55)
    few = planned(MINUTELY, max_runs=4)
    assert len(few.moments) == 4
    assert NOW < moment(few.due) <= NOW + timedelta(minutes=4)
    none = planned(MINUTELY, max_runs=0)
    assert (none.moments, none.due) == ([], None)


@pytest.mark.parametrize(
    ("policy", "window", "expected"),
    [
        pytest.param("all", 600.0, 10, id="all within the window"),
        pytest.param("all", 10 * HOUR, 120, id="all since it was covered"),
        pytest.param("latest", 600.0, 1, id="the latest"),
        pytest.param("none", 600.0, 1, id="none but what was due just now"),
    ],
)
def test_missed_runs(policy, window, expected):
    made = planned(MINUTELY, NOW - timedelta(hours=2), catch_up=policy, window=window)
    assert len([due for due in made.moments if moment(due) < NOW]) == expected


def test_none_of_what_was_missed_by_more_than_a_minute():
    made = planned(HOURLY, NOW - timedelta(hours=5), catch_up="none")
    assert [due for due in made.moments if moment(due) < NOW] == ["2026-06-01T12:00:00+00:00"]
    later = NOW + timedelta(minutes=20)
    made = plan(Request(HOURLY, (NOW - timedelta(hours=5)).isoformat(), catch_up="none"), later, BOUNDS)
    assert [due for due in made.moments if moment(due) < later] == []


def test_a_clock_that_jumps_back_makes_nothing_twice():
    """What lies ahead is covered already, though it is further ahead now."""
    covered = NOW + timedelta(hours=2)
    assert planned(MINUTELY, covered).moments == []
    assert planned(MINUTELY, covered).covered_until == covered.isoformat()


def test_a_schedule_that_nobody_can_plan_does_not_stop_the_others():
    requests = [
        {"schedule": {"cron": "not a cron"}, "covered_until": None},
        {"schedule": HOURLY, "covered_until": None},
    ]
    bounds = {"min_runs": 3, "max_runs": 100, "min_seconds": HOUR, "max_seconds": 100 * 24 * HOUR}
    wrong, right = plan_all(requests, NOW.isoformat(), bounds)
    assert wrong["error"]
    assert moment(wrong["due"]) == NOW + timedelta(days=1)
    assert len(right["moments"]) == 3
