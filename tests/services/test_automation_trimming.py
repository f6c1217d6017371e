"""Firings and evaluated events go with the events."""

from datetime import timedelta

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.resources.automations.firing_tables import action, firing
from lictor.resources.automations.trigger_tables import trigger_event
from lictor.services.automation_trimming import trim_automations
from lictor.settings.events import EventSettings
from tests.resources.automations.world import actions, create, evaluate, event, firings, send


async def test_what_is_old_and_over_goes(api, db):
    await create(api, {"expect": ["a"]}, actions=[{"type": "do-nothing"}])
    for _ in range(3):
        await send(api, event("a", utc_now()))
    await evaluate(db)
    old = utc_now() - timedelta(days=30)
    first, second, _ = [row.firing_id for row in await actions(db)]

    async def age(tx):
        await tx.execute(sa.update(firing).where(firing.c.id.in_([first, second])).values(created=old))
        await tx.execute(sa.update(action).where(action.c.firing_id == first).values(due=None))
        some = sa.select(trigger_event.c.id).limit(1).scalar_subquery()
        await tx.execute(sa.update(trigger_event).where(trigger_event.c.id == some).values(evaluated=old))

    await db.try_write(age)
    assert await trim_automations(EventSettings(), db) is False
    assert len(await firings(db)) == 2  # one is new, and of the other an action is still to be done
    assert len(await actions(db)) == 2
    assert await db.read.scalar(sa.select(sa.func.count()).select_from(trigger_event)) == 2
