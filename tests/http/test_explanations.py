"""How the database would answer a list."""

from collections.abc import AsyncIterator

import httpx
import pytest

from lictor.settings import ServerSettings, Settings
from tests.make import Make
from tests.serving import client_of

ROUTES = ["/task_runs", "/flow_runs", "/flows", "/deployments"]


@pytest.fixture
async def open_api(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    allowing = settings.model_copy(update={"server": ServerSettings(explain_enabled=True)})
    async with client_of(allowing) as client:
        yield client


async def test_explanations_are_off_unless_switched_on(api: httpx.AsyncClient) -> None:
    for route in ROUTES:
        reply = await api.post(f"{route}/filter/explain", json={})
        assert reply.status_code == 403
        assert "LICTOR_EXPLAIN_ENABLED" in reply.json()["detail"]


async def test_statements_parameters_and_plans(open_api: httpx.AsyncClient, make: Make, dialect: str) -> None:
    flow = await make.flow("etl")
    deployment = await make.deployment(flow_id=flow, tags=["a"])
    id = str(await make.task_run("train", flow_run_id=await make.flow_run(flow_id=flow, deployment_id=deployment)))
    asked = {
        "task_runs": {"name": {"like_": "train"}, "id": {"any_": [id]}},
        "flows": {"name": {"any_": ["etl", "ml"]}},
        "deployments": {"tags": {"all_": ["a"]}},
    }
    for route in ROUTES:
        reply = await open_api.post(f"{route}/filter/explain", json={**asked, "limit": 7, "offset": 3})
        assert reply.status_code == 200, reply.text
        told = reply.json()
        assert told["database"] == dialect
        *related, page = told["statements"]
        assert {each["strategy"] for each in related} == {"related_set"}
        assert page["strategy"] not in ("", "related_set")
        assert {7, 3} <= {each for each in page["parameters"] if not isinstance(each, list)}
        parameters = [each for statement in told["statements"] for each in statement["parameters"]]
        assert "%train%" in parameters
        assert ["etl", "ml"] in parameters
        assert id in str(parameters)
        for statement in told["statements"]:
            assert statement["sql"].startswith("SELECT")
            if dialect == "postgresql":
                assert statement["plan"]["Node Type"]
                assert f"${len(statement['parameters'])}" in statement["sql"]
            else:
                assert statement["plan"]
                assert statement["sql"].count("?") == len(statement["parameters"])


async def test_what_no_related_row_meets(open_api: httpx.AsyncClient) -> None:
    body = {"deployments": {"tags": {"all_": ["of nobody"]}}}
    told = (await open_api.post("/task_runs/filter/explain", json=body)).json()
    assert [statement["strategy"] for statement in told["statements"]] == ["related_set", "nothing"]


async def test_pages_behind_a_cursor(open_api: httpx.AsyncClient) -> None:
    body = {"sort": "END_TIME_DESC", "cursor": ""}
    told = (await open_api.post("/task_runs/filter/explain", json=body)).json()
    assert len(told["statements"]) == 2
    assert (await open_api.post("/task_runs/filter/explain", json={"cursor": "x"})).status_code == 422
