"""Recording flow runs."""

import asyncio
from base64 import b64encode
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from lictor.db.engine import Database
from lictor.resources.flow_runs.schemas import FlowRunResponse
from lictor.resources.flow_runs.table import flow_run_state
from lictor.resources.work_pools.table import work_pool
from lictor.settings import ServerSettings, Settings
from lictor.validation.fields import MAX_INDEXED_BYTES
from tests.databases import settings_for
from tests.incompressible import text
from tests.make import Make
from tests.serving import client_of

NOBODY = "00000000-0000-4000-8000-000000000000"
JSON = dict[str, Any]


@pytest.fixture
async def etl(make: Make) -> UUID:
    return await make.flow("etl", labels={"team": "data"})


async def created(api: httpx.AsyncClient, flow_id: UUID, **asked: Any) -> JSON:
    reply = await api.post("/flow_runs/", json={"flow_id": str(flow_id), **asked})
    assert reply.status_code == 201, reply.text
    return reply.json()


async def test_a_run_of_defaults(api: httpx.AsyncClient, etl: UUID) -> None:
    run = await created(api, etl)
    assert run["name"]
    assert run["flow_id"] == str(etl)
    assert run["state_type"] == run["state"]["type"] == "PENDING"
    assert run["state_id"] == run["state"]["id"]
    assert run["state"]["state_details"]["flow_run_id"] == run["id"]
    assert run["expected_start_time"] == run["state"]["timestamp"]
    assert run["parameters"] == run["context"] == run["job_variables"] == {}
    assert run["tags"] == []
    assert run["empirical_policy"]["pause_keys"] == []
    assert run["created_by"] is run["work_pool_id"] is run["deployment_id"] is run["idempotency_key"] is None
    assert (run["run_count"], run["total_run_time"], run["auto_scheduled"]) == (0, 0.0, False)


async def test_an_answer_is_what_its_model_says(api: httpx.AsyncClient, etl: UUID) -> None:
    run = await created(api, etl, state={"type": "RUNNING"})
    assert [*run] == [*FlowRunResponse.model_fields]
    assert FlowRunResponse.model_validate(run).estimated_run_time > 0


async def test_what_is_given_is_kept(api: httpx.AsyncClient, etl: UUID) -> None:
    given = {
        "name": "first",
        "flow_version": "2",
        "parameters": {"n": 2**70, "list": [1.5, None, {"é": "\U0001f680"}]},
        "context": {"a": {"b": [1]}},
        "tags": ["b", "a", "b"],
        "idempotency_key": "once",
        "work_queue_name": "later",
        "job_variables": {"image": "x"},
        "deployment_id": NOBODY,
    }
    run = await created(api, etl, **given)
    assert {name: run[name] for name in given} == given
    assert (await api.get(f"/flow_runs/{run['id']}")).json().items() >= given.items()


@pytest.mark.parametrize("name", [None, ""])
async def test_a_run_without_a_name_gets_one(api: httpx.AsyncClient, etl: UUID, name: str | None) -> None:
    assert (await created(api, etl, name=name))["name"]


async def test_former_names_of_the_policy(api: httpx.AsyncClient, etl: UUID) -> None:
    run = await created(api, etl, empirical_policy={"max_retries": 3, "retry_delay_seconds": 2, "pause_keys": ["a"]})
    assert run["empirical_policy"] == {
        "max_retries": 3,
        "retry_delay_seconds": 2.0,
        "retries": 3,
        "retry_delay": 2,
        "pause_keys": ["a"],
        "resuming": False,
        "retry_type": None,
    }


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param({"type": "SCHEDULED"}, {"start_time": None, "run_count": 0}, id="scheduled"),
        pytest.param({"type": "RUNNING"}, {"end_time": None, "run_count": 1}, id="running"),
        pytest.param({"type": "COMPLETED", "name": "Cached"}, {"state_name": "Cached", "run_count": 0}, id="completed"),
    ],
)
async def test_the_first_state_keeps_the_books(
    api: httpx.AsyncClient, db: Database, etl: UUID, asked: JSON, expected: JSON
) -> None:
    run = await created(api, etl, state=asked)
    assert run.items() >= expected.items()
    states = await db.read.all(sa.select(flow_run_state.c.type).where(flow_run_state.c.flow_run_id == UUID(run["id"])))
    assert [state.type for state in states] == [asked["type"]]


async def test_a_scheduled_run_is_expected_when_it_is_scheduled(api: httpx.AsyncClient, etl: UUID) -> None:
    due = "2040-01-01T00:00:00Z"
    run = await created(api, etl, state={"type": "SCHEDULED", "state_details": {"scheduled_time": due}})
    assert run["expected_start_time"] == run["next_scheduled_start_time"] == due


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, {"team": "data"}),
        ({"a": 1, "team": "own"}, {"team": "own", "a": 1}),
        ({"prefect.flow.id": "own"}, {"team": "data", "prefect.flow.id": "own"}),
    ],
    ids=str,
)
async def test_labels_of_a_flow(api: httpx.AsyncClient, etl: UUID, given: JSON | None, expected: JSON) -> None:
    assert (await created(api, etl, labels=given))["labels"] == {"prefect.flow.id": str(etl), **expected}


