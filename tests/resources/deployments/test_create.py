"""Making deployments, and changing them by making them again."""

import asyncio
from base64 import b64encode
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import Database
from lictor.resources.concurrency_limits.table import global_limit
from lictor.resources.deployments.schemas import DeploymentResponse
from lictor.resources.deployments.table import deployment
from lictor.resources.flow_runs.table import flow_run
from lictor.resources.work_pools.table import work_queue
from lictor.settings import ServerSettings, Settings
from lictor.validation.fields import MAX_INDEXED_BYTES, MAX_INTEGER
from tests.databases import settings_for
from tests.incompressible import text
from tests.make import Make
from tests.replies import JSON, NOBODY, locations
from tests.resources.deployments.shared import INTEGER_X, Deploy, count_of
from tests.serving import client_of


async def test_a_deployment_of_defaults(api: httpx.AsyncClient, etl: UUID) -> None:
    reply = await api.post("/deployments/", json={"name": "nightly", "flow_id": str(etl)})
    assert reply.status_code == 201
    made = reply.json()
    assert made["name"] == "nightly"
    assert made["flow_id"] == str(etl)
    assert made["labels"] == {"team": "data", "prefect.flow.id": str(etl)}
    assert (made["paused"], made["enforce_parameter_schema"], made["status"]) == (False, True, "NOT_READY")
    assert made["tags"] == made["schedules"] == made["pull_steps"] == []
    assert made["parameters"] == made["job_variables"] == made["parameter_openapi_schema"] == {}
    for name in ("version", "description", "global_concurrency_limit", "work_queue_id", "work_pool_name", "created_by"):
        assert made[name] is None, name
    assert [*made] == [*DeploymentResponse.model_fields]
    assert (await api.get(f"/deployments/{made['id']}")).json() == made


async def test_what_is_given_is_kept(deploy: Deploy) -> None:
    given: JSON = {
        "version": "1.0",
        "description": "",
        "paused": True,
        "tags": ["b", "a", "b"],
        "parameters": {"n": 2**70, "list": [1.5, None, {"é": "\U0001f680"}]},
        "parameter_openapi_schema": INTEGER_X,
        "pull_steps": [{"clone": {"of": "there"}}],
        "path": "/flows",
        "entrypoint": "etl.py:etl",
        "job_variables": {"env": {"A": "1"}},
        "concurrency_options": {"collision_strategy": "CANCEL_NEW", "grace_period_seconds": 60},
        "enforce_parameter_schema": False,
    }
    made = await deploy(**given, labels={"team": "ml", "n": 1}, version_info={"type": "git", "version": "abc", "x": 1})
    assert {name: made[name] for name in given} == given
    assert made["labels"] == {"team": "ml", "prefect.flow.id": made["flow_id"], "n": 1}
    assert DeploymentResponse.model_validate(made).model_dump(mode="json") == made


async def test_making_it_again_changes_what_is_given(api: httpx.AsyncClient, deploy: Deploy, etl: UUID) -> None:
    first = await deploy(
        version="1", tags=["a"], labels={"n": 1}, parameters={"x": 1}, paused=True, parameter_openapi_schema=INTEGER_X
    )
    reply = await api.post("/deployments/", json={"name": "nightly", "flow_id": str(etl), "version": "2"})
    assert reply.status_code == 200
    again = reply.json()
    assert again["updated"] > first["updated"]
    changed = {name for name in again if again[name] != first[name]}
    assert changed == {"updated", "version", "parameters", "labels"}
    assert again["parameters"] == {}
    assert again["labels"] == {"team": "data", "prefect.flow.id": str(etl)}


async def test_null_takes_away(deploy: Deploy) -> None:
    given: JSON = {"version": "1", "parameter_openapi_schema": INTEGER_X, "pull_steps": [], "path": "/x"}
    await deploy(**given, concurrency_options={"collision_strategy": "ENQUEUE"})
    again = await deploy(**dict.fromkeys(given), concurrency_options=None, labels=None)
    assert {again[name] for name in given} == {None}
    assert again["concurrency_options"] is None


async def test_an_empty_schema_is_that_of_an_object(deploy: Deploy) -> None:
    assert (await deploy(parameter_openapi_schema={}))["parameter_openapi_schema"] == {
        "type": "object",
        "properties": {},
    }


