"""Polls of workers: which runs they get, in which order, and that no two get the same."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from lictor.db.engine import Database
from lictor.db.ids import uuid7
from lictor.resources.flow_runs.table import flow_run, flow_run_claim
from lictor.resources.states.schemas import State, StateDetails, StateType
from lictor.resources.work_pools.schemas import WorkerFlowRunResponse
from lictor.settings import Settings
from tests.make import Make
from tests.serving import running

JSON = dict[str, Any]
NOW = datetime.now(UTC)


def scheduled(due: datetime, name: str | None = None) -> State:
    details = StateDetails(scheduled_time=due)
    return State(id=uuid7(), type=StateType.SCHEDULED, name=name, timestamp=NOW, state_details=details)


class World:
    """A pool, its queues, and runs in them."""

    def __init__(self, make: Make, pool: UUID, flow: UUID) -> None:
        self.make, self.pool, self.flow = make, pool, flow

    async def queue(self, name: str, **values: Any) -> UUID:
        return await self.make.work_queue(name, work_pool_id=self.pool, **values)

    async def run(self, name: str, queue: UUID, due: datetime = NOW, **values: Any) -> UUID:
        values = {"next_scheduled_start_time": due, "flow_id": self.flow, "work_queue_id": queue, **values}
        return await self.make.flow_run(name, state=scheduled(due), **values)


@pytest.fixture
async def world(make: Make) -> World:
    return World(make, await make.work_pool("pool"), await make.flow())


async def poll(api: httpx.AsyncClient, **asked: Any) -> list[JSON]:
    reply = await api.post("/work_pools/pool/get_scheduled_flow_runs", json=asked)
    assert reply.status_code == 200, reply.text
    return reply.json()


async def names(api: httpx.AsyncClient, **asked: Any) -> list[str]:
    return [run["flow_run"]["name"] for run in await poll(api, **asked)]


@asynccontextmanager
async def clients(settings: Settings, count: int) -> AsyncIterator[list[httpx.AsyncClient]]:
    """So many clients of one server, each on a connection of its own."""
    async with running(settings) as (app, _):
        yield [
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app, client=("127.0.0.1", 1000 + number)), base_url="http://localhost/api"
            )
            for number in range(count)
        ]


async def test_runs_come_by_the_priority_of_their_queues_and_then_by_time(api: httpx.AsyncClient, world: World) -> None:
    second, first = await world.queue("second", priority=2), await world.queue("first", priority=1)
    await world.run("c", second, NOW - timedelta(hours=2))
    await world.run("b", first, NOW - timedelta(minutes=1))
    await world.run("a", first, NOW - timedelta(hours=1))
    assert await names(api) == ["a", "b", "c"]
    assert await names(api, work_queue_names=["second"]) == ["c"]
    assert await names(api, limit=2) == ["a", "b"]


async def test_an_answer_says_all_of_a_run(api: httpx.AsyncClient, world: World) -> None:
    queue = await world.queue("queue")
    id = await world.run("run", queue)
    (found,) = await poll(api)
    assert [*found] == [*WorkerFlowRunResponse.model_fields]
    assert (found["work_pool_id"], found["work_queue_id"]) == (str(world.pool), str(queue))
    whole = (await api.get(f"/flow_runs/{id}")).json()
    del whole["work_pool_id"], whole["work_pool_name"]
    found["flow_run"]["work_queue_name"] = whole["work_queue_name"]
    whole["estimated_start_time_delta"] = found["flow_run"]["estimated_start_time_delta"]
    assert found["flow_run"] == whole


async def test_only_runs_that_are_due_within_the_bounds(api: httpx.AsyncClient, world: World) -> None:
    queue = await world.queue("queue")
    for name, hours in {"past": -1, "soon": 1, "later": 3}.items():
        await world.run(name, queue, NOW + timedelta(hours=hours))
    assert await names(api, scheduled_before=NOW.isoformat()) == ["past"]
    assert await names(api, scheduled_after=NOW.isoformat()) == ["soon", "later"]
    bounds = {"scheduled_after": NOW.isoformat(), "scheduled_before": (NOW + timedelta(hours=2)).isoformat()}
    assert await names(api, **bounds) == ["soon"]
    assert await names(api) == ["past", "soon", "later"]


async def test_paused_queues_and_pools_give_nothing(api: httpx.AsyncClient, world: World) -> None:
    await world.run("idle", await world.queue("paused", priority=1, is_paused=True))
    await world.run("active", await world.queue("going", priority=2))
    assert await names(api) == ["active"]
    await api.patch("/work_pools/pool", json={"is_paused": True})
    assert await names(api) == []


async def test_a_full_queue_does_not_keep_back_the_others(api: httpx.AsyncClient, world: World) -> None:
    full, free = await world.queue("full", priority=1, concurrency_limit=2), await world.queue("free", priority=2)
    await world.make.flow_run("busy", "RUNNING", work_queue_id=full, flow_id=world.flow)
    for number in range(3):
        await world.run(f"full-{number}", full)
        await world.run(f"free-{number}", free)
    assert await names(api) == ["full-0", "free-0", "free-1", "free-2"]
    await api.patch("/work_pools/pool", json={"concurrency_limit": 3})
    assert await names(api) == ["full-0", "free-0"]  # one slot of the pool is taken
    await api.patch("/work_pools/pool", json={"concurrency_limit": 0})
    assert await names(api) == []


async def test_runs_that_a_process_retries_by_itself_are_its_own(api: httpx.AsyncClient, world: World) -> None:
    queue = await world.queue("queue")
    await world.run("own", queue, empirical_policy='{"retry_type": "in_process"}')
    await world.run("anew", queue, empirical_policy='{"retry_type": "reschedule"}')
    assert await names(api) == ["anew"]


async def test_a_queue_that_is_not_there(api: httpx.AsyncClient, world: World) -> None:
    del world
    reply = await api.post("/work_pools/pool/get_scheduled_flow_runs", json={"work_queue_names": ["none"]})
    assert (reply.status_code, reply.json()) == (404, {"detail": "Work pool queue 'pool/none' not found."})


async def test_workers_that_poll_at_once_get_different_runs(settings: Settings, world: World) -> None:
    queue = await world.queue("queue")
    made = {f"run-{number}" for number in range(20)}
    for name in sorted(made):
        await world.run(name, queue)
    async with clients(settings, 5) as workers:
        found = await asyncio.gather(*(names(worker, limit=4) for worker in workers))
        assert sorted(name for each in found for name in each) == sorted(made)
        assert await names(workers[0]) == found[0]  # what a worker has got it may have once more


async def test_a_claim_lapses_and_is_not_renewed(settings: Settings, world: World, db: Database) -> None:
    await world.run("run", await world.queue("queue"))
    async with clients(settings, 3) as (one, other, third):
        assert await names(one) == ["run"]
        assert await names(other) == []
        async with db.write() as tx:
            await tx.execute(sa.update(flow_run_claim).values(held_until=NOW - timedelta(hours=1)))
        assert await names(one) == ["run"]
        assert await names(other) == ["run"]  # the first one had its time
        assert await names(one) == []
        assert await names(third) == []


async def test_who_looks_far_ahead_claims_nothing(settings: Settings, world: World) -> None:
    await world.run("tomorrow", await world.queue("queue"), NOW + timedelta(days=1))
    async with clients(settings, 2) as (one, other):
        assert await names(one) == await names(other) == ["tomorrow"]


async def test_what_was_given_out_takes_a_slot(settings: Settings, world: World) -> None:
    queue = await world.queue("queue", concurrency_limit=2)
    for number in range(4):
        await world.run(f"run-{number}", queue)
    async with clients(settings, 4) as workers:
        found = await asyncio.gather(*(names(worker, limit=1) for worker in workers))
        assert sorted(name for each in found for name in each) == ["run-0", "run-1"]


async def test_claims_can_be_switched_off(settings: Settings, world: World) -> None:
    await world.run("run", await world.queue("queue"))
    pools = settings.work_pools.model_copy(update={"claim_lease": timedelta(0)})
    async with clients(settings.model_copy(update={"work_pools": pools}), 2) as (one, other):
        assert await names(one) == await names(other) == ["run"]


@pytest.mark.parametrize("through", ["pool", "queue"])
async def test_a_limit_is_told_with_who_takes_its_slots(api: httpx.AsyncClient, world: World, through: str) -> None:
    queue = await world.queue("queue", concurrency_limit=5)
    await world.queue("other", priority=2)
    states = ("RUNNING", "PENDING", "CANCELLING", "COMPLETED")
    runs = [await world.make.flow_run(state, state, work_queue_id=queue, flow_id=world.flow) for state in states]
    if through == "pool":
        status = (await api.post("/work_pools/pool/concurrency_status", json={"flow_run_limit": 1})).json()
        assert (status["active_slots"], status["concurrency_limit"], status["count"]) == (2, None, 2)
        first, second = status["queues"]
        assert (first["queue_name"], first["active_slots"], first["flow_run_count"]) == ("queue", 2, 2)
        assert [run["id"] for run in first["flow_runs"]] == [str(runs[0])]
        assert (second["flow_runs"], second["active_slots"]) == ([], 0)
    else:
        status = (await api.post(f"/work_queues/{queue}/concurrency_status", json={"limit": 2, "page": 2})).json()
        assert (status["active_slots"], status["concurrency_limit"], status["count"]) == (3, 5, 3)
        assert (status["page"], status["pages"], [run["name"] for run in status["flow_runs"]]) == (2, 2, ["CANCELLING"])


class TestQueuesWithoutTheirPool:
    async def test_made_in_the_pool_of_agents(self, api: httpx.AsyncClient) -> None:
        made = (await api.post("/work_queues/", json={"name": "q"})).json()
        assert (made["work_pool_name"], made["priority"]) == ("default-agent-pool", 2)
        assert (await api.get(f"/work_queues/{made['id']}")).json() == made
        reply = await api.post("/work_queues/", json={"name": "q"})
        assert (reply.status_code, reply.json()) == (409, {"detail": "A work queue with this name already exists."})

    async def test_the_default_one_comes_with_the_pool(self, api: httpx.AsyncClient) -> None:
        assert (await api.post("/work_queues/", json={"name": "default"})).status_code == 201
        assert (await api.post("/work_queues/", json={"name": "default"})).status_code == 409

    async def test_changed_and_deleted(self, api: httpx.AsyncClient) -> None:
        id = (await api.post("/work_queues/", json={"name": "q"})).json()["id"]
        assert (await api.patch(f"/work_queues/{id}", json={"is_paused": True, "name": "r"})).status_code == 204
        changed = (await api.get(f"/work_queues/{id}")).json()
        assert (changed["name"], changed["is_paused"], changed["status"]) == ("r", True, "PAUSED")
        assert (await api.delete(f"/work_queues/{id}")).status_code == 204
        for reply in (await api.delete(f"/work_queues/{id}"), await api.get(f"/work_queues/{id}")):
            assert (reply.status_code, reply.json()) == (404, {"detail": "work queue not found"})
        reply = await api.patch(f"/work_queues/{id}", json={"is_paused": True})
        assert (reply.status_code, reply.json()) == (404, {"detail": f"Work Queue {id} not found"})

    async def test_listed_by_name(self, api: httpx.AsyncClient, world: World) -> None:
        for name in ("b", "a"):
            await world.queue(name)
        found = (
            await api.post("/work_queues/filter", json={"work_queues": {"name": {"startswith_": ["A", "b"]}}})
        ).json()
        assert [queue["name"] for queue in found] == ["a", "b"]

    async def test_runs_of_one(self, api: httpx.AsyncClient, world: World) -> None:
        queue = await world.queue("queue", concurrency_limit=2)
        await world.make.flow_run("ends", "CANCELLING", work_queue_id=queue, flow_id=world.flow)
        for number in (2, 1):
            await world.run(f"run-{number}", queue, NOW + timedelta(minutes=number))
        look = await api.post(f"/work_queues/{queue}/get_runs", json={}, headers={"X-Prefect-UI": "true"})
        assert [run["name"] for run in look.json()] == ["run-1"]
        assert (await api.get(f"/work_queues/{queue}")).json()["last_polled"] is None
        assert (await api.post(f"/work_queues/{queue}/get_runs", json={})).json()
        assert (await api.get(f"/work_queues/{queue}")).json()["last_polled"] is not None
        reply = await api.post(f"/work_queues/{uuid7()}/get_runs", json={})
        assert reply.status_code == 404

    async def test_a_queue_that_chooses_runs_by_their_tags(self, api: httpx.AsyncClient, world: World) -> None:
        queue = await world.queue("queue", filter='{"tags": ["x"], "deployment_ids": null}')
        deployment = await world.make.deployment(flow_id=world.flow)
        await world.run("tagged", None, tags=["x", "y"], deployment_id=deployment)  # type: ignore[arg-type]
        await world.run("other", None, tags=["y"], deployment_id=deployment)  # type: ignore[arg-type]
        await world.run("local", None, tags=["x"])  # type: ignore[arg-type]
        found = (await api.post(f"/work_queues/{queue}/get_runs", json={})).json()
        assert [run["name"] for run in found] == ["tagged"]

    async def test_health(self, api: httpx.AsyncClient, world: World, db: Database) -> None:
        queue = await world.queue("queue")
        health = (await api.get(f"/work_queues/{queue}/status")).json()
        assert (health["healthy"], health["late_runs_count"], health["last_polled"]) == (False, 0, None)
        await poll(api)
        assert (await api.get(f"/work_queues/{queue}/status")).json()["healthy"]
        run = await world.run("late", queue)
        async with db.write() as tx:
            await tx.execute(sa.update(flow_run).where(flow_run.c.id == run).values(state_name="Late"))
        health = (await api.get(f"/work_queues/{queue}/status")).json()
        assert (health["healthy"], health["late_runs_count"]) == (False, 1)
        reply = await api.get(f"/work_queues/{uuid7()}/status")
        assert (reply.status_code, [*reply.json()]) == (404, ["exception_message"])
