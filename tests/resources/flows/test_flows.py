"""The flow API."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from lictor.db.engine import Database
from lictor.resources.deployments.table import deployment
from lictor.resources.flow_runs.table import flow_run, flow_run_state
from lictor.resources.flows.schemas import Flow, FlowPaginationResponse
from lictor.resources.flows.table import flow
from lictor.resources.task_runs.table import task_run, task_run_state
from lictor.validation.fields import MAX_INDEXED_BYTES
from tests.incompressible import text
from tests.make import NOON, Make

NOBODY = UUID("00000000-0000-4000-8000-000000000000")


def names(reply: httpx.Response) -> list[str]:
    assert reply.status_code == 200, reply.text
    return [flow["name"] for flow in reply.json()]


def locations(reply: httpx.Response) -> list[list[Any]]:
    assert reply.status_code == 422, reply.text
    return [problem["loc"] for problem in reply.json()["exception_detail"]]


async def test_a_new_flow_is_created(api: httpx.AsyncClient) -> None:
    reply = await api.post("/flows/", json={"name": "etl", "tags": ["b", "a", "b"], "labels": {"team": "x", "n": 1}})
    assert reply.status_code == 201
    created = reply.json()
    assert created["name"] == "etl"
    assert created["tags"] == ["b", "a", "b"]
    assert created["labels"] == {"team": "x", "n": 1}
    assert (await api.get(f"/flows/{created['id']}")).json() == created
    assert (await api.get("/flows/name/etl")).json() == created


async def test_a_flow_of_a_known_name_is_returned_as_it_is(api: httpx.AsyncClient) -> None:
    first = await api.post("/flows/", json={"name": "etl"})
    again = await api.post("/flows/", json={"name": "etl", "tags": ["other"], "labels": {"other": True}})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()


async def test_flows_registered_at_once_are_one(api: httpx.AsyncClient) -> None:
    replies = await asyncio.gather(*(api.post("/flows/", json={"name": "etl"}) for _ in range(20)))
    assert sorted(reply.status_code for reply in replies) == [200] * 19 + [201]
    assert len({reply.json()["id"] for reply in replies}) == 1


async def test_an_answer_is_what_its_model_says(api: httpx.AsyncClient, make: Make) -> None:
    await make.flow("etl", tags=["a"], labels=None)
    found = (await api.post("/flows/paginate")).json()
    assert FlowPaginationResponse.model_validate(found).results[0].labels is None
    assert [*found] == [*FlowPaginationResponse.model_fields]
    assert [*found["results"][0]] == [*Flow.model_fields]


@pytest.mark.parametrize(
    ("asked", "stored"),
    [({}, {}), ({"labels": None}, None), ({"labels": {}}, {}), ({"labels": {"big": 2**70}}, {"big": 2**70})],
    ids=str,
)
async def test_labels_are_kept_as_given(api: httpx.AsyncClient, asked: dict[str, Any], stored: Any) -> None:
    assert (await api.post("/flows/", json={"name": "etl", **asked})).json()["labels"] == stored


@pytest.mark.parametrize(
    ("asked", "culprit"),
    [
        ({}, ["body", "name"]),
        ({"name": ""}, ["body", "name"]),
        ({"name": None}, ["body", "name"]),
        ({"name": "a/b"}, ["body", "name"]),
        ({"name": "100%"}, ["body", "name"]),
        ({"name": "a\0b"}, ["body", "name"]),
        ({"name": text(MAX_INDEXED_BYTES + 1)}, ["body", "name"]),
        ({"name": "etl", "tags": None}, ["body", "tags"]),
        ({"name": "etl", "tags": [1]}, ["body", "tags", 0]),
        ({"name": "etl", "labels": []}, ["body", "labels"]),
        ({"name": "etl", "labels": {"a": [1]}}, ["body", "labels", "a", "str"]),
        ({"name": "etl", "id": str(NOBODY)}, ["body", "id"]),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_bad_flows_are_refused(api: httpx.AsyncClient, asked: dict[str, Any], culprit: list[Any]) -> None:
    assert culprit in locations(await api.post("/flows/", json=asked))
    assert (await api.post("/flows/count")).json() == 0


@pytest.mark.parametrize("name", [text(MAX_INDEXED_BYTES), "äöü " * 3, "a\nb", "'; DROP TABLE flow; --", "\U0001f680"])
async def test_unusual_names_are_kept(api: httpx.AsyncClient, name: str) -> None:
    assert (await api.post("/flows/", json={"name": name})).json()["name"] == name
    assert names(await api.post("/flows/filter", json={"flows": {"name": {"any_": [name]}}})) == [name]


async def test_tags_can_be_changed(api: httpx.AsyncClient, make: Make) -> None:
    flow_id = await make.flow("etl", tags=["old"], updated=NOON, labels={"a": 1})
    assert (await api.patch(f"/flows/{flow_id}", json={"tags": ["new"]})).status_code == 204
    changed = (await api.get(f"/flows/{flow_id}")).json()
    assert changed["tags"] == ["new"]
    assert changed["labels"] == {"a": 1}
    assert changed["updated"] > "2026-06-01T12:00:00Z"


async def test_what_is_not_given_stays(api: httpx.AsyncClient, make: Make) -> None:
    flow_id = await make.flow("etl", tags=["old"])
    assert (await api.patch(f"/flows/{flow_id}", json={})).status_code == 204
    assert (await api.get(f"/flows/{flow_id}")).json()["tags"] == ["old"]


@pytest.mark.parametrize(
    ("asked", "culprit"),
    [({"tags": None}, ["body", "tags"]), ({"name": "new"}, ["body", "name"]), ({"labels": {}}, ["body", "labels"])],
    ids=str,
)
async def test_nothing_else_can_be_changed(
    api: httpx.AsyncClient, make: Make, asked: dict[str, Any], culprit: list[Any]
) -> None:
    flow_id = await make.flow("etl", tags=["old"])
    assert locations(await api.patch(f"/flows/{flow_id}", json=asked)) == [culprit]
    assert (await api.get(f"/flows/{flow_id}")).json()["tags"] == ["old"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"/flows/{NOBODY}"),
        ("PATCH", f"/flows/{NOBODY}"),
        ("DELETE", f"/flows/{NOBODY}"),
        ("GET", "/flows/name/nobody"),
    ],
)
async def test_a_flow_that_is_not_there(api: httpx.AsyncClient, method: str, path: str) -> None:
    reply = await api.request(method, path, json={} if method == "PATCH" else None)
    assert (reply.status_code, reply.json()) == (404, {"detail": "Flow not found"})


async def test_orders(api: httpx.AsyncClient, make: Make) -> None:
    for number, name in enumerate(["b", "c", "a"]):
        later, earlier = NOON + timedelta(hours=number), NOON - timedelta(hours=number)
        await make.flow(name, created=later, updated=earlier)
    found = {
        sort: names(await api.post("/flows/filter", json={"sort": sort}))
        for sort in ("NAME_ASC", "NAME_DESC", "CREATED_DESC", "UPDATED_DESC")
    }
    assert found == {
        "NAME_ASC": ["a", "b", "c"],
        "NAME_DESC": ["c", "b", "a"],
        "CREATED_DESC": ["a", "c", "b"],
        "UPDATED_DESC": ["b", "c", "a"],
    }
    assert names(await api.post("/flows/filter")) == ["a", "b", "c"]


async def test_pages(api: httpx.AsyncClient, make: Make) -> None:
    await make.flows("a", "b", "c")
    assert names(await api.post("/flows/filter", json={"limit": 2, "offset": 1})) == ["b", "c"]
    page = (await api.post("/flows/paginate", json={"limit": 2, "page": 2})).json()
    assert [flow["name"] for flow in page.pop("results")] == ["c"]
    assert page == {"count": 3, "limit": 2, "pages": 2, "page": 2}


async def test_a_list_takes_one_statement(api: httpx.AsyncClient, make: Make, statements: list[str]) -> None:
    await make.flows("a", "b", "c")
    everything: dict[str, Any] = {"flows": {}, "flow_runs": {}, "task_runs": {}, "deployments": {}, "work_pools": {}}
    for path, expected in (("/flows/filter", 1), ("/flows/count", 1), ("/flows/paginate", 2)):
        statements.clear()
        assert (await api.post(path, json=everything)).status_code == 200
        assert len(statements) == expected, statements


async def test_a_flow_takes_all_that_belongs_to_it_along(api: httpx.AsyncClient, make: Make, db: Database) -> None:
    gone, kept = await make.flows("gone", "kept")
    for owner in (gone, kept):
        await make.deployment("nightly", flow_id=owner)
        run = await make.flow_run("run", state="RUNNING", flow_id=owner)
        await make.task_run("task", state="RUNNING", flow_run_id=run)
    assert (await api.delete(f"/flows/{gone}")).status_code == 204
    for table in (flow, deployment, flow_run, flow_run_state, task_run, task_run_state):
        assert await db.read.scalar(sa.select(sa.func.count()).select_from(table)) == 1, table.name
    assert names(await api.post("/flows/filter")) == ["kept"]


async def test_many_flows_are_deleted_at_once(api: httpx.AsyncClient, make: Make) -> None:
    ids = await make.flows("a1", "a2", "a3", "b")
    await make.deployment("nightly", flow_id=ids[0])
    asked = {"flows": {"name": {"like_": "a"}}}
    first = await api.post("/flows/bulk_delete", json={**asked, "limit": 2})
    assert sorted(first.json()["deleted"]) == [str(flow_id) for flow_id in ids[:2]]
    assert (await api.post("/flows/bulk_delete", json=asked)).json() == {"deleted": [str(ids[2])]}
    assert (await api.post("/flows/bulk_delete", json=asked)).json() == {"deleted": []}
    assert names(await api.post("/flows/filter")) == ["b"]
    assert (await api.post("/flows/bulk_delete")).json() == {"deleted": [str(ids[3])]}


async def test_bulks_at_once_delete_each_flow_once(api: httpx.AsyncClient, make: Make) -> None:
    ids = await make.flows(*(f"flow-{number:02}" for number in range(20)))
    for flow_id in ids:
        await make.flow_run(flow_id=flow_id)
    asked = {"flows": {"name": {"like_": "flow-"}}, "flow_runs": {}, "limit": 7}
    replies = await asyncio.gather(*(api.post("/flows/bulk_delete", json=asked) for _ in range(6)))
    deleted = [flow_id for reply in replies for flow_id in reply.json()["deleted"]]
    assert sorted(deleted) == sorted(set(deleted))
    assert set(deleted) <= {str(flow_id) for flow_id in ids}
    assert (await api.post("/flows/count")).json() == len(ids) - len(deleted)


@pytest.mark.parametrize("limit", [0, 51, "many"])
async def test_a_bulk_has_its_bounds(api: httpx.AsyncClient, make: Make, limit: Any) -> None:
    await make.flow("etl")
    assert locations(await api.post("/flows/bulk_delete", json={"limit": limit})) == [["body", "limit"]]
    assert (await api.post("/flows/count")).json() == 1


async def test_deleting_twice_at_once_finds_it_once(api: httpx.AsyncClient, make: Make) -> None:
    flow_id = await make.flow("etl")
    replies = await asyncio.gather(*(api.delete(f"/flows/{flow_id}") for _ in range(5)))
    assert sorted(reply.status_code for reply in replies) == [204, 404, 404, 404, 404]


async def test_registering_outlives_deletion_at_the_same_moment(api: httpx.AsyncClient) -> None:
    async def delete() -> None:
        known = await api.get("/flows/name/etl")
        if known.status_code == 200:
            await api.delete(f"/flows/{known.json()['id']}")

    replies = await asyncio.gather(
        *(api.post("/flows/", json={"name": "etl"}) if turn % 2 else delete() for turn in range(60))
    )
    for reply in replies:
        if reply is not None:
            assert reply.status_code in {200, 201}
            assert reply.json()["name"] == "etl"
