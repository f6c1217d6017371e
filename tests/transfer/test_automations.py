"""Automations come over, and what they have counted: they go on counting here."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import open_database
from lictor.db.types import load_json
from lictor.events.triggers.evaluator import Evaluator
from lictor.resources.automations.firing_tables import firing
from lictor.resources.automations.table import automation, automation_related_resource, automation_version
from lictor.resources.automations.trigger_tables import trigger_bucket, trigger_event, trigger_part
from tests.transfer.prefect import NOON

EVENT = {"id": str(uuid4()), "event": "x", "occurred": NOON.isoformat(), "resource": {"prefect.resource.id": "r"}}


def counting(**more: Any) -> dict[str, Any]:
    """A trigger as Prefect stores it."""
    return {
        "id": str(uuid4()),
        "type": "event",
        "posture": "Reactive",
        "match": {},
        "match_related": {},
        "after": [],
        "expect": ["y", "x"],
        "for_each": [],
        "threshold": 3,
        "within": 3600.0,
    } | more


def composite(*children: dict[str, Any]) -> dict[str, Any]:
    return {"id": str(uuid4()), "type": "sequence", "within": None, "triggers": list(children)}


async def add_state(prefect: Any, trigger: dict[str, Any], **bucket: Any) -> UUID:
    id: UUID = await prefect.add("automation", trigger=trigger)
    await prefect.add("automation_bucket", automation_id=id, trigger_id=UUID(trigger["id"]), **bucket)
    return id


async def test_an_automation_and_its_windows(prefect, bring, rows_of):
    trigger = counting(for_each=["prefect.resource.id"])
    id = await add_state(prefect, trigger, count=2, bucketing_key=["r"], last_event=EVENT)
    await prefect.add(
        "automation_related_resource", automation_id=id, resource_id="mine", automation_owned_by_resource=True
    )
    report = await bring()
    (row,) = await rows_of(automation)
    assert (row.id, row.name, row.enabled, row.created) == (id, "a", True, NOON)
    assert load_json(row.trigger) == trigger | {"expect": ["x", "y"]}
    assert load_json(row.actions) == [{"type": "do-nothing"}]
    (related,) = await rows_of(automation_related_resource)
    assert (related.automation_id, related.resource_id, related.is_owner) == (id, "mine", True)
    (window,) = await rows_of(trigger_bucket)
    assert (window.trigger_id, window.automation_id, window._mapping["count"]) == (UUID(trigger["id"]), id, 2)
    assert (load_json(window.key), window.start, load_json(window.last_event)) == (["r"], NOON, EVENT)
    assert window.due > window.end
    assert len(await rows_of(automation_version)) == 1
    for name in ("automation", "automation_bucket", "automation_related_resource"):
        assert (report.of(name).new, report.of(name).missing, report.of(name).left_out) == (1, 0, {})
    assert report.without_room == {}


async def test_the_parts_of_a_composite_trigger(prefect, bring, rows_of):
    first, second = counting(threshold=1, within=0), counting(threshold=1, within=0)
    whole = composite(first, second)
    id = await prefect.add("automation", trigger=whole)
    told = {"id": str(uuid4()), "trigger": first, "triggered": NOON.isoformat(), "triggering_event": EVENT}
    ids = {"automation_id": id, "parent_trigger_id": UUID(whole["id"])}
    await prefect.add("composite_trigger_child_firing", **ids, child_trigger_id=UUID(first["id"]), child_firing=told)
    await prefect.add("composite_trigger_child_firing", **ids, child_trigger_id=uuid4(), child_firing=told)
    report = await bring()
    (part,) = await rows_of(trigger_part)
    assert (part.parent_id, part.trigger_id, part.fired) == (UUID(whole["id"]), UUID(first["id"]), NOON)
    assert load_json(part.firing) == told
    left_out = report.of("composite_trigger_child_firing").left_out
    assert list(left_out) == ["its trigger is no part of its automation any more"]
    assert report.complete


async def test_a_trigger_that_misses_what_it_expects_begins_to_wait(prefect, bring, rows_of):
    missing = {"posture": "Proactive", "threshold": 1, "within": 30.0}
    await prefect.add("automation", trigger=counting(**missing))
    await prefect.add("automation", trigger=counting(**missing), enabled=False)
    await bring()
    (window,) = await rows_of(trigger_bucket)
    assert utc_now() < window.end < utc_now() + timedelta(seconds=31)


async def test_an_import_that_is_repeated(prefect, bring, rows_of, settings):
    still, busy = counting(), counting()
    await add_state(prefect, still, count=1)
    id = await add_state(prefect, busy, count=1)
    await bring()
    async with open_database(settings.database) as db:
        counted = {"automation_id": id, "event_id": uuid4(), "id": uuid4(), "moment": NOON, "due": NOON}
        await db.try_write(lambda tx: tx.execute(trigger_event.insert().values(counted | {"evaluated": NOON})))
    await prefect.execute("UPDATE automation_bucket SET count = 2")
    report = await bring()
    counts = {row.trigger_id: row._mapping["count"] for row in await rows_of(trigger_bucket)}
    assert counts == {UUID(still["id"]): 2, UUID(busy["id"]): 1}
    assert list(report.of("automation_bucket").left_out) == ["Lictor has counted for its automation itself"]
    await prefect.execute("DELETE FROM automation_bucket")
    await bring()
    assert [row.trigger_id for row in await rows_of(trigger_bucket)] == [UUID(busy["id"])]


async def test_a_window_of_the_past_ends_once(prefect, bring, rows_of, settings):
    over = {"start": NOON - timedelta(hours=2), "end": NOON - timedelta(hours=1)}
    await add_state(
        prefect, counting(posture="Proactive", for_each=["prefect.resource.id"]), bucketing_key=["r"], **over
    )
    await bring()
    async with open_database(settings.database) as db:
        for _ in range(2):
            await Evaluator(db).evaluate_all()
    (fired,) = await rows_of(firing)
    assert fired.fired == over["end"]


async def test_ids_that_objects_have_here(prefect, bring, rows_of, settings):
    other, here = uuid4(), uuid4()
    flow = await prefect.add("flow", name="f")
    await bring()
    await prefect.execute("DELETE FROM flow")
    await prefect.add("flow", id=other, name="f")
    trigger = counting(match_related={"prefect.resource.id": f"prefect.flow.{other}"})
    id = await prefect.add("automation", trigger=trigger)
    owner = {"resource_id": f"prefect.flow.{other}", "automation_owned_by_resource": False}
    await prefect.add("automation_related_resource", automation_id=id, **owner)
    await prefect.add("automation_related_resource", automation_id=here, **owner)
    report = await bring()
    (row,) = await rows_of(automation)
    assert load_json(row.trigger)["match_related"] == {"prefect.resource.id": f"prefect.flow.{flow}"}
    (related,) = await rows_of(automation_related_resource)
    assert related.resource_id == f"prefect.flow.{flow}"
    assert list(report.of("automation_related_resource").left_out) == ["its automation did not come over"]


@pytest.mark.parametrize(
    "broken", [{"trigger": {"type": "event"}}, {"actions": [{"type": "call-webhook"}]}], ids=["trigger", "action"]
)
async def test_an_automation_that_is_none(prefect, bring, rows_of, broken):
    await prefect.add("automation", **({"trigger": counting()} | broken))
    await prefect.add("automation", trigger=counting())
    report = await bring()
    assert len(await rows_of(automation)) == 1
    assert report.of("automation").without_place == 1
    assert report.complete


async def test_another_grace_does_not_keep_servers_busy(prefect, bring, settings):
    """The end of a window is looked at when the grace that is set now is over."""
    soon = utc_now() - timedelta(seconds=5)
    trigger = counting(posture="Proactive", for_each=["prefect.resource.id"])
    await add_state(prefect, trigger, start=soon - timedelta(hours=1), end=soon)
    await bring()
    async with open_database(settings.database) as db:
        db.memory["trigger grace"] = timedelta(minutes=1)
        await Evaluator(db).evaluate_all()
        due = await db.read.scalar(sa.select(trigger_bucket.c.due))
    assert due > utc_now()
