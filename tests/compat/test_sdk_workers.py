"""Runs that wait in a work pool, with the real process worker: they start once, and can be cancelled."""

import time
from pathlib import Path
from typing import Any

import httpx

from . import sdk
from .servers import Server

Json = Any
QUICK = {"PREFECT_WORKER_QUERY_SECONDS": "1", "PREFECT_WORKER_HEARTBEAT_SECONDS": "5"}
PATIENCE_SECONDS = 120


def get(server: Server, path: str) -> Json:
    return httpx.get(f"{server.url}{path}").raise_for_status().json()


def post(server: Server, path: str, body: Json) -> Json:
    return httpx.post(f"{server.url}{path}", json=body).raise_for_status().json()


def scheduled(server: Server, flow_id: str, deployment_id: str) -> str:
    """The id of a new run that is due."""
    run = {"flow_id": flow_id, "deployment_id": deployment_id, "work_pool_name": "workers"}
    return post(server, "/flow_runs/", {**run, "state": {"type": "SCHEDULED"}})["id"]


def enters(server: Server, run_id: str, *names: str) -> list[str]:
    """The states of a run, once it has entered one of these."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        states = [state["name"] for state in get(server, f"/flow_run_states/?flow_run_id={run_id}")]
        if set(names) & set(states):
            return states
        assert time.monotonic() < until, (states, get(server, f"/flow_runs/{run_id}/waiting"))
        time.sleep(0.5)


def test_two_workers_start_each_run_once_and_cancel(lictor: Server, tmp_path: Path) -> None:
    deployed = sdk.run(lictor, tmp_path, "deployed")
    doubling = [scheduled(lictor, *deployed["doubles"]) for _ in range(4)]
    sleeping = scheduled(lictor, *deployed["sleeps"])
    with (
        sdk.running(lictor, tmp_path / "one", "worker", "one", settings=QUICK),
        sdk.running(lictor, tmp_path / "two", "worker", "two", settings=QUICK),
    ):
        for run_id in doubling:
            states = enters(lictor, run_id, "Completed")
            assert [states.count(name) for name in ("Pending", "Running", "Completed")] == [1, 1, 1]
        enters(lictor, sleeping, "Running")
        post(lictor, f"/flow_runs/{sleeping}/set_state", {"state": {"type": "CANCELLING"}})
        assert enters(lictor, sleeping, "Cancelled")[-1] == "Cancelled"
        workers = post(lictor, "/work_pools/workers/workers/filter", {})
        assert {worker["name"]: worker["status"] for worker in workers} == {"one": "ONLINE", "two": "ONLINE"}
        assert get(lictor, "/work_pools/workers")["status"] == "READY"
    task_runs = post(lictor, "/task_runs/filter", {"flow_runs": {"id": {"any_": doubling}}})
    assert [run["state_name"] for run in task_runs] == ["Completed"] * 4
