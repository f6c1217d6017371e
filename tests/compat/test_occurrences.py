"""Schedules run at the same moments as on Prefect's server: across transitions, leap days and ends of years."""

import json
import random
import subprocess
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lictor.resources.deployments.schedules import CronSchedule, IntervalSchedule, RRuleSchedule
from lictor.scheduling.occurrences import occurrences

from . import sdk, servers

ZONES = (
    "UTC",
    "America/New_York",
    "America/Los_Angeles",
    "America/Sao_Paulo",
    "America/St_Johns",
    "America/Santiago",
    "America/Havana",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Lisbon",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Kolkata",
    "Asia/Tehran",
    "Asia/Kathmandu",
    "Asia/Beirut",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "Pacific/Apia",
)
N = 25
DAY = 86400
FAR = timedelta(days=365 * 400)

TRANSITIONS = (  # around which clocks are moved somewhere, and other days that are not like the others
    "2026-03-08T00:00:00",
    "2026-03-29T00:00:00",
    "2026-10-25T00:00:00",
    "2026-11-01T00:00:00",
    "2026-04-05T00:00:00",
    "2026-10-04T00:00:00",
    "2026-09-06T00:00:00",
    "2026-04-24T00:00:00",
    "2028-02-28T12:00:00",
    "2026-12-31T12:00:00",
    "2011-12-29T00:00:00",
)
CRONS = (
    "* * * * *",
    "*/20 * * * *",
    "0 * * * *",
    "30 1 * * *",
    "30 2 * * *",
    "15,45 0-3 * * *",
    "0 0 * * *",
    "0 9 * * mon-fri",
    "0 0 29 2 *",
    "0 12 1 * 5",
    "0 0 13 * FRI",
    "59 23 31 dec *",
    "0 0 l * *",
    "0 6 * * 5#2",
    "*/7 1-3 * * *",
    "@daily",
    "@hourly",
    "30 */5 * * *",
    "0 0 1 jan,jul *",
    "5 4 * * sun",
)
RRULES = (
    "FREQ=DAILY",
    "FREQ=HOURLY;INTERVAL=3",
    "FREQ=MINUTELY;INTERVAL=25",
    "FREQ=SECONDLY;INTERVAL=1000",
    "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYHOUR=9,2;BYMINUTE=30",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU;BYHOUR=2;BYMINUTE=30;WKST=SU",
    "FREQ=MONTHLY;BYMONTHDAY=-1",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
    "DTSTART:20150301T013000\nRRULE:FREQ=HOURLY",
    "DTSTART:20100101T023000\nRRULE:FREQ=DAILY;INTERVAL=3",
    "DTSTART:20160131T120000\nRRULE:FREQ=MONTHLY",
    "DTSTART:20160229T120000\nRRULE:FREQ=YEARLY",
    "DTSTART:20251201T000000\nRRULE:FREQ=HOURLY;UNTIL=20261231T120000",
    "DTSTART:20260101T000000\nRRULE:FREQ=DAILY;COUNT=360",
    "DTSTART:20260101T000000\nRRULE:FREQ=HOURLY;COUNT=7300;INTERVAL=2",
    "DTSTART:20260101T000000\nRRULE:FREQ=MINUTELY;BYHOUR=1,2,3;BYMINUTE=0,15,30;COUNT=5000",
    "DTSTART:20260101T013000\nRRULE:FREQ=DAILY\nEXDATE:20261101T013000,20260329T013000",
    "DTSTART:20260101T003000\nRRULE:FREQ=DAILY\nRDATE:20261231T235900,20261025T023000\nEXRULE:FREQ=WEEKLY",
    "DTSTART:20111201T003000\nRRULE:FREQ=DAILY;BYHOUR=0,1,2,3",
)