async def test_deployments_made_at_once_are_one(api: httpx.AsyncClient, etl: UUID) -> None:
    body = {
        "name": "nightly",
        "flow_id": str(etl),
        "schedules": [{"schedule": {"interval": 60}, "slug": "a"}],
        "work_queue_name": "later",
        "concurrency_limit": 2,
    }
    replies = await asyncio.gather(*(api.post("/deployments/", json=body) for _ in range(12)))
    assert sorted(reply.status_code for reply in replies) == [200] * 11 + [201]
    assert len({reply.json()["id"] for reply in replies}) == 1
    left = (await api.get("/deployments/name/etl/nightly")).json()
    assert len(left["schedules"]) == 1
    assert left["global_concurrency_limit"]["limit"] == 2


async def test_names_are_those_of_one_flow(api: httpx.AsyncClient, make: Make) -> None:
    flows = await make.flows("one", "two")
    replies = [await api.post("/deployments/", json={"name": "same", "flow_id": str(id)}) for id in flows]
    assert [reply.status_code for reply in replies] == [201, 201]


@pytest.mark.parametrize("name", ["", " ", "ünï 'q\" \\", "a\nb", "x" * 1000])
async def test_names(api: httpx.AsyncClient, deploy: Deploy, name: str) -> None:
    made = await deploy(name)
    found = (await api.post("/deployments/filter", json={"deployments": {"name": {"any_": [name]}}})).json()
    assert [each["id"] for each in found] == [made["id"]]


@pytest.mark.parametrize(
    ("asked", "culprit"),
    [
        pytest.param({"name": None}, ["name"], id="no name"),
        pytest.param({"name": "a/b"}, ["name"], id="slash"),
        pytest.param({"name": "100%"}, ["name"], id="percent"),
        pytest.param({"name": "<x>"}, ["name"], id="angle"),
        pytest.param({"name": "a&b"}, ["name"], id="ampersand"),
        pytest.param({"name": text(MAX_INDEXED_BYTES + 1)}, ["name"], id="long name"),
        pytest.param({"name": "a\0b"}, ["name"], id="NUL"),
        pytest.param({"flow_id": None}, ["flow_id"], id="no flow"),
        pytest.param({"flow_id": "x"}, ["flow_id"], id="flow id that is none"),
        pytest.param({"tags": None}, ["tags"], id="null tags"),
        pytest.param({"tags": [text(MAX_INDEXED_BYTES + 1)]}, ["tags", 0], id="long tag"),
        pytest.param({"paused": None}, ["paused"], id="null paused"),
        pytest.param({"labels": {"a": None}}, ["labels", "a", "bool"], id="null label"),
        pytest.param({"parameters": None}, ["parameters"], id="null parameters"),
        pytest.param({"job_variables": None}, ["job_variables"], id="null job variables"),
        pytest.param({"schedules": None}, ["schedules"], id="null schedules"),
        pytest.param({"enforce_parameter_schema": None}, ["enforce_parameter_schema"], id="null enforcement"),
        pytest.param({"concurrency_limit": 0}, ["concurrency_limit"], id="no slots"),
        pytest.param({"concurrency_limit": MAX_INTEGER + 1}, ["concurrency_limit"], id="too many slots"),
        pytest.param({"concurrency_options": {}}, ["concurrency_options", "collision_strategy"], id="no strategy"),
        pytest.param({"concurrency_limit": 1, "global_concurrency_limit_id": NOBODY}, [], id="two limits"),
        pytest.param({"work_queue_name": "a/b"}, ["work_queue_name"], id="queue that cannot be made"),
        pytest.param({"parameter_openapi_schema": []}, ["parameter_openapi_schema"], id="schema that is none"),
        pytest.param({"pull_steps": {}}, ["pull_steps"], id="steps that are none"),
        pytest.param({"version_info": {}}, ["version_info", "type"], id="version of nothing"),
        pytest.param({"id": NOBODY}, ["id"], id="unknown field"),
    ],
)
async def test_bad_input_is_refused_by_name(
    api: httpx.AsyncClient, db: Database, etl: UUID, asked: JSON, culprit: list[Any]
) -> None:
    reply = await api.post("/deployments/", json={"name": "nightly", "flow_id": str(etl), **asked})
    assert ["body", *culprit] in locations(reply)
    assert await count_of(db, deployment) == await count_of(db, work_queue) == 0


