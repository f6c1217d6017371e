"""Flow runs, written to both servers alike."""

import base64
import itertools
from typing import Any

import pytest

from .asking import Pair
from .rows import STATE_TYPES
from .scenario import Scenario, soon

Json = Any

NOWHERE = "00000000-0000-4000-8000-000000000000"
SDK = {"user-agent": "prefect/3.9.1 (API 0.8.4)"}


async def _flow(s: Scenario, name: str, **fields: Json) -> None:
    await s.post("/flows/", {"name": name, **fields}, saved="flow")


def _run(name: str, /, **fields: Json) -> Json:
    return {"flow_id": "{flow}", "name": name} | fields


async def _set(s: Scenario, type: str, *, force: bool = False, run: str = "run", **state: Json) -> None:
    body = {"state": {"type": type, **state}, "force": force}
    await s.post(f"/flow_runs/{{{run}}}/set_state", body, headers=SDK)


async def test_flow_run_life(writers: Pair) -> None:
    s = Scenario(writers)
    await _flow(s, "life of runs", labels={"from": "flow", "n": 1})
    await s.post(
        "/flow_runs/",
        _run("life", tags=["b", "a", "a"], labels={"n": 2, "mine": True}, parameters={"x": [1, None, "ü"]}),
        saved="run",
    )
    await s.get("/flow_runs/{run}")
    for change in (
        {"name": "renamed ü"},
        {"flow_version": "2"},
        {"parameters": {"y": {}}},
        {"tags": ["z"]},
        {"infrastructure_pid": "pid"},
        {"empirical_policy": {"retries": 2, "retry_delay": 5}},
        {},
        {"name": None},
        {"tags": None},
        {"parameters": None},
        {"flow_version": None},
        {"unknown": 1},
        {"labels": {}},
        {"job_variables": {"a": 1}},
        {"job_variables": None},
        {"name": ""},
        None,
    ):
        await s.patch("/flow_runs/{run}", change)
        await s.get("/flow_runs/{run}")
    await s.patch("/flow_runs/{run}", {"empirical_policy": None}, unlike=(422, "Prefect fails"))
    for labels in ({"new": "x"}, {"n": 3, "f": 1.5}, {}, [], None, "x"):
        await s.patch("/flow_runs/{run}/labels", labels)
        await s.get("/flow_runs/{run}")
    await s.patch(f"/flow_runs/{NOWHERE}/labels", {"a": 1})
    await _set(s, "RUNNING")
    await s.get("/flow_runs/{run}")
    await _set(s, "COMPLETED", message="done", data={"type": "reference"})
    await s.get("/flow_runs/{run}")
    await s.get("/flow_run_states/?flow_run_id={run}")
    await s.post("/flow_runs/filter", {"flow_runs": {"id": {"any_": ["{run}"]}}})
    await s.post("/flow_runs/paginate", {"flow_runs": {"id": {"any_": ["{run}"]}}})
    await s.post(
        "/task_runs/", {"flow_run_id": "{run}", "task_key": "k", "dynamic_key": "1", "name": "t"}, saved="task"
    )
    await s.delete("/flow_runs/{run}")
    await s.get("/task_runs/{task}")
    for gone in (
        s.get("/flow_runs/{run}"),
        s.delete("/flow_runs/{run}"),
        s.patch("/flow_runs/{run}", {"name": "x"}),
        s.get("/flow_run_states/?flow_run_id={run}"),
    ):
        await gone
    await _set(s, "RUNNING")
    s.end()


