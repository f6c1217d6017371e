"""What the database has against events, and what is its own trouble."""

import asyncio

import pytest
import sqlalchemy as sa

from lictor.db.ids import uuid7
from lictor.events import routes
from lictor.events.table import event
from tests.events.sender import life_of, task_run_event


async def rename(db, old, new):
    async with db.write() as tx:
        await tx.execute(sa.text(f"ALTER TABLE {old} RENAME TO {new}"))


async def test_events_wait_while_a_table_is_missing(api, db, caplog):
    await rename(db, "event_resource", "elsewhere")
    telling = asyncio.create_task(api.post("/events", json=life_of(uuid7())))
    await asyncio.sleep(0.3)
    assert not telling.done()
    await rename(db, "elsewhere", "event_resource")
    assert (await telling).status_code == 204
    assert await db.read.scalar(sa.select(sa.func.count()).select_from(event)) == 3
    said = [
        record.getMessage().partition(":")[0] for record in caplog.records if record.name.startswith("lictor.events")
    ]
    assert said == ["Recording waits", "Recording goes on"]


async def test_who_has_waited_long_enough_is_told_and_nothing_is_lost(api, db, monkeypatch):
    monkeypatch.setattr(routes, "MAX_WAIT_SECONDS", 0.2)
    await rename(db, "event_resource", "elsewhere")
    reply = await api.post("/events", json=life_of(uuid7()))
    assert reply.status_code == 503
    assert reply.headers["retry-after"] == "1"
    await rename(db, "elsewhere", "event_resource")
    for _ in range(1200):
        if await db.read.scalar(sa.select(sa.func.count()).select_from(event)) == 3:
            return
        await asyncio.sleep(0.05)
    pytest.fail("the events are not there")


@pytest.mark.parametrize(
    "fields",
    [{"run_count": 2**31}, {"total_run_time": 1e14}, {"task_key": "k" * 1500, "dynamic_key": "d" * 1500}],
    ids=["run_count", "total_run_time", "keys"],
)
async def test_a_task_run_that_no_table_holds_is_an_event_all_the_same(api, db, caplog, fields):
    id = uuid7()
    assert (await api.post("/events", json=[task_run_event(id, **fields)])).status_code == 204
    assert (await api.get(f"/task_runs/{id}")).status_code == 404
    assert await db.read.scalar(sa.select(sa.func.count()).select_from(event)) == 1
    assert "tells of no task run" in caplog.text