async def test_labels_of_a_deployment_take_the_place_of_the_flows(
    api: httpx.AsyncClient, make: Make, etl: UUID
) -> None:
    nightly = await make.deployment("nightly", flow_id=etl, labels={"env": "prod"})
    run = await created(api, etl, deployment_id=str(nightly), labels={"a": 1})
    assert run["labels"] == {
        "env": "prod",
        "prefect.flow.id": str(etl),
        "prefect.deployment.id": str(nightly),
        "a": 1,
    }


async def test_no_labels_to_inherit(api: httpx.AsyncClient, make: Make) -> None:
    plain = await make.flow("plain", labels=None)
    assert (await created(api, plain))["labels"] == {"prefect.flow.id": str(plain)}


@pytest.mark.parametrize("key", ["once", "", text(MAX_INDEXED_BYTES)], ids=lambda key: str(len(key)))
async def test_an_idempotency_key_is_used_once(api: httpx.AsyncClient, make: Make, etl: UUID, key: str) -> None:
    first = await created(api, etl, idempotency_key=key, name="first")
    again = await api.post("/flow_runs/", json={"flow_id": str(etl), "idempotency_key": key, "parameters": {"a": 1}})
    assert again.status_code == 200
    assert {**again.json(), "estimated_start_time_delta": 0} == {**first, "estimated_start_time_delta": 0}
    other = await created(api, await make.flow("other"), idempotency_key=key)
    assert other["id"] != first["id"]


async def test_requests_of_one_key_at_once_make_one_run(api: httpx.AsyncClient, db: Database, etl: UUID) -> None:
    asked = {"flow_id": str(etl), "idempotency_key": "once"}
    replies = await asyncio.gather(*(api.post("/flow_runs/", json=asked) for _ in range(20)))
    assert sorted(reply.status_code for reply in replies) == [200] * 19 + [201]
    assert len({reply.json()["id"] for reply in replies}) == 1
    assert len({reply.json()["state_id"] for reply in replies}) == 1
    assert await db.read.scalar(sa.select(sa.func.count()).select_from(flow_run_state)) == 1


async def test_runs_without_a_key_are_all_new(api: httpx.AsyncClient, etl: UUID) -> None:
    assert (await created(api, etl))["id"] != (await created(api, etl))["id"]


async def test_a_subflow_run_moves_the_task_run_that_stands_for_it(
    api: httpx.AsyncClient, make: Make, etl: UUID
) -> None:
    parent = await make.task_run("call", state="RUNNING", flow_run_id=await make.flow_run(flow_id=etl))
    run = await created(api, etl, parent_task_run_id=str(parent))
    assert run["state"]["state_details"]["task_run_id"] == str(parent)
    stands_for = (await api.get(f"/task_runs/{parent}")).json()
    assert stands_for["state"]["type"] == "PENDING"
    assert stands_for["state"]["state_details"]["child_flow_run_id"] == run["id"]


async def test_a_run_waits_in_the_queue_of_its_pool(api: httpx.AsyncClient, make: Make, etl: UUID) -> None:
    pool = await make.work_pool("pool")
    queue = await make.work_queue("urgent", work_pool_id=pool)
    run = await created(api, etl, work_pool_name="pool", work_queue_name="urgent")
    assert (run["work_queue_id"], run["work_queue_name"]) == (str(queue), "urgent")
    assert (run["work_pool_id"], run["work_pool_name"]) == (str(pool), "pool")


async def test_a_pool_alone_means_its_default_queue(
    api: httpx.AsyncClient, make: Make, db: Database, etl: UUID
) -> None:
    pool = await make.work_pool("pool")
    queue = await make.work_queue("default", work_pool_id=pool)
    async with db.write() as tx:
        await tx.execute(sa.update(work_pool).where(work_pool.c.id == pool).values(default_queue_id=queue))
    run = await created(api, etl, work_pool_name="pool")
    assert (run["work_queue_id"], run["work_queue_name"], run["work_pool_id"]) == (str(queue), "default", str(pool))


@pytest.mark.parametrize(
    ("asked", "status", "detail"),
    [
        ({"flow_id": NOBODY}, 409, f"flow_id: there is no flow {NOBODY}."),
        ({"parent_task_run_id": NOBODY}, 409, f"parent_task_run_id: there is no task run {NOBODY}."),
        ({"infrastructure_document_id": NOBODY}, 409, f"infrastructure_document_id: there is no block {NOBODY}."),
        ({"work_pool_name": "none"}, 404, 'Work pool "none" not found.'),
        ({"work_pool_name": "none", "work_queue_name": "q"}, 404, "Work pool queue 'none/q' not found."),
    ],
    ids=str,
)
async def test_unknown_relatives(api: httpx.AsyncClient, etl: UUID, asked: JSON, status: int, detail: str) -> None:
    reply = await api.post("/flow_runs/", json={"flow_id": str(etl), **asked})
    assert (reply.status_code, reply.json()) == (status, {"detail": detail})
    assert (await api.post("/flow_runs/count")).json() == 0


