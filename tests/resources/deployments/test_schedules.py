"""Schedules: what they may look like, and how those of a deployment change."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import TypeAdapter, ValidationError

from lictor.db.base import utc_now
from lictor.resources.deployments.schedules import MAX_RRULE_CHARACTERS, NewSchedule, Schedule
from tests.replies import JSON, locations
from tests.resources.deployments.shared import Deploy

ANCHOR = "2026-01-01T00:00:00Z"
HOURLY: JSON = {"interval": 3600.0, "anchor_date": ANCHOR, "timezone": "UTC"}
DAILY: JSON = {"cron": "0 6 * * *", "timezone": None, "day_or": True}

ANY: TypeAdapter[Schedule] = TypeAdapter(NewSchedule)


def parsed(given: JSON) -> JSON:
    return ANY.dump_python(ANY.validate_python(given), mode="json")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"interval": 3600, "anchor_date": ANCHOR}, HOURLY),
        ({"interval": "PT1H", "anchor_date": "2026-01-01"}, HOURLY),
        ({"interval": 0.5, "anchor_date": "2026-01-01T00:00:00"}, {**HOURLY, "interval": 0.5}),
        (
            {"interval": 60, "anchor_date": "2026-01-01T00:00:00+02:00", "timezone": "Europe/Berlin"},
            {"interval": 60.0, "anchor_date": "2026-01-01T00:00:00+02:00", "timezone": "Europe/Berlin"},
        ),
        ({"interval": 60, "anchor_date": ANCHOR, "timezone": ""}, {**HOURLY, "interval": 60.0, "timezone": ""}),
        ({"cron": "0 6 * * *"}, DAILY),
        ({"cron": "@daily", "timezone": "Asia/Tokyo", "day_or": False}, {"cron": "@daily", "timezone": "Asia/Tokyo", "day_or": False}),
        ({"cron": "0 0 * * mon-fri"}, {**DAILY, "cron": "0 0 * * mon-fri"}),
        ({"rrule": "FREQ=DAILY"}, {"rrule": "DTSTART:20200101T000000\nFREQ=DAILY", "timezone": "UTC"}),
        ({"rrule": "FREQ=DAILY", "timezone": None}, {"rrule": "DTSTART:20200101T000000\nFREQ=DAILY", "timezone": None}),
        ({"rrule": "DTSTART:20260101T060000\nFREQ=DAILY"}, {"rrule": "DTSTART:20260101T060000\nFREQ=DAILY", "timezone": "UTC"}),
        ({"rrule": "FREQ=SECONDLY;COUNT=5"}, {"rrule": "DTSTART:20200101T000000\nFREQ=SECONDLY;COUNT=5", "timezone": "UTC"}),
        (
            {"rrule": "RRULE:FREQ=MINUTELY\nEXRULE:FREQ=HOURLY"},
            {"rrule": "DTSTART:20200101T000000\nRRULE:FREQ=MINUTELY\nEXRULE:FREQ=HOURLY", "timezone": "UTC"},
        ),
    ],
    ids=str,
)  # fmt: skip
def test_schedules(given: JSON, kept: JSON) -> None:
    assert parsed(given) == kept


def test_an_interval_is_counted_from_now_on() -> None:
    anchor = datetime.fromisoformat(parsed({"interval": 60})["anchor_date"])
    assert abs(anchor - utc_now()) < timedelta(seconds=5)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", None])
def test_a_fast_rule_starts_shortly_before_now_and_in_step_with_2020(zone: str | None) -> None:
    kept = parsed({"rrule": "FREQ=MINUTELY;INTERVAL=7", "timezone": zone})
    line, rule = kept["rrule"].split("\n")
    assert rule == "FREQ=MINUTELY;INTERVAL=7"
    start = datetime.strptime(line, "DTSTART:%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    assert (start - datetime(2020, 1, 1, tzinfo=UTC)) % timedelta(minutes=7) == timedelta(0)
    offset = timedelta(hours=5, minutes=30) if zone == "Asia/Kolkata" else timedelta(0)
    assert timedelta(0) <= utc_now() + offset - start < timedelta(minutes=7)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"interval": 0}, "interval must be positive"),
        ({"interval": -1}, "interval must be positive"),
        ({"interval": "x"}, "valid timedelta"),
        ({"interval": 1e300}, "may not exceed"),
        ({"interval": 60, "anchor_date": None}, "valid datetime"),
        ({"interval": 60, "anchor_date": "0001-01-01T00:00:00+10:00"}, "between the years 1 and 9999"),
        ({"interval": 60, "timezone": "Mars/Phobos"}, 'Invalid timezone: "Mars/Phobos"'),
        ({"interval": 60, "cron": "* * * * *"}, "Extra inputs are not permitted"),
        ({"cron": "nonsense"}, 'Invalid cron string: "nonsense"'),
        ({"cron": ""}, 'Invalid cron string: ""'),
        ({"cron": "61 * * * *"}, "Invalid cron string"),
        ({"cron": "R R * * *"}, "Random and Hashed expressions are unsupported"),
        ({"cron": "0 6 * * *", "timezone": "x"}, "Invalid timezone"),
        ({"rrule": "nonsense"}, 'Invalid RRule string "nonsense"'),
        ({"rrule": ""}, "Invalid RRule string"),
        ({"rrule": "FREQ=DAILY;UNTIL=x"}, "Invalid RRule string"),
        ({"rrule": "DTSTART:-1"}, "Invalid RRule string"),
        ({"rrule": "DTSTART:99999999999999999999"}, "Invalid RRule string"),
        ({"rrule": "FREQ=MINUTELY;INTERVAL=0"}, "INTERVAL must be positive"),
        ({"rrule": "RRULE:FREQ=DAILY\nRRULE:FREQ=MINUTELY;INTERVAL=-1"}, "INTERVAL must be positive"),
        ({"rrule": "RDATE:" + ",".join(["20200101T000000Z"] * (MAX_RRULE_CHARACTERS // 17 + 1))}, "Max length is 6500"),
        ({"rrule": "FREQ=DAILY", "timezone": "xUTCx"}, "Invalid timezone"),
        ({"rrule": "FREQ=DAILY", "timezone": ""}, "must not be empty"),
        ({}, "Field required"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_is_no_schedule(given: JSON, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        parsed(given)
    assert any(message in problem["msg"] for problem in caught.value.errors())


def described(deployment: JSON) -> list[tuple[Any, ...]]:
    """Slug, kind, activity, most runs and parameters of each schedule, in the order of the answer."""
    return [
        (each["slug"], next(iter(each["schedule"])), each["active"], each["max_scheduled_runs"], each["parameters"])
        for each in deployment["schedules"]
    ]


async def test_schedules_are_kept_and_listed_with_the_last_first(deploy: Deploy) -> None:
    given = [
        {"schedule": {"interval": 3600, "anchor_date": ANCHOR}},
        {"schedule": {"cron": "0 6 * * *"}, "slug": "b", "active": False, "max_scheduled_runs": 5, "parameters": {"n": 2**70}},
    ]  # fmt: skip
    made = await deploy(schedules=given)
    assert described(made) == [("b", "cron", False, 5, {"n": 2**70}), (None, "interval", True, None, {})]
    assert [each["schedule"] for each in made["schedules"]] == [DAILY, HOURLY]
    assert {each["deployment_id"] for each in made["schedules"]} == {made["id"]}
    assert (await deploy())["schedules"] == []


async def test_a_thousand_schedules(deploy: Deploy) -> None:
    made = await deploy(schedules=[{"schedule": {"interval": seconds}} for seconds in range(1, 5001)])
    assert [each["schedule"]["interval"] for each in made["schedules"]] == [float(s) for s in range(5000, 0, -1)]


@pytest.mark.parametrize(
    ("asked", "culprit"),
    [
        ({"schedule": {"interval": 60}, "max_scheduled_runs": 0}, ["max_scheduled_runs"]),
        ({"schedule": {"interval": 60}, "max_scheduled_runs": 51}, ["max_scheduled_runs"]),
        ({"schedule": {"interval": 60}, "active": None}, ["active"]),
        ({"schedule": {"interval": 60}, "parameters": None}, ["parameters"]),
        ({"schedule": {"interval": 60}, "other": 1}, ["other"]),
        ({}, ["schedule"]),
    ],
)
async def test_bad_schedules_are_refused_by_name(
    api: httpx.AsyncClient, etl: Any, asked: JSON, culprit: list[Any]
) -> None:
    body = {"name": "nightly", "flow_id": str(etl), "schedules": [{"schedule": {"interval": 1}}, asked]}
    assert locations(await api.post("/deployments/", json=body)) == [["body", "schedules", 1, *culprit]]
    assert (await api.post("/deployments/count")).json() == 0


async def test_slugs_must_differ(api: httpx.AsyncClient, deploy: Deploy, etl: Any) -> None:
    twice = [{"schedule": {"interval": 60}, "slug": "a"}, {"schedule": {"interval": 90}, "slug": "a"}]
    for reply in (
        await api.post("/deployments/", json={"name": "new", "flow_id": str(etl), "schedules": twice}),
        await api.patch(f"/deployments/{(await deploy())['id']}", json={"schedules": twice}),
    ):
        assert (reply.status_code, reply.json()) == (
            409,
            {"detail": "Schedule slugs must be unique within a deployment."},
        )
    assert (await api.post("/deployments/count")).json() == 1


Change = list[JSON]


async def changed(api: httpx.AsyncClient, id: str, schedules: Change) -> JSON:
    reply = await api.patch(f"/deployments/{id}", json={"schedules": schedules})
    assert reply.status_code == 204, reply.text
    return (await api.get(f"/deployments/{id}")).json()


async def test_without_slugs_all_are_replaced(api: httpx.AsyncClient, deploy: Deploy) -> None:
    made = await deploy(schedules=[{"schedule": HOURLY, "slug": "a"}, {"schedule": DAILY}])
    now = await changed(api, made["id"], [{"schedule": DAILY, "active": None, "slug": "c", "max_scheduled_runs": 2}])
    assert described(now) == [("c", "cron", True, 2, {})]
    made = await deploy(schedules=[{"schedule": HOURLY}])
    assert described(await changed(api, made["id"], [{"active": False}])) == []
    made = await deploy(schedules=[{"schedule": HOURLY}])
    assert described(await changed(api, made["id"], [])) == []


async def test_with_slugs_those_named_change(api: httpx.AsyncClient, deploy: Deploy) -> None:
    named = [{"schedule": HOURLY, "slug": "a", "parameters": {"x": 1}}, {"schedule": DAILY, "slug": "b"}]
    made = await deploy(schedules=named)
    ids = {each["slug"]: each["id"] for each in made["schedules"]}
    assert await changed(api, made["id"], []) == made | {
        "updated": (await api.get(f"/deployments/{made['id']}")).json()["updated"]
    }
    now = await changed(api, made["id"], [{"slug": "a", "active": False, "max_scheduled_runs": 3}])
    assert described(now) == [("a", "interval", False, 3, {}), ("b", "cron", True, None, {})]
    now = await changed(api, made["id"], [{"slug": "a", "schedule": DAILY, "parameters": {"y": 2}}])
    assert described(now) == [("a", "cron", False, 3, {"y": 2}), ("b", "cron", True, None, {})]
    now = await changed(api, made["id"], [{"slug": "c", "schedule": HOURLY}, {"slug": "b", "active": False}])
    assert [each[0] for each in described(now)] == ["c", "b", "a"]
    assert {each["slug"]: each["id"] for each in now["schedules"]} | ids == {
        each["slug"]: each["id"] for each in now["schedules"]
    }
    assert (await deploy())["schedules"] == []


async def test_slugs_are_replaced(api: httpx.AsyncClient, deploy: Deploy) -> None:
    made = await deploy(schedules=[{"schedule": HOURLY, "slug": "a"}, {"schedule": DAILY, "slug": "b"}])
    ids = {each["slug"]: each["id"] for each in made["schedules"]}
    now = await changed(api, made["id"], [{"slug": "b", "replaces": "a"}, {"slug": "a", "replaces": "b"}])
    assert {each["slug"]: each["id"] for each in now["schedules"]} == {"a": ids["b"], "b": ids["a"]}
    now = await changed(api, made["id"], [{"slug": "c", "replaces": "nobody", "schedule": HOURLY}])
    assert [each[0] for each in described(now)] == ["c", "a", "b"]


@pytest.mark.parametrize(
    ("asked", "detail"),
    [
        ([{"schedule": HOURLY}], "Please provide a slug for each schedule"),
        ([{"slug": "c"}], "without a schedule configuration"),
        ([{"slug": "c", "replaces": "nobody"}], "without a schedule configuration"),
        ([{"slug": "a", "replaces": "b"}], "Cannot rename schedule from 'b' to 'a'"),
        ([{"slug": "x", "replaces": "a"}, {"slug": "y", "replaces": "a"}], "targeting the same slug: a"),
    ],
)
async def test_changes_by_slug_that_cannot_be(
    api: httpx.AsyncClient, deploy: Deploy, asked: Change, detail: str
) -> None:
    made = await deploy(schedules=[{"schedule": HOURLY, "slug": "a"}, {"schedule": DAILY, "slug": "b"}])
    reply = await api.patch(f"/deployments/{made['id']}", json={"version": "2", "schedules": asked})
    assert reply.status_code == 422
    assert detail in reply.json()["detail"]
    assert (await api.get(f"/deployments/{made['id']}")).json() == made


async def test_two_may_not_end_with_one_slug(api: httpx.AsyncClient, deploy: Deploy) -> None:
    made = await deploy(schedules=[{"schedule": HOURLY, "slug": "a"}, {"schedule": DAILY, "slug": "b"}])
    asked = [{"slug": "z", "replaces": "a"}, {"slug": "z", "schedule": HOURLY}]
    reply = await api.patch(f"/deployments/{made['id']}", json={"schedules": asked})
    assert reply.status_code == 409
    assert (await api.get(f"/deployments/{made['id']}")).json() == made
