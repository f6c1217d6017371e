"""Changing, labelling and deleting flow runs, and moving them from state to state."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import Database
from lictor.db.ids import uuid7
from lictor.db.types import dump_json
from lictor.resources.concurrency_limits.table import global_limit, slot_lease, slot_lease_limit
from lictor.resources.flow_runs.table import flow_run, flow_run_state
from lictor.resources.states.schemas import State, StateDetails, StateType
from lictor.resources.task_runs.table import task_run, task_run_state
from lictor.validation.fields import MAX_INDEXED_BYTES
from tests.incompressible import text
from tests.make import NOON, Make
from tests.slots import slots_taken

NOBODY = "00000000-0000-4000-8000-000000000000"
JSON = dict[str, Any]


async def read(api: httpx.AsyncClient, run_id: UUID) -> JSON:
    return (await api.get(f"/flow_runs/{run_id}")).json()


async def test_what_is_given_is_changed(api: httpx.AsyncClient, make: Make) -> None:
    run_id = await make.flow_run("run", updated=NOON, tags=["old"], flow_version="1")
    changes: JSON = {
        "name": "renamed",
        "flow_version": None,
        "parameters": {"a": [2**70]},
        "tags": ["new"],
        "infrastructure_pid": "pid",
    }
    assert (await api.patch(f"/flow_runs/{run_id}", json=changes)).status_code == 204
    run = await read(api, run_id)
    assert run.items() >= changes.items()
    assert run["updated"] > "2026-06-01T12:00:00Z"


async def test_what_is_not_given_stays(api: httpx.AsyncClient, make: Make) -> None:
    run_id = await make.flow_run("run", tags=["old"], parameters={"a": 1}, updated=NOON)
    before = await read(api, run_id)
    assert (await api.patch(f"/flow_runs/{run_id}", json={})).status_code == 204
    after = await read(api, run_id)
    clocks = {"updated": "", "estimated_start_time_delta": 0}
    assert {**after, **clocks} == {**before, **clocks}


async def test_a_policy_is_replaced_as_a_whole(api: httpx.AsyncClient, make: Make) -> None:
    run_id = await make.flow_run(empirical_policy='{"retries": 5, "pause_keys": ["a"]}')
    assert (await api.patch(f"/flow_runs/{run_id}", json={"empirical_policy": {"max_retries": 2}})).status_code == 204
    policy = (await read(api, run_id))["empirical_policy"]
    assert (policy["retries"], policy["pause_keys"]) == (2, [])


@pytest.mark.parametrize("name", [None, ""])
async def test_a_run_that_loses_its_name_gets_another(api: httpx.AsyncClient, make: Make, name: str | None) -> None:
    run_id = await make.flow_run("run")
    assert (await api.patch(f"/flow_runs/{run_id}", json={"name": name})).status_code == 204
    assert (await read(api, run_id))["name"] not in {"run", "", None}


@pytest.mark.parametrize(
    ("asked", "culprit"),
    [
        ({"tags": None}, ["tags"]),
        ({"parameters": None}, ["parameters"]),
        ({"parameters": {"a": "x" * 600_000}}, ["parameters"]),
        ({"empirical_policy": None}, ["empirical_policy"]),
        ({"name": text(MAX_INDEXED_BYTES + 1)}, ["name"]),
        ({"name": 1}, ["name"]),
        ({"job_variables": []}, ["job_variables"]),
        ({"labels": {}}, ["labels"]),
        ({"state": {"type": "RUNNING"}}, ["state"]),
    ],
    ids=lambda value: str(value)[:50],
)
async def test_bad_changes_are_refused(api: httpx.AsyncClient, make: Make, asked: JSON, culprit: list[Any]) -> None:
    run_id = await make.flow_run("run", updated=NOON)
    reply = await api.patch(f"/flow_runs/{run_id}", json={"flow_version": "new", **asked})
    assert reply.status_code == 422
    assert [problem["loc"] for problem in reply.json()["exception_detail"]] == [["body", *culprit]]
    assert (await read(api, run_id))["flow_version"] is None


@pytest.mark.parametrize(
    ("method", "path", "asked", "answer"),
    [
        ("PATCH", "", {}, {"detail": "Flow run not found"}),
        ("PATCH", "", {"job_variables": {}}, {"detail": "Flow run not found"}),
        ("DELETE", "", None, {"detail": "Flow run not found"}),
        ("PATCH", "/labels", {"a": 1}, {"exception_message": f"Flow run with id {NOBODY} not found"}),
        (
            "POST",
            "/set_state",
            {"state": {"type": "RUNNING"}},
            {"exception_message": f"Flow run with id {NOBODY} not found"},
        ),
    ],
    ids=str,
)
async def test_a_run_that_is_not_there(
    api: httpx.AsyncClient, method: str, path: str, asked: JSON | None, answer: JSON
) -> None:
    reply = await api.request(method, f"/flow_runs/{NOBODY}{path}", json=asked)
    assert (reply.status_code, reply.json()) == (404, answer)


async def test_job_variables_of_a_scheduled_run(api: httpx.AsyncClient, make: Make) -> None:
    run_id = await make.flow_run(state="SCHEDULED", deployment_id=await make.deployment())
    assert (await api.patch(f"/flow_runs/{run_id}", json={"job_variables": {"a": 1}})).status_code == 204
    assert (await read(api, run_id))["job_variables"] == {"a": 1}
    assert (await api.patch(f"/flow_runs/{run_id}", json={"job_variables": None})).status_code == 204
    assert (await read(api, run_id))["job_variables"] is None


@pytest.mark.parametrize(
    ("state", "deployment_id", "detail"),
    [
        (None, None, "Flow run state is required to update job variables but none exists"),
        ("RUNNING", None, "Job variables for a flow run in state RUNNING cannot be updated"),
        ("SCHEDULED", None, "A deployment for the flow run could not be found"),
        ("SCHEDULED", UUID(NOBODY), "A deployment for the flow run could not be found"),
    ],
)
async def test_job_variables_that_come_too_late(
    api: httpx.AsyncClient, make: Make, state: str | None, deployment_id: UUID | None, detail: str
) -> None:
    run_id = await make.flow_run(state=state, deployment_id=deployment_id)
    reply = await api.patch(f"/flow_runs/{run_id}", json={"job_variables": {"a": 1}, "name": "new"})
    assert (reply.status_code, reply.json()) == (400, {"detail": detail})
    assert (await read(api, run_id))["name"] != "new"


TEMPLATE: JSON = {
    "job_configuration": {"image": "{{ image }}", "size": "{{ size }}"},
    "variables": {
        "type": "object",
        "properties": {"image": {"type": "string"}, "size": {"type": "integer"}},
        "required": ["image"],
    },
}


def template_with_default(name: str, default: Any) -> JSON:
    variables = TEMPLATE["variables"]
    properties = variables["properties"]
    changed = {**properties, name: {**properties[name], "default": default}}
    return {**TEMPLATE, "variables": {**variables, "properties": changed}}


MISSING = "Error updating flow run: Validation failed. Failure reason: 'image' is a required property"
WRONG = "Error updating flow run: Validation failed for field 'image'. Failure reason: 1 is not of type 'string'"


@pytest.mark.parametrize(
    ("template", "of_deployment", "of_run", "status", "detail"),
    [
        (TEMPLATE, {}, {"image": "x"}, 204, None),
        (TEMPLATE, {}, {"image": 1}, 422, WRONG),
        (TEMPLATE, {}, {"size": 1}, 422, MISSING),
        (TEMPLATE, {"image": "x"}, {"size": 1}, 204, None),
        (template_with_default("image", "x"), {}, {}, 204, None),
        (template_with_default("size", "large"), {}, {}, 204, None),  # nobody can tell what else it lacks
        (template_with_default("image", {"$ref": {"block_document_id": NOBODY}}), {}, {}, 404, "Block not found."),
        (
            {**TEMPLATE, "variables": {"type": "none"}},
            {},
            {},
            422,
            "'none' is not valid under any of the given schemas",
        ),
        ({}, {}, {"anything": 1}, 204, None),
    ],
)
async def test_job_variables_must_suit_the_work_pool(
    api: httpx.AsyncClient,
    make: Make,
    template: JSON,
    of_deployment: JSON,
    of_run: JSON,
    status: int,
    detail: str | None,
) -> None:
    pool = await make.work_pool("pool", base_job_template=dump_json(template))
    queue = await make.work_queue("queue", work_pool_id=pool)
    nightly = await make.deployment("nightly", work_queue_id=queue, job_variables=of_deployment)
    run_id = await make.flow_run(state="SCHEDULED", deployment_id=nightly)
    reply = await api.patch(f"/flow_runs/{run_id}", json={"job_variables": of_run, "flow_version": "new"})
    assert reply.status_code == status, reply.text
    assert (await read(api, run_id))["flow_version"] == ("new" if status == 204 else None)
    if detail is not None:
        assert reply.json() == {"detail": detail}


@pytest.mark.parametrize("before", [{"a": 0, "b": 1}, None])
async def test_labels_are_added(api: httpx.AsyncClient, make: Make, before: JSON | None) -> None:
    run_id = await make.flow_run(labels=before)
    labels = {"a": 1, "c": 1.5, "d": True, "e": "x"}
    assert (await api.patch(f"/flow_runs/{run_id}/labels", json=labels)).status_code == 204
    assert (await read(api, run_id))["labels"] == (before or {}) | labels
    assert (await api.patch(f"/flow_runs/{run_id}/labels", json={})).status_code == 204
    assert (await read(api, run_id))["labels"] == (before or {}) | labels


@pytest.mark.parametrize(
    ("labels", "culprit"),
    [([], []), ({"a": None}, ["a", "str"]), ({"a": {"b": 1}}, ["a", "str"]), ({"a": "\0"}, ["a"])],
    ids=str,
)
async def test_labels_are_no_structures(api: httpx.AsyncClient, make: Make, labels: Any, culprit: list[str]) -> None:
    run_id = await make.flow_run()
    reply = await api.patch(f"/flow_runs/{run_id}/labels", json=labels)
    assert reply.status_code == 422
    assert ["body", *culprit] in [problem["loc"] for problem in reply.json()["exception_detail"]]
    assert (await read(api, run_id))["labels"] == {}


async def test_labels_added_at_once_are_all_kept(api: httpx.AsyncClient, make: Make) -> None:
    run_id = await make.flow_run()
    path = f"/flow_runs/{run_id}/labels"
    replies = await asyncio.gather(*(api.patch(path, json={f"label-{number}": number}) for number in range(20)))
    assert {reply.status_code for reply in replies} == {204}
    assert (await read(api, run_id))["labels"] == {f"label-{number}": number for number in range(20)}


async def test_a_run_takes_its_task_runs_along(api: httpx.AsyncClient, make: Make, db: Database) -> None:
    gone, kept = await make.flow_run("gone", state="RUNNING"), await make.flow_run("kept", state="RUNNING")
    parent = await make.task_run("call", state="RUNNING", flow_run_id=gone)
    await make.task_run("task", state="RUNNING", flow_run_id=kept)
    subflow = await make.flow_run("subflow", state="RUNNING", parent_task_run_id=parent)
    assert (await api.delete(f"/flow_runs/{gone}")).status_code == 204
    assert (await api.delete(f"/flow_runs/{gone}")).status_code == 404
    counts = {
        table.name: await db.read.scalar(sa.select(sa.func.count()).select_from(table))
        for table in (flow_run, flow_run_state, task_run, task_run_state)
    }
    assert counts == {"flow_run": 2, "flow_run_state": 2, "task_run": 1, "task_run_state": 1}
    assert (await read(api, subflow))["parent_task_run_id"] is None


@pytest.mark.parametrize(
    ("state", "left"), [("RUNNING", 1), ("PENDING", 1), ("CANCELLING", 1), ("SCHEDULED", 2), (None, 2)]
)
async def test_a_deleted_run_gives_its_slot_back(
    api: httpx.AsyncClient, make: Make, db: Database, state: str | None, left: int
) -> None:
    limit, lease = uuid7(), uuid7()
    async with db.write() as tx:
        row = {"id": limit, "name": "deployment:nightly", "limit": 2, "active_slots": 1}
        await tx.execute(sa.insert(global_limit).values(row))
        await tx.execute(sa.insert(slot_lease).values(id=lease, expiration=utc_now(), slots=1))
        await tx.execute(sa.insert(slot_lease_limit).values(lease_id=lease, concurrency_limit_id=limit))
    nightly = await make.deployment("nightly", concurrency_limit_id=limit)
    details = StateDetails(deployment_concurrency_lease_id=lease)
    holding = None if state is None else State(id=uuid7(), type=StateType(state), state_details=details)
    run_id = await make.flow_run(state=holding, deployment_id=nightly)
    assert (await api.delete(f"/flow_runs/{run_id}")).status_code == 204
    assert await slots_taken(db) == left
    leases = await db.read.scalar(sa.select(sa.func.count()).select_from(slot_lease))
    assert leases == (1 if state in {"SCHEDULED", None} else 0)


@pytest.mark.parametrize("state", ["RUNNING", None], ids=["with its state", "having lost its state"])
async def test_a_run_gives_back_the_slot_that_it_holds_whatever_its_state_names(
    api: httpx.AsyncClient, make: Make, db: Database, state: str | None
) -> None:
    limit = await make.limit("deployment:nightly", limit=9, active_slots=2)
    nightly = await make.deployment("nightly", concurrency_limit_id=limit)
    held, unheld = [await make.flow_run(state=state, state_type="RUNNING", deployment_id=nightly) for _ in range(2)]
    await make.lease(limit, holder_type="flow_run", holder_id=held)
    await make.lease(limit, holder_type="flow_run", holder_id=uuid7())
    for run_id, left in ((unheld, 4), (held, 3)):
        assert (await api.delete(f"/flow_runs/{run_id}")).status_code == 204
        assert await slots_taken(db) == left


async def test_a_run_goes_from_state_to_state(api: httpx.AsyncClient, make: Make, db: Database) -> None:
    run_id = UUID((await api.post("/flow_runs/", json={"flow_id": str(await make.flow())})).json()["id"])
    for kind in ("RUNNING", "COMPLETED"):
        reply = await api.post(f"/flow_runs/{run_id}/set_state", json={"state": {"type": kind}})
        assert reply.status_code == 201, reply.text
        assert reply.json()["status"] == "ACCEPT"
    run = await read(api, run_id)
    assert (run["state_type"], run["state_name"], run["run_count"]) == ("COMPLETED", "Completed", 1)
    assert run["start_time"] < run["end_time"] == run["state"]["timestamp"]
    assert run["total_run_time"] > 0
    states = sa.select(sa.func.count()).select_from(flow_run_state).where(flow_run_state.c.flow_run_id == run_id)
    assert await db.read.scalar(states) == 3


async def test_a_transition_that_is_not_made(api: httpx.AsyncClient, make: Make) -> None:
    run_id = await make.flow_run(state="COMPLETED")
    refused = await api.post(f"/flow_runs/{run_id}/set_state", json={"state": {"type": "CRASHED"}})
    assert (refused.status_code, refused.json()["status"]) == (200, "ABORT")
    assert (await read(api, run_id))["state_type"] == "COMPLETED"
    forced = await api.post(f"/flow_runs/{run_id}/set_state", json={"state": {"type": "CRASHED"}, "force": True})
    assert (forced.status_code, forced.json()["status"]) == (201, "ACCEPT")
    assert (await read(api, run_id))["state_type"] == "CRASHED"


async def test_a_message_that_no_database_can_store(api: httpx.AsyncClient, make: Make) -> None:
    run_id = await make.flow_run(state="RUNNING")
    asked = b'{"state": {"type": "FAILED", "message": "ValueError: a\\u0000b"}}'
    reply = await api.post(f"/flow_runs/{run_id}/set_state", content=asked)
    assert (reply.status_code, reply.json()["state"]["message"]) == (201, "ValueError: a\ufffdb")
    assert (await read(api, run_id))["state"]["message"] == "ValueError: a\ufffdb"
