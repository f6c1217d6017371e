"""What becomes of runs that waited for too long."""

from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.resources.flow_runs.table import flow_run
from lictor.services.catch_up import skip_missed_runs
from lictor.services.scheduler import make_scheduled_runs
from lictor.settings import ServiceSettings
from lictor.settings.services import SchedulerSettings
from tests.databases import settings_for
from tests.resources.deployments.conftest import deploy, etl

__all__ = ["deploy", "etl"]

MINUTELY = {"schedule": {"interval": 60, "anchor_date": "2026-01-01T00:00:00Z"}}
HOURS = timedelta(hours=2)


async def overdue(db, api, deployment: str) -> list[dict]:
    """The runs of a deployment, made two hours ago, so that half of them are overdue."""
    await make_scheduled_runs(SchedulerSettings(min_scheduled_time=timedelta(hours=1)), db)
    body = {"deployments": {"id": {"any_": [deployment]}}, "sort": "NEXT_SCHEDULED_START_TIME_ASC"}
    runs = (await api.post("/flow_runs/filter", json=body)).json()
    start = utc_now() - timedelta(minutes=30, seconds=1)
    async with db.write() as tx:
        for place, run in enumerate(runs):
            due = start + timedelta(minutes=place)
            which = flow_run.c.id == UUID(run["id"])
            moved = {"next_scheduled_start_time": due, "expected_start_time": due}
            await tx.execute(sa.update(flow_run).where(which).values(**moved))
    return runs


async def state_name(api, run: str) -> str:
    return (await api.get(f"/flow_runs/{run}")).json()["state_name"]


def with_policy(settings, policy: str, window: int = 3600):
    scheduler = SchedulerSettings(enabled=False, catch_up=policy, catch_up_window=timedelta(seconds=window))
    services = ServiceSettings(lease_expiry_enabled=False, scheduler=scheduler)
    return settings_for(settings.database.url, services=services)


@pytest.mark.parametrize(
    ("policy", "window", "left"),
    [
        pytest.param("all", 3600, 31, id="all"),
        pytest.param("latest", 3600, 1, id="the latest"),
        pytest.param("none", 3600, 1, id="what was due just now was not missed"),
    ],
)
async def test_missed_runs(api, db, settings, deploy, policy, window, left):
    made = await deploy(schedules=[MINUTELY])
    runs = await overdue(db, api, made["id"])
    await skip_missed_runs(with_policy(settings, policy, window), db)
    states = [(await api.get(f"/flow_runs/{run['id']}")).json()["state"] for run in runs]
    due = [state["name"] for state in states[:31]]
    assert due == ["Skipped"] * (31 - left) + ["Scheduled"] * left
    assert {state["type"] for state in states[:31]} <= {"CANCELLED", "SCHEDULED"}
    assert {state["name"] for state in states[31:]} == {"Scheduled"}


async def test_a_deployment_says_otherwise(api, db, settings, deploy):
    mine, other = await deploy("mine", schedules=[MINUTELY]), await deploy("other", schedules=[MINUTELY])
    await api.put(f"/deployments/{mine['id']}/catch_up", json={"policy": "none"})
    runs = [await overdue(db, api, each["id"]) for each in (mine, other)]
    started = runs[0][3]["id"]
    await api.post(f"/flow_runs/{started}/set_state", json={"state": {"type": "PENDING"}})
    await skip_missed_runs(settings, db)
    first, second = [[await state_name(api, run["id"]) for run in some] for some in runs]
    assert first[:6] == ["Skipped", "Skipped", "Skipped", "Pending", "Skipped", "Skipped"]
    assert set(second) == {"Scheduled"}
    assert (await api.put(f"/deployments/{mine['id']}/catch_up", json={})).status_code == 204
    assert (await api.get(f"/deployments/{mine['id']}/catch_up")).json() == {"policy": None, "window_seconds": None}


@pytest.mark.parametrize(
    ("body", "field"),
    [({"policy": "some"}, "policy"), ({"window_seconds": -1}, "window_seconds"), ({"unknown": 1}, "unknown")],
)
async def test_refused_policies(api, deploy, body, field):
    made = await deploy()
    reply = await api.put(f"/deployments/{made['id']}/catch_up", json=body)
    assert reply.status_code == 422
    assert field in reply.text


async def test_no_such_deployment(api):
    path = f"/deployments/{UUID(int=5)}/catch_up"
    assert (await api.put(path, json={})).status_code == 404
    assert (await api.get(path)).status_code == 404
