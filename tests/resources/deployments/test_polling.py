"""Polls of serve processes: which runs they get, and that no two get the same."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import Database
from lictor.db.ids import uuid7
from lictor.resources.flow_runs.claims import claim
from lictor.resources.flow_runs.table import flow_run, flow_run_claim
from lictor.settings import Settings
from tests.resources.deployments.shared import Deploy
from tests.resources.work_pools.test_polling import clients


async def order(api: httpx.AsyncClient, deployment: dict[str, Any], count: int = 1) -> list[str]:
    """The ids of new runs of a deployment, due at once."""
    path = f"/deployments/{deployment['id']}/create_flow_run"
    return [(await api.post(path, json={})).json()["id"] for _ in range(count)]


async def poll(api: httpx.AsyncClient, *deployments: dict[str, Any], **asked: Any) -> list[str]:
    body = {"deployment_ids": [each["id"] for each in deployments], **asked}
    reply = await api.post("/deployments/get_scheduled_flow_runs", json=body)
    assert reply.status_code == 200, reply.text
    return [run["id"] for run in reply.json()]


async def test_an_answer_says_all_of_a_run(api: httpx.AsyncClient, deploy: Deploy) -> None:
    made = await deploy()
    [id] = await order(api, made)
    reply = await api.post("/deployments/get_scheduled_flow_runs", json={"deployment_ids": [made["id"]]})
    [found] = reply.json()
    whole = (await api.get(f"/flow_runs/{id}")).json()
    whole["estimated_start_time_delta"] = found["estimated_start_time_delta"]
    assert found == whole


async def test_runs_come_by_time_within_the_bounds(api: httpx.AsyncClient, deploy: Deploy) -> None:
    first, second, other = [await deploy(name) for name in ("a", "b", "c")]
    [late], [early], _ = await order(api, first), await order(api, second), await order(api, other)
    later = {"type": "SCHEDULED", "state_details": {"scheduled_time": (utc_now() + timedelta(hours=2)).isoformat()}}
    await api.post(f"/flow_runs/{late}/set_state", json={"state": later, "force": True})
    assert await poll(api, first, second) == [early, late]
    assert await poll(api, first, second, limit=1) == [early]
    assert await poll(api, first, second, scheduled_before=utc_now().isoformat()) == [early]
    assert await poll(api) == []


async def test_a_run_is_given_to_one_at_a_time(settings: Settings, deploy: Deploy, db: Database) -> None:
    async with clients(settings, 3) as (one, two, restarted):
        made = await deploy()
        ids = await order(one, made, 5)
        assert await poll(one, made) == ids
        assert await poll(two, made) == []
        assert await poll(one, made) == ids  # whoever has them may ask again
        await _let_lapse(db)
        assert await poll(restarted, made) == ids
        assert await poll(one, made) == []


async def test_of_many_that_poll_at_once_no_two_get_the_same(settings: Settings, deploy: Deploy) -> None:
    async with clients(settings, 6) as pollers:
        made = await deploy()
        ids = await order(pollers[0], made, 10)
        answers = await asyncio.gather(*(poll(each, made, limit=4) for each in pollers))
        given = [id for answer in answers for id in answer]
        assert len(given) == len(set(given))
        assert set(given) <= set(ids)
        assert given


async def test_pollers_whose_addresses_look_alike(settings: Settings, deploy: Deploy, db: Database) -> None:
    """Behind a proxy that tells their host they have no port: then each poll is somebody else's."""
    async with clients(settings, 1) as [one]:
        transport = one._transport
        assert isinstance(transport, httpx.ASGITransport)
        transport.client = ("10.0.0.1", 0)
        made = await deploy()
        ids = await order(one, made, 2)
        assert await poll(one, made) == ids
        assert await poll(one, made) == []
        await _let_lapse(db)
        assert await poll(one, made) == ids


async def test_a_look_ahead_claims_nothing(settings: Settings, deploy: Deploy, db: Database) -> None:
    async with clients(settings, 2) as (one, two):
        made = await deploy()
        [id] = await order(one, made)
        async with db.write() as tx:
            later = utc_now() + timedelta(minutes=5)
            await tx.execute(sa.update(flow_run).values(next_scheduled_start_time=later))
        assert await poll(one, made) == await poll(two, made) == [id]


async def test_a_run_that_is_deleted_before_it_is_claimed(api: httpx.AsyncClient, deploy: Deploy, db: Database) -> None:
    """A deploy takes away runs that a poll has just found."""
    made = await deploy()
    [id] = await order(api, made)
    async with db.write() as tx:
        found = await claim(tx, "somebody", {UUID(id), uuid7()}, timedelta(seconds=5))
    assert found == {UUID(id)}


async def _let_lapse(db: Database) -> None:
    async with db.write() as tx:
        await tx.execute(sa.update(flow_run_claim).values(held_until=utc_now() - timedelta(seconds=1)))
