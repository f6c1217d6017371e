"""Deployments, written to both servers alike."""

from typing import Any

from .asking import Pair
from .scenario import Scenario

Json = Any

NOWHERE = "00000000-0000-4000-8000-000000000000"
SCHEMA = {"type": "object", "properties": {"x": {"type": "integer"}, "y": {"type": "string"}}, "required": ["x"]}


def _deployment(name: str, /, **fields: Json) -> Json:
    return {"name": name, "flow_id": "{flow}"} | fields


async def test_deployment_life(writers: Pair) -> None:
    s = Scenario(writers)
    await s.post("/flows/", {"name": "to deploy", "labels": {"from": "flow"}}, saved="flow")
    await s.post(
        "/deployments/",
        _deployment("life", tags=["b", "a"], labels={"n": 1}, version="1", description="d", parameters={"a": 1}),
        saved="deployment",
    )
    await s.get("/deployments/{deployment}")
    await s.get("/deployments/name/to%20deploy/life")
    await s.post("/deployments/", _deployment("life", tags=["new"], paused=True))
    await s.get("/deployments/{deployment}")
    for change in (
        {"tags": ["x"]},
        {"paused": False},
        {"paused": True},
        {"description": "new"},
        {"version": "2"},
        {"parameters": {"b": [1]}},
        {"entrypoint": "f.py:f", "path": "/x"},
        {"job_variables": {"a": 1}},
        {"pull_steps": [{"a": {"b": 1}}]},
        {"enforce_parameter_schema": False},
        {"parameter_openapi_schema": SCHEMA},
        {"work_queue_name": "new queue"},
        {"concurrency_limit": 3},
        {"concurrency_options": {"collision_strategy": "CANCEL_NEW"}},
        {"concurrency_limit": None},
        {},
        {"unknown": 1},
        {"name": "x"},
        {"tags": None},
        {"paused": None},
        {"schedules": []},
        {"labels": {}},
        {"version_info": None},
        {"concurrency_limit": 0},
        {"concurrency_limit": -1},
        None,
    ):
        await s.patch("/deployments/{deployment}", change)
        await s.get("/deployments/{deployment}")
    await s.patch("/deployments/{deployment}", {"parameters": None}, unlike=(422, "Prefect blames its database"))
    await s.patch("/deployments/{deployment}", [], unlike=(422, "Prefect fails"))
    await s.post("/deployments/filter", {"deployments": {"id": {"any_": ["{deployment}"]}}})
    await s.post("/deployments/paginate", {"deployments": {"id": {"any_": ["{deployment}"]}}})
    await s.delete("/deployments/{deployment}")
    for gone in (
        s.get("/deployments/{deployment}"),
        s.delete("/deployments/{deployment}"),
        s.patch("/deployments/{deployment}", {"paused": True}),
    ):
        await gone
    s.end()


async def test_create_deployments(writers: Pair) -> None:
    s = Scenario(writers)
    await s.post("/flows/", {"name": "many deployments"}, saved="flow")
    for number, fields in enumerate(
        (
            {},
            {"labels": None},
            {"tags": ["a", "a", "ü"]},
            {"paused": True},
            {"work_queue_name": "plain queue"},
            {"work_queue_name": "plain queue"},
            {"concurrency_limit": 2},
            {
                "concurrency_limit": 2,
                "concurrency_options": {"collision_strategy": "ENQUEUE", "grace_period_seconds": 60},
            },
            {"concurrency_options": {"collision_strategy": "CANCEL_NEW"}},
            {"parameters": {"x": 1}, "parameter_openapi_schema": SCHEMA},
            {"parameters": {"x": "text"}, "parameter_openapi_schema": SCHEMA, "enforce_parameter_schema": False},
            {"parameters": {}, "parameter_openapi_schema": SCHEMA},
            {"parameter_openapi_schema": None},
            {"parameter_openapi_schema": {}},
            {"pull_steps": []},
            {"pull_steps": [{"prefect.x": {"y": 1}}]},
            {"job_variables": {"env": {"A": "1"}}},
            {"entrypoint": "e", "path": "p", "version": "v", "description": ""},
            {"version_info": {"type": "git", "version": "abc", "branch": "main"}},
        )
    ):
        await s.post("/deployments/", _deployment(f"deployment {number}", **fields), saved="deployment")
        await s.get("/deployments/{deployment}")
    for name in ("ünï 'q\" \\", " ", "x" * 300, "日本"):
        await s.post("/deployments/", _deployment(name))
        await s.get(f"/deployments/name/many%20deployments/{name.replace(' ', '%20')}")
    s.end()


async def test_refused_deployments(writers: Pair) -> None:
    s = Scenario(writers)
    await s.post("/flows/", {"name": "no deployments"}, saved="flow")
    for number, fields in enumerate(
        (
            {"flow_id": None},
            {"flow_id": "x"},
            {"flow_id": NOWHERE},
            {"name": None},
            {"name": 5},
            {"tags": None},
            {"tags": [1]},
            {"paused": None},
            {"paused": "x"},
            {"labels": {"a": None}},
            {"labels": []},
            {"parameters": []},
            {"parameters": None},
            {"concurrency_limit": 0},
            {"concurrency_limit": -1},
            {"concurrency_limit": "x"},
            {"concurrency_limit": 1.5},
            {"concurrency_options": {}},
            {"concurrency_options": {"collision_strategy": "X"}},
            {"concurrency_options": {"collision_strategy": "ENQUEUE", "grace_period_seconds": 5}},
            {"global_concurrency_limit_id": NOWHERE},
            {"global_concurrency_limit_id": NOWHERE, "concurrency_limit": 3},
            {"parameters": {"x": "text"}, "parameter_openapi_schema": SCHEMA},
            {"parameters": {"z": 1}, "parameter_openapi_schema": SCHEMA},
            {"parameter_openapi_schema": []},
            {"parameter_openapi_schema": {"type": "nonsense"}},
            {"work_pool_name": "no such pool"},
            {"work_pool_name": "no such pool", "work_queue_name": "q"},
            {"work_queue_name": 5},
            {"pull_steps": {}},
            {"job_variables": []},
            {"infrastructure_document_id": NOWHERE},
            {"storage_document_id": NOWHERE},
            {"unknown": 1},
            {"id": NOWHERE},
            {"created_by": {}},
            {"version_info": {}},
            {"schedule": {}},
            {"is_schedule_active": True},
        )
    ):
        await s.post("/deployments/", _deployment(f"refused {number}", **fields))
    await s.post("/deployments/")
    await s.post("/deployments/", {}, unlike=(422, "Prefect tells of parameters that nobody sent"))
    for body in ([], "x"):
        await s.post("/deployments/", body, unlike=(422, "Prefect fails"))
    for name in ("a/b", "100%", "<x>", "a&b"):
        await s.post("/deployments/", _deployment(name), unlike=(422, "Prefect fails"))
    await s.post("/deployments/count", {"flows": {"id": {"any_": ["{flow}"]}}})
    s.end()


async def test_names_that_nobody_has(writers: Pair) -> None:
    s = Scenario(writers)
    await s.post("/flows/", {"name": "named"}, saved="flow")
    await s.post("/deployments/", _deployment("Here"))
    for path in (
        "named/Here",
        "named/here",
        "Named/Here",
        "named/",
        "named",
        "nobody/Here",
        "named/Here/x",
        "named%2FHere",
    ):
        await s.get(f"/deployments/name/{path}")
    s.end()
