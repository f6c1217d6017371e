"""Task runs, written to both servers alike: their life, and each rule that a state transition meets."""

import itertools
import random
from typing import Any

import pytest

from .asking import Pair
from .rows import STATE_TYPES
from .scenario import Scenario, soon

Json = Any

NOWHERE = "00000000-0000-4000-8000-000000000000"
CHOSEN = "0198c0de-0000-7000-8000-{:012x}"


async def _flow_run(s: Scenario, state: str | None = "RUNNING", **fields: Json) -> None:
    await s.post("/flows/", {"name": "of task runs"}, saved="flow")
    await s.post("/flow_runs/", {"flow_id": "{flow}", "name": "run", **fields}, saved="run")
    if state:
        await s.post("/flow_runs/{run}/set_state", {"state": {"type": state}, "force": True})


def _task(number: object, /, **fields: Json) -> Json:
    return {"flow_run_id": "{run}", "name": f"task {number}", "task_key": "key", "dynamic_key": f"{number}"} | fields


async def _set(s: Scenario, type: str, *, force: bool | None = None, run: str = "task", **state: Json) -> Json:
    body: Json = {"state": {"type": type, **state}} | ({} if force is None else {"force": force})
    return await s.post(f"/task_runs/{{{run}}}/set_state", body)


async def test_task_run_life(writers: Pair) -> None:
    s = Scenario(writers)
    await _flow_run(s)
    await s.post(
        "/task_runs/",
        _task("life", tags=["b", "a", "a"], labels={"k": 1}, cache_key="c", task_version="v"),
        saved="task",
    )
    await s.post("/task_runs/", _task("life", name="other name", tags=["other"]))
    await s.get("/task_runs/{task}")
    await s.get("/ui/task_runs/{task}")
    await s.patch("/task_runs/{task}", {"name": "renamed ü"})
    await s.get("/task_runs/{task}")
    for body in ({}, {"name": None}, {"name": ""}, {"name": 5}, {"tags": ["x"]}, None, []):
        await s.patch("/task_runs/{task}", body)
        await s.get("/task_runs/{task}")
    await _set(s, "RUNNING")
    await s.get("/task_runs/{task}")
    await _set(s, "COMPLETED", message="done", data={"type": "reference", "x": [1, None]})
    await s.get("/task_runs/{task}")
    await s.get("/task_run_states/?task_run_id={task}")
    await s.post("/task_runs/filter", {"task_runs": {"id": {"any_": ["{task}"]}}})
    await s.post("/task_runs/paginate", {"task_runs": {"id": {"any_": ["{task}"]}}})
    await s.delete("/task_runs/{task}")
    await s.get("/task_runs/{task}")
    await s.delete("/task_runs/{task}")
    await s.get("/task_run_states/?task_run_id={task}")
    await s.patch("/task_runs/{task}", {"name": "x"})
    await _set(s, "RUNNING")
    s.end()


async def test_create_task_runs(writers: Pair) -> None:
    s = Scenario(writers)
    await _flow_run(s)
    inputs = [{"input_type": "parameter", "name": "q"}, {"input_type": "constant", "type": "int"}]
    inputs += [{"input_type": "task_run", "id": NOWHERE}, {"input_type": "flow_run", "id": NOWHERE}]
    good = (
        {"id": CHOSEN.format(1)},
        {"id": None, "name": None},
        {"name": ""},
        {"tags": [], "labels": None},
        {"labels": {"a": 1, "b": True, "c": 1.5, "d": "x", "ü": ""}},
        {"task_inputs": {"a": inputs, "b": []}},
        {"empirical_policy": {"retries": 3, "retry_delay": [1, 2], "retry_jitter_factor": 0.5}},
        {"empirical_policy": {"retries": 3, "retry_delay": 2.5}},
        {"empirical_policy": {"max_retries": 2, "retry_delay_seconds": 7}},
        {"empirical_policy": {"retries": None, "retry_delay": None}},
        {"cache_key": "c" * 2000, "cache_expiration": "2031-01-01T00:00:00+02:00"},
        {"cache_expiration": "2031-01-01"},
        {"state": None},
        {
            "state": {
                "type": "SCHEDULED",
                "name": "Late",
                "state_details": {"scheduled_time": "2024-02-29T12:00:00.123456+02:00"},
            }
        },
        {"state": {"type": "SCHEDULED"}},
        {
            "state": {
                "type": "RUNNING",
                "message": "go",
                "state_details": {"cache_key": "x", "retriable": False, "refresh_cache": True},
            }
        },
        *({"state": {"type": type}} for type in STATE_TYPES),
        {
            "state": {
                "type": "COMPLETED",
                "name": 'Odd "name"',
                "state_details": {
                    "pause_timeout": "2030-01-01T00:00:00Z",
                    "pause_key": "k",
                    "traceparent": "t",
                    "unknown": 1,
                },
            }
        },
    )
    for number, fields in enumerate(good):
        await s.post("/task_runs/", _task(number, **fields), saved=f"task{number}")
        await s.get(f"/task_runs/{{task{number}}}")
        await s.get(f"/task_run_states/?task_run_id={{task{number}}}")
    with_data = _task("with data", state={"type": "COMPLETED", "data": {"type": "reference"}})
    await s.post("/task_runs/", with_data, unlike=(201, "Prefect fails, though it writes the row"))
    for number, fields in enumerate(good[:4]):
        await s.post(
            "/task_runs/",
            _task(f"outside {number}", **fields | {"flow_run_id": None, "id": None}),
            saved=f"outside{number}",
        )
        await s.post("/task_runs/", _task(f"outside {number}", flow_run_id=None, name="again"))
    await s.post("/task_runs/", _task("same id", id=CHOSEN.format(1)))
    s.end()


