"""The server's own events: written with the change that they tell of, or not at all."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from lictor.db.base import utc_now
from lictor.db.engine import Database
from lictor.events.emit import changes_between, emit, own_event, resource
from lictor.resources.work_pools.queries import update_work_pool
from lictor.validation.fields import MAX_INDEXED_BYTES

NOBODY = "00000000-0000-4000-8000-000000000000"


async def told(api: httpx.AsyncClient) -> list[dict[str, Any]]:
    reply = await api.post("/events/filter", json={"filter": {"order": "ASC"}})
    events: list[dict[str, Any]] = reply.json()["events"]
    return events


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/variables/", {"name": "taken", "value": 1}),
        ("PATCH", "/variables/name/nobody", {"value": 1}),
        ("DELETE", f"/variables/{NOBODY}", None),
        ("POST", "/flows/", {"name": "taken"}),
        ("DELETE", f"/flows/{NOBODY}", None),
        ("POST", "/v2/concurrency_limits/", {"name": "taken", "limit": 1}),
        ("DELETE", "/v2/concurrency_limits/nobody", None),
        ("DELETE", f"/artifacts/{NOBODY}", None),
        ("POST", "/work_pools/", {"name": "taken"}),
        ("PATCH", "/work_pools/nobody", {"is_paused": True}),
        ("DELETE", "/work_pools/nobody", None),
        ("POST", "/work_pools/taken/queues", {"name": "default"}),
        ("DELETE", "/work_pools/taken/queues/default", None),
        ("DELETE", f"/deployments/{NOBODY}", None),
        ("DELETE", f"/block_documents/{NOBODY}", None),
        ("PATCH", f"/block_types/{NOBODY}", {"description": "d"}),
    ],
)
async def test_what_did_not_happen_is_not_told(api, make, method, path, body) -> None:
    await make.variable("taken")
    await make.flow("taken")
    await make.limit("taken")
    pool = await make.work_pool("taken")
    default = await make.work_queue("default", work_pool_id=pool)
    await make.change(update_work_pool(pool, {"default_queue_id": default}))
    reply = await api.request(method, path, json=body)
    assert reply.status_code in {200, 404, 409}, reply.text
    assert await told(api) == []


async def test_a_change_that_is_rolled_back_takes_its_event_along(db: Database, api) -> None:
    async def fail_after_telling() -> None:
        async with db.write() as tx:
            await emit(tx, own_event("prefect.variable.created", resource("variable", NOBODY, "v")))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_after_telling()
    assert await told(api) == []


async def test_events_of_one_call_are_told_in_its_order(db: Database, api) -> None:
    now = utc_now()
    names = ["third", "first", "second"]
    events = [own_event(name, resource("thing", name), occurred=now) for name in names]
    async with db.write() as tx:
        await emit(tx, *events)
    assert [event["event"] for event in await told(api)] == names
    assert events[2].occurred - now == timedelta(microseconds=2)


async def test_a_name_that_no_index_can_hold_is_shortened(db: Database, api) -> None:
    async with db.write() as tx:
        await emit(tx, own_event("x" * 3_000, resource("tag", "é" * 3_000)))
    [event] = await told(api)
    assert len(event["event"].encode()) <= MAX_INDEXED_BYTES
    assert len(event["resource"]["prefect.resource.id"].encode()) <= MAX_INDEXED_BYTES


async def test_each_of_many_that_are_deleted_is_told_of(api, make) -> None:
    await make.flows("b", "a", "c")
    reply = await api.post("/flows/bulk_delete", json={"limit": 2})
    assert len(reply.json()["deleted"]) == 2
    assert [(event["event"], event["payload"]["name"]) for event in await told(api)] == [
        ("prefect.flow.deleted", "a"),
        ("prefect.flow.deleted", "b"),
    ]


def test_what_changed() -> None:
    before, after = {"a": 1, "b": [1], "c": None}, {"a": 1, "b": [2], "c": "x"}
    updates = {"b": {"from": [1], "to": [2]}, "c": {"from": None, "to": "x"}}
    assert changes_between(before, after) == {"updated_fields": ["b", "c"], "updates": updates}
    assert changes_between(before, before) is None
