"""Deployments with the real SDK, CLI, serve processes and workers: from a schedule or a request to a run that is over.

One server for each database, and one worker that most runs are left to. What takes long is begun by a fixture.
"""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from . import sdk
from .databases import Databases
from .servers import Server, lictor_server

Json = Any
QUICK_SERVICES = {
    "LICTOR_LIVENESS_LOOP_SECONDS": "1",
    "LICTOR_LIVENESS_GRACE": "2",
    "PREFECT_SERVER_SERVICES_CANCELLATION_CLEANUP_LOOP_SECONDS": "1",
}
QUICK_CLIENTS = {
    "PREFECT_WORKER_QUERY_SECONDS": "1",
    "PREFECT_WORKER_HEARTBEAT_SECONDS": "1",
    "PREFECT_RUNNER_POLL_FREQUENCY": "1",
}
PATIENCE_SECONDS = 180
ONCE = ["Pending", "Running", "Completed"]

PREFECT_YAML = """
pull:
  - prefect.deployments.steps.set_working_directory:
      directory: {directory}
deployments:
  - name: nightly
    description: Doubles each night
    entrypoint: orders.py:doubles
    parameters: {{number: 5}}
    tags: [declared]
    version: "7"
    concurrency_limit: 2
    work_pool: {{name: workers}}
    schedules:
      - {{cron: "0 3 * * *", timezone: Europe/Berlin, slug: nights}}
  - name: hourly
    entrypoint: orders.py:sleeps
    work_pool: {{name: fragile, work_queue_name: slow}}
    schedules:
      - {{interval: 3600, active: false}}
"""


@pytest.fixture(scope="module")
def server(databases: Databases, home: Path) -> Iterator[Server]:
    with lictor_server(databases.create("deployments"), home / "deployments", QUICK_SERVICES) as server:
        yield server


@pytest.fixture(scope="module")
def clients(home: Path) -> Path:
    """Where all clients keep what they write, such as results."""
    return home / "deployments-clients"


@pytest.fixture(scope="module")
def deployed(server: Server, clients: Path) -> dict[str, str]:
    """The ids of deployments in the pools `workers` and `fragile`."""
    return sdk.run(server, clients, "deploys")


@pytest.fixture(scope="module")
def worker(server: Server, clients: Path, deployed: dict[str, str]) -> Iterator[None]:
    del deployed
    with sdk.running(server, clients, "worker", "steady", settings=QUICK_CLIENTS):
        yield


@pytest.fixture(scope="module")
def under_way(server: Server, deployed: dict[str, str], worker: None) -> dict[str, str]:
    """The ids of runs that the worker is at."""
    del worker
    return {name: order(server, deployed[name]) for name in ("leads", "falters", "suspends")}


def get(server: Server, path: str) -> Json:
    return httpx.get(f"{server.url}{path}", timeout=30).raise_for_status().json()


def post(server: Server, path: str, body: Json) -> Json:
    return httpx.post(f"{server.url}{path}", json=body, timeout=30).raise_for_status().json()


def order(server: Server, deployment_id: str, **more: Any) -> str:
    """The id of a new run of a deployment, due at once."""
    return post(server, f"/deployments/{deployment_id}/create_flow_run", more)["id"]


def states(server: Server, run_id: str) -> list[str]:
    return [state["name"] for state in get(server, f"/flow_run_states/?flow_run_id={run_id}")]


def enters(server: Server, run_id: str, *names: str) -> list[str]:
    """The states of a run, once it is in one of these."""
    until = time.monotonic() + PATIENCE_SECONDS
    while (found := states(server, run_id))[-1] not in names:
        assert time.monotonic() < until, (found, get(server, f"/flow_runs/{run_id}/waiting"))
        time.sleep(0.3)
    return found


