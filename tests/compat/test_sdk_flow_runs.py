"""Flow runs with the real SDK and CLI: how they end, who starts them, what they wait for."""

import time
from pathlib import Path
from typing import Any

import httpx

from . import sdk
from .servers import Server

Json = Any


def get(server: Server, path: str) -> Json:
    return httpx.get(f"{server.url}{path}").raise_for_status().json()


def post(server: Server, path: str, body: Json) -> Json:
    return httpx.post(f"{server.url}{path}", json=body).raise_for_status().json()


def states(server: Server, run_id: str) -> list[str]:
    return [state["name"] for state in get(server, f"/flow_run_states/?flow_run_id={run_id}")]


def test_flows_end_in_all_ways(lictor: Server, tmp_path: Path) -> None:
    told = sdk.run(lictor, tmp_path, "flows")
    runs = {name: ids[0] for name, ids in told["runs"].items()}
    assert {name: states(lictor, id) for name, id in runs.items() if name != "flaky task"} == {
        "sums": ["Pending", "Running", "Completed"],
        "sleeps": ["Pending", "Running", "Completed"],
        "flaky": ["Pending", "Running", "AwaitingRetry", "Running", "AwaitingRetry", "Running", "Completed"],
        "fails": ["Pending", "Running", "Failed"],
        "hangs": ["Pending", "Running", "TimedOut"],
        "ends failed": ["Pending", "Running", "Failed"],
        "delayed": ["Pending", "Running", "AwaitingRetry", "Running", "Failed"],
        "hangs_too": ["Pending", "Running", "TimedOut"],
        "ends odd": ["Pending", "Running", "Odd"],
        "ends cancelled": ["Pending", "Running", "Cancelled"],
        "crashes": ["Pending", "Running", "Crashed"],
        "parent": ["Pending", "Running", "Completed"],
        "child": ["Pending", "Running", "Completed"],
        "async child": ["Pending", "Running", "Completed"],
        "failing child": ["Pending", "Running", "Failed"],
    }
    assert told["runs"]["crashes"][1:] == ["crashed"]
    check_what_is_known_of_runs(lictor, runs)
    check_hooks(told["hooks"])
    check_family(lictor, runs)


def check_what_is_known_of_runs(lictor: Server, runs: dict[str, str]) -> None:
    sums, fails, flaky = (get(lictor, f"/flow_runs/{runs[name]}") for name in ("sums", "fails", "flaky"))
    assert (sums["name"], sums["flow_version"], sums["parameters"]) == ("1 and 2", "7", {"x": 1, "y": 2})
    assert sorted(sums["tags"]) == ["mine", "nightly"]
    assert sums["labels"].items() >= {"team": "data", "cost": 1.5, "urgent": True}.items()
    assert "a\ufffdb" in fails["state"]["message"]
    assert flaky["run_count"] == 3
    assert flaky["total_run_time"] > 0
    renamed = get(lictor, f"/flow_runs/{runs['sleeps']}")
    assert (renamed["name"], renamed["tags"]) == ("renamed", ["new"])


def check_hooks(hooks: list[list[str]]) -> None:
    assert [state for flow, state in hooks if flow == "flaky"] == ["Running", "Running", "Running", "Completed"]
    ended = {tuple(hook) for hook in hooks if hook[1] != "Running"}
    assert ended >= {("sums", "Completed"), ("fails", "Failed"), ("hangs", "TimedOut"), ("crashes", "Crashed")}


def check_family(lictor: Server, runs: dict[str, str]) -> None:
    """Subflow runs, and the task runs that stand for them in their parent."""
    asked = {"flow_runs": {"parent_flow_run_id": {"any_": [runs["parent"]]}}, "sort": "NAME_ASC"}
    children = {run["id"]: run for run in post(lictor, "/flow_runs/filter", asked)}
    assert children.keys() == {runs["child"], runs["async child"], runs["failing child"]}
    for run in children.values():
        stands_for = get(lictor, f"/task_runs/{run['parent_task_run_id']}")
        assert (stands_for["flow_run_id"], stands_for["state_name"]) == (runs["parent"], run["state_name"])
        assert stands_for["state"]["state_details"]["child_flow_run_id"] == run["id"]
    of_parent = {"flow_runs": {"id": {"any_": [runs["parent"]]}}}
    wait_for(lambda: post(lictor, "/task_runs/count", of_parent) == 5)
    drawn = dict(get(lictor, f"/flow_runs/{runs['parent']}/graph-v2")["nodes"])
    assert len(drawn) == 5
    child = drawn[runs["child"]]
    assert child["label"] == "child / child of 2"
    (source,) = child["parents"]
    assert drawn[source["id"]]["label"].startswith("double-")


