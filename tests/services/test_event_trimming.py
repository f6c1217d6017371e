"""Old events go, a few at a time; task runs that were recorded from them stay."""

from datetime import timedelta

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.ids import uuid7
from lictor.events.table import event, event_resource
from lictor.services import event_trimming
from lictor.services.event_trimming import trim_events
from tests.events.listener import plain_event
from tests.events.sender import life_of


async def test_trim_events(api, db, settings, monkeypatch):
    monkeypatch.setattr(event_trimming, "BATCH_EVENTS", 2)
    now, task_run = utc_now(), uuid7()
    kept = plain_event(occurred=(now - timedelta(days=6, hours=23)).isoformat())
    old = plain_event(occurred=(now - timedelta(days=7, hours=1)).isoformat())
    await api.post("/events", json=[kept, old, *life_of(task_run, now - timedelta(days=30))])
    rounds = 1
    while await trim_events(settings.events, db):
        rounds += 1
    assert rounds == 3
    assert [str(row.id) for row in await db.read.all(sa.select(event.c.id))] == [kept["id"]]
    assert await db.read.scalar(sa.select(sa.func.count()).select_from(event_resource)) == 1
    assert (await api.get(f"/task_runs/{task_run}")).json()["state"]["type"] == "COMPLETED"
