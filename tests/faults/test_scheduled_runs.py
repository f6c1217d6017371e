"""Each run of a schedule starts exactly once, whichever servers and workers die meanwhile, and however often it is deployed."""

import asyncio
import random
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.faults.polling_worker import Worker
from tests.faults.proxy import round_robin
from tests.faults.world import PATIENCE, SOAK, Place

POOL = "pool"
WORKERS = 10
WORKERS_OF_A_PROCESS = 1 if SOAK > 1 else 5
RUNS = 1000 if SOAK > 1 else 40
DEPLOYMENTS = 10
STEP_SECONDS = 1 if SOAK > 1 else 2
QUICK = {
    "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "0.5",
    "PREFECT_SERVER_SERVICES_SCHEDULER_MIN_SCHEDULED_TIME": "PT5S",
    "LICTOR_LIVENESS_LOOP_SECONDS": "0.5",
    "LICTOR_LIVENESS_GRACE": "2",
    "LICTOR_WORK_POOLS_CLAIM_LEASE": "1",
    "PREFECT_LOGGING_SERVER_LEVEL": "ERROR",
}
UNDER_WAY = ("SCHEDULED", "PENDING", "RUNNING")

Json = dict[str, Any]


class Replicas:
    """Servers on one database, which are killed and started again."""

    def __init__(self, home: Path, url: str, number: int) -> None:
        self.places = [Place(home, url, **QUICK) for _ in range(number)]
        self._stacks = [ExitStack() for _ in self.places]
        self._servers: list[Any] = [None] * number

    @property
    def ports(self) -> list[int]:
        return [place.port for place in self.places]

    def start(self, number: int) -> None:
        self._servers[number] = self._stacks[number].enter_context(self.places[number].running())

    def kill(self, number: int) -> None:
        self._servers[number].process.send_signal(signal.SIGKILL)
        self._servers[number].process.wait()
        self._stacks[number].close()

    def stop(self) -> None:
        for stack in self._stacks:
            stack.close()


@contextmanager
def replicas(home: Path, url: str, number: int) -> Iterator[Replicas]:
    found = Replicas(home, url, number)
    try:
        for place in range(number):
            found.start(place)
        yield found
    finally:
        found.stop()


class WorkerProcesses:
    """Processes of workers, which are killed and started again; and what they said that they started."""

    def __init__(self, api: str) -> None:
        self.api = api
        self.started: list[str] = []
        self.processes: list[asyncio.subprocess.Process] = []
        self._reading: list[asyncio.Task[None]] = []

    async def start(self, number: int) -> None:
        arguments = (self.api, POOL, str(WORKERS_OF_A_PROCESS))
        command = [sys.executable, str(Path(__file__).with_name("polling_worker.py")), *arguments]
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        self.processes[number : number + 1] = [process]
        self._reading.append(asyncio.create_task(self._read(process)))

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout
        async for line in process.stdout:
            if line.endswith(b"\n"):
                self.started.append(line.decode().strip())

    async def kill(self, number: int) -> None:
        self.processes[number].kill()
        await self.processes[number].wait()

    async def stop(self) -> None:
        for number, process in enumerate(self.processes):
            if process.returncode is None:
                await self.kill(number)
        await asyncio.gather(*self._reading)


