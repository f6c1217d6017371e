"""Concurrency limits on tags."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from lictor.db.ids import uuid7
from lictor.db.types import dump_json, load_json
from lictor.resources.concurrency_limits.table import global_limit, slot_lease, slot_lease_limit, tag_limit
from lictor.settings import TaskSettings
from tests.orchestration.driver import named, verdict
from tests.slots import slots_taken

Limiter = Callable[..., Awaitable[Any]]


class Limit:
    """A limit of a test, of either kind."""

    def __init__(self, db, table, id) -> None:
        self.db, self.table, self.id = db, table, id

    async def row(self) -> Any:
        return await self.db.read.first(sa.select(self.table).where(self.table.c.id == self.id))

    async def taken(self) -> int:
        if self.table is global_limit:
            return await slots_taken(self.db, self.id)
        return len(load_json((await self.row()).active_slots))


@pytest.fixture
def limit(db):
    """What limits how many task runs with a tag may be running."""

    async def limit(tag: str, slots: int, **values: Any) -> Limit:
        row = {"id": uuid7(), "name": f"tag:{tag}", "limit": slots, "active": True, **values}
        async with db.write() as tx:
            await tx.execute(sa.insert(global_limit).values(row))
        return Limit(db, global_limit, row["id"])

    return limit


@pytest.fixture
def old_limit(db):
    """The same, as older databases have it."""

    async def old_limit(tag: str, slots: int, holders: tuple[str, ...] = ()) -> Limit:
        row = {"id": uuid7(), "tag": tag, "concurrency_limit": slots, "active_slots": dump_json(list(holders))}
        async with db.write() as tx:
            await tx.execute(sa.insert(tag_limit).values(row))
        return Limit(db, tag_limit, row["id"])

    return old_limit


@pytest.fixture(params=["global", "old"])
def either_limit(request, limit, old_limit):
    return limit if request.param == "global" else old_limit


async def test_no_more_task_runs_than_slots_are_running(task, either_limit):
    small = await either_limit("small", 2)
    runs = [await task(tags=["small", "unlimited"]) for _ in range(3)]
    assert [verdict(await run.set("RUNNING"))[0] for run in runs] == ["ACCEPT", "ACCEPT", "WAIT"]
    assert await small.taken() == 2
    assert named(await runs[0].set("COMPLETED")) == ("COMPLETED", "Completed")
    assert await small.taken() == 1
    assert verdict(await runs[2].set("RUNNING")) == ("ACCEPT", None)


@pytest.mark.parametrize("kind", ["SCHEDULED", "PENDING", "PAUSED", "COMPLETED", "FAILED", "CANCELLED", "CRASHED"])
@pytest.mark.parametrize("force", [False, True])
async def test_what_does_not_run_gives_its_slot_back(task, limit, kind, force):
    small = await limit("small", 1)
    run = await task(tags=["small"])
    await run.set("RUNNING")
    await run.set(kind, force=force)
    assert await small.taken() == 0
    assert await run.db.read.all(sa.select(slot_lease)) == []


async def test_what_is_being_cancelled_keeps_it(task, either_limit):
    small = await either_limit("small", 1)
    run = await task(tags=["small"])
    await run.set("RUNNING")
    await run.set("CANCELLING")
    assert await small.taken() == 1


async def test_whoever_runs_holds_a_lease_in_its_name(task, limit):
    small = await limit("small", 1)
    run = await task(tags=["small"])
    await run.set("RUNNING")
    lease = await run.db.read.first(sa.select(slot_lease, slot_lease_limit).join(slot_lease_limit))
    assert (lease.concurrency_limit_id, lease.slots) == (small.id, 1)
    assert (lease.holder_type, lease.holder_id) == ("task_run", run.id)
    assert lease.expiration > datetime.now(UTC) + timedelta(days=30000)


async def test_an_old_limit_names_its_holders(task, old_limit):
    small = await old_limit("small", 2, holders=("somebody",))
    run = await task(tags=["small"])
    await run.set("RUNNING")
    assert load_json((await small.row()).active_slots) == sorted([str(run.id), "somebody"])
    await run.set("COMPLETED")
    assert load_json((await small.row()).active_slots) == ["somebody"]


async def test_a_limit_of_zero_is_no_use_waiting_for(task, either_limit):
    await either_limit("none", 0)
    run = await task(tags=["none"])
    reason = 'The concurrency limit on tag "none" is 0 and will deadlock if the task tries to run again.'
    assert verdict(await run.set("RUNNING")) == ("ABORT", reason)


async def test_all_slots_or_none(task, limit, old_limit):
    free, old_free = await limit("free", 1), await old_limit("old-free", 1)
    full = await limit("full", 1, active_slots=1)
    run = await task(tags=["free", "full", "old-free"])
    assert verdict(await run.set("RUNNING"))[0] == "WAIT"
    assert [await each.taken() for each in (free, old_free, full)] == [0, 0, 1]


async def test_no_slot_is_taken_before_the_run_is_due(task, limit):
    small = await limit("small", 1)
    run = await task(tags=["small"])
    await run.set("SCHEDULED", scheduled_time=datetime.now(UTC) + timedelta(hours=1))
    assert verdict(await run.set("RUNNING")) == ("WAIT", "Scheduled time is in the future")
    assert await small.taken() == 0


async def test_a_known_result_needs_no_slot(task, limit):
    await limit("full", 1, active_slots=1)
    await (await task()).set("COMPLETED", cache_key="key")
    assert named(await (await task(tags=["full"])).set("RUNNING", cache_key="key")) == ("COMPLETED", "Cached")


async def test_the_wait_is_about_as_long_as_slots_are_held(task, limit):
    await limit("full", 1, active_slots=1, avg_slot_occupancy_seconds=100.0)
    run = await task(TaskSettings(tag_concurrency_slot_wait_seconds=50), tags=["full"])
    result = await run.set("RUNNING")
    assert verdict(result) == ("WAIT", "Concurrency limit reached for tags: full")
    assert 20 <= result.details.delay_seconds <= 65


async def test_the_wait_for_an_old_limit_is_the_setting(task, old_limit):
    await old_limit("full", 1, holders=("somebody",))
    run = await task(TaskSettings(tag_concurrency_slot_wait_seconds=50.9), tags=["full"])
    result = await run.set("RUNNING")
    assert verdict(result) == ("WAIT", "Concurrency limit for the full tag has been reached")
    assert result.details.delay_seconds == 50


async def test_a_global_limit_takes_the_place_of_an_old_one(task, limit, old_limit):
    await old_limit("tag", 0)
    await limit("tag", 1)
    assert verdict(await (await task(tags=["tag"])).set("RUNNING")) == ("ACCEPT", None)


async def test_unless_it_is_not_active(task, limit, old_limit):
    await old_limit("tag", 0)
    await limit("tag", 1, active=False)
    assert verdict(await (await task(tags=["tag"])).set("RUNNING"))[0] == "ABORT"


async def test_slots_of_a_rate_limit_come_back_by_themselves(task, limit):
    minute_ago = datetime.now(UTC) - timedelta(minutes=1)
    values = {"active_slots": 10, "denied_slots": 100, "slot_decay_per_second": 0.1, "updated": minute_ago}
    rate = await limit("rate", 10, **values)
    assert verdict(await (await task(tags=["rate"])).set("RUNNING")) == ("ACCEPT", None)
    row = await rate.row()
    assert (row.active_slots, row.denied_slots) == (10 - 6 + 1, 100 - 6)


async def test_denials_are_forgotten_after_about_an_occupancy(task, limit):
    minute_ago = datetime.now(UTC) - timedelta(minutes=1)
    small = await limit("small", 10, denied_slots=100, avg_slot_occupancy_seconds=2.0, updated=minute_ago)
    await (await task(tags=["small"])).set("RUNNING")
    assert (await small.row()).denied_slots == 70


async def test_many_at_once_take_no_more_than_there_are(task, limit):
    small = await limit("small", 3)
    runs = [await task(tags=["small"]) for _ in range(10)]
    results = await asyncio.gather(*(run.set("RUNNING") for run in runs))
    assert sorted(verdict(result)[0] for result in results) == ["ACCEPT"] * 3 + ["WAIT"] * 7
    assert await small.taken() == 3
    await asyncio.gather(*(run.force("CANCELLED") for run in runs))
    assert await small.taken() == 0


async def test_tags_in_any_order_do_not_block_each_other(task, limit, old_limit):
    limits = [await limit("a", 50), await limit("b", 50), await old_limit("c", 50), await old_limit("d", 50)]
    runs = [await task(tags=tags) for tags in (["a", "b", "c", "d"], ["d", "c", "b", "a"]) * 5]
    for kind in ("RUNNING", "COMPLETED"):
        results = await asyncio.gather(*(run.set(kind) for run in runs))
        assert {verdict(result)[0] for result in results} == {"ACCEPT"}
        assert [await each.taken() for each in limits] == [10 if kind == "RUNNING" else 0] * 4
