"""Graphs of flow runs, what the dashboard asks of them, and changes of many at once."""

from typing import Any

from .asking import Pair
from .scenario import Scenario, soon

Json = Any

NOWHERE = "00000000-0000-4000-8000-000000000000"
ONCE = (200, "Prefect names an edge once for each way that the inputs of its ends can be combined")


async def _flow(s: Scenario, name: str) -> None:
    await s.post("/flows/", {"name": name}, saved="flow")


async def _run(s: Scenario, name: str, saved: str = "run", **fields: Json) -> None:
    await s.post("/flow_runs/", {"flow_id": "{flow}", "name": name, **fields}, saved=saved)


async def _task(s: Scenario, name: str, inputs: Json = None, **fields: Json) -> None:
    known = {"flow_run_id": "{run}", "task_key": name, "dynamic_key": "0", "name": name, "task_inputs": inputs or {}}
    await s.post("/task_runs/", known | fields, saved=name)


def _from(*names: str) -> Json:
    return [{"input_type": "task_run", "id": f"{{{name}}}"} for name in names]


async def test_graphs(writers: Pair) -> None:
    s = Scenario(writers)
    for version in ("graph", "graph-v2"):
        await s.get(f"/flow_runs/{NOWHERE}/{version}")
    await _flow(s, "graphs")
    await _run(s, "drawn", state={"type": "RUNNING"})
    for version in ("graph", "graph-v2"):
        await s.get(f"/flow_runs/{{run}}/{version}")
    await _task(s, "first", state={"type": "COMPLETED"})
    await s.get("/flow_runs/{run}/graph")
    await _task(s, "second", {"x": _from("first")}, state={"type": "RUNNING"})
    await _task(s, "inner", {"__parents__": _from("second")})
    await _task(s, "third", {"x": _from("second")}, state={"type": "SCHEDULED"})
    await _task(s, "stands for a subflow")
    await _run(s, "subflow", "subflow", parent_task_run_id="{stands for a subflow}", state={"type": "RUNNING"})
    await _task(s, "after", {"x": [{"input_type": "flow_run", "id": "{subflow}"}]})
    await s.get("/flow_runs/{run}/graph-v2")
    await s.get("/flow_runs/{subflow}/graph-v2")
    await s.post("/flow_runs/{subflow}/set_state", {"state": {"type": "COMPLETED"}})
    await s.post("/flow_runs/{run}/set_state", {"state": {"type": "COMPLETED"}})
    await s.get("/flow_runs/{run}/graph-v2")
    for since in ("2001-01-01T00:00:00Z", "2100-01-01T00:00:00Z", "1", "x", ""):
        await s.get(f"/flow_runs/{{run}}/graph-v2?since={since}")
    for since in ("2100-01-01", "2100-01-01T00:00:00"):
        await s.get(f"/flow_runs/{{run}}/graph-v2?since={since}", unlike=(200, "Prefect fails"))
    await _task(s, "last", {"x": [*_from("third", NOWHERE), {"input_type": "parameter", "name": "p"}], "y": []})
    await s.get("/flow_runs/{run}/graph-v2")
    await s.get("/flow_runs/{run}/graph", unlike=(200, "Prefect fails, since not all inputs are task runs"))
    await _run(s, "doubled", state={"type": "RUNNING"})
    await _task(s, "one")
    await _task(s, "two", {"x": _from("one"), "y": _from("one")})
    await s.get("/flow_runs/{run}/graph-v2", unlike=ONCE)
    s.end()