async def test_create_flow_runs(writers: Pair) -> None:
    s = Scenario(writers)
    await _flow(s, "many runs")
    with_data = _run("with data", state={"type": "COMPLETED", "data": {"type": "reference"}})
    await s.post("/flow_runs/", with_data, unlike=(201, "Prefect fails and writes nothing"))
    automation = {
        "Prefect-Automation-ID": NOWHERE,
        "Prefect-Automation-Name": base64.b64encode("nightly ü".encode()).decode(),
    }
    await s.post("/flow_runs/", _run("keyed", idempotency_key="no variables"))
    for number, (fields, headers) in enumerate(
        (
            ({"name": None}, {}),
            ({"name": ""}, {}),
            ({"tags": [], "labels": None}, {}),
            ({"labels": {"prefect.flow.id": "mine"}}, {}),
            ({"flow_version": "1", "context": {"a": {"b": None}}}, {}),
            ({"idempotency_key": "k", "job_variables": {}}, {}),
            ({"idempotency_key": "k", "name": "again"}, {}),
            ({"idempotency_key": ""}, {}),
            ({"idempotency_key": "K", "job_variables": {"a": 1}}, {}),
            (
                {
                    "empirical_policy": {
                        "retries": 2,
                        "retry_delay": 3,
                        "pause_keys": ["b"],
                        "resuming": True,
                        "retry_type": "in_process",
                    }
                },
                {},
            ),
            ({"empirical_policy": {"max_retries": 2, "retry_delay_seconds": 3}}, {}),
            ({"job_variables": {"image": "x", "env": {"A": "1"}}}, {}),
            ({"job_variables": None}, {}),
            (
                {
                    "state": {
                        "type": "SCHEDULED",
                        "state_details": {"scheduled_time": "2024-02-29T12:00:00.123456+02:00"},
                    }
                },
                {},
            ),
            ({"state": {"type": "SCHEDULED"}}, {}),
            *(({"state": {"type": type}}, {}) for type in STATE_TYPES),
            ({"state": {"type": "COMPLETED", "name": "Odd", "message": "m"}}, {}),
            ({"state": None}, {}),
            ({}, automation),
            ({}, {"Prefect-Automation-ID": NOWHERE}),
            ({}, automation | {"Prefect-Automation-Name": "not base64 !"}),
            ({}, automation | {"Prefect-Automation-ID": "x"}),
            ({"work_queue_name": "no pool"}, {}),
            ({"work_pool_name": "no such pool"}, {}),
            ({"work_pool_name": "no such pool", "work_queue_name": "q"}, {}),
        )
    ):
        answer = await s.post("/flow_runs/", _run(f"run {number}", **fields), headers=headers)
        if answer.get("id"):
            await s.post("/flow_runs/", _run("key only"), saved="other")
            await s.get("/flow_runs/{other}")
    s.end()


async def test_refused_flow_runs(writers: Pair) -> None:
    s = Scenario(writers)
    await _flow(s, "no runs")
    for fields in (
        {"flow_id": None},
        {"flow_id": "x"},
        {"flow_id": NOWHERE},
        {"flow_id": NOWHERE, "idempotency_key": "k"},
        {"name": 5},
        {"tags": None},
        {"tags": [1]},
        {"labels": {"a": None}},
        {"parameters": None},
        {"parameters": []},
        {"context": "x"},
        {"deployment_id": "x"},
        {"parent_task_run_id": "x"},
        {"parent_task_run_id": NOWHERE},
        {"infrastructure_document_id": NOWHERE},
        {"state": {"type": "X"}},
        {"state": {"type": "RUNNING", "timestamp": "2020-01-01"}},
        {"unknown": 1},
        {"start_time": "2020-01-01"},
        {"empirical_policy": {"retries": "x"}},
        {"empirical_policy": {"unknown": 1}},
        {"empirical_policy": {"retry_type": "x"}},
        {"idempotency_key": 5},
        {"work_queue_name": 5},
        {"id": NOWHERE},
    ):
        await s.post("/flow_runs/", _run("refused", **fields))
    for body in (None, [], "x", {}):
        await s.post("/flow_runs/", body)
    await s.post("/flow_runs/count", {"flows": {"id": {"any_": ["{flow}"]}}})
    s.end()


@pytest.mark.parametrize(
    "force",
    [
        False,
        True,
    ],
)
async def test_every_transition(writers: Pair, force: bool) -> None:
    s = Scenario(writers)
    await _flow(s, "transitions")
    for before, after in itertools.product(STATE_TYPES, STATE_TYPES):
        await s.post("/flow_runs/", _run(f"{before} {after}", state={"type": before}), saved="run")
        await _set(s, after, force=force)
        refused = (before, after, force) == ("PAUSED", "PENDING", False)
        await s.get(
            "/flow_runs/{run}", unlike=(200, "Prefect refuses, but notes that the run resumes") if refused else None
        )
    s.end()