UNLIKE = [
    {
        "schedule": {"interval": 1800, "anchor_date": "2026-10-24T00:00:00+00:00", "timezone": "Europe/Berlin"},
        "start": "2026-10-24T22:00:00+00:00",
        "n": N,
    },
    {
        "schedule": {"rrule": "DTSTART:20400601T120000\nRRULE:FREQ=DAILY", "timezone": "America/New_York"},
        "start": "2040-06-10T00:00:00+00:00",
        "n": N,
    },
]
"""An interval in the hour that comes twice, and a rule in a summer after 2037."""


def cases() -> list[dict[str, Any]]:
    choose = random.Random(17)
    found = []
    for zone in ZONES:
        for place in range(51):
            start = datetime.fromisoformat(choose.choice(TRANSITIONS)).replace(tzinfo=UTC)
            start += timedelta(seconds=choose.randrange(-200_000, 200_000), microseconds=choose.choice((0, 1, 5000)))
            schedule = (interval, cron, rrule)[place % 3](choose, start, zone)
            found.append({"schedule": schedule, "start": start.isoformat(), "n": N})
    return found


def interval(choose: random.Random, start: datetime, zone: str) -> dict[str, Any]:
    hours = choose.choice((1 / 60, 0.25, 1, 5, 23, 24, 24, 24, 48, 72, 168, 240))
    anchor = start + timedelta(
        seconds=choose.choice((-1, -1, 1)) * choose.randrange(400_000_000) // choose.choice((1, 9))
    )
    anchor = anchor.replace(microsecond=0, second=0, minute=choose.choice((0, 30)))
    return {"interval": hours * 3600, "anchor_date": anchor.isoformat(), "timezone": zone}


def cron(choose: random.Random, start: datetime, zone: str) -> dict[str, Any]:
    return {"cron": choose.choice(CRONS), "day_or": choose.random() < 0.7, "timezone": zone}


def rrule(choose: random.Random, start: datetime, zone: str) -> dict[str, Any]:
    return {"rrule": choose.choice(RRULES), "timezone": zone}


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[dict[str, Any], list[str]]]:
    asked = [*cases(), *UNLIKE]
    done = subprocess.run(
        [servers.PREFECT_PYTHON, sdk.SCRIPTS / "occurrences.py"],
        input=json.dumps(asked),
        check=True,
        capture_output=True,
        text=True,
        env=servers.prefect_environment(Path(tmp_path_factory.mktemp("prefect"))),
        timeout=600,
    )
    return list(zip(asked, json.loads(done.stdout.splitlines()[-1]), strict=True))


def test_a_thousand_schedules_run_when_prefects_do(oracle: list[tuple[dict[str, Any], list[str]]]) -> None:
    differing = []
    for case, told in oracle:
        dues = (ours(case["schedule"], case["start"]), told)
        found, expected = ([due for due in some if is_comparable(due, case["schedule"])] for some in dues)
        if found != expected[: len(found)]:
            differing.append((case, sorted(set(found) ^ set(expected))[:4]))
    assert not differing, f"{len(differing)} differ, such as {differing[:5]}"


def test_where_prefects_schedules_differ(oracle: list[tuple[dict[str, Any], list[str]]]) -> None:
    for case, told in oracle[-len(UNLIKE) :]:
        assert told
        assert set(ours(case["schedule"], case["start"])) - set(told), "it differs no longer"


def is_comparable(due: str, schedule: dict[str, Any]) -> bool:
    """Not where Prefect has another answer than its own rules: dateutil knows no summer time after 2037, and what
    happens an hour of elapsed time later, on a clock that was set back, it takes for the same.
    """
    local = datetime.fromisoformat(due).astimezone(ZoneInfo(schedule["timezone"]))
    return local.year < 2037 and not (local.fold and schedule.get("interval", DAY) < DAY)


def ours(fields: dict[str, Any], start: str) -> list[str]:
    kinds = {"interval": IntervalSchedule, "cron": CronSchedule, "rrule": RRuleSchedule}
    kind = next(kinds[name] for name in kinds if name in fields)
    schedule = json.loads(kind(**fields).model_dump_json())
    begin = datetime.fromisoformat(start)
    return [due.isoformat() for due in islice(occurrences(schedule, begin, begin + FAR), N)]
