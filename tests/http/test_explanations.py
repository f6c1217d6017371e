"""How the database would answer a list."""

from collections.abc import AsyncIterator

import httpx
import pytest

from lictor.settings import ServerSettings, Settings
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


async def test_sql_parameters_and_plan(open_api: httpx.AsyncClient, dialect: str) -> None:
    id = "00000000-0000-4000-8000-000000000001"
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
        [statement] = told["statements"]
        assert statement["sql"].startswith("SELECT")
        assert {"%train%", 7, 3} <= {each for each in statement["parameters"] if not isinstance(each, list)}
        assert id in str(statement["parameters"])
        assert ["etl", "ml"] in statement["parameters"]
        if dialect == "postgresql":
            assert statement["plan"]["Node Type"]
            assert f"${len(statement['parameters'])}" in statement["sql"]
        else:
            assert any("task_run" in step for step in statement["plan"])
            assert statement["sql"].count("?") == len(statement["parameters"])


async def test_pages_behind_a_cursor(open_api: httpx.AsyncClient) -> None:
    body = {"sort": "END_TIME_DESC", "cursor": ""}
    told = (await open_api.post("/task_runs/filter/explain", json=body)).json()
    assert len(told["statements"]) == 2
    assert (await open_api.post("/task_runs/filter/explain", json={"cursor": "x"})).status_code == 422