@pytest.mark.parametrize("body", [[], "x", 5, True])
async def test_a_body_that_is_no_object_is_refused(api: httpx.AsyncClient, body: Any) -> None:
    assert locations(await api.post("/deployments/", json=body)) == [["body"]]


async def test_former_names_of_the_queue_have_no_effect(deploy: Deploy) -> None:
    made = await deploy(
        worker_pool_queue_id="a", worker_pool_name="b", worker_pool_queue_name="c", work_pool_queue_name=1
    )
    assert made["work_queue_name"] is made["work_pool_name"] is None


@pytest.mark.parametrize(
    ("asked", "status", "detail"),
    [
        ({"flow_id": NOBODY}, 409, f"flow_id: there is no flow {NOBODY}."),
        ({"work_pool_name": "nowhere"}, 404, 'Work pool "nowhere" not found.'),
        ({"work_pool_name": "nowhere", "work_queue_name": "q"}, 404, 'Work pool "nowhere" not found.'),
        ({"work_pool_name": "default-agent-pool"}, 404, 'Work pool "default-agent-pool" not found.'),
        ({"global_concurrency_limit_id": NOBODY}, 404, "Concurrency limit not found"),
        ({"infrastructure_document_id": NOBODY}, 409, f"infrastructure block with id: {NOBODY}"),
        ({"storage_document_id": NOBODY}, 409, f"storage block with id: {NOBODY}"),
    ],
)
async def test_what_it_refers_to_must_be_there(
    api: httpx.AsyncClient, db: Database, etl: UUID, asked: JSON, status: int, detail: str
) -> None:
    body = {"name": "nightly", "flow_id": str(etl), "work_queue_name": "new", "concurrency_limit": 3, **asked}
    if "global_concurrency_limit_id" in asked:
        del body["concurrency_limit"]
    reply = await api.post("/deployments/", json=body)
    assert reply.status_code == status
    assert detail in reply.json()["detail"]
    for table in (deployment, work_queue, global_limit):
        assert await count_of(db, table) == 0


@pytest.mark.parametrize(
    ("parameters", "schema", "message"),
    [
        ({"x": 1}, INTEGER_X, None),
        ({}, {**INTEGER_X, "required": ["x"]}, None),
        ({"y": 1}, INTEGER_X, None),
        ({"x": "a"}, INTEGER_X, "Validation failed for field 'x'. Failure reason: 'a' is not of type 'integer'"),
        ({"x": None}, INTEGER_X, "Validation failed for field 'x'. Failure reason: None is not of type 'integer'"),
        ({}, {"type": "array"}, "Validation failed. Failure reason: {} is not of type 'array'"),
        ({}, {"type": "nonsense"}, "The provided schema is not a valid json schema. Schema error: 'nonsense' is not"),
        ({}, {"pattern": "("}, "The provided schema is not a valid json schema. Schema error: '(' is not a 'regex'"),
        ({}, {"$ref": "http://elsewhere/schema"}, "Validation failed. Failure reason: Unresolvable"),
        ({}, {"$ref": "#"}, "Unable to validate schema with circular references."),
    ],
)
async def test_parameters_must_be_as_an_enforced_schema_says(
    api: httpx.AsyncClient, etl: UUID, parameters: JSON, schema: JSON, message: str | None
) -> None:
    body = {"name": "nightly", "flow_id": str(etl), "parameters": parameters, "parameter_openapi_schema": schema}
    reply = await api.post("/deployments/", json={**body, "enforce_parameter_schema": True})
    if message is None:
        assert reply.status_code == 201
    else:
        assert locations(reply) == [["body"]]
        assert message in reply.json()["exception_detail"][0]["msg"]
    for how in ({"enforce_parameter_schema": False}, {}):  # by default nobody looks, though it says it does
        assert (await api.post("/deployments/", json=body | how)).status_code in {200, 201}


