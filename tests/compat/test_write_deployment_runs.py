"""Runs of deployments, by request and by schedule, asked of both servers alike."""

from typing import Any

from .asking import Pair
from .scenario import Scenario

Json = Any

NOWHERE = "00000000-0000-4000-8000-000000000000"
SCHEMA = {
    "type": "object",
    "properties": {"x": {"type": "integer"}, "y": {"type": "string"}, "z": {}},
    "required": ["x"],
}


def kind(kind: str, **fields: Json) -> Json:
    return {"__prefect_kind": kind, **fields}


async def test_runs_of_a_deployment(writers: Pair) -> None:
    s = Scenario(writers)
    await s.post("/flows/", {"name": "to run", "labels": {"from": "flow"}}, saved="flow")
    await s.post("/variables/", {"name": "of_runs", "value": {"a": [1]}}, saved="variable")
    await s.post(
        "/deployments/",
        {
            "name": "runs",
            "flow_id": "{flow}",
            "tags": ["a"],
            "labels": {"n": 1},
            "version": "1",
            "parameters": {"x": 1, "y": "deployed"},
            "parameter_openapi_schema": SCHEMA,
            "enforce_parameter_schema": True,
        },
        saved="deployment",
    )
    for body in (
        {},
        {"name": "mine", "tags": ["a"], "labels": {"n": 2, "m": True}, "context": {"c": 1}},
        {"parameters": {"x": 5}},
        {"parameters": {"x": "no"}},
        {"parameters": {"x": "no"}, "enforce_parameter_schema": False},
        {"parameters": {"x": None}},
        {"parameters": {"z": kind("json", value="[1, 2]")}},
        {"parameters": {"z": kind("json", value="[1, ")}},
        {"parameters": {"z": kind("workspace_variable", variable_name="of_runs")}},
        {"parameters": {"z": kind("workspace_variable", variable_name="nothing")}},
        {"parameters": {"z": kind("workspace_variable", variable_name=kind("none", value="of_runs"))}},
        {"parameters": {"z": kind("jinja", template="plain")}},
        {"parameters": {"z": kind("jinja")}},
        {"state": {"type": "SCHEDULED", "state_details": {"scheduled_time": "2035-01-01T00:00:00Z"}}},
        {"state": {"type": "PENDING"}},
        {"state": {"type": "SCHEDULED", "name": "Mine", "message": "soon"}},
        {"idempotency_key": "first"},
        {"idempotency_key": "first", "parameters": {"x": 9}},
        {"job_variables": {"env": {"A": "1"}}},
        {"job_variables": None, "labels": None},
        {"work_queue_name": "nowhere"},
        {"empirical_policy": {"retries": 3, "retry_delay": 1}},
        {"parent_task_run_id": None, "infrastructure_document_id": None},
        {"unknown": 1},
        {"flow_id": "{flow}"},
        {"parameters": None},
        {"parameters": []},
        {"tags": "x"},
        {"enforce_parameter_schema": "maybe"},
        None,
        [],
    ):
        await s.post("/deployments/{deployment}/create_flow_run", body)
    await s.post(f"/deployments/{NOWHERE}/create_flow_run", {})
    await s.post("/deployments/nothing/create_flow_run", {})
    s.end()


async def test_runs_in_a_work_pool(writers: Pair) -> None:
    s = Scenario(writers)
    await s.post("/flows/", {"name": "to run in a pool"}, saved="flow")
    template = {
        "job_configuration": {"command": "{{ command }}", "image": "{{ image }}"},
        "variables": {
            "type": "object",
            "properties": {"command": {"type": "string"}, "image": {"type": "string", "default": "python"}},
            "required": ["command"],
        },
    }
    await s.post("/work_pools/", {"name": "for runs", "type": "process", "base_job_template": template})
    await s.post(
        "/deployments/",
        {"name": "pooled", "flow_id": "{flow}", "work_pool_name": "for runs", "job_variables": {"image": "mine"}},
        saved="deployment",
    )
    for body in (
        {},
        {"job_variables": {"command": "run"}},
        {"job_variables": {"command": 5}},
        {"job_variables": {"command": "run", "image": 5}},
        {"job_variables": {"command": "run"}, "work_queue_name": "urgent"},
        {"job_variables": {"command": "run"}, "work_queue_name": "default"},
        {"job_variables": {"command": "run", "more": 1}},
    ):
        await s.post("/deployments/{deployment}/create_flow_run", body)
    runs = [{}, {"job_variables": {"command": "run"}}, {"job_variables": {"command": "a"}, "work_queue_name": "third"}]
    await s.post("/deployments/{deployment}/create_flow_run/bulk", runs)
    s.end()


async def test_runs_in_bulk(writers: Pair) -> None:
    s = Scenario(writers)
    await s.post("/flows/", {"name": "in bulk"}, saved="flow")
    schema = {"parameter_openapi_schema": SCHEMA, "enforce_parameter_schema": False}
    await s.post("/deployments/", {"name": "bulk", "flow_id": "{flow}", **schema}, saved="deployment")
    await s.patch("/deployments/{deployment}", {"parameters": {"x": 1}})
    await s.patch("/deployments/{deployment}", {"enforce_parameter_schema": True})
    path = "/deployments/{deployment}/create_flow_run/bulk"
    for body in (
        [],
        [{}],
        [{}, {"parameters": {"x": 2}}],
        [{"idempotency_key": "bulk"}, {"idempotency_key": "bulk"}],
        [{}] * 101,
        [{"unknown": 1}],
        {},
        None,
    ):
        await s.post(path, body)
    await s.post(f"/deployments/{NOWHERE}/create_flow_run/bulk", [{}])
    await s.post(f"/deployments/{NOWHERE}/create_flow_run/bulk", [])
    await s.post("/flow_runs/count", {"deployments": {"id": {"any_": ["{deployment}"]}}})
    s.end()


