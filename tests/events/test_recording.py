"""Task runs are recorded from events, whatever the order and however often these come."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lictor.db.engine import Database
from lictor.db.ids import uuid7
from lictor.events.table import event, event_resource
from lictor.resources.task_runs.table import task_run, task_run_state
from tests.events.sender import life_of, task_run_event
from tests.make import NOON

SECOND = timedelta(seconds=1)


async def states_of(api: Any, id: UUID) -> list[str]:
    return [state["name"] for state in (await api.get("/task_run_states/", params={"task_run_id": str(id)})).json()]


async def recorded(api: Any, *events: dict[str, Any]) -> None:
    reply = await api.post("/events", json=list(events))
    assert reply.status_code == 204, reply.text


async def test_a_task_run_is_what_its_last_event_says(api, make):
    flow_run, id = await make.flow_run(), uuid7()
    await recorded(
        api, *life_of(id, flow_run=flow_run, tags=["a", 'quo"te', "back\\slash", "{}", "ü"], task_inputs={"x": []})
    )
    found = (await api.get(f"/task_runs/{id}")).json()
    told = {
        key: found[key] for key in ("name", "task_key", "run_count", "start_time", "end_time", "total_run_time", "tags")
    }
    assert told == {
        "name": "extract",
        "task_key": "extract",
        "run_count": 1,
        "start_time": "2026-06-01T12:00:01Z",
        "end_time": "2026-06-01T12:00:02Z",
        "total_run_time": 1.0,
        "tags": ["a", 'quo"te', "back\\slash", "{}", "ü"],
    }
    assert found["flow_run_id"] == str(flow_run)
    assert found["state"]["type"] == "COMPLETED"
    assert found["state"]["state_details"]["task_run_id"] == str(id)
    assert found["state"]["state_details"]["flow_run_id"] == str(flow_run)
    assert await states_of(api, id) == ["Pending", "Running", "Completed"]


async def test_a_task_run_is_of_the_flow_of_its_flow_run(api, db, make):
    flow_id, inside, outside = await make.flow("etl"), uuid7(), uuid7()
    flow_run = await make.flow_run(flow_id=flow_id)
    await recorded(api, *life_of(inside, flow_run=flow_run), *life_of(outside))
    rows = await db.read.all(sa.select(task_run.c.id, task_run.c.flow_id))
    assert {row.id: row.flow_id for row in rows} == {inside: flow_id, outside: None}
    of_flow = {"flows": {"name": {"any_": ["etl"]}}}
    assert [found["id"] for found in (await api.post("/task_runs/filter", json=of_flow)).json()] == [str(inside)]
    assert "flow_id" not in (await api.get(f"/task_runs/{inside}")).json()


async def test_one_transaction_writes_a_batch_whatever_its_size(api, db, make, statements):
    flow_run = await make.flow_run()
    await api.get("/health")
    statements.clear()
    await recorded(api, *(event for _ in range(50) for event in life_of(uuid7(), flow_run=flow_run)))
    sent = [s for s in statements if s.startswith(("INSERT", "SELECT", "UPDATE", "WITH"))]
    by_powers_of_two = len(sent) - len(set(map(_target, sent)))  # SQLite's 50, 150 and 300 rows
    assert by_powers_of_two == (0 if db.dialect.name == "postgresql" else 2 + 3 + 3 + 3), sent
    assert len(sent) - by_powers_of_two == 7, sent  # one of them asks whether automations have changed


def _target(statement: str) -> str:
    return statement.partition(" VALUES ")[0]


async def test_late_events_are_history_only(api):
    id = uuid7()
    pending, running, completed = life_of(id)
    await recorded(api, completed)
    await recorded(api, running)
    await recorded(api, pending, completed)
    found = (await api.get(f"/task_runs/{id}")).json()
    assert found["state_type"] == "COMPLETED"
    assert found["end_time"] == "2026-06-01T12:00:02Z"
    assert await states_of(api, id) == ["Pending", "Running", "Completed"]


async def test_states_of_the_same_moment_are_all_kept(api):
    id = uuid7()
    await recorded(api, *(task_run_event(id, name, NOON) for name in ("Pending", "Running", "Completed")))
    assert sorted(await states_of(api, id)) == ["Completed", "Pending", "Running"]


async def test_a_run_of_known_keys_goes_on_under_its_first_id(api, make):
    flow_run, first, second = await make.flow_run(), uuid7(), uuid7()
    await recorded(api, task_run_event(first, "Running", flow_run=flow_run, dynamic_key="0"))
    await recorded(api, task_run_event(second, "Completed", NOON + SECOND, flow_run=flow_run, dynamic_key="0"))
    assert (await api.get(f"/task_runs/{second}")).status_code == 404
    found = (await api.get(f"/task_runs/{first}")).json()
    assert found["state_name"] == "Completed"
    assert found["state"]["state_details"]["task_run_id"] == str(first)
    assert await states_of(api, first) == ["Running", "Completed"]


async def test_a_task_run_that_was_created_goes_on_by_events(api, make):
    created = (
        await api.post("/task_runs/", json={"task_key": "t", "dynamic_key": "0", "state": {"type": "SCHEDULED"}})
    ).json()
    await recorded(
        api, task_run_event(UUID(created["id"]), "Running", NOON + timedelta(days=3650), task_key="t", dynamic_key="0")
    )
    found = (await api.get(f"/task_runs/{created['id']}")).json()
    assert found["state_name"] == "Running"
    assert found["created"] == created["created"]


async def test_a_flow_run_that_is_gone_has_no_task_runs(api, db, caplog):
    id = uuid7()
    outside = uuid7()
    await recorded(api, *life_of(id, flow_run=uuid7()), *life_of(outside))
    assert (await api.get(f"/task_runs/{id}")).status_code == 404
    assert (await api.get(f"/task_runs/{outside}")).status_code == 200
    assert await db.read.scalar(sa.select(sa.func.count()).select_from(event)) == 6
    assert "not recorded" in caplog.text


async def test_what_cannot_be_a_task_run_is_an_event_all_the_same(api, db, caplog):
    told = task_run_event(uuid7())
    told["payload"].pop("task_run")
    await recorded(api, told)
    assert await db.read.scalar(sa.select(event.c.event)) == "prefect.task-run.Completed"
    assert "tells of no task run" in caplog.text


async def test_a_long_name_is_shortened_and_nothing_else_lost(api):
    id = uuid7()
    await recorded(api, task_run_event(id, name="ä" * 5000))
    name = (await api.get(f"/task_runs/{id}")).json()["name"]
    assert name.startswith("ää")
    assert name.endswith("ä…")
    assert len(name.encode()) <= 2500


async def test_events_keep_what_they_say(api, db):
    told = {
        "id": str(uuid7()),
        "occurred": "2026-01-01T00:00:00.000001+02:00",
        "event": "door.opened",
        "resource": {"prefect.resource.id": "door.1", "colour": "red"},
        "related": [{"prefect.resource.id": "house.1", "prefect.resource.role": "house", "street": "Elm"}],
        "payload": {"deep": {"list": [1, 2.5, None, "ü"]}},
    }
    await recorded(api, told, told)
    await recorded(api, told)
    assert await db.read.scalar(sa.select(sa.func.count()).select_from(event)) == 1
    rows = await db.read.all(sa.select(event_resource).order_by(event_resource.c.position))
    assert [(row.resource_id, row.role, row.labels) for row in rows] == [
        ("door.1", "", '{"colour":"red"}'),
        ("house.1", "house", '{"street":"Elm"}'),
    ]


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"event": "x" * 1025}, "event", "at most 1024 characters"),
        ({"occurred": "soon"}, "occurred", "datetime"),
        ({"id": "x"}, "id", "UUID"),
        ({"resource": {}}, "resource", "must include the prefect.resource.id label"),
        ({"resource": {"prefect.resource.id": ""}}, "resource", "must be non-empty"),
        ({"resource": {"prefect.resource.id": "x" * 2501}}, "resource", "2500 bytes"),
        ({"related": [{"prefect.resource.id": "x"}]}, "related", "prefect.resource.role"),
        ({"related": [{"prefect.resource.id": "x", "prefect.resource.role": "r"}] * 101}, "related", "is 100"),
        ({"resource": {"prefect.resource.id": "x"} | {str(n): "" for n in range(500)}}, "resource", "is 500"),
        ({"payload": []}, "payload", "dictionary"),
    ],
)
async def test_one_bad_event_refuses_them_all(api, db, change, field, message):
    reply = await api.post("/events", json=[task_run_event(uuid7()), task_run_event(uuid7()) | change])
    assert reply.status_code == 422
    [problem] = reply.json()["exception_detail"]
    assert problem["loc"][:3] == ["body", 1, field]
    assert message in problem["msg"]
    assert await db.read.scalar(sa.select(sa.func.count()).select_from(event)) == 0


async def rows_of(db: Database) -> dict[str, list[Any]]:
    """All that was recorded, but for the clock of the server."""
    own = {"created", "updated", "received"}
    tables = (task_run, task_run_state, event, event_resource)
    return {
        table.name: sorted(map(str, await db.read.all(sa.select(*(c for c in table.columns if c.name not in own)))))
        for table in tables
    }


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_any_order_and_any_number_of_times_give_the_same_rows(api, db, make, data):
    flow_run = await make.flow_run()
    names = ("Pending", "Running", "Retrying", "Cached", "Completed")
    told = [
        task_run_event(id, name, NOON + SECOND * data.draw(st.integers(0, 3)), flow_run=home, run_count=number)
        for id, home in ((uuid7(), flow_run), (uuid7(), flow_run), (uuid7(), None))
        for number, name in enumerate(names)
    ]
    await recorded(api, *told)
    ordered = await rows_of(db)
    async with db.write() as tx:
        await tx.execute(sa.delete(event))
        await tx.execute(sa.delete(task_run))
    shuffled = data.draw(st.permutations([*told, *data.draw(st.lists(st.sampled_from(told), max_size=10))]))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(shuffled) - 1), max_size=4)))
    for begin, end in zip([0, *cuts], [*cuts, len(shuffled)], strict=True):
        await recorded(api, *shuffled[begin:end])
    assert await rows_of(db) == ordered
    async with db.write() as tx:
        await tx.execute(sa.delete(event))
        await tx.execute(sa.delete(task_run))
