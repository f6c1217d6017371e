"""Events that tell when pools, queues and deployments become ready, or cease to be."""

from datetime import timedelta

import httpx
import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import Database
from lictor.resources.deployments.table import deployment
from lictor.resources.work_pools.table import work_pool, worker
from lictor.services.foreman import tell_changes_of_status
from tests.resources.deployments.conftest import deploy, etl
from tests.resources.deployments.shared import Deploy

__all__ = ["deploy", "etl"]


async def told(api: httpx.AsyncClient, prefix: str) -> list[str]:
    asked = {"filter": {"event": {"prefix": [prefix]}, "order": "ASC"}}
    return [event["event"] for event in (await api.post("/events/filter", json=asked)).json()["events"]]


async def test_each_change_is_told_once(api: httpx.AsyncClient, db: Database) -> None:
    await api.post("/work_pools/", json={"name": "pool", "type": "process"})
    before = (await told(api, "prefect.work-pool."), await told(api, "prefect.work-queue."))
    updated = (await api.get("/work_pools/pool")).json()["updated"]
    await api.post("/work_pools/pool/workers/heartbeat", json={"name": "w"})
    await api.post("/work_pools/pool/get_scheduled_flow_runs", json={})
    for _ in range(2):
        await tell_changes_of_status(db)
    async with db.write() as tx:
        await tx.execute(sa.update(worker).values(online_until=utc_now() - timedelta(seconds=1)))
        await tx.execute(
            sa.update(work_pool).values(last_polled=utc_now() - timedelta(seconds=61), updated=updated_of())
        )
    for _ in range(2):
        await tell_changes_of_status(db)
    pools, queues = await told(api, "prefect.work-pool."), await told(api, "prefect.work-queue.")
    assert pools == [*before[0], "prefect.work-pool.ready", "prefect.work-pool.not-ready"]
    assert queues == [*before[1], "prefect.work-queue.ready", "prefect.work-queue.not-ready"]
    assert (await api.get("/work_pools/pool")).json()["updated"] == updated


def updated_of() -> sa.ColumnElement[object]:
    return work_pool.c.updated


async def test_deployments_become_ready_by_a_poll_and_cease_to_be(
    api: httpx.AsyncClient, db: Database, deploy: Deploy
) -> None:
    await api.post("/work_pools/", json={"name": "pool", "type": "process"})
    served, pooled = await deploy("served"), await deploy("pooled", work_pool_name="pool")
    await deploy("idle")
    for _ in range(2):
        await api.post("/deployments/get_scheduled_flow_runs", json={"deployment_ids": [served["id"]]})
        await api.post("/work_pools/pool/get_scheduled_flow_runs", json={})
    ready = ["prefect.deployment.ready"] * 2
    assert (await told(api, "prefect.deployment."))[-2:] == ready
    await tell_changes_of_status(db)
    before = {"last_polled": utc_now() - timedelta(seconds=61)}
    async with db.write() as tx:
        await tx.execute(sa.update(deployment).values(**before, updated=deployment.c.updated))
        await tx.execute(sa.update(work_pool).values(**before))
    for _ in range(2):
        await tell_changes_of_status(db)
    assert (await told(api, "prefect.deployment."))[-4:] == [*ready, *["prefect.deployment.not-ready"] * 2]
    for each in (served, pooled):
        now = (await api.get(f"/deployments/{each['id']}")).json()
        assert (now["status"], now["updated"]) == ("NOT_READY", each["updated"])