def wait_for(holds: Callable[[], Any]) -> Any:
    """What is true in the end."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not (found := holds()):
        assert time.monotonic() < until
        time.sleep(0.3)
    return found


def of_deployment(server: Server, deployment_id: str, **more: Json) -> list[Json]:
    return post(server, "/flow_runs/filter", {"deployments": {"id": {"any_": [deployment_id]}}, **more})


def of_note(names: list[str]) -> list[str]:
    """The states that do not depend on how soon a worker finds a run, and how it tells of its first steps."""
    return [name for name in names if name not in {"Scheduled", "Late", "Submitting"}]


def test_a_worker_starts_what_a_schedule_has_made(
    server: Server, deployed: dict[str, str], under_way: dict[str, str]
) -> None:
    del under_way
    first = of_deployment(server, deployed["scheduled"], sort="NEXT_SCHEDULED_START_TIME_ASC")[0]
    assert first["auto_scheduled"]
    assert first["parameters"] == {"number": 21}
    assert of_note(enters(server, first["id"], "Completed")) == ONCE
    over = get(server, f"/flow_runs/{first['id']}")
    assert over["start_time"] >= over["expected_start_time"]
    assert over["labels"]["prefect.worker.name"] == "steady"


def test_run_deployment_waits_or_does_not(server: Server, clients: Path, under_way: dict[str, str]) -> None:
    del under_way
    told = sdk.run(server, clients, "orderly")
    assert told["first"] == told["again"]
    assert told["result"] == 6
    for id in (told["first"], told["waited"]):
        assert of_note(enters(server, id, "Completed")) == ONCE
    children = {"flow_runs": {"parent_flow_run_id": {"any_": [told["parent"]]}}}
    runs = {run["id"]: run for run in post(server, "/flow_runs/filter", children)}
    assert runs.keys() == {told["first"], told["waited"]}
    assert (runs[told["first"]]["name"], runs[told["first"]]["tags"]) == ("by a key", ["mine"])
    for run in runs.values():
        stands_for = get(server, f"/task_runs/{run['parent_task_run_id']}")
        assert (stands_for["flow_run_id"], stands_for["state_name"]) == (told["parent"], "Completed")


def test_a_retry_keeps_its_slot(server: Server, deployed: dict[str, str], under_way: dict[str, str]) -> None:
    names = of_note(enters(server, under_way["falters"], "Completed"))
    assert names == ["Pending", "Running", "AwaitingRetry", "Running", "Completed"]
    history = get(server, f"/flow_run_states/?flow_run_id={under_way['falters']}")
    leases = {state["state_details"]["deployment_concurrency_lease_id"] for state in history if state["name"] in names}
    assert len(leases - {None}) == 1
    limit = get(server, f"/deployments/{deployed['falters']}")["global_concurrency_limit"]
    assert (limit["limit"], limit["active_slots"]) == (1, 0)


def test_a_suspended_run_is_started_again(server: Server, under_way: dict[str, str]) -> None:
    id = under_way["suspends"]
    enters(server, id, "Suspended")
    post(server, f"/flow_runs/{id}/resume", {})
    names = of_note(enters(server, id, "Completed"))
    assert names == ["Pending", "Running", "Suspended", "Resuming", *ONCE]
    assert get(server, f"/flow_runs/{id}")["run_count"] == 1


def test_cancelling_a_run_cancels_those_that_it_waits_for(
    server: Server, deployed: dict[str, str], under_way: dict[str, str]
) -> None:
    [child] = wait_for(lambda: of_deployment(server, deployed["sleeps"]))
    enters(server, child["id"], "Running")
    post(server, f"/flow_runs/{under_way['leads']}/set_state", {"state": {"type": "CANCELLING"}})
    for id in (under_way["leads"], child["id"]):
        assert of_note(enters(server, id, "Cancelled")) == ["Pending", "Running", "Cancelling", "Cancelled"]
    stands_for = get(server, f"/task_runs/{child['parent_task_run_id']}")
    assert stands_for["state_name"] == "Cancelled"


def test_the_cli_deploys_from_a_file(server: Server, clients: Path, under_way: dict[str, str], tmp_path: Path) -> None:
    del under_way
    shutil.copy(sdk.SCRIPTS / "orders.py", tmp_path)
    (tmp_path / "prefect.yaml").write_text(PREFECT_YAML.format(directory=tmp_path))
    name = "doubles/nightly"
    said = sdk.cli(
        server,
        clients,
        ["--no-prompt", "deploy", "--all"],
        ["deployment", "ls"],
        ["deployment", "inspect", name],
        ["deployment", "schedule", "create", name, "--interval", "600"],
        ["deployment", "schedule", "ls", name],
        ["deployment", "schedule", "pause", name, "{id}"],
        ["deployment", "schedule", "resume", name, "{id}"],
        ["deployment", "schedule", "delete", name, "{id}", "--accept-yes"],
        ["deployment", "schedule", "pause", "--all"],
        ["deployment", "run", name, "--param", "number=8", "--watch", "--watch-interval", "1"],
        ["deployment", "schedule", "clear", name, "--accept-yes"],
        ["deployment", "delete", "sleeps/hourly"],
        ["deployment", "inspect", "sleeps/hourly"],
        directory=tmp_path,
    )
    assert [code for code, _ in said] == [*[0] * (len(said) - 1), 1], said
    printed = [text for _, text in said]
    assert "doubles/nightly" in printed[1]
    assert "sleeps/hourly" in printed[1]
    assert "Doubles each night" in printed[2]
    assert "nights" in printed[2]
    assert "0 3 * * *" in printed[4]
    assert "Paused" in printed[5]
    assert "Resumed" in printed[6]
    assert "not found" in printed[-1]
    nightly = get(server, "/deployments/name/doubles/nightly")
    assert (nightly["version"], nightly["tags"], nightly["parameters"]) == ("7", ["declared"], {"number": 5})
    assert nightly["global_concurrency_limit"]["limit"] == 2
    assert nightly["schedules"] == []
    [run] = of_deployment(server, nightly["id"])
    assert (run["parameters"], run["state_name"]) == ({"number": 8}, "Completed")


def test_serve_processes(server: Server, clients: Path) -> None:
    """One that is killed leaves its runs to the next; one that is told to end pauses what it serves, if it should."""

    def deployment(flow: str) -> Json:
        asked = {"flows": {"name": {"any_": [flow]}}, "deployments": {"name": {"any_": ["served"]}}}
        found = post(server, "/deployments/filter", asked)
        return found[0] if found and found[0]["status"] == "READY" else None

    with sdk.running(server, clients, "serves", "one", settings=QUICK_CLIENTS):
        doubles = wait_for(lambda: deployment("doubles"))
    waiting = order(server, doubles["id"], parameters={"number": 4})
    with sdk.running(server, clients, "serves", "both", settings=QUICK_CLIENTS) as process:
        sleeps = wait_for(lambda: deployment("sleeps"))
        long = order(server, sleeps["id"])
        assert of_note(enters(server, waiting, "Completed")) == ONCE
        enters(server, long, "Running")
        post(server, f"/flow_runs/{long}/set_state", {"state": {"type": "CANCELLING"}})
        assert of_note(enters(server, long, "Cancelled")) == ["Pending", "Running", "Cancelling", "Cancelled"]
        process.terminate()
        process.wait(60)
    for served in (doubles, sleeps):
        assert get(server, f"/deployments/{served['id']}")["paused"]
        auto_scheduled = [run for run in of_deployment(server, served["id"]) if run["auto_scheduled"]]
        assert auto_scheduled == []


def test_another_worker_takes_over_from_one_that_is_killed(
    server: Server, clients: Path, deployed: dict[str, str]
) -> None:
    """The limit of the deployment is one: the second run has to wait until the slot of the first is given back."""
    lost, next_one = order(server, deployed["fragile"]), order(server, deployed["fragile"], parameters={"seconds": 0})
    with sdk.running(server, clients, "worker", "doomed", "fragile", settings=QUICK_CLIENTS):
        enters(server, lost, "Running", "Crashed")
        enters(server, next_one, "AwaitingConcurrencySlot")
    with sdk.running(server, clients, "worker", "heir", "fragile", settings=QUICK_CLIENTS):
        assert of_note(enters(server, lost, "Crashed")) == ["Pending", "Running", "Crashed"]
        names = enters(server, next_one, "Completed")
        assert [names.count(name) for name in ONCE] == [1, 1, 1]
    assert get(server, f"/flow_runs/{next_one}")["labels"]["prefect.worker.name"] == "heir"
    assert get(server, f"/deployments/{deployed['fragile']}")["global_concurrency_limit"]["active_slots"] == 0