async def test_bookkeeping(writers: Pair) -> None:
    s = Scenario(writers)
    await _flow(s, "bookkeeping")
    await s.post("/flow_runs/", _run("books"), saved="run")
    for type in (
        "RUNNING",
        "PAUSED",
        "RUNNING",
        "FAILED",
        "SCHEDULED",
        "PENDING",
        "RUNNING",
        "RUNNING",
        "CRASHED",
        "RUNNING",
        "CANCELLING",
        "CANCELLED",
        "COMPLETED",
    ):
        await _set(s, type, force=True)
        await s.get("/flow_runs/{run}")
    await s.get("/flow_run_states/?flow_run_id={run}")
    for number, time in enumerate((soon(-100), soon(3600), "2024-02-29T00:00:00+05:30")):
        await s.post(
            "/flow_runs/",
            _run(f"scheduled {number}", state={"type": "SCHEDULED", "state_details": {"scheduled_time": time}}),
            saved="run",
        )
        await s.get("/flow_runs/{run}")
        await _set(s, "PENDING")
        await s.get("/flow_runs/{run}")
        await _set(s, "RUNNING")
        await s.get("/flow_runs/{run}")
        await _set(s, "SCHEDULED", name="Late", state_details={"scheduled_time": soon(-50)}, force=True)
        await s.get("/flow_runs/{run}")
    s.end()


async def test_subflows(writers: Pair) -> None:
    s = Scenario(writers)
    await _flow(s, "parents")
    await s.post("/flow_runs/", _run("parent", state={"type": "RUNNING"}), saved="parent")
    await s.post(
        "/task_runs/",
        {"flow_run_id": "{parent}", "task_key": "child", "dynamic_key": "0", "name": "child"},
        saved="task",
    )
    await s.post("/flow_runs/", _run("child", parent_task_run_id="{task}"), saved="run")
    for type in ("RUNNING", "PAUSED", "RUNNING", "COMPLETED"):
        await _set(s, type, force=True, message=f"now {type}")
        await s.get("/task_runs/{task}")
        await s.get("/flow_runs/{run}")
    await s.get("/task_run_states/?task_run_id={task}")
    await s.post("/flow_runs/filter", {"flow_runs": {"parent_flow_run_id": {"any_": ["{parent}"]}}})
    await s.post(
        "/task_runs/filter",
        {"task_runs": {"subflow_runs": {"exists_": True}}, "flow_runs": {"id": {"any_": ["{parent}"]}}},
    )
    await s.delete("/task_runs/{task}")
    await s.get("/flow_runs/{run}")
    s.end()


async def test_runs_of_a_deployment(writers: Pair) -> None:
    s = Scenario(writers)
    await _flow(s, "deployed", labels={"flow": "f"})
    await s.post(
        "/deployments/",
        {"name": "d", "flow_id": "{flow}", "labels": {"deployment": "d"}, "work_queue_name": "queue", "version": "7"},
        saved="deployment",
    )
    await s.post("/flow_runs/", _run("mine", deployment_id="{deployment}", labels={"run": "r"}), saved="run")
    await s.get("/flow_runs/{run}")
    await s.post("/flow_runs/", _run("unknown deployment", deployment_id=NOWHERE), saved="run2")
    await s.post(
        "/flow_runs/",
        _run("scheduled", deployment_id="{deployment}", work_queue_name="other", state={"type": "SCHEDULED"}),
        saved="run3",
    )
    await s.patch("/flow_runs/{run3}", {"job_variables": {"a": 1}})
    await s.get("/flow_runs/{run3}")
    await s.patch("/flow_runs/{run}", {"job_variables": {"a": 1}})
    await s.delete("/deployments/{deployment}")
    await s.get("/flow_runs/{run}")
    s.end()


async def _limited(s: Scenario, name: str, limit: int, **options: Json) -> None:
    deployment = {"name": name, "flow_id": "{flow}", "concurrency_limit": limit}
    await s.post(
        "/deployments/", deployment | ({"concurrency_options": options} if options else {}), saved="deployment"
    )
    for run in ("first", "second"):
        scheduled = _run(run, deployment_id="{deployment}", state={"type": "SCHEDULED"})
        await s.post("/flow_runs/", scheduled, saved=run)


async def _taken(s: Scenario) -> None:
    await s.get("/deployments/{deployment}")


