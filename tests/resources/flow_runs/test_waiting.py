"""Why a flow run is not running: the reasons that are in force, each with the object to blame."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import Database
from lictor.db.ids import uuid7
from lictor.resources.deployments.table import deployment_schedule
from lictor.resources.states.schemas import State, StateDetails, StateType
from lictor.resources.work_pools.table import worker
from tests.make import Make

JSON = dict[str, Any]


async def scheduled(make: Make, due: datetime, name: str | None = None, **values: Any) -> UUID:
    details = StateDetails(scheduled_time=due)
    state = State(id=uuid7(), type=StateType.SCHEDULED, name=name, timestamp=utc_now(), state_details=details)
    return await make.flow_run(state=state, next_scheduled_start_time=due, **values)


async def reasons(api: httpx.AsyncClient, id: UUID) -> dict[str, JSON]:
    reply = await api.get(f"/flow_runs/{id}/waiting")
    assert reply.status_code == 200, reply.text
    return {reason["code"]: reason for reason in reply.json()["reasons"]}


async def test_all_that_is_in_the_way_of_a_run_in_a_pool(api: httpx.AsyncClient, db: Database, make: Make) -> None:
    pool = await make.work_pool("p", is_paused=True, concurrency_limit=1)
    first = await make.work_queue("first", work_pool_id=pool, priority=1)
    queue = await make.work_queue("q", work_pool_id=pool, priority=2, is_paused=True)
    past = utc_now() - timedelta(minutes=1)
    busy = await make.flow_run("busy", "RUNNING", work_queue_id=first)
    await scheduled(make, past, work_queue_id=first)
    seen = utc_now() - timedelta(hours=1)
    async with db.write() as tx:
        gone = {"name": "w", "work_pool_id": pool, "last_heartbeat_time": seen, "online_until": seen}
        await tx.execute(sa.insert(worker).values(gone))
    run = await scheduled(make, past, work_queue_id=queue)
    found = await reasons(api, run)
    assert found.keys() == {"pool_paused", "queue_paused", "no_worker", "limit_full", "others_first"}
    assert found["queue_paused"]["object"] == {"kind": "work_queue", "id": str(queue), "name": "q"}
    assert datetime.fromisoformat(found["no_worker"]["since"]) == seen
    assert [holder["id"] for holder in found["limit_full"]["holders"]] == [str(busy)]
    assert found["limit_full"]["message"] == "All 1 slots of the work pool 'p' are taken, by 'busy'."
    assert found["others_first"]["message"] == "1 other run of the work pool 'p' comes first."


async def test_a_run_that_may_start_any_moment_waits_for_nothing(api: httpx.AsyncClient, make: Make) -> None:
    pool = await make.work_pool("p")
    run = await scheduled(make, utc_now(), work_queue_id=await make.work_queue("q", work_pool_id=pool))
    await api.post("/work_pools/p/workers/heartbeat", json={"name": "w"})
    await api.post("/work_pools/p/get_scheduled_flow_runs", json={"scheduled_before": "2000-01-01T00:00:00Z"})
    assert await reasons(api, run) == {}
    await api.post("/work_pools/p/get_scheduled_flow_runs", json={})
    assert (await reasons(api, run)).keys() == {"given_to_worker"}


async def test_a_deployment_without_a_pool(api: httpx.AsyncClient, make: Make) -> None:
    deployment = await make.deployment("d", paused=True)
    later = utc_now() + timedelta(hours=1)
    found = await reasons(api, await scheduled(make, later, deployment_id=deployment))
    assert found.keys() == {"not_due", "deployment_paused", "not_served"}
    assert datetime.fromisoformat(found["not_due"]["until"]) == later


async def test_a_full_deployment(api: httpx.AsyncClient, make: Make) -> None:
    limit = await make.limit("deployment:d", limit=1)
    deployment = await make.deployment("d", concurrency_limit_id=limit, last_polled=utc_now())
    other = await make.deployment("other", concurrency_limit_id=limit)
    busy = await make.flow_run("busy", "RUNNING", deployment_id=other)
    lease = await make.lease(limit, holder_type="flow_run", holder_id=busy)
    later = utc_now() + timedelta(seconds=30)
    run = await scheduled(make, later, "AwaitingConcurrencySlot", deployment_id=deployment)
    found = await reasons(api, run)
    assert found.keys() == {"limit_full"}
    assert found["limit_full"]["object"]["kind"] == "deployment"
    assert [holder["id"] for holder in found["limit_full"]["holders"]] == [str(busy)]
    await api.post("/v2/concurrency_limits/decrement-with-lease", json={"lease_id": str(lease)})
    assert await reasons(api, run) == {}, "it was woken"


async def test_schedules_that_are_paused_or_not_looked_at(api: httpx.AsyncClient, db: Database, make: Make) -> None:
    deployment = await make.deployment("d", last_polled=utc_now())
    paused, late = uuid7(), uuid7()
    since = utc_now() - timedelta(minutes=5)
    common = {"deployment_id": deployment, "schedule": '{"interval": 60}', "parameters": "{}"}
    async with db.write() as tx:
        for row in ({"id": paused, "slug": "hourly", "active": False}, {"id": late, "slug": "late", "due": since}):
            await tx.execute(sa.insert(deployment_schedule).values(**common, **row))
    maker = {"id": str(paused), "type": "SCHEDULE", "display_value": "hourly"}
    found = await reasons(api, await scheduled(make, utc_now(), deployment_id=deployment, created_by=maker))
    assert found.keys() == {"schedule_paused", "scheduler_behind"}
    assert found["schedule_paused"]["object"] == {"kind": "schedule", "id": str(paused), "name": "hourly"}
    assert datetime.fromisoformat(found["scheduler_behind"]["since"]) == since
    assert found["scheduler_behind"]["message"].startswith("The scheduler is behind by 30")


@pytest.mark.parametrize(
    ("state", "codes"),
    [
        pytest.param("PENDING", ["starting"], id="pending"),
        pytest.param("RUNNING", [], id="running"),
        pytest.param("PAUSED", ["paused"], id="paused"),
        pytest.param("COMPLETED", ["over"], id="over"),
        pytest.param(None, ["no_state"], id="without a state"),
    ],
)
async def test_runs_in_other_states(api: httpx.AsyncClient, make: Make, state: str | None, codes: list[str]) -> None:
    assert [*await reasons(api, await make.flow_run(state=state))] == codes


async def test_who_has_neither_pool_nor_deployment(api: httpx.AsyncClient, make: Make) -> None:
    assert [*await reasons(api, await scheduled(make, utc_now()))] == ["nobody_starts_it"]


async def test_a_run_that_is_not_there(api: httpx.AsyncClient) -> None:
    assert (await api.get(f"/flow_runs/{uuid7()}/waiting")).status_code == 404