async def test_dashboard(writers: Pair) -> None:
    s = Scenario(writers)
    await _flow(s, "on the dashboard")
    await s.post("/deployments/", {"name": "d", "flow_id": "{flow}"}, saved="deployment")
    await _run(s, "run", state={"type": "RUNNING"})
    await _task(s, "task")
    await _task(s, "stands for a subflow")
    await _run(s, "subflow", "subflow", parent_task_run_id="{stands for a subflow}", state={"type": "RUNNING"})
    for path, field, some in (
        ("/ui/flows/count-deployments", "flow_ids", "{flow}"),
        ("/ui/flows/next-runs", "flow_ids", "{flow}"),
        ("/ui/flow_runs/count-task-runs", "flow_run_ids", "{run}"),
    ):
        for ids in ([], [some], [some, NOWHERE, some], [NOWHERE] * 201, ["x"], None, "x"):
            await s.post(path, {field: ids})
        await s.post(path, {})
        await s.post(path)
    for name, seconds in (("late", 9000), ("next", 5000), ("later", 7000)):
        scheduled = {"type": "SCHEDULED", "state_details": {"scheduled_time": soon(seconds)}}
        await _run(s, name, name, state=scheduled)
        await s.post("/ui/flows/next-runs", {"flow_ids": ["{flow}"]})
    await s.post("/flow_runs/{next}/set_state", {"state": {"type": "CANCELLED"}})
    await s.post("/ui/flows/next-runs", {"flow_ids": ["{flow}"]})
    mine = {"flows": {"id": {"any_": ["{flow}"]}}}
    for body in (
        mine,
        {**mine, "sort": "NAME_ASC", "limit": 2, "offset": 1},
        {**mine, "sort": "EXPECTED_START_TIME_ASC"},
        {**mine, "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}},
        {**mine, "deployments": {"name": {"any_": ["d"]}}},
        {**mine, "limit": 0},
        {"limit": 1001},
        {"offset": -1},
        {"sort": "x"},
    ):
        await s.post("/ui/flow_runs/history", body)
    for body in (mine, {"flow_runs": {"id": {"any_": [NOWHERE]}}}):
        await s.post("/flow_runs/lateness", body)
    s.end()


async def test_many_at_once(writers: Pair) -> None:
    s = Scenario(writers)
    await _flow(s, "in bulk")
    for type in ("RUNNING", "SCHEDULED"):
        await _run(s, type, type, state={"type": type}, tags=["bulk"])
    for which, state in (
        ("RUNNING", {"type": "CANCELLING", "message": "all"}),
        ("SCHEDULED", {"type": "CANCELLING"}),
        ("RUNNING", {"type": "RUNNING"}),
        ("SCHEDULED", {"type": "PAUSED"}),
        ("SCHEDULED", {"type": "SCHEDULED"}),
    ):
        flow_runs = {"id": {"any_": [f"{{{which}}}", NOWHERE]}}
        await s.post("/flow_runs/bulk_set_state", {"flow_runs": flow_runs, "state": state})
    await s.post(
        "/flow_runs/bulk_set_state",
        {"flow_runs": {"id": {"any_": ["{RUNNING}"]}}, "state": {"type": "RUNNING"}, "force": True, "limit": 1},
    )
    for type in ("RUNNING", "SCHEDULED"):
        await s.get(f"/flow_runs/{{{type}}}")
    nobody = {"flow_runs": {"id": {"any_": [NOWHERE]}}}
    for body in (
        {**nobody, "state": {"type": "RUNNING"}},
        {"state": {"type": "X"}},
        nobody,
        {**nobody, "state": {"type": "RUNNING"}, "limit": 0},
        {**nobody, "state": {"type": "RUNNING"}, "limit": 51},
        {},
        None,
    ):
        await s.post("/flow_runs/bulk_set_state", body)
    for body in (nobody, {**nobody, "limit": 0}, {**nobody, "limit": 51}, {"flow_runs": {"id": {"any_": "x"}}}):
        await s.post("/flow_runs/bulk_delete", body)
    for _ in range(3):
        await s.post(
            "/flow_runs/bulk_delete", {"flow_runs": {"tags": {"all_": ["bulk"]}, "name": {"any_": ["RUNNING"]}}}
        )
    await s.get("/flow_runs/{RUNNING}")
    await s.post("/flow_runs/count", {"flow_runs": {"tags": {"all_": ["bulk"]}}})
    s.end()
