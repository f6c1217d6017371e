"""The artifact API."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa

from lictor.db.engine import Database
from lictor.resources.artifacts.schemas import Artifact, ArtifactCollection
from lictor.resources.artifacts.table import artifact, artifact_collection
from tests.make import Make


async def made(api: httpx.AsyncClient, key: str | None = "report", **values: Any) -> dict[str, Any]:
    reply = await api.post("/artifacts/", json={"key": key, **values})
    assert reply.status_code == 201, reply.text
    return reply.json()


async def latest(api: httpx.AsyncClient, key: str = "report") -> dict[str, Any] | None:
    reply = await api.get(f"/artifacts/{key}/latest")
    if reply.status_code == 404:
        assert reply.json() == {"detail": "Artifact not found."}
        return None
    return reply.json()


async def keys(api: httpx.AsyncClient, path: str, **asked: Any) -> list[str | None]:
    reply = await api.post(f"/artifacts/{path}filter", json=asked)
    assert reply.status_code == 200, reply.text
    assert (await api.post(f"/artifacts/{path}count", json=asked)).json() == len(reply.json())
    return [each["key"] for each in reply.json()]


async def test_an_artifact_is_made_read_and_listed(api: httpx.AsyncClient, statements: list[str]) -> None:
    created = await made(
        api, type="table", data=[{"a": None}], description="ü", metadata_={"x": "y" * 501, "z": "z" * 500}
    )
    assert created.keys() == Artifact.model_fields.keys()
    assert created["metadata_"] == {"x": "y" * 500 + "...", "z": "z" * 500}
    statements.clear()
    assert (await api.get(f"/artifacts/{created['id']}")).json() == created
    assert (await api.post("/artifacts/filter")).json() == [created]
    (collection,) = (await api.post("/artifacts/latest/filter")).json()
    assert len(statements) == 3
    assert collection.keys() == ArtifactCollection.model_fields.keys()
    assert collection | {"id": created["id"]} == created | {"latest_id": created["id"]}
    assert (collection["latest_id"], collection["created"]) == (created["id"], created["created"])
    shown = await latest(api)
    assert shown == created | {"id": collection["id"]}


async def test_what_was_made_last_is_the_latest(api: httpx.AsyncClient) -> None:
    first = await made(api, data=1, type="markdown")
    before = await latest(api)
    second = await made(api, data=2, flow_run_id=str(uuid4()))
    await made(api, "other")
    await made(api, None)
    now = await latest(api)
    assert before is not None
    assert now is not None
    assert (now["id"], now["created"]) == (before["id"], first["created"])
    assert (now["data"], now["type"], now["flow_run_id"]) == (2, None, second["flow_run_id"])
    assert now["updated"] == second["updated"]


async def test_progress_is_updated_in_place(api: httpx.AsyncClient) -> None:
    old = await made(api, data=0)
    new = await made(api, data=1.5, description="half", metadata_={"a": "b"})
    for id, data in ((new["id"], 99.9), (old["id"], "old")):
        assert (await api.patch(f"/artifacts/{id}", json={"data": data})).status_code == 204
    now = await latest(api)
    assert now is not None
    assert (now["data"], now["description"], now["metadata_"]) == (99.9, "half", {"a": "b"})
    assert now["updated"] > new["updated"]
    assert (await api.get(f"/artifacts/{old['id']}")).json()["data"] == "old"
    assert (await api.patch(f"/artifacts/{new['id']}", json={"data": None, "metadata_": None})).status_code == 204
    now = await latest(api)
    assert now is not None
    assert (now["data"], now["description"], now["metadata_"]) == (None, "half", None)


async def test_the_one_before_becomes_the_latest_again(api: httpx.AsyncClient) -> None:
    first, second, third = [await made(api, data=number) for number in range(3)]
    for gone, left in ((third, second), (first, second)):
        assert (await api.delete(f"/artifacts/{gone['id']}")).status_code == 204
        now = await latest(api)
        assert now is not None
        assert (now["data"], now["created"], now["updated"]) == (left["data"], left["created"], left["updated"])
    assert (await api.delete(f"/artifacts/{second['id']}")).status_code == 204
    assert await latest(api) is None
    for reply in (
        await api.get(f"/artifacts/{second['id']}"),
        await api.patch(f"/artifacts/{second['id']}", json={}),
        await api.delete(f"/artifacts/{second['id']}"),
    ):
        assert (reply.status_code, reply.json()) == (404, {"detail": "Artifact not found."})


async def test_makers_changers_and_deleters_at_once(api: httpx.AsyncClient, db: Database) -> None:
    """Whatever comes between whom, the latest of a key is always there, and none is newer."""

    async def live(number: int) -> None:
        id = (await made(api, "ab"[number % 2], data=number))["id"]
        await asyncio.gather(
            api.patch(f"/artifacts/{id}", json={"data": -number}),
            *([api.delete(f"/artifacts/{id}")] if number % 3 else []),
        )

    await asyncio.gather(*map(live, range(40)))
    collections = await db.read.all(sa.select(artifact_collection.c.key, artifact_collection.c.latest_id))
    assert {row.key for row in collections} == {"a", "b"}
    for key, latest_id in collections:
        newest = sa.select(artifact.c.id).where(artifact.c.key == key).order_by(artifact.c.created.desc())
        assert await db.read.scalar(newest) == latest_id
    assert await db.read.scalar(sa.select(sa.func.count()).select_from(artifact)) == 14


@pytest.mark.parametrize("key", ["A", "a_b", "a b", "é", "a\n", 5, "x" * 2_501])
async def test_keys_that_are_none(api: httpx.AsyncClient, key: Any) -> None:
    reply = await api.post("/artifacts/", json={"key": key})
    assert reply.status_code == 422
    assert [problem["loc"] for problem in reply.json()["exception_detail"]] == [["body", "key"]]


async def test_families(api: httpx.AsyncClient, make: Make) -> None:
    flow = await make.flow("etl")
    deployment = await make.deployment("d", flow_id=flow)
    deployed, bare = await make.flow_run(flow_id=flow, deployment_id=deployment), await make.flow_run("bare")
    task = await make.task_run(flow_run_id=bare, tags=["t"])
    await made(api, "a", flow_run_id=str(deployed), type="table")
    await made(api, "b", flow_run_id=str(bare), task_run_id=str(task))
    await made(api, "c", flow_run_id=str(UUID(int=0)), type="image")
    for path in ("", "latest/"):
        assert await keys(api, path) == ["c", "b", "a"]
        for asked, found in (
            ({"flow_runs": {}}, ["b", "a"]),
            ({"flow_runs": {"name": {"any_": ["bare"]}}}, ["b"]),
            ({"flow_runs": {"id": {"any_": [str(UUID(int=0))]}}}, []),
            ({"task_runs": {"tags": {"all_": ["t"]}}}, ["b"]),
            ({"flows": {"name": {"any_": ["etl"]}}}, ["a"]),
            ({"deployments": {}}, ["a"]),
            ({"deployments": {}, "task_runs": {}}, []),
            ({"artifacts": {"type": {"not_any_": ["table"]}}}, ["c"]),
            ({"artifacts": {"key": {"exists_": False}}}, []),
            ({"artifacts": {"key": {"like_": "B"}}}, ["b"]),
            ({"sort": "KEY_ASC", "offset": 2_000}, []),
        ):
            if "offset" in asked:
                assert (await api.post(f"/artifacts/{path}filter", json=asked)).json() == found
            else:
                assert await keys(api, path, **asked) == found


async def test_latest_artifacts_by_cursor(api: httpx.AsyncClient) -> None:
    for key in ("b", "a", "c", "b"):
        await made(api, key)
    asked = {"sort": "KEY_ASC", "limit": 2, "cursor": ""}
    reply = await api.post("/artifacts/latest/filter", json=asked)
    assert [each["key"] for each in reply.json()] == ["a", "b"]
    reply = await api.post("/artifacts/latest/filter", json=asked | {"cursor": reply.headers["X-Lictor-Next-Cursor"]})
    assert [each["key"] for each in reply.json()] == ["c"]
    assert "X-Lictor-Next-Cursor" not in reply.headers
