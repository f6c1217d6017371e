"""Triggers at work: what fires, once, in whatever way events come."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import Database
from lictor.resources.automations.trigger_tables import trigger_bucket, trigger_event, trigger_part
from lictor.settings import AutomationSettings, Settings
from tests.databases import settings_for
from tests.resources.automations.world import NO_GRACE, create, evaluate, event, events_of, firings, related, send

SECOND = timedelta(seconds=1)


@pytest.fixture
def settings(database_url: str) -> Settings:
    return settings_for(database_url, automations=AutomationSettings(triggers_enabled=False, grace=NO_GRACE))


def past(seconds: float) -> Any:
    return utc_now() - timedelta(seconds=seconds)


async def rows(db: Database, table: sa.Table) -> int:
    return await db.read.scalar(sa.select(sa.func.count()).select_from(table))


async def test_an_event_fires_what_waits_for_it(api: httpx.AsyncClient, db: Database) -> None:
    await create(api, {"expect": ["a"]})
    await create(api, {"expect": ["b"]})
    await create(api, {"expect": ["a"]}, enabled=False)
    sent = event("a", past(1), related=[related("f")])
    await send(api, sent, event("c", past(1)))
    await evaluate(db)
    (fired,) = await firings(db)
    assert fired["triggering_event"]["id"] == sent["id"]
    assert fired["triggering_event"]["related"] == sent["related"]
    assert await rows(db, trigger_bucket) == 0


async def test_an_event_that_is_recorded_twice_fires_once(api: httpx.AsyncClient, db: Database) -> None:
    await create(api, {"expect": ["a"]})
    sent = event("a", past(1))
    await send(api, sent, sent)
    await evaluate(db)
    await send(api, sent)
    await evaluate(db)
    await db.try_write(lambda tx: tx.execute(sa.delete(trigger_event)))
    await send(api, sent)
    await evaluate(db)
    assert len(await firings(db)) == 1


@pytest.mark.parametrize(
    ("trigger", "name", "resource", "more", "fires"),
    [
        ({"expect": ["a.*"]}, "a.b.c", "r", {}, True),
        ({"expect": ["a.*"]}, "a.", "r", {}, False),
        ({"expect": ["a*c"]}, "abc", "r", {}, True),
        ({"expect": ["a.c"]}, "abc", "r", {}, False),
        ({}, "anything", "r", {}, True),
        ({}, "prefect.log.write", "r", {}, False),
        ({"match": {"prefect.resource.id": "r.*"}}, "a", "r.1", {}, True),
        ({"match": {"prefect.resource.id": "r.*"}}, "a", "s.1", {}, False),
        ({"match": {"prefect.resource.id": ["q", "r"]}}, "a", "r", {}, True),
        ({"match": {"prefect.resource.id": "!r"}}, "a", "r", {}, False),
        ({"match": {"prefect.resource.id": "!r"}}, "a", "s", {}, True),
        ({"match": {"missing": "!x"}}, "a", "r", {}, False),
        ({"match_related": {"prefect.resource.id": "f"}}, "a", "r", {"related": [related("f")]}, True),
        ({"match_related": {"prefect.resource.id": "r"}}, "a", "r", {"related": [related("f")]}, False),
        (
            {"match_related": [{"prefect.resource.id": "f"}, {"prefect.resource.role": "tag"}]},
            "a",
            "r",
            {"related": [related("f"), related("t", "tag")]},
            True,
        ),
        (
            {"match_related": [{"prefect.resource.id": "f"}, {"prefect.resource.role": "tag"}]},
            "a",
            "r",
            {"related": [related("f")]},
            False,
        ),
        (
            {"match_related": {"prefect.resource.id": "f", "prefect.resource.role": "tag"}},
            "a",
            "r",
            {"related": [related("f"), related("g", "tag")]},
            False,
        ),
        ({"match": {"a": "x[12]"}}, "a", "r", {"labels": {"a": "x2"}}, True),
    ],
)
async def test_what_a_trigger_matches(
    api: httpx.AsyncClient, db: Database, trigger: Any, name: str, resource: str, more: Any, fires: bool
) -> None:
    await create(api, trigger)
    await send(api, event(name, past(1), resource, **more))
    await evaluate(db)
    assert len(await firings(db)) == fires


async def test_a_threshold_is_met_once_in_a_window(api: httpx.AsyncClient, db: Database) -> None:
    await create(api, {"expect": ["a"], "threshold": 3, "within": 60})
    begin = past(100)
    sent = [event("a", begin + seconds * SECOND) for seconds in range(0, 72, 8)]
    for one in reversed(sent):
        await send(api, one)
    await evaluate(db)
    # The third fires, at 16 s; the rest of the window ends at 60 s, and what comes then is two events only.
    fired = await firings(db)
    assert [found["triggering_event"]["id"] for found in fired] == [sent[2]["id"]]


async def test_events_are_counted_apart_for_each_value_of_a_label(api: httpx.AsyncClient, db: Database) -> None:
    each = ["prefect.resource.id", "related:flow:prefect.resource.id"]
    await create(api, {"expect": ["a"], "threshold": 2, "within": 60, "for_each": each})
    for resource, flow in (("r", "f"), ("s", "f"), ("r", "g"), ("r", "f")):
        await send(api, event("a", past(1), resource, related=[related(flow)]))
        await evaluate(db)
    (fired,) = await firings(db)
    assert fired["triggering_labels"] == {"prefect.resource.id": "r", "related:flow:prefect.resource.id": "f"}
    assert await rows(db, trigger_bucket) == 3


async def test_what_is_missing_after_something_fires_when_its_time_is_over(
    api: httpx.AsyncClient, db: Database
) -> None:
    trigger = {
        "posture": "Proactive",
        "after": ["begin"],
        "expect": ["end"],
        "for_each": ["prefect.resource.id"],
        "within": 30,
    }
    await create(api, trigger)
    await send(api, event("begin", past(40), "r"), event("begin", past(40), "s"), event("begin", past(20), "t"))
    await send(api, event("end", past(20), "r"), event("end", past(5), "s"))
    await evaluate(db)
    assert [found["triggering_labels"]["prefect.resource.id"] for found in await firings(db)] == ["s"]
    assert await rows(db, trigger_bucket) == 1


async def test_a_heartbeat_that_fails_to_come(api: httpx.AsyncClient, db: Database) -> None:
    trigger = {
        "posture": "Proactive",
        "after": ["beat"],
        "expect": ["beat", "end"],
        "for_each": ["prefect.resource.id"],
        "within": 20,
    }
    await create(api, trigger)
    for resource in ("r", "s", "t"):
        await send(api, event("beat", past(60), resource), event("beat", past(50), resource))
    await send(api, event("beat", past(35), "r"), event("beat", past(18), "r"), event("end", past(45), "s"))
    await evaluate(db)
    assert [found["triggering_labels"]["prefect.resource.id"] for found in await firings(db)] == ["t"]


async def test_silence_fires_again_and_again(api: httpx.AsyncClient, db: Database) -> None:
    id = await create(api, {"posture": "Proactive", "expect": ["a"], "within": 10})
    assert await rows(db, trigger_bucket) == 1
    begin = past(35)
    window = {"start": begin, "end": begin + 10 * SECOND, "due": begin + 10 * SECOND}
    await db.try_write(lambda tx: tx.execute(sa.update(trigger_bucket).values(window)))
    await send(api, event("a", begin + 15 * SECOND))
    await evaluate(db)
    # 0 to 10: silence; 10 to 20: one event; what went by since then, while nobody looked, is not made up for.
    (fired,) = await firings(db)
    assert fired["triggered"] == (begin + 10 * SECOND).isoformat().replace("+00:00", "Z")
    await api.patch(f"/automations/{id}", json={"enabled": False})
    await db.try_write(lambda tx: tx.execute(sa.update(trigger_bucket).values(due=past(1), end=past(1))))
    await evaluate(db)
    assert len(await firings(db)) == 1
    assert await rows(db, trigger_bucket) == 0
    await api.patch(f"/automations/{id}", json={"enabled": True})
    assert await rows(db, trigger_bucket) == 1


def child(name: str, **more: Any) -> dict[str, Any]:
    return {"type": "event", "posture": "Reactive", "expect": [name]} | more


@pytest.mark.parametrize(
    ("trigger", "sent", "fired"),
    [
        ({"type": "compound", "require": "all"}, "aabb", ["b"]),
        ({"type": "compound", "require": "all"}, "abba", ["b", "a"]),
        ({"type": "compound", "require": "any"}, "abc", ["a", "b"]),
        ({"type": "compound", "require": 2}, "bcacb", ["a"]),
        ({"type": "sequence"}, "ab", ["b"]),
        ({"type": "sequence"}, "ba", []),
        ({"type": "sequence"}, "bab", ["b"]),
        ({"type": "sequence"}, "aabab", ["b", "b"]),
    ],
)
async def test_triggers_made_of_others(
    api: httpx.AsyncClient, db: Database, trigger: Any, sent: str, fired: list[str]
) -> None:
    await create(api, trigger | {"within": 60, "triggers": [child("a"), child("b")]})
    begin = past(30)
    events = [event(name, begin + number * SECOND) for number, name in enumerate(sent)]
    for one in reversed(events):
        await send(api, one)
    await evaluate(db)
    assert await events_of(db) == fired
    for one in await firings(db):
        assert one["triggering_firings"]


async def test_firings_of_children_are_forgotten_in_time(api: httpx.AsyncClient, db: Database) -> None:
    await create(api, {"type": "compound", "require": "all", "within": 10, "triggers": [child("a"), child("b")]})
    for name, seconds in (("a", 40), ("b", 25), ("b", 24), ("a", 16), ("b", 5)):
        await send(api, event(name, past(seconds)))
        await evaluate(db)
    assert await events_of(db) == ["a"]
    assert await rows(db, trigger_part) == 1


async def test_composite_triggers_in_composite_triggers(api: httpx.AsyncClient, db: Database) -> None:
    both = {"type": "compound", "require": "all", "within": 60, "triggers": [child("a"), child("b")]}
    await create(api, {"type": "sequence", "within": None, "triggers": [both, child("c")]})
    for number, name in enumerate("acbcabc"):
        await send(api, event(name, past(30 - number)))
    await evaluate(db)
    assert await events_of(db) == ["c", "c"]
    first = (await firings(db))[0]
    assert [part["trigger"]["type"] for part in first["triggering_firings"]] == ["compound", "event"]
    assert [part["triggering_event"]["event"] for part in first["triggering_firings"][0]["triggering_firings"]] == [
        "a",
        "b",
    ]


async def test_events_of_the_future_count_when_they_are_received(api: httpx.AsyncClient, db: Database) -> None:
    await create(api, {"expect": ["a"], "threshold": 2, "within": 30})
    await send(api, event("a", utc_now() + timedelta(days=1)), event("a", utc_now()))
    await evaluate(db)
    assert len(await firings(db)) == 1


async def test_replicas_share_the_work_and_double_nothing(api: httpx.AsyncClient, db: Database) -> None:
    for _ in range(5):
        await create(api, {"expect": ["a"], "threshold": 2, "within": 0})
        await create(api, {"type": "compound", "require": "all", "within": 60, "triggers": [child("a"), child("b")]})
    for number in range(20):
        await send(api, event("ab"[number % 2], past(50 - number)))
        await asyncio.gather(*(evaluate(db) for _ in range(3)))
    await evaluate(db)
    counted = [found["trigger"]["type"] for found in await firings(db)]
    assert counted.count("event") == 5 * 5
    assert counted.count("compound") == 5 * 10


async def test_a_replaced_or_deleted_automation_forgets(api: httpx.AsyncClient, db: Database) -> None:
    trigger = {"type": "compound", "require": "all", "within": 60, "triggers": [child("a", threshold=2), child("b")]}
    id = await create(api, trigger)
    await send(api, event("a", past(9)), event("b", past(8)))
    await evaluate(db)
    assert await rows(db, trigger_part) == 1
    body = {"name": "x", "trigger": child("b", threshold=2, within=60), "actions": []}
    await api.put(f"/automations/{id}", json=body)
    assert await rows(db, trigger_part) == 0
    await send(api, event("b", past(7)))
    await evaluate(db)
    assert await firings(db) == []
    await send(api, event("b", past(6)))
    await api.delete(f"/automations/{id}")
    await evaluate(db)
    assert (await firings(db), await rows(db, trigger_bucket), await rows(db, trigger_part)) == ([], 0, 0)
    assert await rows(db, trigger_event) <= 3


async def test_what_an_automation_tells_of_itself_fires_others(api: httpx.AsyncClient, db: Database) -> None:
    first = await create(api, {"expect": ["a"]})
    await create(
        api,
        {"expect": ["prefect.automation.triggered"], "match": {"prefect.resource.id": f"prefect.automation.{first}"}},
    )
    await send(api, event("a", past(1)))
    await evaluate(db)
    assert await events_of(db) == ["a", "prefect.automation.triggered"]