@pytest.mark.parametrize(
    ("asked", "culprit"),
    [
        ({"flow_id": None}, ["flow_id"]),
        ({"name": 1}, ["name"]),
        ({"name": text(MAX_INDEXED_BYTES + 1)}, ["name"]),
        ({"idempotency_key": text(MAX_INDEXED_BYTES + 1)}, ["idempotency_key"]),
        ({"tags": ["fine", text(MAX_INDEXED_BYTES + 1)]}, ["tags", 1]),
        ({"tags": None}, ["tags"]),
        ({"context": None}, ["context"]),
        ({"parameters": []}, ["parameters"]),
        ({"empirical_policy": None}, ["empirical_policy"]),
        ({"empirical_policy": []}, ["empirical_policy"]),
        ({"empirical_policy": {"max_retries": None}}, ["empirical_policy", "max_retries"]),
        ({"empirical_policy": {"retry_delay_seconds": 2.5}}, ["empirical_policy", "retry_delay"]),
        ({"labels": {"a": None}}, ["labels", "a", "str"]),
        ({"state": {"type": "NONE"}}, ["state", "type"]),
        ({"context": {"a": "\0"}}, ["context", "a"]),
        ({"id": NOBODY}, ["id"]),
    ],
    ids=lambda value: str(value)[:50],
)
async def test_bad_runs_are_refused(api: httpx.AsyncClient, etl: UUID, asked: JSON, culprit: list[Any]) -> None:
    reply = await api.post("/flow_runs/", json={"flow_id": str(etl), **asked})
    assert reply.status_code == 422, reply.text
    assert ["body", *culprit] in [problem["loc"] for problem in reply.json()["exception_detail"]]
    assert (await api.post("/flow_runs/count")).json() == 0


async def test_the_longest_tags_fit(api: httpx.AsyncClient, etl: UUID) -> None:
    tags = [text(MAX_INDEXED_BYTES), text(MAX_INDEXED_BYTES - 1)]
    run = await created(api, etl, tags=tags, name=text(MAX_INDEXED_BYTES))
    found = await api.post("/flow_runs/filter", json={"flow_runs": {"tags": {"all_": tags}}})
    assert [found_run["id"] for found_run in found.json()] == [run["id"]]


@pytest.mark.parametrize(
    ("limit", "size", "status"), [(100, 100, 201), (100, 101, 422), (0, 100_000, 201)], ids=["fits", "large", "any"]
)
async def test_parameters_have_a_size_limit(
    database_url: str, make: Make, etl: UUID, limit: int, size: int, status: int
) -> None:
    settings: Settings = settings_for(database_url, server=ServerSettings(max_parameter_size=limit))
    async with client_of(settings) as api:
        parameters = {"a": "x" * (size - len('{"a":""}'))}
        reply = await api.post("/flow_runs/", json={"flow_id": str(etl), "parameters": parameters})
        assert reply.status_code == status
        if status == 422:
            [problem] = reply.json()["exception_detail"]
            assert problem["loc"] == ["body", "parameters"]
            assert problem["msg"].endswith("less than 100 bytes when serialized (got 101 bytes).")
            assert reply.json()["request_body"]["flow_id"] == str(etl)


AUTOMATION = {"prefect-automation-id": NOBODY}


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        pytest.param({**AUTOMATION, "prefect-automation-name": b64encode("né".encode()).decode()}, "né", id="named"),
        pytest.param(AUTOMATION, None, id="without a name"),
        pytest.param({**AUTOMATION, "prefect-automation-name": ""}, None, id="with an empty name"),
        pytest.param({**AUTOMATION, "prefect-automation-name": "notb64!"}, None, id="not base64"),
        pytest.param({**AUTOMATION, "prefect-automation-name": "//8="}, None, id="not UTF-8"),
        pytest.param({**AUTOMATION, "prefect-automation-name": "AA=="}, None, id="NUL"),
        pytest.param({**AUTOMATION, "prefect-automation-name": "===="}, None, id="nothing in base64"),
        pytest.param({"prefect-automation-name": "eA=="}, None, id="without an id"),
    ],
)
async def test_an_automation_says_that_it_made_a_run(
    api: httpx.AsyncClient, etl: UUID, headers: dict[str, str], name: str | None
) -> None:
    reply = await api.post("/flow_runs/", json={"flow_id": str(etl)}, headers=headers)
    expected = None if name is None else {"id": NOBODY, "type": "AUTOMATION", "display_value": name}
    assert reply.json()["created_by"] == expected


async def test_an_automation_whose_id_is_none(api: httpx.AsyncClient, etl: UUID) -> None:
    headers = {"prefect-automation-id": "none", "prefect-automation-name": "eA=="}
    reply = await api.post("/flow_runs/", json={"flow_id": str(etl)}, headers=headers)
    assert reply.status_code == 422
    assert reply.json()["exception_detail"][0]["loc"] == ["header", "prefect-automation-id"]