@asynccontextmanager
async def worker_processes(api: str) -> AsyncIterator[WorkerProcesses]:
    found = WorkerProcesses(api)
    try:
        for number in range(WORKERS // WORKERS_OF_A_PROCESS):
            await found.start(number)
        yield found
    finally:
        await found.stop()


async def deploy(api: Worker, flow_id: str, names: Sequence[str], step: int) -> list[str]:
    """Deploys as the SDK does: a deployment and its schedules under their names, whatever was there."""
    schedule = {"interval": step, "anchor_date": "2026-01-01T00:00:00Z"}
    common = {"flow_id": flow_id, "work_pool_name": POOL, "enforce_parameter_schema": False}
    body = {**common, "schedules": [{"schedule": schedule}]}
    return [(await api.ask("POST", "/deployments/", body | {"name": name}))["id"] for name in names]


async def set_up(api: Worker, number: int) -> tuple[str, list[str]]:
    await api.ask("POST", "/work_pools/", {"name": POOL, "type": "process"})
    flow = (await api.ask("POST", "/flows/", {"name": "f"}))["id"]
    return flow, [f"d{place}" for place in range(number)]


async def runs_due_by(api: Worker, moment: datetime) -> list[Json]:
    runs: list[Json] = []
    while True:
        criteria = {"expected_start_time": {"before_": moment.isoformat()}}
        page = await api.ask(
            "POST", "/flow_runs/filter", {"flow_runs": criteria, "offset": len(runs), "sort": "ID_DESC"}
        )
        runs += page
        if len(page) < 200:
            return runs


async def count(api: Worker, moment: datetime, *kinds: str) -> int:
    criteria = {"expected_start_time": {"before_": moment.isoformat()}, "state": {"type": {"any_": kinds}}}
    counted: int = await api.ask("POST", "/flow_runs/count", {"flow_runs": criteria})
    return counted


async def all_over(api: Worker, moment: datetime) -> list[Json]:
    """The runs that are due by a moment, when all of them are over."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while await count(api, moment, *UNDER_WAY):
        if asyncio.get_running_loop().time() > deadline:
            stuck = [run for run in await runs_due_by(api, moment) if run["state_type"] in UNDER_WAY]
            shown = ("id", "state_type", "state_name", "state", "labels", "infrastructure_pid", "updated")
            raise AssertionError([{name: run[name] for name in shown} for run in stuck])
        await asyncio.sleep(0.1)
    return await runs_due_by(api, moment)


def assert_no_slot_twice_or_left_out(runs: Sequence[Json], deployments: Sequence[str], step: int) -> None:
    steps: Counter[float] = Counter()
    for id in deployments:
        times = [datetime.fromisoformat(run["expected_start_time"]) for run in runs if run["deployment_id"] == id]
        assert times, id
        steps.update((after - before).total_seconds() for before, after in pairwise(sorted(times)))
    assert set(steps) == {step}, steps


@pytest.fixture
def servers(database_url: str, tmp_path: Path) -> Iterator[Replicas]:
    with replicas(tmp_path, database_url, 1 if database_url.startswith("sqlite") else 2) as found:
        yield found


async def test_each_run_starts_once_while_servers_and_workers_are_killed(servers: Replicas) -> None:
    async with round_robin(servers.ports) as url, Worker(url, POOL) as api, AsyncExitStack() as stack:
        flow, names = await set_up(api, DEPLOYMENTS)
        workers = await stack.enter_async_context(worker_processes(url))
        deployments = await deploy(api, flow, names, STEP_SECONDS)
        turn = 0
        while await count(api, datetime.now(UTC), "COMPLETED", "CRASHED", "RUNNING") < RUNS:
            turn += 1
            await asyncio.sleep(random.uniform(0.3, 1.0))
            if turn % 3:
                number = random.randrange(len(workers.processes))
                await workers.kill(number)
                await workers.start(number)
            else:
                number = random.randrange(len(servers.places))
                await asyncio.to_thread(servers.kill, number)
                await asyncio.to_thread(servers.start, number)
        runs = await all_over(api, datetime.now(UTC) - timedelta(seconds=1))
        await workers.stop()
        assert len(runs) >= RUNS / 2
        assert_no_slot_twice_or_left_out(runs, deployments, STEP_SECONDS)
        assert {run["state_type"] for run in runs} <= {"COMPLETED", "CRASHED"}
        assert {run["run_count"] for run in runs} == {1}
        assert [id for id, times in Counter(workers.started).items() if times > 1] == []
        states = [await api.ask("GET", f"/flow_run_states/?flow_run_id={run['id']}") for run in runs]
        assert {sum(state["type"] == "RUNNING" for state in each) for each in states} == {1}


async def test_deploying_again_and_again_makes_no_double_and_loses_none(servers: Replicas) -> None:
    number, step, seconds = (100, 5, 60) if SOAK > 1 else (20, 3, 9)
    async with round_robin(servers.ports) as url, Worker(url, POOL) as api:
        flow, names = await set_up(api, number)
        deployments = await deploy(api, flow, names, step)
        workers = asyncio.gather(*(Worker(url, POOL).work() for _ in range(3)))
        rounds = 0
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while loop.time() < end:
            assert await deploy(api, flow, names, step) == deployments
            rounds += 1
        runs = await all_over(api, datetime.now(UTC) - timedelta(seconds=1))
        workers.cancel()
        assert rounds > 0
        assert_no_slot_twice_or_left_out(runs, deployments, step)
        assert {(run["state_type"], run["run_count"]) for run in runs} == {("COMPLETED", 1)}
