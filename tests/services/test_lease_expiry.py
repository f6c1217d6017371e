"""Slots come back from holders that have died."""

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.ids import uuid7
from lictor.resources.concurrency_limits.table import global_limit, slot_lease, slot_lease_limit
from lictor.services.lease_expiry import BATCH_LEASES, expire_leases
from lictor.settings import ServiceSettings
from tests.databases import settings_for
from tests.serving import client_of
from tests.slots import slots_taken

MINUTE = timedelta(minutes=1)


@pytest.fixture
def leases(db):
    """A limit, and leases on it that expire so long from now."""

    async def leases(*expirations: timedelta, slots: int = 1):
        limit, now = uuid7(), utc_now()
        rows = [
            {"id": uuid7(), "created": now - 10 * MINUTE, "expiration": now + each, "slots": slots}
            for each in expirations
        ]
        async with db.write() as tx:
            await tx.execute(sa.insert(global_limit).values(id=limit, name="held", limit=1000))
            await tx.execute(sa.insert(slot_lease), rows)
            parts = [{"lease_id": row["id"], "concurrency_limit_id": limit} for row in rows]
            await tx.execute(sa.insert(slot_lease_limit), parts)
        return [row["id"] for row in rows]

    return leases


async def held(db):
    return await slots_taken(db), [
        row.id for row in await db.read.all(sa.select(slot_lease.c.id).order_by(slot_lease.c.id))
    ]


async def test_leases_end_when_they_have_expired(settings, db, leases):
    _, alive = await leases(-MINUTE, MINUTE, slots=2)
    assert not await expire_leases(settings, db)
    assert await held(db) == (2, [alive])
    average = await db.read.scalar(sa.select(global_limit.c.avg_slot_occupancy_seconds))
    assert average > 2.0


async def test_a_lease_of_no_limit_ends_too(settings, db):
    async with db.write() as tx:
        await tx.execute(sa.insert(slot_lease).values(expiration=utc_now() - MINUTE, slots=1))
    await expire_leases(settings, db)
    assert await db.read.all(sa.select(slot_lease.c.id)) == []


async def test_many_are_ended_step_by_step(settings, db, leases):
    await leases(*[-MINUTE] * (BATCH_LEASES + 10))
    assert await expire_leases(settings, db)
    assert (await held(db))[0] == 10
    assert not await expire_leases(settings, db)
    assert await held(db) == (0, [])


async def test_replicas_do_not_give_a_slot_back_twice(settings, db, leases):
    await leases(*[-MINUTE] * 20, *[MINUTE] * 5)
    await asyncio.gather(*(expire_leases(settings, db) for _ in range(5)))
    slots, left = await held(db)
    assert (slots, len(left)) == (5, 5)


async def test_a_server_does_so_by_itself(database_url, db, leases):
    await leases(-MINUTE)
    settings = settings_for(database_url, services=ServiceSettings(lease_expiry_seconds=0.01))
    async with client_of(settings):
        for _ in range(500):
            if (await held(db)) == (0, []):
                break
            await asyncio.sleep(0.02)
    assert await held(db) == (0, [])
