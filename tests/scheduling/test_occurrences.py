"""Occurrences of schedules. That they are those of Prefect's server is shown by `tests/compat/test_occurrences.py`."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lictor.scheduling.occurrences import next_occurrences, occurrences

YEARS = timedelta(days=365 * 400)
NEW_YORK = "America/New_York"


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def found(schedule: dict[str, Any], start: str, number: int = 4) -> list[str]:
    begin = moment(start)
    return [f"{due:%m-%d %H:%M}" for due in islice(occurrences(schedule, begin, begin + YEARS), number)]


@pytest.mark.parametrize(
    ("schedule", "start", "expected"),
    [
        pytest.param(
            {"interval": 3600.0, "anchor_date": "2026-01-01T00:30:00+00:00", "timezone": NEW_YORK},
            "2026-11-01T05:00",
            ["11-01 05:30", "11-01 06:30", "11-01 07:30", "11-01 08:30"],
            id="an hourly interval runs every elapsed hour, twice at the same hour of the clock",
        ),
        pytest.param(
            {"interval": 86400.0, "anchor_date": "2026-03-01T09:00:00-05:00", "timezone": NEW_YORK},
            "2026-03-07T00:00",
            ["03-07 14:00", "03-08 13:00", "03-09 13:00", "03-10 13:00"],
            id="a daily interval keeps the time of the clock",
        ),
        pytest.param(
            {"interval": 86400.0, "anchor_date": "2026-03-01T02:30:00-05:00", "timezone": NEW_YORK},
            "2026-03-07T00:00",
            ["03-07 07:30", "03-08 07:30", "03-09 07:30", "03-10 07:30"],
            id="a time that a day does not have moves all later days",
        ),
        pytest.param(
            {"cron": "30 2 * * *", "timezone": NEW_YORK},
            "2026-03-07T00:00",
            ["03-07 07:30", "03-08 07:30", "03-09 06:30", "03-10 06:30"],
            id="a cron expression whose time is left out runs late that day",
        ),
        pytest.param(
            {"cron": "30 1 * * *", "timezone": NEW_YORK},
            "2026-10-31T00:00",
            ["10-31 05:30", "11-01 05:30", "11-02 06:30", "11-03 06:30"],
            id="a cron expression whose time comes twice runs once",
        ),
        pytest.param(
            {"cron": "0 0 13 * 5", "day_or": False},
            "2026-01-01T00:00",
            ["02-13 00:00", "03-13 00:00", "11-13 00:00", "08-13 00:00"],
            id="both kinds of day have to fit",
        ),
        pytest.param(
            {"rrule": "DTSTART:20260101T013000\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE:20260102T013000"},
            "2025-01-01T00:00",
            ["01-01 01:30", "01-03 01:30"],
            id="a rule that ends, without one of its days",
        ),
        pytest.param({"cron": "0 0 30 2 *"}, "2026-01-01T00:00", [], id="a day that there is not"),
    ],
)
def test_transitions(schedule, start, expected):
    assert found(schedule, start) == expected


SCHEDULES = (
    {"interval": 5400.0, "anchor_date": "2026-03-28T01:30:00+00:00", "timezone": "Europe/Berlin"},
    {"interval": 86400.0, "anchor_date": "2026-03-25T02:30:00+01:00", "timezone": "Europe/Berlin"},
    {"interval": 172800.0, "anchor_date": "2026-11-25T02:30:00+01:00", "timezone": "Europe/Berlin"},
    {"interval": 129600.0, "anchor_date": "2026-03-25T02:30:00+01:00", "timezone": "Europe/Berlin"},
    {"cron": "*/20 0-4 * * *", "timezone": "Europe/Berlin"},
    {"rrule": "FREQ=MINUTELY;INTERVAL=25", "timezone": "Europe/Berlin"},
    {"rrule": "DTSTART:20200101T000000\nRRULE:FREQ=HOURLY;COUNT=54700", "timezone": "Europe/Berlin"},
    {"rrule": "FREQ=DAILY;BYHOUR=1,2,3\nRDATE:20260329T021500", "timezone": "Europe/Berlin"},
)


@given(st.sampled_from(SCHEDULES), st.integers(0, 14 * 86400), st.sampled_from(["2026-03-22", "2026-10-18"]))
def test_where_one_begins_to_look_does_not_matter(schedule, seconds, first):
    begin = moment(first)
    end = begin + timedelta(days=15)
    whole = list(occurrences(schedule, begin, end))
    assert whole == sorted(set(whole))
    later = begin + timedelta(seconds=seconds)
    assert list(occurrences(schedule, later, end)) == [due for due in whole if due >= later]


def test_an_old_rule_is_walked_from_near_its_end():
    """Ten years of minutes are not walked through: of five million steps, only those around the start are made."""
    rule = "DTSTART:20160101T000000\nRRULE:FREQ=MINUTELY;COUNT=9000000"
    assert found({"rrule": rule}, "2026-11-28T12:00", 2) == ["11-28 12:00", "11-28 12:01"]


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        pytest.param({"min_runs": 3, "max_runs": 100, "min_until": 0}, 3, id="the minimum"),
        pytest.param({"min_runs": 3, "max_runs": 100, "min_until": 10}, 11, id="until the minimal time is reached"),
        pytest.param({"min_runs": 3, "max_runs": 5, "min_until": 10}, 5, id="the maximum comes first"),
        pytest.param({"min_runs": 90, "max_runs": 100, "min_until": 0}, 49, id="so does the end"),
        pytest.param({"min_runs": 3, "max_runs": 0, "min_until": 0}, 0, id="none"),
    ],
)
def test_as_few_as_are_enough(bounds, expected):
    start = moment("2026-01-01T00:00")
    bounds["min_until"] = start + timedelta(hours=bounds["min_until"])
    schedule = {"cron": "0 * * * *"}
    assert len(next_occurrences(schedule, start, start + timedelta(hours=48), **bounds)) == expected
