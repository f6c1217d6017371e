"""Events come over with the resources that they speak of."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest

from lictor.db.ids import uuid7
from lictor.events.table import event, event_resource
from lictor.transfer import copying
from tests.transfer.prefect import NOON, Raw

LATER = NOON + timedelta(seconds=1)
RESOURCE = {"prefect.resource.id": "prefect.flow-run.x", "prefect.resource.name": "é", "prefect.resource.role": "own"}
RELATED = [
    {"prefect.resource.id": "prefect.flow.y", "prefect.resource.role": "flow"},
    {"prefect.resource.id": "prefect.tag.z", "prefect.resource.role": "tag", "kind": "free"},
]


async def test_an_event_is_kept_as_if_it_had_been_recorded_here(prefect, bring, rows_of, api):
    told = {"event": "a.thing", "resource": RESOURCE, "related": RELATED, "payload": {"n": [1, None, {"é": 2.5}]}}
    recorded, imported = sorted([uuid7(), uuid7()])
    follows = uuid4()
    sent = told | {"id": str(recorded), "occurred": NOON.isoformat(), "follows": str(follows)}
    assert (await api.post("/events", json=[sent])).status_code == 204
    await prefect.add("events", id=imported, follows=follows, received=LATER, **told)

    report = await bring()

    first, second = await rows_of(event)
    assert (second.id, second.received, second.follows) == (imported, LATER, follows)
    assert _without_the_order_of_keys(second) == _without_the_order_of_keys(first)
    resources = await rows_of(event_resource)
    assert [row.event_id for row in resources] == [recorded] * 3 + [imported] * 3
    assert [row[1:] for row in resources[3:]] == [row[1:] for row in resources[:3]]
    assert report.of("events").new == 1
    assert report.complete


def _without_the_order_of_keys(row):
    """PostgreSQL has an order of its own for the keys of Prefect's JSON."""
    return row.event, row.occurred, [json.loads(text) for text in (row.resource, row.related, row.payload)]


async def test_imported_events_are_found_by_their_resources(prefect, bring, api):
    found = await prefect.add("events", resource=RESOURCE, related=RELATED)
    await prefect.add("events", related=RELATED[:1])
    await bring()
    since = {"occurred": {"since": NOON.isoformat(), "until": LATER.isoformat()}}
    for asked in (
        {"related": {"id": ["prefect.tag.z"], "role": ["tag"]}},
        {"resource": {"labels": {"prefect.resource.name": "é"}}},
    ):
        page = (await api.post("/events/filter", json={"filter": since | asked})).json()
        assert [event["id"] for event in page["events"]] == [str(found)]


async def test_events_by_the_batch_again_and_again(prefect, bring, rows_of, monkeypatch):
    monkeypatch.setattr(copying, "BATCH_ROWS", 3)
    ids = [await prefect.add("events", related=RELATED) for _ in range(7)]
    assert (await bring()).of("events").new == 7
    ids.append(await prefect.add("events"))
    await prefect.execute("UPDATE events SET event = 'never happens'")

    report = await bring()

    assert (report.of("events").new, report.of("events").updated, report.of("events").in_target) == (1, 0, 8)
    assert [row.id for row in await rows_of(event)] == sorted(ids)
    assert {row.event for row in await rows_of(event)} == {"told", "never happens"}
    assert len(await rows_of(event_resource)) == 7 * 3 + 1


async def test_the_table_of_resources_is_not_named_as_left_behind(prefect, bring):
    id = await prefect.add("events")
    told_again = {"event_id": id, "occurred": NOON, "resource_id": "it", "resource_role": "", "resource": {}}
    await prefect.add("event_resources", **told_again)
    assert (await bring()).without_room == {}


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        pytest.param({"resource": {"name": "x"}}, "resource is not the JSON that it should be", id="no id"),
        pytest.param({"resource": {"prefect.resource.id": ""}}, "resource is not the JSON", id="an empty id"),
        pytest.param({"resource": {"prefect.resource.id": 1}}, "resource is not the JSON", id="an id that is no text"),
        pytest.param({"resource": RESOURCE | {"prefect.resource.id": "x" * 2600}}, "resource is not", id="a long id"),
        pytest.param({"related": [{"prefect.resource.id": "x"}]}, "related is not the JSON", id="no role"),
        pytest.param({"payload": [1]}, "payload is not the JSON that it should be", id="a payload that is no object"),
        pytest.param({"event": None}, "the database refused it: ", id="no name"),
    ],
)
async def test_an_unfit_event_costs_itself_only(prefect, bring, rows_of, values, reason):
    before, bad, after = [await prefect.add("events", **{"related": RELATED} | extra) for extra in ({}, values, {})]

    report = await bring()

    assert [row.id for row in await rows_of(event)] == sorted([before, after])
    assert {row.event_id for row in await rows_of(event_resource)} == {before, after}
    ((said, cases),) = report.of("events").left_out.items()
    assert said.startswith(reason)
    assert cases.first == [str(bad)]
    assert report.complete


@pytest.mark.source("sqlite")
async def test_characters_that_cannot_be_stored(prefect, bring, rows_of):
    labels = '{"prefect.resource.id": "a\\u0000b", "half": "\\ud800"}'
    await prefect.add("events", event="a\0b", resource=Raw(labels), payload=Raw('{"x": "\\u0000", "n": NaN}'))

    report = await bring()

    (row,) = await rows_of(event)
    assert (row.event, json.loads(row.payload)) == ("a\ufffdb", {"x": "\ufffd", "n": None})
    (resource,) = await rows_of(event_resource)
    assert (resource.resource_id, json.loads(resource.labels)) == ("a\ufffdb", {"half": "\ufffd"})
    assert len(report.of("events").changed) == 3