async def test_schedules(writers: Pair) -> None:
    s = Scenario(writers)
    await s.post("/flows/", {"name": "with schedules"}, saved="flow")
    await s.post("/deployments/", {"name": "scheduled", "flow_id": "{flow}"}, saved="deployment")
    path = "/deployments/{deployment}/schedules"
    await s.get(path)
    daily, hourly = {"cron": "0 6 * * *"}, {"interval": 3600, "anchor_date": "2026-01-01T00:00:00Z"}
    for body in (
        [],
        [{"schedule": daily, "slug": "daily"}],
        [{"schedule": hourly, "active": False, "parameters": {"a": 1}, "max_scheduled_runs": 5}],
        [{"schedule": daily}, {"schedule": {"rrule": "FREQ=WEEKLY"}, "slug": "weekly"}],
        [{"schedule": {"cron": "nonsense"}}],
        [{}],
        [{"schedule": daily, "unknown": 1}],
        {},
        None,
    ):
        await s.post(path, body)
    await s.get(path)
    await s.post(path, [{"schedule": hourly, "slug": "to change"}], saved="schedule")
    one = path + "/{schedule}"
    for change in (
        {"active": False},
        {"active": None},
        {"schedule": daily},
        {"schedule": None},
        {"parameters": {"b": 2}},
        {"slug": "changed"},
        {"max_scheduled_runs": 7},
        {},
        {"unknown": 1},
        {"schedule": {"cron": "nonsense"}},
        {"max_scheduled_runs": -1},
        None,
    ):
        await s.patch(one, change)
        await s.get(path)
    await s.delete(one)
    await s.delete(one)
    await s.patch(one, {"active": True})
    for gone in (
        s.get(f"/deployments/{NOWHERE}/schedules"),
        s.post(f"/deployments/{NOWHERE}/schedules", [{"schedule": daily}]),
        s.patch(f"/deployments/{NOWHERE}/schedules/{NOWHERE}", {"active": False}),
        s.delete(f"/deployments/{NOWHERE}/schedules/{NOWHERE}"),
    ):
        await gone
    await s.get(path)
    s.end()


async def test_runs_of_schedules(writers: Pair) -> None:
    s = Scenario(writers)
    await s.post("/flows/", {"name": "runs of schedules", "labels": {"a": 1}}, saved="flow")
    schedules = [
        {"schedule": {"cron": "0 6 * * *", "timezone": "UTC"}, "parameters": {"y": 2}, "slug": "daily"},
        {"schedule": {"interval": 36000, "anchor_date": "2026-01-01T00:00:00Z"}},
        {"schedule": {"rrule": "FREQ=HOURLY"}, "active": False},
    ]
    await s.post(
        "/deployments/",
        {
            "name": "made",
            "flow_id": "{flow}",
            "schedules": schedules,
            "tags": ["t"],
            "parameters": {"x": 1, "y": 1},
            "enforce_parameter_schema": False,
        },
        saved="deployment",
    )
    path = "/deployments/{deployment}/schedule"
    runs = {"deployments": {"id": {"any_": ["{deployment}"]}}, "sort": "NEXT_SCHEDULED_START_TIME_ASC"}
    start = "2031-03-28T00:00:00Z"
    for body in (
        {"start_time": start, "max_runs": 2},
        {"start_time": start, "min_runs": 4, "min_time": 0},
        {"start_time": start, "min_time": 200000.0, "max_runs": 5},
        {"start_time": start, "end_time": "2031-03-31T00:00:00Z", "min_runs": 50},
        {"start_time": "2021-03-28T00:00:00Z", "end_time": "2021-03-29T00:00:00Z"},
        {"start_time": start, "max_runs": 0},
        {"start_time": "yesterday"},
        {"max_runs": "x"},
    ):
        await s.post(path, body)
        await s.post("/flow_runs/filter", runs)
    await s.post(f"/deployments/{NOWHERE}/schedule", {})
    for body in (
        {"deployment_ids": ["{deployment}"], "scheduled_before": "2031-03-29T00:00:00Z"},
        {"deployment_ids": ["{deployment}"], "scheduled_before": "2021-03-28T12:00:00Z", "limit": 1},
        {"deployment_ids": [NOWHERE], "scheduled_before": "2031-03-29T00:00:00Z"},
        {"deployment_ids": []},
        {"deployment_ids": ["{deployment}"], "limit": 5},
        {"deployment_ids": ["x"]},
        {"deployment_ids": ["{deployment}"], "limit": 1000},
        {"scheduled_before": "2031-03-29T00:00:00Z"},
        None,
    ):
        await s.post("/deployments/get_scheduled_flow_runs", body)
    await s.get("/deployments/{deployment}/work_queue_check", by="name")
    await s.get(f"/deployments/{NOWHERE}/work_queue_check")
    s.end()
