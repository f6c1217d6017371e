"""Runs of schedules are created ahead, each once, and go when their schedule does."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import Database
from lictor.resources.deployments.table import deployment_schedule
from lictor.resources.flow_runs.table import flow_run
from lictor.scheduling.slots import slot_key
from lictor.services import scheduler
from lictor.services.scheduler import make_scheduled_runs
from lictor.settings import ServiceSettings
from lictor.settings.services import SchedulerSettings
from tests.databases import settings_for
from tests.make import Make
from tests.plans import plan_of
from tests.resources.deployments.conftest import deploy, etl
from tests.serving import client_of

__all__ = ["deploy", "etl"]

HOURLY = {"schedule": {"cron": "0 * * * *", "timezone": "UTC"}}
MINUTELY = {"schedule": {"interval": 60, "anchor_date": "2026-01-01T00:00:00Z"}}
SETTINGS = SchedulerSettings()


async def runs_of(api, id: str) -> list[dict[str, Any]]:
    body = {"deployments": {"id": {"any_": [id]}}, "sort": "NEXT_SCHEDULED_START_TIME_ASC"}
    return (await api.post("/flow_runs/filter", json=body)).json()


async def make_all(db) -> None:
    while await make_scheduled_runs(SETTINGS, db):
        pass


async def test_a_run_of_a_schedule(api, db, deploy):
    schedule = {**HOURLY, "slug": "each hour", "parameters": {"y": 3}}
    made = await deploy(
        schedules=[schedule], parameters={"x": 1, "y": 2}, tags=["nightly"], version="7", enforce_parameter_schema=False
    )
    await make_all(db)
    first, *others = await runs_of(api, made["id"])
    assert len(others) == 2
    due = (utc_now() + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
    moment = f"{due:%Y-%m-%dT%H:%M:%SZ}"
    id = made["schedules"][0]["id"]
    expected = {
        "state_type": "SCHEDULED",
        "state_name": "Scheduled",
        "expected_start_time": moment,
        "next_scheduled_start_time": moment,
        "parameters": {"x": 1, "y": 3},
        "tags": ["auto-scheduled", "nightly"],
        "deployment_version": "7",
        "auto_scheduled": True,
        "run_count": 0,
        "created_by": {"id": id, "type": "SCHEDULE", "display_value": "each hour"},
        "idempotency_key": f"scheduled {made['id']} {id} {due:%Y-%m-%d %H:%M:%S}+00:00",
    }
    assert {name: first[name] for name in expected} == expected
    assert first["labels"] == {"team": "data", "prefect.flow.id": made["flow_id"], "prefect.deployment.id": made["id"]}
    assert first["state"]["state_details"]["scheduled_time"] == moment
    (state,) = (await api.get("/flow_run_states/", params={"flow_run_id": first["id"]})).json()
    assert (state["id"], state["message"]) == (first["state_id"], "Flow run scheduled")


async def test_the_key_of_a_slot_never_changes():
    """It stands in databases: whoever changes it makes every run a second time."""
    id, schedule = UUID(int=1), UUID(int=2)
    for moment in (datetime(2026, 3, 1, 12, tzinfo=UTC), datetime.fromisoformat("2026-03-01T13:00:00+01:00")):
        assert slot_key(id, schedule, moment) == f"scheduled {id} {schedule} 2026-03-01 12:00:00+00:00"


async def test_schedulers_at_once_make_each_run_once(api, db, deploy):
    made = [await deploy(f"d{number}", schedules=[MINUTELY, HOURLY]) for number in range(6)]
    await asyncio.gather(*(make_scheduled_runs(SETTINGS, db) for _ in range(5)))
    await make_all(db)
    for each in made:
        runs = await runs_of(api, each["id"])
        keys = {(run["created_by"]["id"], run["next_scheduled_start_time"]) for run in runs}
        assert len(keys) == len(runs) > 60


async def test_a_schedule_is_looked_at_when_it_needs_runs(db, deploy):
    await deploy(schedules=[MINUTELY])
    assert await db.read.scalar(sa.select(sa.func.count()).where(deployment_schedule.c.due <= utc_now())) == 1
    await make_all(db)
    row = await db.read.first(sa.select(deployment_schedule))
    hour = timedelta(hours=1)
    assert timedelta(0) < row.due - utc_now() <= timedelta(minutes=1)
    assert timedelta(0) <= row.covered_until - (row.due + hour) <= timedelta(minutes=1)


CHANGES = [
    pytest.param(
        lambda deployment, schedule: ("PATCH", f"/deployments/{deployment}", {"paused": True}),
        id="a deployment is changed",
    ),
    pytest.param(
        lambda deployment, schedule: ("POST", f"/deployments/{deployment}/pause_deployment", None), id="it is paused"
    ),
    pytest.param(lambda deployment, schedule: ("DELETE", f"/deployments/{deployment}", None), id="it is deleted"),
    pytest.param(
        lambda deployment, schedule: ("PATCH", f"/deployments/{deployment}/schedules/{schedule}", {"active": False}),
        id="a schedule is made inactive",
    ),
    pytest.param(
        lambda deployment, schedule: ("DELETE", f"/deployments/{deployment}/schedules/{schedule}", None),
        id="a schedule is deleted",
    ),
]


@pytest.mark.parametrize("change", CHANGES)
async def test_runs_to_come_go_at_once_when(api, db, deploy, change):
    made = await deploy(schedules=[MINUTELY])
    kept = await deploy("other", schedules=[MINUTELY])
    await make_all(db)
    manual = (await api.post(f"/deployments/{made['id']}/create_flow_run", json={})).json()["id"]
    method, path, body = change(made["id"], made["schedules"][0]["id"])
    assert (await api.request(method, path, json=body)).status_code in {200, 204}
    left = [run["id"] for run in await runs_of(api, made["id"])]
    assert left == ([] if method == "DELETE" and "schedules" not in path else [manual])
    await make_all(db)
    assert [run["id"] for run in await runs_of(api, made["id"])] == left
    assert len(await runs_of(api, kept["id"])) > 60


async def test_resuming_makes_runs_again(api, db, deploy):
    made = await deploy(schedules=[HOURLY], paused=True)
    await make_all(db)
    assert await runs_of(api, made["id"]) == []
    await api.post(f"/deployments/{made['id']}/resume_deployment")
    await make_all(db)
    assert len(await runs_of(api, made["id"])) == 3


async def test_deploying_again_neither_doubles_nor_loses_a_run(api, db, deploy):
    """One of them has been picked up before its time, as workers do."""
    made = await deploy(schedules=[MINUTELY, HOURLY])
    await make_all(db)
    before = await runs_of(api, made["id"])
    taken = before[0]["id"]
    await api.post(f"/flow_runs/{taken}/set_state", json={"state": {"type": "PENDING"}})
    for place in range(3):
        schedules = [{**MINUTELY, "active": True}, {**HOURLY, "slug": None}] if place else [MINUTELY, HOURLY]
        again = await deploy(schedules=schedules, parameters={"place": place}, enforce_parameter_schema=False)
        assert {each["id"] for each in again["schedules"]} == {each["id"] for each in made["schedules"]}
        await make_all(db)
    after = await runs_of(api, made["id"])
    slots = [(run["created_by"]["id"], run["next_scheduled_start_time"] or run["expected_start_time"]) for run in after]
    expected = [(run["created_by"]["id"], run["next_scheduled_start_time"]) for run in before]
    assert sorted(slots)[: len(expected)] == sorted(expected)[: len(slots)] or set(expected) <= set(slots)
    assert len(set(slots)) == len(slots)
    assert taken in {run["id"] for run in after}


async def test_a_slot_between_deploying_and_scheduling_is_not_lost(api, db, deploy):
    made = await deploy(schedules=[MINUTELY])
    ago = utc_now() - timedelta(minutes=3)
    async with db.write() as tx:
        await tx.execute(sa.update(deployment_schedule).values(covered_until=ago, due=ago))
    await make_all(db)
    runs = await runs_of(api, made["id"])
    past = [run for run in runs if run["next_scheduled_start_time"] < f"{utc_now():%Y-%m-%dT%H:%M:%S}"]
    assert len(past) == 3


@pytest.mark.parametrize(("policy", "past"), [("all", 60), ("latest", 1), ("none", 0)])
async def test_what_was_missed(api, db, deploy, policy, past):
    made = await deploy(schedules=[{"schedule": {"cron": "*/5 * * * *"}}])
    reply = await api.put(f"/deployments/{made['id']}/catch_up", json={"policy": policy, "window_seconds": 5 * 3600})
    assert reply.status_code == 204
    assert (await api.get(f"/deployments/{made['id']}/catch_up")).json() == {
        "policy": policy,
        "window_seconds": 18000.0,
    }
    ago = utc_now() - timedelta(days=1)
    async with db.write() as tx:
        await tx.execute(sa.update(deployment_schedule).values(covered_until=ago, due=ago))
    await make_all(db)
    runs = await runs_of(api, made["id"])
    now = utc_now()
    found = [
        run for run in runs if datetime.fromisoformat(run["next_scheduled_start_time"]) < now - timedelta(minutes=1)
    ]
    assert len(found) in {past, past - 1, past + 1} if past > 1 else len(found) <= past


async def test_a_batch_after_the_other(api, db, deploy):
    few = SchedulerSettings(batch_size=2, insert_batch_size=1)
    made = [await deploy(f"d{number}", schedules=[HOURLY]) for number in range(5)]
    rounds = 1
    while await make_scheduled_runs(few, db):
        rounds += 1
    assert rounds == 3
    assert [len(await runs_of(api, each["id"])) for each in made] == [3] * 5


async def test_a_year_ahead_is_too_far(api, db, deploy):
    made = await deploy(schedules=[{"schedule": {"cron": f"0 0 1 {(utc_now().month + 5) % 12 + 1} *"}}])
    await make_all(db)
    assert await runs_of(api, made["id"]) == []
    row = await db.read.first(sa.select(deployment_schedule))
    assert timedelta(days=30) < row.due - utc_now() < timedelta(days=270)


async def test_a_schedule_that_has_ended_is_not_looked_at_again(db, deploy):
    await deploy(schedules=[{"schedule": {"rrule": "DTSTART:20200101T000000\nRRULE:FREQ=DAILY;COUNT=3"}}])
    await make_all(db)
    assert (await db.read.first(sa.select(deployment_schedule))).due is None


async def test_schedulers_find_schedules_through_an_index(db, dialect):
    plan = await plan_of(db, scheduler._due(utc_now(), 100))
    if dialect == "sqlite":  # PostgreSQL reads tables that are as small as this one without
        assert "ix_deployment_schedule__due" in plan


async def test_no_run_is_looked_for_where_no_schedule_is_due(db, deploy, statements):
    await deploy(schedules=[HOURLY])
    await make_all(db)
    statements.clear()
    await make_all(db)
    assert len(statements) == 1


async def test_a_scheduler_is_woken_when_a_schedule_changes(settings):
    """It would have looked again only after an hour."""
    services = ServiceSettings(lease_expiry_enabled=False, scheduler=SchedulerSettings(loop_seconds=3600))
    async with client_of(settings_for(settings.database.url, services=services)) as api:
        flow = (await api.post("/flows/", json={"name": "etl"})).json()["id"]
        body = {"name": "nightly", "flow_id": flow}
        made = (await api.post("/deployments/", json=body)).json()
        await asyncio.sleep(1)
        reply = await api.post(f"/deployments/{made['id']}/schedules", json=[HOURLY])
        assert reply.status_code == 201, reply.text
        for _ in range(300):
            if await runs_of(api, made["id"]):
                return
            await asyncio.sleep(0.1)
    pytest.fail("no runs within 30 s")


async def test_an_imported_schedule_goes_on_behind_the_runs_that_came_with_it(api, db, deploy):
    """Prefect's keys tell the time on the clock of the schedule's zone, so that they are not ours."""
    made = await deploy(schedules=[MINUTELY])
    await make_all(db)
    before = await runs_of(api, made["id"])
    async with db.write() as tx:
        other = sa.func.replace(flow_run.c.idempotency_key, "+00:00", "-05:00")
        await tx.execute(sa.update(flow_run).values(idempotency_key=other))
        await tx.execute(sa.update(deployment_schedule).values(covered_until=None, due=utc_now()))
    await make_all(db)
    after = await runs_of(api, made["id"])
    assert len({run["next_scheduled_start_time"] for run in after}) == len(after)
    assert {run["id"] for run in before} <= {run["id"] for run in after}


async def test_what_the_scheduler_has_not_come_to_is_not_lost_when_a_flow_is_deployed_again(
    api: httpx.AsyncClient, db: Database, make: Make
) -> None:
    def body(seconds: int) -> dict[str, Any]:
        schedule = {"interval": seconds, "anchor_date": "2026-01-01T00:00:00Z"}
        return {"name": "d", "flow_id": flow, "schedules": [{"schedule": schedule}]}

    flow = str(await make.flow())
    await api.post("/deployments/", json=body(60))
    behind = utc_now() - timedelta(minutes=10)
    async with db.write() as tx:
        await tx.execute(sa.update(deployment_schedule).values(covered_until=behind, due=behind))
    covered = sa.select(deployment_schedule.c.covered_until)
    await api.post("/deployments/", json=body(60))
    assert await db.read.scalar(covered) == behind
    await api.post("/deployments/", json=body(30))  # at other times it has missed nothing
    assert await db.read.scalar(covered) > behind
