"""Concurrency limits of deployments."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import Database
from lictor.db.ids import uuid7
from lictor.db.types import dump_json
from lictor.orchestration.flow_runs import set_flow_run_state
from lictor.resources.concurrency_limits.slots import FOR_GOOD
from lictor.resources.concurrency_limits.table import global_limit, slot_lease
from lictor.resources.concurrency_limits.waking import AWAITING_SLOT
from lictor.resources.deployments.table import deployment as deployment_table
from lictor.services.lease_expiry import expire_leases
from lictor.settings import Settings
from lictor.validation.client import Client
from tests.make import Make
from tests.orchestration.driver import DrivenFlow, asked, named, verdict
from tests.slots import slots_taken

SDK = Client((3, 8, 8))
FULL = "Deployment concurrency limit reached."


class Run(DrivenFlow):
    """A run whose client says which it is."""

    client = SDK

    async def set(self, type: str, *, force: bool = False, **fields: Any) -> Any:
        async with self.db.write() as tx:
            return await set_flow_run_state(tx, self.id, asked(type, **fields), force, client=self.client)


class Deployment:
    """A deployment with a limit."""

    def __init__(self, db: Database, make: Make, id: UUID, limit_id: UUID) -> None:
        self.db, self.make, self.id, self.limit_id = db, make, id, limit_id

    async def run(self, client: Client = SDK, **values: Any) -> Run:
        run = Run(self.db, await self.make.flow_run(state="SCHEDULED", deployment_id=self.id, **values))
        run.client = client
        return run

    async def taken(self) -> int:
        return await slots_taken(self.db)

    async def leases(self) -> list[Any]:
        return list(await self.db.read.all(sa.select(slot_lease)))

    async def lose(self, *, slots: int) -> None:
        """What the server does when nobody renews: the leases are gone, and so many slots are taken by others."""
        async with self.db.write() as tx:
            await tx.execute(sa.delete(slot_lease))
            await tx.execute(sa.update(global_limit).values(active_slots=slots))


@pytest.fixture
def deployment(db: Database, make: Make) -> Any:
    async def deployment(limit: int, *, active: bool = True, **options: Any) -> Deployment:
        row = {"id": uuid7(), "name": "deployment", "limit": limit, "active": active}
        async with db.write() as tx:
            await tx.execute(sa.insert(global_limit).values(row))
        values = {"concurrency_limit_id": row["id"], "concurrency_options": dump_json(options) if options else None}
        return Deployment(db, make, await make.deployment(**values), row["id"])

    return deployment


async def lease_of(run: Run) -> UUID | None:
    return (await run.state()).state_details.deployment_concurrency_lease_id


async def test_a_slot_is_held_from_pending_to_the_end(deployment: Any) -> None:
    limited = await deployment(1)
    run = await limited.run()
    await run.set("PENDING")
    (lease,) = await limited.leases()
    assert (await lease_of(run), lease.holder_type, lease.holder_id) == (lease.id, "flow_run", run.id)
    for state in ("RUNNING", "CANCELLING"):
        await run.set(state)
        assert (await limited.taken(), await lease_of(run)) == (1, lease.id)
    await run.set("CANCELLED")
    assert (await limited.taken(), await limited.leases()) == (0, [])


async def test_who_finds_no_slot_waits(deployment: Any) -> None:
    limited = await deployment(1)
    await (await limited.run()).set("PENDING")
    run = await limited.run()
    result = await run.set("PENDING")
    assert (verdict(result), named(result)) == (("REJECT", FULL), ("SCHEDULED", "AwaitingConcurrencySlot"))
    due = result.state.state_details.scheduled_time
    assert timedelta(seconds=20) < due - utc_now() <= timedelta(seconds=30)
    assert await limited.taken() == 1


async def test_or_is_cancelled(deployment: Any) -> None:
    limited = await deployment(1, collision_strategy="CANCEL_NEW")
    await (await limited.run()).set("PENDING")
    result = await (await limited.run()).set("PENDING")
    assert (verdict(result), named(result)) == (("REJECT", FULL), ("CANCELLED", "Cancelled"))
    assert result.state.message == FULL


async def test_no_slots_at_all(deployment: Any) -> None:
    limited = await deployment(0)
    status, reason = verdict(await (await limited.run()).set("PENDING"))
    assert status == "ABORT"
    assert "limit is 0" in reason


async def test_a_limit_that_is_not_active_has_none(deployment: Any) -> None:
    limited = await deployment(1, active=False)
    assert verdict(await (await limited.run()).set("PENDING")) == ("REJECT", FULL)


async def test_a_deployment_that_is_gone(db: Database, make: Make) -> None:
    run = Run(db, await make.flow_run(state="SCHEDULED", deployment_id=uuid7()))
    assert verdict(await run.set("PENDING")) == ("ABORT", "Deployment not found.")


async def test_a_deployment_without_a_limit(db: Database, make: Make) -> None:
    run = Run(db, await make.flow_run(state="SCHEDULED", deployment_id=await make.deployment()))
    assert verdict(await run.set("PENDING")) == ("ACCEPT", None)
    assert verdict(await run.set("RUNNING")) == ("ACCEPT", None)
    assert verdict(await run.set("COMPLETED")) == ("ACCEPT", None)


@pytest.mark.parametrize("slots", [1, 2])
async def test_paused_runs_never_become_pending(deployment: Any, slots: int) -> None:
    limited = await deployment(slots)
    await (await limited.run()).set("PENDING")
    run = await limited.run()
    await run.force("PAUSED")
    assert (await run.set("PENDING")).status == "REJECT"
    assert await limited.taken() == 1


async def test_a_lease_is_renewed_when_the_run_starts(deployment: Any) -> None:
    limited = await deployment(1, collision_strategy="ENQUEUE", grace_period_seconds=600)
    run = await limited.run()
    await run.set("PENDING")
    (before,) = await limited.leases()
    assert timedelta(seconds=570) < before.expiration - utc_now() <= timedelta(seconds=600)
    await run.set("RUNNING")
    (after,) = await limited.leases()
    assert (after.id, after.expiration > before.expiration) == (before.id, True)


async def test_who_lost_its_slot_takes_another(deployment: Any) -> None:
    limited = await deployment(1)
    run = await limited.run()
    await run.set("PENDING")
    before = await lease_of(run)
    await limited.lose(slots=0)
    assert named(await run.set("RUNNING")) == ("RUNNING", "Running")
    (lease,) = await limited.leases()
    assert (await lease_of(run), await limited.taken()) == (lease.id, 1)
    assert lease.id != before


async def test_or_is_cancelled_if_there_is_none(deployment: Any) -> None:
    limited = await deployment(1)
    run = await limited.run()
    await run.set("PENDING")
    await limited.lose(slots=1)
    result = await run.set("RUNNING")
    assert named(result) == ("CANCELLED", "Cancelled")
    assert verdict(result) == ("REJECT", "Deployment concurrency limit reached after lease expiry.")
    assert await limited.taken() == 1


async def test_who_has_to_wait_takes_no_slot(deployment: Any) -> None:
    limited = await deployment(1)
    run = await limited.run()
    await run.set("PENDING", scheduled_time=datetime.now(UTC) + timedelta(hours=1))
    await limited.lose(slots=0)
    assert (await run.set("RUNNING")).status == "WAIT"
    assert await limited.taken() == 0


@pytest.mark.parametrize("client", [Client(), Client((3, 4, 10))])
async def test_clients_that_renew_nothing_keep_their_slots(deployment: Any, client: Client) -> None:
    limited = await deployment(1)
    run = await limited.run(client)
    await run.set("PENDING")
    await run.set("RUNNING")
    (lease,) = await limited.leases()
    assert lease.expiration - datetime.now(UTC) > FOR_GOOD / 2
    await run.set("COMPLETED")
    assert (await limited.taken(), await limited.leases()) == (0, [])


async def test_clients_that_take_slots_themselves(deployment: Any) -> None:
    limited = await deployment(1)
    for _ in range(2):
        assert (await (await limited.run(Client((3, 0, 2)))).set("PENDING")).status == "ACCEPT"
    assert await limited.taken() == 0


async def test_a_retry_in_the_same_process_keeps_the_slot(deployment: Any) -> None:
    limited = await deployment(1)
    run = await limited.run(empirical_policy='{"retries": 1}')
    await run.set("PENDING")
    await run.set("RUNNING")
    lease = await lease_of(run)
    assert named(await run.set("FAILED")) == ("SCHEDULED", "AwaitingRetry")
    assert (await limited.taken(), await lease_of(run)) == (1, lease)
    await run.set("RUNNING")
    await run.set("FAILED")
    assert await limited.taken() == 0


@pytest.mark.parametrize("state", ["COMPLETED", "CRASHED", "SCHEDULED"])
async def test_by_force(deployment: Any, state: str) -> None:
    limited = await deployment(2)
    run, other = await limited.run(), await limited.run()
    await other.set("PENDING")
    await run.set("PENDING")
    await run.force("RUNNING")
    assert await limited.taken() == 2
    await run.force(state)
    assert await limited.taken() == 1


async def test_a_suspended_run_gives_its_slot_back(deployment: Any) -> None:
    limited = await deployment(1)
    run = await limited.run()
    await run.set("PENDING")
    await run.set("RUNNING")
    await run.set("PAUSED", name="Suspended", pause_reschedule=True)
    assert await limited.taken() == 0


async def test_a_slot_that_is_given_back_wakes_the_run_that_has_waited_longest(db: Database, deployment: Any) -> None:
    limited = await deployment(1)
    start = datetime(2026, 6, 1, tzinfo=UTC)
    holder = await limited.run()
    second = await limited.run(expected_start_time=start + timedelta(minutes=2))
    first = await limited.run(expected_start_time=start + timedelta(minutes=1))
    for run in (holder, second, first):
        await run.set("PENDING")

    async def waits(run: Any) -> bool:
        row = await run.row()
        assert row.state_name == "AwaitingConcurrencySlot"
        return row.next_scheduled_start_time > datetime.now(UTC)

    assert [await waits(run) for run in (first, second)] == [True, True]
    await holder.set("RUNNING")
    await holder.set("COMPLETED")
    assert [await waits(run) for run in (first, second)] == [False, True]
    assert (await first.row()).next_scheduled_start_time == start + timedelta(minutes=1)
    for type_ in ("PENDING", "RUNNING"):
        assert verdict(await first.set(type_))[0] == "ACCEPT"


async def test_a_run_that_began_before_there_was_a_limit_has_no_slot_to_give_back(
    db: Database, make: Make, deployment: Any
) -> None:
    limited = await deployment(1)
    async with db.write() as tx:
        await tx.execute(sa.update(deployment_table).values(concurrency_limit_id=None))
    before, cancelled = await limited.run(), await limited.run()
    for run in (before, cancelled):
        await run.set("PENDING")
        await run.set("RUNNING")
    async with db.write() as tx:
        await tx.execute(sa.update(deployment_table).values(concurrency_limit_id=limited.limit_id))
    await (await limited.run()).set("PENDING")
    await before.set("COMPLETED")
    await cancelled.force("CANCELLED")
    assert await limited.taken() == 1
    assert verdict(await (await limited.run()).set("PENDING")) == ("REJECT", FULL)


@pytest.mark.parametrize("end", ["CANCELLED", "CRASHED", "SCHEDULED"])
async def test_a_retry_that_never_comes_gives_the_slot_back(deployment: Any, end: str) -> None:
    limited = await deployment(1)
    run = await limited.run(empirical_policy='{"retries": 1}')
    for state in ("PENDING", "RUNNING", "FAILED"):
        await run.set(state)
    assert (await limited.taken(), (await run.row()).state_name) == (1, "AwaitingRetry")
    await run.force(end)
    assert await limited.taken() == 0


def _minutes(number: int) -> dict[str, datetime]:
    return {"expected_start_time": datetime(2026, 6, 1, tzinfo=UTC) + timedelta(minutes=number)}


async def _patched(api: httpx.AsyncClient, limited: Any, **values: Any) -> None:
    assert (await api.patch(f"/v2/concurrency_limits/{limited.limit_id}", json=values)).status_code == 204


async def _changed(api: httpx.AsyncClient, limited: Any, **values: Any) -> None:
    body = {"enforce_parameter_schema": False, **values}
    assert (await api.patch(f"/deployments/{limited.id}", json=body)).status_code == 204


async def _another(api: httpx.AsyncClient, limited: Any) -> None:
    await _changed(api, limited, global_concurrency_limit_id=str(await limited.make.limit("wider", limit=3)))


async def _expire(api: httpx.AsyncClient, limited: Any) -> None:
    del api
    async with limited.db.write() as tx:
        await tx.execute(sa.update(slot_lease).values(expiration=slot_lease.c.created))
    await expire_leases(Settings(), limited.db)


async def _delete_holder(api: httpx.AsyncClient, limited: Any) -> None:
    holders = await limited.leases()
    assert (await api.delete(f"/flow_runs/{holders[0].holder_id}")).status_code == 204


async def _end_by_hand(api: httpx.AsyncClient, limited: Any) -> None:
    (lease,) = await limited.leases()
    reply = await api.post("/v2/concurrency_limits/decrement-with-lease", json={"lease_id": str(lease.id)})
    assert reply.status_code == 204


async def _deleted(api: httpx.AsyncClient, limited: Any) -> None:
    assert (await api.delete(f"/v2/concurrency_limits/{limited.limit_id}")).status_code == 204


WAKING: dict[str, tuple[Callable[..., Awaitable[None]], int]] = {
    "a lease expires": (_expire, 1),
    "a lease is ended by hand": (_end_by_hand, 1),
    "the run that holds it is deleted": (_delete_holder, 1),
    "the limit is raised": (partial(_patched, limit=3), 2),
    "the deployment's limit is raised": (partial(_changed, concurrency_limit=3), 2),
    "the deployment gets another limit": (_another, 3),
    "its slots are reset": (partial(_patched, active_slots=0), 1),
    "the limit is deleted": (_deleted, 3),
    "the deployment has no limit any more": (partial(_changed, concurrency_limit=None), 3),
    "the limit is lowered": (partial(_patched, limit=1), 0),
    "it is no longer active": (partial(_patched, active=False, limit=9), 0),
}


@pytest.mark.parametrize("what", WAKING)
async def test_runs_that_wait_are_woken_in_order_when(api: httpx.AsyncClient, deployment: Any, what: str) -> None:
    change, woken = WAKING[what]
    limited = await deployment(1)
    await (await limited.run()).set("PENDING")
    runs = [await limited.run(**_minutes(number)) for number in (3, 1, 2)]
    for run in runs:
        assert (await run.set("PENDING")).state.name == AWAITING_SLOT
    await change(api, limited)
    now = datetime.now(UTC)
    rows = sorted([await run.row() for run in runs], key=lambda row: row.expected_start_time)
    assert [row.next_scheduled_start_time <= now for row in rows] == [True] * woken + [False] * (3 - woken)
    for row in rows[:woken]:
        assert row.next_scheduled_start_time == row.expected_start_time


async def test_a_limit_that_becomes_active_wakes_runs(api: httpx.AsyncClient, deployment: Any) -> None:
    limited = await deployment(2, active=False)
    runs = [await limited.run(**_minutes(number)) for number in range(3)]
    for run in runs:
        assert (await run.set("PENDING")).state.name == AWAITING_SLOT
    await _patched(api, limited, active=True)
    rows = [await run.row() for run in runs]
    assert [row.next_scheduled_start_time <= datetime.now(UTC) for row in rows] == [True, True, False]


async def test_of_deployments_that_share_a_limit_the_run_that_waits_longest_is_woken(
    make: Make, deployment: Any
) -> None:
    limited = await deployment(1)
    other = Deployment(limited.db, make, await make.deployment(concurrency_limit_id=limited.limit_id), limited.limit_id)
    holder = await limited.run()
    later, sooner = await limited.run(**_minutes(2)), await other.run(**_minutes(1))
    for run in (holder, later, sooner):
        await run.set("PENDING")
    await holder.set("CANCELLED")
    rows = [await run.row() for run in (sooner, later)]
    assert [row.next_scheduled_start_time <= datetime.now(UTC) for row in rows] == [True, False]