async def test_refused_task_runs(writers: Pair) -> None:
    s = Scenario(writers)
    await _flow_run(s)
    for number, fields in enumerate(
        (
            {"flow_run_id": NOWHERE},
            {"flow_run_id": "x"},
            {"flow_run_id": 5},
            {"name": 5},
            {"tags": None},
            {"tags": "x"},
            {"tags": [5]},
            {"labels": {"a": None}},
            {"labels": {"a": [1]}},
            {"labels": []},
            {"task_key": None},
            {"dynamic_key": 5},
            {"id": "x"},
            {"id": 5},
            {"cache_key": "x" * 2001},
            {"cache_expiration": "x"},
            {"task_inputs": {"a": [{"input_type": "x"}]}},
            {"task_inputs": {"a": [{}]}},
            {"task_inputs": {"a": {}}},
            {"task_inputs": {"a": [{"input_type": "task_run", "id": "x"}]}},
            {"task_inputs": []},
            {"empirical_policy": {"retry_jitter_factor": -1}},
            {"empirical_policy": {"retry_delay": [1] * 51}},
            {"empirical_policy": {"retries": "x"}},
            {"empirical_policy": {"unknown": 1}},
            {"empirical_policy": {"retry_delay": "x"}},
            {"state": {"type": "X"}},
            {"state": {}},
            {"state": {"type": "RUNNING", "timestamp": "2020-01-01"}},
            {"state": {"type": "RUNNING", "id": NOWHERE}},
            {"state": "RUNNING"},
            {"unknown": 1},
            {"state_type": "RUNNING"},
            {"run_count": 4},
            {"start_time": "2020-01-01"},
        )
    ):
        await s.post("/task_runs/", _task(number, **fields))
    for body in (None, [], "x", {}, {"task_key": "k"}, {"dynamic_key": "k"}):
        await s.post("/task_runs/", body)
    await s.post("/task_runs/", _task("no policy", empirical_policy=None), unlike=(422, "Prefect fails"))
    await s.post("/task_runs/count", {"flow_runs": {"id": {"any_": ["{run}"]}}})
    s.end()


@pytest.mark.parametrize("force", [False, True])
async def test_every_transition(writers: Pair, force: bool) -> None:
    s = Scenario(writers)
    await _flow_run(s)
    for before, after in itertools.product(STATE_TYPES, STATE_TYPES):
        await s.post("/task_runs/", _task(f"{before} {after} {force}", state={"type": before}), saved="task")
        await _set(s, after, force=force)
        await s.get("/task_runs/{task}")
    s.end()


async def test_retries(writers: Pair) -> None:
    s = Scenario(writers)
    await _flow_run(s)
    for number, policy in enumerate(
        (
            {"retries": 2},
            {"retries": 2, "retry_delay": 30},
            {"retries": 3, "retry_delay": [10, 20]},
            {"retries": 1, "retry_delay": 1.5},
            {"retries": 0},
            {"retries": None},
            {"max_retries": 2, "retry_delay_seconds": 10},
            {"retries": 1, "retry_delay": [5, 6, 7]},
        )
    ):
        await s.post("/task_runs/", _task(f"retry {number}", empirical_policy=policy), saved="task")
        for _ in range(4):
            await _set(s, "RUNNING")
            await _set(s, "FAILED", message="broken")
            await s.get("/task_runs/{task}")
            await _set(s, "PENDING")
        await s.get("/task_run_states/?task_run_id={task}")
    await s.post("/task_runs/", _task("no delays", empirical_policy={"retries": 2, "retry_delay": []}), saved="task")
    await _set(s, "RUNNING")
    await s.post("/task_runs/{task}/set_state", {"state": {"type": "FAILED"}}, unlike=(201, "Prefect fails"))
    await s.post("/task_runs/", _task("not retriable", empirical_policy={"retries": 2}), saved="task")
    await _set(s, "RUNNING")
    await _set(s, "FAILED", state_details={"retriable": False})
    await _set(s, "RUNNING")
    await s.post("/task_runs/", _task("crash does not retry", empirical_policy={"retries": 2}), saved="task")
    await _set(s, "RUNNING")
    await _set(s, "CRASHED")
    await s.get("/task_runs/{task}")
    s.end()


