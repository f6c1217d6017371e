"""The API of work pools."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from lictor.db.engine import Database
from lictor.resources.work_pools.schemas import WorkPoolResponse
from lictor.resources.work_pools.table import work_pool, work_queue
from lictor.validation.fields import MAX_INDEXED_BYTES, MAX_INTEGER
from tests.incompressible import text
from tests.make import Make
from tests.replies import JSON, NOBODY, locations
from tests.resources.work_pools.pools import TEMPLATE, VARIABLES, pool

STORAGE: JSON = {
    "bundle_upload_step": {"a": 2**70},
    "bundle_execution_step": None,
    "default_result_storage_block_id": NOBODY,
}


async def changed(api: httpx.AsyncClient, name: str = "pool", **asked: Any) -> JSON:
    """What a work pool is after a change."""
    reply = await api.patch(f"/work_pools/{name}", json=asked)
    assert reply.status_code == 204, reply.text
    return (await api.get(f"/work_pools/{name}")).json()


async def test_a_pool_of_defaults(api: httpx.AsyncClient) -> None:
    made = await pool(api)
    assert [*made] == [*WorkPoolResponse.model_fields]
    assert (made["status"], made["base_job_template"], made["is_paused"]) == ("NOT_READY", {}, False)
    assert made["storage_configuration"] == dict.fromkeys(STORAGE)
    assert made["description"] is made["concurrency_limit"] is made["active_slots"] is None
    assert (await api.get("/work_pools/pool")).json() == made
    queues = (await api.post("/work_pools/pool/queues/filter")).json()
    assert [(queue["id"], queue["name"], queue["priority"]) for queue in queues] == [
        (made["default_queue_id"], "default", 1)
    ]


async def test_what_is_given_is_kept(api: httpx.AsyncClient) -> None:
    given: JSON = {
        "name": "ünï c",
        "description": "",
        "type": "process",
        "base_job_template": TEMPLATE,
        "is_paused": True,
        "concurrency_limit": 0,
        "storage_configuration": STORAGE,
    }
    made = (await api.post("/work_pools/", json=given)).json()
    assert made.items() >= given.items()
    assert (made["status"], made["active_slots"]) == ("PAUSED", 0)
    assert WorkPoolResponse.model_validate(made).model_dump(mode="json") == made


async def test_pools_of_agents_have_no_status(api: httpx.AsyncClient) -> None:
    assert (await api.post("/work_pools/", json={"name": "agents"})).json().items() >= {
        "type": "prefect-agent",
        "status": None,
    }.items()
    assert (await changed(api, "agents", is_paused=True))["status"] is None


async def test_names_differ(api: httpx.AsyncClient, db: Database) -> None:
    replies = await asyncio.gather(*(api.post("/work_pools/", json={"name": "pool"}) for _ in range(8)))
    assert sorted(reply.status_code for reply in replies) == [201] + [409] * 7
    assert {"detail": "A work pool with this name already exists."} in [reply.json() for reply in replies]
    for table in (work_pool, work_queue):
        assert await db.read.scalar(sa.select(sa.func.count()).select_from(table)) == 1


@pytest.mark.parametrize(
    ("asked", "culprit"),
    [
        ({"name": ""}, ["name"]),
        ({"name": " "}, ["name"]),
        ({"name": "'\" "}, ["name"]),
        ({"name": None}, ["name"]),
        ({"name": "a/b"}, ["name"]),
        ({"name": text(MAX_INDEXED_BYTES + 1)}, ["name"]),
        ({"type": None}, ["type"]),
        ({"is_paused": None}, ["is_paused"]),
        ({"concurrency_limit": -1}, ["concurrency_limit"]),
        ({"concurrency_limit": MAX_INTEGER + 1}, ["concurrency_limit"]),
        ({"base_job_template": None}, ["base_job_template"]),
        ({"base_job_template": {"a": 1}}, ["base_job_template"]),
        ({"base_job_template": {"job_configuration": {"a": 1}}}, ["base_job_template"]),
        ({"base_job_template": {"job_configuration": [1], "variables": VARIABLES}}, ["base_job_template"]),
        ({"base_job_template": {"job_configuration": {"a": 1}, "variables": "x"}}, ["base_job_template"]),
        (
            {"base_job_template": {"job_configuration": {"a": 1}, "variables": {"properties": [1]}}},
            ["base_job_template"],
        ),
        ({"base_job_template": {**TEMPLATE, "job_configuration": {"a": "{{ other }}"}}}, ["base_job_template"]),
        ({"storage_configuration": None}, ["storage_configuration"]),
        ({"storage_configuration": {"other": 1}}, ["storage_configuration", "other"]),
        ({"other": 1}, ["other"]),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_bad_pools_are_refused_by_name(api: httpx.AsyncClient, asked: JSON, culprit: list[str]) -> None:
    assert locations(await api.post("/work_pools/", json={"name": "pool", **asked})) == [["body", *culprit]]
    assert (await api.post("/work_pools/count")).json() == 0


@pytest.mark.parametrize(
    ("variables", "status", "detail"),
    [
        ({"type": "nonsense"}, 422, "Invalid schema: 'nonsense' is not valid"),
        ({"properties": {"z": {"type": "integer", "default": "x"}}}, 422, "Validation failed for field 'z'."),
        ({"properties": {"z": {"default": {"$ref": {"block_document_id": NOBODY}}}}}, 404, "Block not found."),
        ({"properties": {"z": {"type": "integer", "default": {"$ref": {"block_document_id": None}}}}}, 201, ""),
        ({"properties": {"z": {"type": "integer", "default": None}}}, 201, ""),
        ({"properties": {"z": True}, "required": ["z"]}, 201, ""),
    ],
)
async def test_defaults_must_be_as_the_variables_say(
    api: httpx.AsyncClient, variables: JSON, status: int, detail: str
) -> None:
    template = {"job_configuration": {"a": 1}, "variables": variables}
    reply = await api.post("/work_pools/", json={"name": "pool", "base_job_template": template})
    assert reply.status_code == status, reply.text
    assert detail in reply.json().get("detail", "")


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"description": "new"},
        {"description": None},
        {"base_job_template": {}},
        {"base_job_template": {**TEMPLATE, "job_configuration": {"a": 1}}},
        {"concurrency_limit": None, "active_slots": None},
        {"concurrency_limit": 5},
        {"storage_configuration": dict.fromkeys(STORAGE) | {"bundle_upload_step": {}}},
        {"is_paused": True, "status": "PAUSED"},
    ],
    ids=str,
)
async def test_only_what_is_asked_changes(api: httpx.AsyncClient, asked: JSON) -> None:
    made = await pool(api, description="old", base_job_template=TEMPLATE, concurrency_limit=1)
    sent = {name: value for name, value in asked.items() if name not in {"status", "active_slots"}}
    now = await changed(api, **sent)
    assert now["updated"] > made["updated"]
    assert now == made | asked | {"updated": now["updated"]}


async def test_pausing_and_going_on(api: httpx.AsyncClient) -> None:
    await pool(api, is_paused=True)
    assert (await changed(api, is_paused=False))["status"] == "NOT_READY"
    assert (await changed(api, is_paused=True))["status"] == "PAUSED"


@pytest.mark.parametrize("name", ["is_paused", "base_job_template", "storage_configuration"])
async def test_null_takes_nothing_away(api: httpx.AsyncClient, name: str) -> None:
    made = await pool(api)
    assert locations(await api.patch("/work_pools/pool", json={name: None})) == [["body", name]]
    assert (await api.get("/work_pools/pool")).json() == made


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/work_pools/nobody"),
        ("PATCH", "/work_pools/nobody"),
        ("DELETE", "/work_pools/nobody"),
        ("POST", "/work_pools/nobody/queues/filter"),
        ("PATCH", "/work_pools/nobody/queues/default"),
        ("DELETE", "/work_pools/nobody/queues/default"),
    ],
)
async def test_nobody_is_not_found(api: httpx.AsyncClient, method: str, path: str) -> None:
    reply = await api.request(method, path, json={})
    assert (reply.status_code, reply.json()) == (404, {"detail": 'Work pool "nobody" not found.'})


async def test_reserved_names(api: httpx.AsyncClient) -> None:
    reserved = "Work pools starting with 'Prefect' are reserved for internal use"
    for reply, detail in (
        (await api.post("/work_pools/", json={"name": "prefect-own"}), f"{reserved}."),
        (await api.delete("/work_pools/Prefect-own"), f"{reserved} and can not be deleted."),
        (
            await api.patch("/work_pools/PREFECT", json={"description": "x", "is_paused": True}),
            f"{reserved} and can only be updated to set concurrency limits or pause.",
        ),
    ):
        assert (reply.status_code, reply.json()) == (403, {"detail": detail})
    assert (await api.patch("/work_pools/Prefect", json={"is_paused": True})).status_code == 404


async def test_deleting(api: httpx.AsyncClient, db: Database, make: Make) -> None:
    made = await pool(api)
    kept = await pool(api, "kept")
    id = await make.deployment("a", work_queue_id=UUID(made["default_queue_id"]), work_queue_name="default")
    assert (await api.delete("/work_pools/pool")).status_code == 204
    found = (await api.get(f"/deployments/{id}")).json()
    assert (found["work_queue_id"], found["work_pool_name"], found["work_queue_name"]) == (None, None, "default")
    left = await db.read.all(sa.select(work_queue.c.id))
    assert [str(queue.id) for queue in left] == [kept["default_queue_id"]]


async def test_lists(api: httpx.AsyncClient, make: Make) -> None:
    ids = {
        name: str(await make.work_pool(name, type=type))
        for name, type in (("c", "k8s"), ("a", "process"), ("b", "k8s"))
    }

    async def names(**asked: Any) -> list[str]:
        return [each["name"] for each in (await api.post("/work_pools/filter", json=asked)).json()]

    assert await names() == ["a", "b", "c"]
    assert await names(limit=1, offset=1) == ["b"]
    for asked, expected in (
        ({"name": {"any_": ["c", "a"]}}, ["a", "c"]),
        ({"type": {"any_": ["k8s"]}}, ["b", "c"]),
        ({"id": {"any_": [ids["b"]]}}, ["b"]),
        ({"id": {"any_": []}}, []),
        ({"operator": "or_", "name": {"any_": ["a"]}, "type": {"any_": ["x"]}}, ["a"]),
    ):
        assert await names(work_pools=asked) == expected
        assert (await api.post("/work_pools/count", json={"work_pools": asked})).json() == len(expected)
    assert locations(await api.post("/work_pools/filter", json={"work_pools": {"x": 1}})) == [
        ["body", "work_pools", "x"]
    ]


async def test_statements(api: httpx.AsyncClient, make: Make, statements: list[str]) -> None:
    for name in "abc":
        await make.work_pool(name, concurrency_limit=2)
    for method, path, expected in (
        ("POST", "filter", 1),
        ("POST", "count", 1),
        ("GET", "a", 1),
        ("POST", "a/queues/filter", 2),
    ):
        statements.clear()
        await api.request(method, f"/work_pools/{path}")
        assert len(statements) == expected, statements


async def test_slots_are_counted_where_they_are_limited(api: httpx.AsyncClient, make: Make) -> None:
    made = await pool(api, concurrency_limit=9)
    other = await api.post("/work_pools/pool/queues", json={"name": "other", "concurrency_limit": 5})
    assert other.json()["active_slots"] == 0
    for queue_id, states in (
        (made["default_queue_id"], ["PENDING", "RUNNING", "COMPLETED", "SCHEDULED"]),
        (other.json()["id"], ["RUNNING", "CANCELLING"]),
    ):
        for state in states:
            await make.flow_run(state=state, work_queue_id=UUID(queue_id))
    await make.flow_run(state="RUNNING")
    assert (await api.get("/work_pools/pool")).json()["active_slots"] == 3
    queues = (await api.post("/work_pools/pool/queues/filter")).json()
    assert [(queue["name"], queue["active_slots"]) for queue in queues] == [("default", None), ("other", 1)]
    assert (await changed(api, concurrency_limit=None))["active_slots"] is None


@pytest.mark.parametrize(
    ("client", "is_new"),
    [
        ("prefect/3.3.7 (API 0.8.4)", False),
        ("prefect/3.1.0 (API 0.8.4)", False),
        ("prefect/3.3.8 (API 0.8.4)", True),
        ("prefect/3.10.0 (API 0.8.4)", True),
        ("curl/8", True),
    ],
)
async def test_old_clients_are_not_told_of_new_fields(api: httpx.AsyncClient, client: str, is_new: bool) -> None:
    headers = {"User-Agent": client}
    made = (
        await api.post("/work_pools/", json={"name": "pool", "storage_configuration": STORAGE}, headers=headers)
    ).json()
    read = (await api.get("/work_pools/pool", headers=headers)).json()
    listed = (await api.post("/work_pools/filter", headers=headers)).json()[0]
    expected = STORAGE if is_new else {name: STORAGE[name] for name in ("bundle_upload_step", "bundle_execution_step")}
    assert made["storage_configuration"] == read["storage_configuration"] == listed["storage_configuration"] == expected
