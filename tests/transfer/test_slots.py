"""Slots that are taken in Prefect's database are held by leases here."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import open_database
from lictor.resources.concurrency_limits.slots import FOR_GOOD
from lictor.resources.concurrency_limits.table import global_limit, slot_lease, slot_lease_limit


async def _limit(prefect: Any, name: str, active_slots: int, decay: float = 0.0) -> Any:
    values = {"limit": 9, "active_slots": active_slots, "slot_decay_per_second": decay}
    return await prefect.add("concurrency_limit_v2", name=name, **values)


async def _leases(rows_of: Any) -> list[Any]:
    parts = {row.lease_id: row.concurrency_limit_id for row in await rows_of(slot_lease_limit)}
    leases = await rows_of(slot_lease)
    assert parts.keys() == {lease.id for lease in leases}
    return [(lease, parts[lease.id]) for lease in leases]


async def test_runs_hold_the_slots_of_their_deployments(prefect, bring, rows_of):
    limit = await _limit(prefect, "deployment:a", 7)  # it has drifted
    flow_id = await prefect.add("flow", name="f")
    deployed = await prefect.add("deployment", name="d", flow_id=flow_id, concurrency_limit_id=limit)
    lease_id = uuid4()
    values = {"flow_id": flow_id, "deployment_id": deployed}
    known = {"deployment_concurrency_lease_id": str(lease_id)}
    renewing = await prefect.run("flow", state="RUNNING", details=known, **values)
    older = await prefect.run("flow", state="PENDING", **values)
    await prefect.run("flow", state="COMPLETED", details={"deployment_concurrency_lease_id": str(uuid4())}, **values)
    for _ in range(2):
        await bring()
    found = await _leases(rows_of)
    leases = {lease.holder_id: lease for lease, _ in found}
    assert leases.keys() == {renewing, older}
    assert leases[renewing].id == lease_id
    assert timedelta(minutes=4) < leases[renewing].expiration - utc_now() < timedelta(minutes=6)
    assert leases[older].expiration - utc_now() > FOR_GOOD / 2
    assert {(lease.slots, lease.holder_type, of) for lease, of in found} == {(1, "flow_run", limit)}
    assert [row.active_slots for row in await rows_of(global_limit)] == [0]


async def test_task_runs_hold_the_slots_of_their_tags(prefect, bring, rows_of):
    limit = await _limit(prefect, "tag:db", 1)
    flow_run = await prefect.run("flow", flow_id=await prefect.add("flow", name="f"))
    await prefect.run("task", flow_run_id=flow_run, state="RUNNING", tags=["other"])
    holder = await prefect.run("task", flow_run_id=flow_run, state="RUNNING", tags=["db", "other"])
    await prefect.run("task", flow_run_id=flow_run, state="COMPLETED", tags=["db"])
    await bring()
    ((lease, of),) = await _leases(rows_of)
    assert (lease.holder_type, lease.holder_id, of) == ("task_run", holder, limit)
    assert [row.active_slots for row in await rows_of(global_limit)] == [0]


async def test_what_somebody_unknown_holds_expires(prefect, bring, rows_of):
    limit = await _limit(prefect, "database", 4)
    await _limit(prefect, "rate", 3, decay=0.5)
    await bring()
    ((lease, of),) = await _leases(rows_of)
    assert (lease.slots, lease.holder_type, lease.holder_id, of) == (4, None, None, limit)
    assert timedelta(minutes=4) < lease.expiration - utc_now() < timedelta(minutes=6)
    assert {row.name: row.active_slots for row in await rows_of(global_limit)} == {"database": 0, "rate": 3}


async def test_what_lictor_has_counted_itself_stays(prefect, bring, rows_of, settings):
    limit = await _limit(prefect, "database", 4)
    await bring()
    async with open_database(settings.database) as db, db.write() as tx:
        await tx.execute(sa.delete(slot_lease))
        await tx.execute(sa.update(global_limit).where(global_limit.c.id == limit).values(active_slots=2))
    await bring()
    assert await _leases(rows_of) == []
    assert [row.active_slots for row in await rows_of(global_limit)] == [2]
