"""Reading, listing and counting deployments."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
import pytest

from lictor.query.resource_query import DEEP_OFFSET_ROWS
from lictor.resources.deployments.schemas import DeploymentPaginationResponse, DeploymentResponse
from tests.make import NOON, Make
from tests.replies import JSON, NOBODY, locations
from tests.resources.deployments.shared import Deploy


async def names(api: httpx.AsyncClient, **asked: Any) -> list[str]:
    """The names that a list has, having asked the other routes for the same."""
    reply = await api.post("/deployments/filter", json=asked)
    assert reply.status_code == 200, reply.text
    found = reply.json()
    count = {name: asked[name] for name in asked if name not in {"sort", "limit", "offset"}}
    assert (await api.post("/deployments/count", json=count)).json() >= len(found)
    if "offset" not in asked:
        page = (await api.post("/deployments/paginate", json=asked)).json()
        assert page["results"] == found
    return [each["name"] for each in found]


@pytest.mark.parametrize("name", ["a b", "a?b", "a#b", "ä", "+", "x:y", "a;b", "a..b", "a\\b", "*", "'\""])
async def test_names_in_a_path(api: httpx.AsyncClient, make: Make, name: str) -> None:
    id = await make.deployment(name, flow_id=await make.flow(f"flow {name}"))
    found = await api.get(f"/deployments/name/{quote(f'flow {name}', safe='')}/{quote(name, safe='')}")
    assert found.json()["id"] == str(id)


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("etl/other", "Deployment not found"),
        ("ETL/nightly", "Deployment not found"),
        ("nobody/nightly", "Deployment not found"),
        ("etl/%25", "Deployment not found"),
        ("etl/nightly/more", "Not Found"),
        ("e%2Ftl/nightly", "Not Found"),
        ("etl/%00", "Not Found"),
        ("etl/", "Not Found"),
    ],
)
async def test_names_that_nobody_has(api: httpx.AsyncClient, deploy: Deploy, path: str, detail: str) -> None:
    await deploy("nightly")
    reply = await api.get(f"/deployments/name/{path}")
    assert (reply.status_code, reply.json()) == (404, {"detail": detail})


async def test_an_id_that_is_none(api: httpx.AsyncClient) -> None:
    assert (await api.get("/deployments/x")).json() == {"detail": "Not Found"}


async def test_a_row_as_other_servers_leave_it(api: httpx.AsyncClient, make: Make) -> None:
    id = await make.deployment("old", labels=None, work_queue_name="once", concurrency_limit=3)
    old = (await api.get(f"/deployments/{id}")).json()
    assert (old["labels"], old["work_queue_name"], old["concurrency_limit"]) == ({}, "once", None)
    assert DeploymentResponse.model_validate(old).work_queue_id is None


async def test_the_queue_has_the_last_word_on_its_name(api: httpx.AsyncClient, make: Make) -> None:
    pool = await make.work_pool("pool")
    queue = await make.work_queue("renamed", work_pool_id=pool)
    id = await make.deployment("a", work_queue_id=queue, work_queue_name="original")
    found = (await api.get(f"/deployments/{id}")).json()
    assert (found["work_queue_name"], found["work_queue_id"], found["work_pool_name"]) == (
        "renamed",
        str(queue),
        "pool",
    )
    assert await names(api, deployments={"work_queue_name": {"any_": ["original"]}}) == ["a"]
    assert await names(api, deployments={"work_queue_name": {"any_": ["renamed"]}}) == []


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("NAME_ASC", ["a", "b", "c"]),
        ("NAME_DESC", ["c", "b", "a"]),
        ("CREATED_DESC", ["a", "c", "b"]),
        ("UPDATED_DESC", ["b", "a", "c"]),
        (None, ["a", "b", "c"]),
    ],
)
async def test_sorts(api: httpx.AsyncClient, make: Make, sort: str | None, expected: list[str]) -> None:
    for place, (name, updated) in enumerate([("b", 9), ("c", 1), ("a", 5)]):
        await make.deployment(name, created=NOON + timedelta(minutes=place), updated=NOON + timedelta(minutes=updated))
    assert await names(api, sort=sort) == expected


async def test_deployments_of_one_name_are_told_apart_by_their_ids(api: httpx.AsyncClient, make: Make) -> None:
    ids = [str(await make.deployment("same")) for _ in range(5)]
    for sort, expected in (("NAME_ASC", ids), ("NAME_DESC", ids[::-1])):
        found = (await api.post("/deployments/filter", json={"sort": sort})).json()
        assert [each["id"] for each in found] == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param({}, ["a", "b", "c"], id="nothing"),
        pytest.param({"deployments": {}}, ["a", "b", "c"], id="empty"),
        pytest.param({"deployments": {"name": {"like_": "B"}}}, ["b"], id="name like"),
        pytest.param({"deployments": {"name": {"any_": []}}}, [], id="no name"),
        pytest.param({"deployments": {"flow_or_deployment_name": {"like_": "oN"}}}, ["a"], id="flow's name"),
        pytest.param({"deployments": {"flow_or_deployment_name": {"like_": "c"}}}, ["c"], id="own name"),
        pytest.param({"deployments": {"paused": {"eq_": True}}}, ["b"], id="paused"),
        pytest.param({"deployments": {"paused": {"eq_": False}}}, ["a", "c"], id="not paused"),
        pytest.param({"deployments": {"tags": {"all_": ["x", "y"]}}}, ["a"], id="all tags"),
        pytest.param({"deployments": {"tags": {"any_": ["y", "z"]}}}, ["a", "b"], id="any tag"),
        pytest.param({"deployments": {"tags": {"is_null_": True}}}, ["c"], id="no tags"),
        pytest.param({"deployments": {"work_queue_name": {"any_": ["q"]}}}, ["b"], id="queue name"),
        pytest.param({"deployments": {"concurrency_limit": {"ge_": 5, "is_null_": True}}}, ["a", "b", "c"], id="inert"),
        pytest.param(
            {"deployments": {"operator": "or_", "name": {"any_": ["c"]}, "paused": {"eq_": True}}}, ["b", "c"], id="or"
        ),
        pytest.param({"flows": {"name": {"any_": ["one"]}}}, ["a"], id="flow"),
        pytest.param({"flow_runs": {}}, ["a", "b"], id="any run"),
        pytest.param({"flow_runs": {"state": {"type": {"any_": ["FAILED"]}}}}, ["b"], id="failed run"),
        pytest.param({"task_runs": {}}, ["a"], id="any task run"),
        pytest.param({"task_runs": {"name": {"any_": ["t"]}}, "flow_runs": {"name": {"any_": ["x"]}}}, [], id="both"),
        pytest.param({"work_pools": {}}, ["b", "c"], id="any pool"),
        pytest.param({"work_pools": {"name": {"any_": ["pool"]}}}, ["b"], id="pool"),
        pytest.param({"work_pool_queues": {"name": {"startswith_": ["Q"]}}}, ["b"], id="queue"),
        pytest.param({"work_queues": {"name": {"any_": ["q"]}}}, ["a", "b", "c"], id="a name that has no effect"),
    ],
)
async def test_filters(api: httpx.AsyncClient, make: Make, asked: JSON, expected: list[str]) -> None:
    queue = await make.work_queue("q", work_pool_id=await make.work_pool("pool"))
    one = await make.flow("one")
    a = await make.deployment("a", flow_id=one, tags=["x", "y"])
    b = await make.deployment("b", paused=True, tags=["y"], work_queue_id=queue, work_queue_name="q")
    await make.deployment("c", work_queue_id=await make.work_queue("other"))
    run = await make.flow_run("r", "RUNNING", flow_id=one, deployment_id=a)
    await make.task_run("t", flow_run_id=run)
    await make.flow_run("s", "FAILED", deployment_id=b)
    assert await names(api, **asked) == expected


async def test_pages(api: httpx.AsyncClient, make: Make) -> None:
    for name in "edcba":
        await make.deployment(name)
    assert await names(api, limit=2, offset=1) == ["b", "c"]
    assert await names(api, limit=0, offset=0) == []
    assert await names(api, limit=2, offset=DEEP_OFFSET_ROWS) == []
    page = (await api.post("/deployments/paginate", json={"limit": 2, "page": 3})).json()
    assert [each["name"] for each in page["results"]] == ["e"]
    assert [page[name] for name in ("count", "limit", "pages", "page")] == [5, 2, 3, 3]
    assert [*page] == [*DeploymentPaginationResponse.model_fields]
    assert (await api.post("/deployments/paginate", json={"page": 2**63 - 1})).json()["results"] == []
    assert (await api.post("/deployments/paginate", json={"limit": 0})).json()["pages"] == 0


async def test_a_deep_page_is_like_any_other(api: httpx.AsyncClient, make: Make, monkeypatch: Any) -> None:
    monkeypatch.setattr("lictor.query.resource_query.DEEP_OFFSET_ROWS", 1)
    flow = await make.flow()
    for name in "edcba":
        await make.deployment(name, flow_id=flow)
    assert await names(api, limit=2, offset=2, sort="NAME_DESC", flows={}) == ["c", "b"]


@pytest.mark.parametrize(
    ("asked", "culprit"),
    [
        ({"sort": "ID_DESC"}, ["sort"]),
        ({"offset": -1}, ["offset"]),
        ({"offset": 2**63}, ["offset"]),
        ({"deployments": {"name": {"not_any_": []}}}, ["deployments", "name", "not_any_"]),
        ({"deployments": {"paused": {"eq_": "maybe"}}}, ["deployments", "paused", "eq_"]),
        ({"deployments": {"concurrency_limit": {"ge_": "x"}}}, ["deployments", "concurrency_limit", "ge_"]),
        ({"work_pools": {"other": {}}}, ["work_pools", "other"]),
    ],
)
async def test_bad_questions_are_refused_by_name(api: httpx.AsyncClient, asked: JSON, culprit: list[str]) -> None:
    assert locations(await api.post("/deployments/filter", json=asked)) == [["body", *culprit]]


async def test_statements(api: httpx.AsyncClient, deploy: Deploy, statements: list[str]) -> None:
    for name in "abc":
        made = await deploy(
            name,
            work_queue_name="q",
            concurrency_limit=2,
            schedules=[{"schedule": {"interval": 60}}, {"schedule": {"interval": 90}}],
        )
    for method, path, expected in (
        ("POST", "filter", 2),
        ("POST", "paginate", 3),
        ("POST", "count", 1),
        ("GET", made["id"], 2),
        ("GET", "name/etl/a", 2),
        ("GET", NOBODY, 1),
    ):
        statements.clear()
        await api.request(method, f"/deployments/{path}")
        assert len(statements) == expected, statements


async def test_each_deployment_has_its_own_schedules(api: httpx.AsyncClient, deploy: Deploy) -> None:
    made = [await deploy(name, schedules=[{"schedule": {"interval": 60}}] * count) for count, name in enumerate("abc")]
    found = (await api.post("/deployments/filter")).json()
    assert found == made
    assert [len(each["schedules"]) for each in found] == [0, 1, 2]
    assert all(UUID(each["schedules"][0]["deployment_id"]) == UUID(each["id"]) for each in found[1:])
