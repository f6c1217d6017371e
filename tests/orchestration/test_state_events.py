"""Events that tell of flow runs which enter states."""

from collections.abc import Awaitable, Callable
from typing import Any

import sqlalchemy as sa

from lictor.db.engine import Database
from lictor.db.types import load_json
from lictor.events.table import event, event_resource
from lictor.validation.fields import MAX_INDEXED_BYTES
from tests.make import Make
from tests.orchestration.driver import DrivenFlow

Flow = Callable[..., Awaitable[DrivenFlow]]


async def events_of(db: Database) -> list[Any]:
    return list(await db.read.all(sa.select(event).order_by(event.c.occurred)))


async def test_each_state_is_told(db: Database, flow: Flow) -> None:
    run = await flow(name="run")
    await run.set("RUNNING", message="off we go")
    first, second = await events_of(db)
    assert [each.event for each in (first, second)] == ["prefect.flow-run.Pending", "prefect.flow-run.Running"]
    assert [each.id for each in (first, second)] == [state.id for state in await run.states()]
    assert (first.follows, second.follows) == (None, first.id)
    assert load_json(second.resource) == {
        "prefect.resource.id": f"prefect.flow-run.{run.id}",
        "prefect.resource.name": "run",
        "prefect.run-count": "1",
        "prefect.state-message": "off we go",
        "prefect.state-name": "Running",
        "prefect.state-timestamp": second.occurred.isoformat(),
        "prefect.state-type": "RUNNING",
    }
    assert load_json(second.payload) == {
        "intended": {"from": "PENDING", "to": "RUNNING"},
        "initial_state": {"type": "PENDING", "name": "Pending"},
        "validated_state": {"type": "RUNNING", "name": "Running", "message": "off we go"},
    }


async def test_what_did_not_come_about_is_not_told(db: Database, flow: Flow) -> None:
    run = await flow()
    await run.set("RUNNING")
    await run.set("PENDING")
    await run.set("PAUSED", pause_reschedule=True)
    assert len(await events_of(db)) == 2


async def test_what_a_run_belongs_to(db: Database, make: Make, flow: Flow) -> None:
    of_flow = await make.flow("etl", tags=["f"])
    deployment = await make.deployment("nightly", flow_id=of_flow, tags=["d", "x"])
    pool = await make.work_pool("pool")
    queue = await make.work_queue("queue", work_pool_id=pool)
    task = await make.task_run("task", tags=["t"])
    creator = {"id": str(of_flow), "type": "AUTOMATION", "display_value": "by hand"}
    await flow(
        flow_id=of_flow,
        deployment_id=deployment,
        work_queue_id=queue,
        parent_task_run_id=task,
        tags=["x", "a"],
        created_by=creator,
    )
    (told,) = await events_of(db)
    related = load_json(told.related)
    assert [(each["prefect.resource.role"], each.get("prefect.resource.name")) for each in related] == [
        ("flow", "etl"),
        ("deployment", "nightly"),
        ("work-queue", "queue"),
        ("work-pool", "pool"),
        ("task-run", "task"),
        *[("tag", None)] * 5,
        ("creator", "by hand"),
    ]
    assert [each["prefect.resource.id"] for each in related][4:10] == [
        f"prefect.task-run.{task}",
        *(f"prefect.tag.{tag}" for tag in "adftx"),
    ]
    assert related[3]["prefect.work-pool.type"] == "process"
    assert related[-1]["prefect.resource.id"] == f"prefect.automation.{of_flow}"
    found = await db.read.all(sa.select(event_resource).order_by(event_resource.c.position))
    assert [row.resource_id for row in found] == [
        load_json(told.resource)["prefect.resource.id"],
        *(each["prefect.resource.id"] for each in related),
    ]


async def test_long_words_are_cut(db: Database, flow: Flow) -> None:
    run = await flow(tags=["ü" * 1_250])
    await run.set("RUNNING", name="x" * 2_495, message="m" * 200_000)
    told = (await events_of(db))[-1]
    assert len(told.event.encode()) <= MAX_INDEXED_BYTES
    assert len(load_json(told.related)[-1]["prefect.resource.id"].encode()) <= MAX_INDEXED_BYTES
    assert len(load_json(told.payload)["validated_state"]["message"]) < 101_000
