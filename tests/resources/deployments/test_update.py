"""Changing, pausing and deleting deployments."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import Database
from lictor.resources.concurrency_limits.table import global_limit
from lictor.resources.deployments.table import deployment, deployment_schedule
from lictor.resources.flow_runs.table import flow_run
from lictor.settings import ServerSettings, Settings
from tests.databases import settings_for
from tests.make import Make
from tests.replies import JSON, NOBODY, locations
from tests.resources.deployments.shared import INTEGER_X, Deploy, count_of
from tests.serving import client_of


async def change(api: httpx.AsyncClient, id: str, **asked: Any) -> JSON:
    """What a deployment is after a change."""
    reply = await api.patch(f"/deployments/{id}", json=asked)
    assert reply.status_code == 204, reply.text
    assert reply.content == b""
    return (await api.get(f"/deployments/{id}")).json()


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"version": "2", "description": "new", "path": "/x", "entrypoint": "a.py:f"},
        {"version": None, "description": None, "path": None, "entrypoint": None, "pull_steps": None},
        {"tags": ["x"]},
        {"paused": False},
        {"parameters": {"b": [2**70]}},
        {"job_variables": {"env": {}}},
        {"pull_steps": [{"a": {}}]},
        {"enforce_parameter_schema": False},
        {"parameter_openapi_schema": INTEGER_X},
        {"parameter_openapi_schema": None},
        {"concurrency_options": {"collision_strategy": "ENQUEUE", "grace_period_seconds": None}},
        {"concurrency_options": None},
        {"work_queue_name": None},
    ],
    ids=str,
)
async def test_only_what_is_asked_changes(api: httpx.AsyncClient, deploy: Deploy, asked: JSON) -> None:
    made = await deploy(
        version="1",
        paused=True,
        tags=["a"],
        parameters={"a": 1},
        concurrency_options={"collision_strategy": "CANCEL_NEW"},
        schedules=[{"schedule": {"interval": 60, "anchor_date": "2026-01-01T00:00:00Z"}}],
    )
    now = await change(api, made["id"], **asked)
    assert now["updated"] > made["updated"]
    assert now == made | asked | {"updated": now["updated"]}


async def test_null_job_variables_change_nothing(api: httpx.AsyncClient, deploy: Deploy) -> None:
    made = await deploy(job_variables={"a": 1})
    assert (await change(api, made["id"], job_variables=None))["job_variables"] == {"a": 1}


@pytest.mark.parametrize(
    ("asked", "culprit"),
    [
        ({"name": "other"}, ["name"]),
        ({"flow_id": NOBODY}, ["flow_id"]),
        ({"labels": {}}, ["labels"]),
        ({"tags": None}, ["tags"]),
        ({"paused": None}, ["paused"]),
        ({"parameters": None}, ["parameters"]),
        ({"enforce_parameter_schema": None}, ["enforce_parameter_schema"]),
        ({"schedules": None}, ["schedules"]),
        ({"concurrency_limit": 0}, ["concurrency_limit"]),
        ({"concurrency_limit": 1, "global_concurrency_limit_id": NOBODY}, []),
        ({"work_queue_name": "a/b"}, ["work_queue_name"]),
    ],
    ids=str,
)
async def test_bad_changes_are_refused_by_name(
    api: httpx.AsyncClient, deploy: Deploy, asked: JSON, culprit: list[Any]
) -> None:
    made = await deploy()
    assert locations(await api.patch(f"/deployments/{made['id']}", json=asked)) == [["body", *culprit]]
    assert (await api.get(f"/deployments/{made['id']}")).json() == made


@pytest.mark.parametrize("body", [[], "x", 5])
async def test_a_change_that_is_no_object_is_refused(api: httpx.AsyncClient, body: Any) -> None:
    assert locations(await api.patch(f"/deployments/{NOBODY}", json=body)) == [["body"]]


@pytest.mark.parametrize(
    ("asked", "status", "detail"),
    [
        ({"work_pool_name": "nowhere"}, 404, 'Work pool "nowhere" not found.'),
        ({"global_concurrency_limit_id": NOBODY}, 404, "Concurrency limit not found"),
        ({"infrastructure_document_id": NOBODY}, 409, f"infrastructure block with id: {NOBODY}"),
        ({"storage_document_id": NOBODY}, 409, f"storage block with id: {NOBODY}"),
    ],
)
async def test_what_a_change_refers_to_must_be_there(
    api: httpx.AsyncClient, deploy: Deploy, asked: JSON, status: int, detail: str
) -> None:
    made = await deploy()
    reply = await api.patch(f"/deployments/{made['id']}", json={"version": "2", "work_queue_name": "new", **asked})
    assert reply.status_code == status
    assert detail in reply.json()["detail"]
    assert (await api.get(f"/deployments/{made['id']}")).json() == made


@pytest.mark.parametrize(
    ("method", "path", "detail"),
    [
        ("PATCH", "", "Deployment not found."),
        ("DELETE", "", "Deployment not found"),
        ("GET", "", "Deployment not found"),
        ("POST", "/pause_deployment", "Deployment not found"),
        ("POST", "/resume_deployment", "Deployment not found"),
    ],
)
async def test_nobody_is_not_found(api: httpx.AsyncClient, method: str, path: str, detail: str) -> None:
    reply = await api.request(method, f"/deployments/{NOBODY}{path}", json={})
    assert (reply.status_code, reply.json()) == (404, {"detail": detail})


NEITHER = "Validation failed for field 'x'. Failure reason: 'a' is not valid under any of the given schemas"
ENFORCED: JSON = {"enforce_parameter_schema": True, "parameter_openapi_schema": INTEGER_X, "parameters": {"x": 1}}


@pytest.mark.parametrize(
    ("asked", "status", "detail"),
    [
        ({"parameters": {"x": 2}}, 204, None),
        ({"parameters": {}}, 204, None),
        ({"parameters": {"x": None}}, 204, None),
        ({"parameter_openapi_schema": {**INTEGER_X, "required": ["y"]}}, 204, None),
        ({"parameters": {"x": "a"}, "enforce_parameter_schema": False}, 204, None),
        (
            {"parameters": {"x": "a"}, "parameter_openapi_schema": {"properties": {"x": {"enum": ["b"]}}}},
            409,
            "Error updating deployment: Validation failed for field 'x'. Failure reason: 'a' is not one of ['b']",
        ),
        ({"parameters": {"x": "a"}}, 409, f"Error updating deployment: {NEITHER}"),
        (
            {"parameter_openapi_schema": {"properties": {"x": {"enum": ["a"]}}}},
            409,
            "Error updating deployment: Validation failed for field 'x'. Failure reason: 1 is not one of ['a']",
        ),
        (
            {"parameter_openapi_schema": {"type": "nonsense"}},
            422,
            "Invalid schema: 'nonsense' is not valid under any of the given schemas",
        ),
        (
            {"parameter_openapi_schema": {"$ref": "#"}},
            422,
            "Invalid schema: Unable to validate schema with circular references.",
        ),
        (
            {"parameter_openapi_schema": {"$ref": "http://elsewhere/schema"}},
            409,
            "Error updating deployment: Validation failed. Failure reason: Unresolvable: http://elsewhere/schema",
        ),
    ],
    ids=str,
)
async def test_parameters_stay_as_the_schema_says(
    api: httpx.AsyncClient, deploy: Deploy, asked: JSON, status: int, detail: str | None
) -> None:
    made = await deploy(**ENFORCED)
    reply = await api.patch(f"/deployments/{made['id']}", json=asked)
    assert reply.status_code == status, reply.text
    if detail is not None:
        assert reply.json() == {"detail": detail}
        assert (await api.get(f"/deployments/{made['id']}")).json() == made


async def test_where_a_schema_is_enforced_there_must_be_one(api: httpx.AsyncClient, deploy: Deploy) -> None:
    made = await deploy(parameter_openapi_schema=None)
    reply = await api.patch(f"/deployments/{made['id']}", json={"description": "x"})
    assert reply.status_code == 409
    assert "does not have a valid parameter schema" in reply.json()["detail"]
    assert (await change(api, made["id"], parameter_openapi_schema={}))["parameter_openapi_schema"]
    await change(api, made["id"], description="x")


async def test_parameters_that_stand_for_others(api: httpx.AsyncClient, deploy: Deploy) -> None:
    made = await deploy()
    asked = {"x": {"__prefect_kind": "json", "value": "[1]"}, "y": {"__prefect_kind": "json"}}
    assert (await change(api, made["id"], parameters=asked))["parameters"] == {"x": [1]}
    reply = await api.patch(f"/deployments/{made['id']}", json={"parameters": {"x": {"__prefect_kind": "none"}}})
    assert reply.status_code == 400
    assert "Missing 'value' key" in reply.json()["detail"]


async def test_bounds_of_the_settings(settings: Settings, deploy: Deploy) -> None:
    made = await deploy()
    bounds = ServerSettings(max_parameter_size=10, deployment_schedule_max_scheduled_runs=3)
    async with client_of(settings_for(settings.database.url, server=bounds)) as api:
        path = f"/deployments/{made['id']}"
        assert locations(await api.patch(path, json={"parameters": {"x": "1234567"}})) == [["body", "parameters"]]
        schedules = [{"schedule": {"interval": 1}, "max_scheduled_runs": most} for most in (3, 4)]
        refused = await api.patch(path, json={"schedules": schedules})
        assert locations(refused) == [["body", "schedules", 1, "max_scheduled_runs"]]
        assert "must be less than or equal to 3." in refused.text
        assert (await api.patch(path, json={"schedules": schedules[:1]})).status_code == 204


async def test_a_limit(api: httpx.AsyncClient, db: Database, deploy: Deploy) -> None:
    id = (await deploy())["id"]
    limit = (await change(api, id, concurrency_limit=3))["global_concurrency_limit"]
    assert (limit["name"], limit["limit"]) == (f"deployment:{id}", 3)
    changed = (await change(api, id, concurrency_limit=4))["global_concurrency_limit"]
    assert (changed["id"], changed["limit"]) == (limit["id"], 4)
    assert (await change(api, id, version="2"))["global_concurrency_limit"] == changed
    assert (await change(api, id, global_concurrency_limit_id=None))["global_concurrency_limit"] is None
    assert (await change(api, id, global_concurrency_limit_id=limit["id"]))["global_concurrency_limit"] == changed
    assert (await change(api, id, concurrency_limit=None))["global_concurrency_limit"] is None
    assert (await change(api, id, concurrency_limit=None))["global_concurrency_limit"] is None
    assert await count_of(db, global_limit) == 0


async def test_pausing(api: httpx.AsyncClient, db: Database, make: Make, deploy: Deploy, etl: UUID) -> None:
    id = (await deploy())["id"]
    common = {"flow_id": etl, "deployment_id": UUID(id), "state": "SCHEDULED"}
    past = utc_now() - timedelta(hours=1)
    await make.flow_run("by schedule", auto_scheduled=True, next_scheduled_start_time=past, **common)
    await make.flow_run("by hand", auto_scheduled=False, next_scheduled_start_time=past, **common)
    reply = await api.post(f"/deployments/{id}/pause_deployment")
    assert (reply.status_code, reply.json()) == (200, None)
    assert (await api.get(f"/deployments/{id}")).json()["paused"] is True
    assert [run.name for run in await db.read.all(sa.select(flow_run.c.name))] == ["by hand"]
    assert (await api.post(f"/deployments/{id}/resume_deployment")).status_code == 200
    assert (await api.get(f"/deployments/{id}")).json()["paused"] is False


async def test_deleting(api: httpx.AsyncClient, db: Database, make: Make, deploy: Deploy, etl: UUID) -> None:
    id = (await deploy(concurrency_limit=3, schedules=[{"schedule": {"interval": 60}}]))["id"]
    await deploy("other", schedules=[{"schedule": {"interval": 60}}])
    common = {"flow_id": etl, "deployment_id": UUID(id)}
    await make.flow_run("waits", "SCHEDULED", **common)
    await make.flow_run("retries", "SCHEDULED", run_count=1, **common)
    await make.flow_run("is done", "COMPLETED", **common)
    assert (await api.delete(f"/deployments/{id}")).status_code == 204
    assert (await api.delete(f"/deployments/{id}")).status_code == 404
    left = await db.read.all(sa.select(flow_run.c.name).order_by(flow_run.c.name))
    assert [run.name for run in left] == ["is done", "retries"]
    assert await count_of(db, global_limit) == 0
    assert await count_of(db, deployment) == await count_of(db, deployment_schedule) == 1


async def test_deleting_many(api: httpx.AsyncClient, make: Make, deploy: Deploy) -> None:
    made = {name: (await deploy(name))["id"] for name in ("c", "a", "b", "d")}
    asked = {"deployments": {"name": {"any_": ["a", "c", "d"]}}, "limit": 2}
    reply = await api.post("/deployments/bulk_delete", json=asked)
    assert (reply.status_code, reply.json()) == (200, {"deleted": [made["a"], made["c"]]})
    assert (await api.post("/deployments/count")).json() == 2
    assert (await api.post("/deployments/bulk_delete", json={"deployments": {"id": {"any_": []}}})).json() == {
        "deleted": []
    }
    assert sorted((await api.post("/deployments/bulk_delete")).json()["deleted"]) == sorted([made["b"], made["d"]])
    assert locations(await api.post("/deployments/bulk_delete", json={"limit": 51})) == [["body", "limit"]]


async def test_a_limit_that_others_share_goes_with_the_first(
    api: httpx.AsyncClient, db: Database, deploy: Deploy
) -> None:
    async with db.write() as tx:
        shared = await tx.scalar(sa.insert(global_limit).values(name="shared", limit=4).returning(global_limit.c.id))
    ids = [(await deploy(name, global_concurrency_limit_id=str(shared)))["id"] for name in "abcdefgh"]
    replies = await asyncio.gather(
        *(api.delete(f"/deployments/{id}") for id in ids[:4]),
        *(api.patch(f"/deployments/{id}", json={"concurrency_limit": 2}) for id in ids[4:]),
    )
    assert {reply.status_code for reply in replies} == {204}
    assert (await api.post("/deployments/count")).json() == 4