async def test_scheduled_times(writers: Pair) -> None:
    s = Scenario(writers)
    await _flow_run(s)
    for number, time in enumerate((soon(-100), soon(3600), "2024-02-29T00:00:00+05:30", "2035-01-01T00:00:00Z")):
        await s.post(
            "/task_runs/",
            _task(f"schedule {number}", state={"type": "SCHEDULED", "state_details": {"scheduled_time": time}}),
            saved="task",
        )
        await s.get("/task_runs/{task}")
        await _set(s, "RUNNING")
        await _set(s, "PENDING")
        await s.get("/task_runs/{task}")
        await _set(s, "RUNNING")
        await _set(s, "SCHEDULED", name="AwaitingRetry", state_details={"scheduled_time": soon(50)})
        await s.get("/task_runs/{task}")
        await _set(s, "RUNNING", force=True)
        await s.get("/task_runs/{task}")
    s.end()


async def test_caching(writers: Pair) -> None:
    s = Scenario(writers)
    await _flow_run(s)

    async def run(number: object, *, complete: Json = None, start: Json = None, **fields: Json) -> None:
        await s.post("/task_runs/", _task(f"cache {number}", **fields), saved="task")
        await _set(s, "RUNNING", state_details=start or {})
        await s.get("/task_runs/{task}")
        if complete is not None:
            await _set(s, "COMPLETED", state_details=complete, data={"type": "reference", "number": str(number)})
            await s.get("/task_runs/{task}")

    await run(1, start={"cache_key": "compat-a"}, complete={"cache_key": "compat-a"})
    await run(2, start={"cache_key": "compat-a"})
    await run(3, start={"cache_key": "compat-a", "refresh_cache": True}, complete={"cache_key": "compat-a"})
    await run(4, start={"cache_key": "compat-a"})
    await run(5, start={"cache_key": "compat-b"}, complete={"cache_key": "compat-b", "cache_expiration": soon(-10)})
    await run(6, start={"cache_key": "compat-b"})
    await run(7, start={"cache_key": "compat-c"}, complete={"cache_key": "compat-c", "cache_expiration": soon(1000)})
    await run(8, start={"cache_key": "compat-c"})
    await run(9, cache_key="compat-a")
    await run(10, start={"cache_key": "x" * 2001}, complete={"cache_key": "x" * 2001})
    await run(11, start={"cache_key": "compat-A"})
    s.end()


@pytest.mark.parametrize("flow_state", [None, *STATE_TYPES])
async def test_tasks_of_flow_runs_in_any_state(writers: Pair, flow_state: str | None) -> None:
    s = Scenario(writers)
    await _flow_run(s, flow_state)
    await s.post("/task_runs/", _task(1), saved="task")
    await _set(s, "RUNNING")
    await s.get("/task_runs/{task}")
    await _set(s, "COMPLETED")
    await s.get("/task_runs/{task}")
    s.end()


async def test_pause_tells_the_task_when_to_ask_again(writers: Pair) -> None:
    s = Scenario(writers)
    await _flow_run(s)
    await s.post(
        "/flow_runs/{run}/set_state",
        {"state": {"type": "PAUSED", "state_details": {"pause_timeout": soon(300), "pause_key": "1"}}, "force": True},
    )
    await s.post("/task_runs/", _task(1), saved="task")
    await _set(s, "RUNNING")
    await s.get("/task_runs/{task}")
    s.end()