async def test_limits_of_deployments(writers: Pair) -> None:
    s = Scenario(writers)
    await _flow(s, "limited")
    for strategy in ({}, {"collision_strategy": "ENQUEUE"}, {"collision_strategy": "CANCEL_NEW"}):
        await _limited(s, f"limited {strategy}", 1, **strategy)
        for run, type in (
            ("first", "PENDING"),
            ("second", "PENDING"),
            ("first", "RUNNING"),
            ("second", "SCHEDULED"),
            ("first", "PAUSED"),
            ("first", "RUNNING"),
            ("first", "COMPLETED"),
            ("second", "PENDING"),
            ("second", "CANCELLING"),
            ("second", "FAILED"),
            ("second", "CANCELLED"),
        ):
            await _set(s, type, run=run)
            await s.get(f"/flow_runs/{{{run}}}")
            await _taken(s)
    s.end()


async def test_pauses(writers: Pair) -> None:
    s = Scenario(writers)
    await _flow(s, "paused")
    await s.post("/deployments/", {"name": "d", "flow_id": "{flow}"}, saved="deployment")
    for fields in ({}, {"deployment_id": "{deployment}"}):
        for name, details in (
            ("Paused", {}),
            ("Paused", {"pause_key": "k", "pause_timeout": soon(3600)}),
            ("Suspended", {"pause_key": "k", "pause_reschedule": True}),
            ("Suspended", {"pause_reschedule": True, "pause_timeout": soon(-5)}),
        ):
            for after in ("RUNNING", "SCHEDULED", "CANCELLING", "CANCELLED", "PAUSED", "FAILED"):
                await s.post("/flow_runs/", _run(f"{name} {after}", state={"type": "RUNNING"}, **fields), saved="run")
                await _set(s, "PAUSED", name=name, state_details=details)
                await _set(s, after)
                await _set(s, "RUNNING")
                await _set(s, "PAUSED", name=name, state_details=details)
    s.end()


async def test_retries(writers: Pair) -> None:
    s = Scenario(writers)
    await _flow(s, "retried")
    for policy in ({"retries": 1}, {"retries": 2, "retry_delay": 60}, {"retries": 0}):
        await s.post("/flow_runs/", _run("retried", empirical_policy=policy, state={"type": "RUNNING"}), saved="run")
        for type in ("FAILED", "RUNNING", "FAILED", "RUNNING", "FAILED", "SCHEDULED", "RUNNING", "CRASHED", "RUNNING"):
            await _set(s, type, message=f"now {type}")
            await s.get("/flow_runs/{run}")
    await s.get("/flow_run_states/?flow_run_id={run}")
    s.end()


async def test_names_of_states(writers: Pair) -> None:
    s = Scenario(writers)
    await _flow(s, "named states")
    for first, name, type, then in (
        ("PENDING", "Submitting", "PENDING", "InfrastructurePending"),
        ("PENDING", "Submitting", "PENDING", "Submitting"),
        ("PENDING", "Submitting", "PENDING", "Pending"),
        ("SCHEDULED", "Late", "SCHEDULED", "Late"),
        ("SCHEDULED", None, "SCHEDULED", "Late"),
        ("RUNNING", None, "SCHEDULED", "Late"),
        ("SCHEDULED", "Resuming", "CANCELLING", None),
        ("RUNNING", None, "CANCELLING", "Going"),
    ):
        await s.post("/flow_runs/", _run(f"{name} {then}", state={"type": first, "name": name}), saved="run")
        await _set(s, type, name=then)
        await s.get("/flow_runs/{run}")
    same = "11111111-2222-4333-8444-555555555555"
    await s.post("/flow_runs/", _run("twice"), saved="run")
    for _ in range(2):
        await _set(s, "RUNNING", state_details={"transition_id": same})
    await _set(s, "RUNNING", state_details={"transition_id": NOWHERE})
    await _set(s, "COMPLETED", data={"type": "reference"}, state_details={"transition_id": NOWHERE})
    await _set(s, "COMPLETED", data={"type": "reference"})
    for force in (False, True):
        await _set(s, "COMPLETED", force=force)
        await _set(s, "COMPLETED", data={"type": "unpersisted"}, force=force)
        await _set(s, "COMPLETED", data={"type": "other"}, force=force)
    s.end()