async def test_parameters_have_a_size(settings: Settings, make: Make, etl: UUID) -> None:
    bounded = settings_for(settings.database.url, server=ServerSettings(max_parameter_size=20))
    async with client_of(bounded) as api:
        body = {"name": "nightly", "flow_id": str(etl), "parameters": {"x": "1234567890123"}}
        reply = await api.post("/deployments/", json=body)
        assert locations(reply) == [["body", "parameters"]]
        assert "less than 20 bytes when serialized (got 21 bytes)" in reply.text
        assert (await api.post("/deployments/", json={**body, "parameters": {"x": "123456789012"}})).status_code == 201


async def test_an_automation_is_its_maker(api: httpx.AsyncClient, etl: UUID) -> None:
    headers = {"Prefect-Automation-Id": NOBODY, "Prefect-Automation-Name": b64encode(b"on failure").decode()}
    body = {"name": "nightly", "flow_id": str(etl)}
    made = (await api.post("/deployments/", json=body, headers=headers)).json()
    automation = {"id": NOBODY, "type": "AUTOMATION", "display_value": "on failure"}
    assert made["created_by"] == made["updated_by"] == automation
    again = (await api.post("/deployments/", json=body)).json()
    assert (again["created_by"], again["updated_by"]) == (automation, None)


async def test_a_limit_of_its_own(api: httpx.AsyncClient, db: Database, deploy: Deploy) -> None:
    made = await deploy(concurrency_limit=3)
    limit = made["global_concurrency_limit"]
    assert (limit["name"], limit["limit"], limit["active_slots"]) == (f"deployment:{made['id']}", 3, 0)
    assert (limit["active"], limit["slot_decay_per_second"], made["concurrency_limit"]) == (True, 0.0, None)
    assert (await deploy())["global_concurrency_limit"] == limit
    changed = (await deploy(concurrency_limit=5))["global_concurrency_limit"]
    assert (changed["id"], changed["limit"]) == (limit["id"], 5)
    assert (await deploy(concurrency_limit=None))["global_concurrency_limit"] is None
    assert await count_of(db, global_limit) == 0


async def test_a_limit_that_it_shares(db: Database, deploy: Deploy) -> None:
    async with db.write() as tx:
        shared = await tx.scalar(sa.insert(global_limit).values(name="shared", limit=4).returning(global_limit.c.id))
    first = await deploy("one", global_concurrency_limit_id=str(shared))
    second = await deploy("two", global_concurrency_limit_id=str(shared))
    assert first["global_concurrency_limit"] == second["global_concurrency_limit"]
    assert first["global_concurrency_limit"]["name"] == "shared"
    assert (await deploy("two", global_concurrency_limit_id=None))["global_concurrency_limit"] is None
    own = (await deploy("two", concurrency_limit=1))["global_concurrency_limit"]
    assert own["name"] == f"deployment:{second['id']}"
    await deploy("two", global_concurrency_limit_id=None)
    again = (await deploy("two", concurrency_limit=2))["global_concurrency_limit"]
    assert (again["id"], again["limit"]) == (own["id"], 2)  # the one that it had is still there


async def test_runs_that_schedules_have_made_go_when_it_is_made_again(
    api: httpx.AsyncClient, db: Database, make: Make, deploy: Deploy, etl: UUID
) -> None:
    made = await deploy()
    later, before = utc_now() + timedelta(hours=1), utc_now() - timedelta(hours=1)
    common = {"flow_id": etl, "deployment_id": UUID(made["id"])}
    scheduled = {"state": "SCHEDULED", "auto_scheduled": True, "next_scheduled_start_time": later, **common}
    await make.flow_run("gone", **scheduled)
    await make.flow_run("late", **scheduled | {"next_scheduled_start_time": before})
    await make.flow_run("asked for", **scheduled | {"auto_scheduled": False})
    await make.flow_run("retried", **scheduled, run_count=1)
    await make.flow_run("pending", **scheduled | {"state": "PENDING"})
    await make.flow_run("of another", **scheduled | {"deployment_id": None})
    await deploy()
    left = await db.read.all(sa.select(flow_run.c.name).order_by(flow_run.c.name))
    assert [run.name for run in left] == ["asked for", "late", "of another", "pending", "retried"]
