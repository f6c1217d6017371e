"""Background tasks, task workers, results and caching with the real SDK."""

import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx

from . import sdk, servers
from .databases import Databases
from .servers import Server

ENDED = {"COMPLETED", "FAILED", "CRASHED"}


def states_of(server: Server, ids: list[str]) -> list[str]:
    reply = httpx.post(f"{server.url}/task_runs/filter", json={"task_runs": {"id": {"any_": ids}}})
    found = {task_run["id"]: task_run["state"]["type"] for task_run in reply.json()}
    return [found[id] for id in ids]


def wait_for(server: Server, ids: list[str], wanted: set[str], seconds: float = 60) -> list[str]:
    deadline = time.monotonic() + seconds
    while not set(states := states_of(server, ids)) <= wanted:
        assert time.monotonic() < deadline, states
        time.sleep(0.1)
    return states


def begun(home: Path) -> list[tuple[str, str]]:
    diary = home / "diary"
    return [tuple(line.split()) for line in diary.read_text().splitlines()] if diary.exists() else []


def history(server: Server, id: str) -> list[str]:
    reply = httpx.get(f"{server.url}/task_run_states/", params={"task_run_id": id})
    return [state["name"] for state in reply.raise_for_status().json()]


def test_tasks_end_in_all_ways(lictor: Server, tmp_path: Path) -> None:
    runs = sdk.run(lictor, tmp_path, "tasks")
    assert {name: history(lictor, id) for name, id in runs.items()} == {
        "adds": ["Pending", "Running", "Completed"],
        "flaky": ["Pending", "Running", *["AwaitingRetry", "Retrying"] * 2, "Completed"],
        "outer": ["Pending", "Running", "Completed"],
        "inner": ["Pending", "Running", "Completed"],
        "hangs": ["Pending", "Running", "TimedOut"],
        "hangs in sync": ["Pending", "Running", "TimedOut"],
        "odd": ["Pending", "Running", "Odd"],
        "failed": ["Pending", "Running", "Failed"],
        "cancelled": ["Pending", "Running", "Cancelled"],
        "never": ["Pending", "NotReady"],
        "crashes": ["Pending", "Running", "Crashed"],
        "alone": ["Pending", "Running", "Completed"],
    }
    adds = httpx.get(f"{lictor.url}/task_runs/{runs['adds']}").json()
    assert (adds["name"], adds["task_version"], sorted(adds["tags"])) == ("adds 1", "2", ["given", "own"])
    assert httpx.get(f"{lictor.url}/task_runs/{runs['flaky']}").json()["run_count"] == 3


def test_background_tasks_run_in_a_worker(lictor: Server, tmp_path: Path) -> None:
    numbers = sdk.run(lictor, tmp_path, "background", "delay", "1", "2", "3")
    assert states_of(lictor, numbers) == ["SCHEDULED"] * 3
    with sdk.running(lictor, tmp_path, "background", "serve"):
        others = sdk.run(lictor, tmp_path, "background", "others")
        assert set(wait_for(lictor, [*numbers, *others], ENDED)) == {"COMPLETED"}
        workers = httpx.post(f"{lictor.url}/task_workers/filter", json={}).json()
        assert {key.split("-")[0] for worker in workers for key in worker["task_keys"]} == {
            "double",
            "fail_once",
            "triple",
        }
    assert sorted(number for _, number in begun(tmp_path)) == ["1", "2", "3"]
    assert sdk.run(lictor, tmp_path, "background", "result", *numbers, others[0]) == [2, 4, 6, 15]


def test_a_worker_that_dies_loses_no_task(lictor: Server, tmp_path: Path) -> None:
    ids = sdk.run(lictor, tmp_path, "background", "delay", *map(str, range(12)))
    with sdk.running(lictor, tmp_path, "background", "serve") as first:
        while len(begun(tmp_path)) < 3:
            time.sleep(0.05)
        sdk.kill(first)
    caught = [state for state in states_of(lictor, ids) if state == "RUNNING"]
    with sdk.running(lictor, tmp_path, "background", "serve"):
        states = wait_for(lictor, ids, {"COMPLETED", "RUNNING"})
        deadline = time.monotonic() + 30
        while states.count("RUNNING") > len(caught) and time.monotonic() < deadline:
            time.sleep(0.2)
            states = states_of(lictor, ids)
    # What the first worker was running nobody can know to be unfinished; all the rest is done.
    assert states.count("RUNNING") <= 2
    assert states.count("COMPLETED") + states.count("RUNNING") == 12


def test_tasks_wait_through_a_restart_of_the_server(databases: Databases, home: Path, tmp_path: Path) -> None:
    """The worker that is connected meanwhile connects again."""
    database, port = databases.create("restarted_tasks"), servers.free_port()
    with servers.lictor_server(database, home / "restarted-tasks", port=port) as server:
        ids = sdk.run(server, tmp_path, "background", "delay", "1", "2")
    with ExitStack() as stack:
        with servers.lictor_server(database, home / "restarted-tasks", port=port) as server:
            assert states_of(server, ids) == ["SCHEDULED"] * 2
            stack.enter_context(sdk.running(server, tmp_path, "background", "serve"))
            assert set(wait_for(server, ids, ENDED)) == {"COMPLETED"}
        with servers.lictor_server(database, home / "restarted-tasks", port=port) as server:
            more = sdk.run(server, tmp_path, "background", "delay", "3")
            assert wait_for(server, more, ENDED) == ["COMPLETED"]
    assert sorted(number for _, number in begun(tmp_path)) == ["1", "2", "3"]


def test_two_workers_share_the_tasks(lictor: Server, tmp_path: Path) -> None:
    with (
        sdk.running(lictor, tmp_path, "background", "serve"),
        sdk.running(lictor, tmp_path, "background", "serve", "method"),
    ):
        while len(httpx.post(f"{lictor.url}/task_workers/filter", json={}).json()) < 2:
            time.sleep(0.1)
        ids = sdk.run(lictor, tmp_path, "background", "delay", *map(str, range(10)))
        assert set(wait_for(lictor, ids, ENDED)) == {"COMPLETED"}
    assert sorted(int(number) for _, number in begun(tmp_path)) == list(range(10))


def test_results_are_cached_kept_and_rolled_back(lictor: Server, tmp_path: Path) -> None:
    found: dict[str, Any] = sdk.run(lictor, tmp_path, "results")
    assert found == {
        "ran": [
            "by_inputs 1",
            "by_inputs 2",
            "by_function 1",
            "by_function 2",
            "short_lived 1",
            "short_lived 1",
            "never 1",
            "never 1",
            "serializable 1 1",
        ],
        "answers": [1, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 1],
        "undone": 2,
        "kept": {"x": 5},
    }
    cached = {"task_runs": {"state": {"name": {"any_": ["Cached"]}}}, "flows": {"name": {"any_": ["cached"]}}}
    assert httpx.post(f"{lictor.url}/task_runs/count", json=cached).json() == 4
    undone = {"task_runs": {"state": {"name": {"any_": ["RolledBack"]}}}}
    assert httpx.post(f"{lictor.url}/task_runs/count", json=undone).json() == 2