def wait_for(holds: Any, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_flows_wait_for_somebody(lictor: Server, tmp_path: Path) -> None:
    told = sdk.run(lictor, tmp_path, "pauses")
    assert told["got"] == {
        "refused": told["got"].get("refused"),
        "pauses": "went on",
        "pauses in sync": "eve",
        "asks": ["ada", 18, 42],
        "hears": ["hi", "ho"],
        "gives up": "timed out",
        "resumed in vain": "not paused",
        "suspended": "Suspended",
        "resuming": "Resuming",
        "resumed": "hello bob",
        "suspending the deployed": "Suspended",
        "suspending the undeployed": "Flow run cannot be suspended: Cannot suspend flows without a deployment.",
    }
    assert told["got"]["refused"] is not None
    runs = told["runs"]
    assert states(lictor, runs["pauses"]) == ["Pending", "Running", "Paused", "Running", "Completed"]
    assert states(lictor, runs["asks"]) == ["Pending", "Running", *["Paused", "Running"] * 2, "Completed"]
    assert states(lictor, runs["gives up"])[-1] == "Failed"
    suspended = ["Pending", "Running", "Suspended", "Resuming", "Pending", "Running", "Completed"]
    assert states(lictor, runs["suspends"]) == suspended


def test_a_process_that_is_told_to_end_says_so_of_its_run(lictor: Server, tmp_path: Path) -> None:
    running = {"flows": {"name": {"any_": ["sleeper"]}}, "flow_runs": {"state": {"name": {"any_": ["Running"]}}}}
    with sdk.running(lictor, tmp_path, "sleeper") as process:
        wait_for(lambda: post(lictor, "/flow_runs/count", running) == 1)
        [run] = post(lictor, "/flow_runs/filter", running)
        process.terminate()
        process.wait(20)
    assert states(lictor, run["id"]) == ["Pending", "Running", "Crashed"]


def test_cancelling(lictor: Server, tmp_path: Path) -> None:
    flow = post(lictor, "/flows/", {"name": "to be cancelled"})["id"]
    runs = [
        post(lictor, "/flow_runs/", {"flow_id": flow, "state": {"type": type}})["id"]
        for type in ("SCHEDULED", "RUNNING")
    ]
    commands = [["flow-run", "cancel", run] for run in (*runs, runs[0])]
    commands += [["flow-run", "inspect", runs[1]], ["flow-run", "delete", runs[0]]]
    cancelled, cancelling, again, inspected, deleted = sdk.cli(lictor, tmp_path, *commands)
    assert [result[0] for result in (cancelled, cancelling, again, inspected, deleted)] == [0, 0, 1, 0, 0]
    assert "Cancelling" in inspected[1]
    assert get(lictor, f"/flow_runs/{runs[1]}")["state_name"] == "Cancelling"
    assert httpx.get(f"{lictor.url}/flow_runs/{runs[0]}").status_code == 404


def test_a_run_in_a_work_pool_tells_all_of_itself(lictor: Server, tmp_path: Path) -> None:
    """The SDK drops the events of a run, its task runs among them, where it cannot read what the run belongs to."""
    run = sdk.run(lictor, tmp_path, "pooled")
    assert states(lictor, run) == ["Pending", "Running", "Completed"]
    wait_for(lambda: post(lictor, "/task_runs/count", {"flow_runs": {"id": {"any_": [run]}}}) == 1)
    said = {"filter": {"event": {"name": ["pooled.says"]}}}
    wait_for(lambda: post(lictor, "/events/filter", said)["total"] == 1)
    [event] = post(lictor, "/events/filter", said)["events"]
    roles = {related["prefect.resource.role"] for related in event["related"]}
    assert roles == {"flow-run", "flow", "deployment", "work-queue", "work-pool"}