async def test_reruns_and_run_counts(writers: Pair) -> None:
    s = Scenario(writers)
    await _flow_run(s)
    await s.post("/task_runs/", _task("rerun"), saved="task")
    for type in (
        "RUNNING",
        "COMPLETED",
        "RUNNING",
        "FAILED",
        "PENDING",
        "RUNNING",
        "RUNNING",
        "CANCELLING",
        "CANCELLED",
        "RUNNING",
        "PAUSED",
        "RUNNING",
        "CRASHED",
    ):
        await _set(s, type)
        await s.get("/task_runs/{task}")
    for type in ("RUNNING", "COMPLETED", "RUNNING", "FAILED", "SCHEDULED", "PENDING"):
        await _set(s, type, force=True)
        await s.get("/task_runs/{task}")
    await s.get("/task_run_states/?task_run_id={task}")
    s.end()


async def test_completed_runs_may_run_again_while_their_flow_retries(writers: Pair) -> None:
    s = Scenario(writers)
    await _flow_run(s, empirical_policy={"retries": 2, "retry_delay": 0})
    for number, data in enumerate((None, {"type": "reference"}, {"type": "unpersisted"})):
        await s.post("/task_runs/", _task(f"again {number}"), saved=f"task{number}")
        await _set(s, "RUNNING", run=f"task{number}")
        await _set(s, "COMPLETED", run=f"task{number}", data=data)
        await _set(s, "RUNNING", run=f"task{number}")
    await s.post("/flow_runs/{run}/set_state", {"state": {"type": "FAILED"}})
    await s.post("/flow_runs/{run}/set_state", {"state": {"type": "RUNNING"}, "force": True})
    for number in range(3):
        await _set(s, "RUNNING", run=f"task{number}")
        await s.get(f"/task_runs/{{task{number}}}")
    s.end()


async def test_deferred_runs(writers: Pair) -> None:
    """Background tasks: scheduled from outside a flow, taken by a worker."""
    s = Scenario(writers)
    await s.post(
        "/task_runs/",
        _task(
            "deferred",
            flow_run_id=None,
            state={"type": "SCHEDULED", "state_details": {"deferred": True, "task_parameters_id": NOWHERE}},
        ),
        saved="task",
    )
    for details in ({"deferred": True}, {"deferred": True}, {}):
        await _set(s, "SCHEDULED", state_details=details)
        await _set(s, "PENDING", state_details=details)
        await s.get("/task_runs/{task}")
        await _set(s, "RUNNING", state_details=details)
        await _set(s, "RUNNING", state_details=details)
        await s.get("/task_runs/{task}")
    s.end()


async def test_states_as_they_come(writers: Pair) -> None:
    s = Scenario(writers)
    await _flow_run(s)
    await s.post("/task_runs/", _task("states"), saved="task")
    for state in (
        {"name": None},
        {"name": ""},
        {"name": "Ü 'q\" \\"},
        {"message": ""},
        {"message": "x" * 5000},
        {"data": None},
        {"data": 5},
        {"data": [1]},
        {"data": "text"},
        {"data": False},
        {
            "state_details": {
                "child_flow_run_id": NOWHERE,
                "flow_run_id": NOWHERE,
                "task_run_id": NOWHERE,
                "transition_id": NOWHERE,
            }
        },
        {
            "state_details": {
                "run_input_keyset": {"a": "b"},
                "pause_reschedule": True,
                "untrackable_result": True,
                "deferred": None,
            }
        },
    ):
        answer = await s.post("/task_runs/{task}/set_state", {"state": {"type": "RUNNING", **state}, "force": True})
        assert answer["status"] == "ACCEPT"
        await s.get("/task_runs/{task}")
    await s.get("/task_run_states/?task_run_id={task}")
    for body in (
        {},
        {"state": {}},
        {"state": {"type": "RUNNING", "unknown": 1}},
        {"state": {"type": "RUNNING"}, "force": "maybe"},
        {"state": None},
    ):
        await s.post("/task_runs/{task}/set_state", body)
    s.end()


async def test_random_walks(writers: Pair) -> None:
    s = Scenario(writers)
    await _flow_run(s)
    rng = random.Random(2024)
    for walk in range(25):
        policy = rng.choice(({}, {"retries": 2, "retry_delay": [3, 4]}, {"retries": 1}))
        await s.post("/task_runs/", _task(f"walk {walk}", empirical_policy=policy), saved="task")
        for _ in range(8):
            details = rng.choice(
                (
                    {},
                    {},
                    {"cache_key": f"walk {walk % 4}"},
                    {"scheduled_time": soon(rng.choice((-50, 500)))},
                    {"deferred": True},
                )
            )
            await _set(
                s, rng.choice(("RUNNING", "RUNNING", *STATE_TYPES)), force=rng.random() < 0.15, state_details=details
            )
        await s.get("/task_runs/{task}")
        await s.get("/task_run_states/?task_run_id={task}")
    s.end()
