"""How long after the end of a flow of the SDK all its mapped tasks can be read as completed."""

import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import servers
from benchmarks.client import Client, request_of
from benchmarks.databases import Databases
from tests.compat.asking import Question
from tests.compat.servers import PREFECT_PYTHON, prefect_environment

POLL_SECONDS = 0.05
LONGEST_WAIT_SECONDS = 600

FLOW = """
import sys
from prefect import flow, task

@task
def step(number):
    return number

@flow
def mapped(count):
    for future in step.map(range(count)):
        future.result()

mapped(int(sys.argv[1]))
"""


@dataclass
class Mapped:
    """What came of one database: seconds by server."""

    kind: str
    tasks: int
    seconds: dict[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        told = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in self.seconds.items())
        return f"{self.kind}, from the end of a flow of {self.tasks:,} mapped tasks until all can be read: {told}."


def mapped(databases: Databases, tasks: int, directory: Path) -> Mapped:
    """Each server on an empty database, Prefect's with the services that record task runs."""
    result = Mapped(databases.kind, tasks)
    for start in (servers.prefect_with_services, servers.lictor):
        name = f"mapped_{start.__name__}"
        with start(directory / f"{databases.kind}-{name}", databases.create(name)) as server:
            home = directory / f"{databases.kind}-sdk-{server.name}"
            result.seconds[server.name] = seconds_after_flow(server.port, tasks, home)
    return result


def seconds_after_flow(port: int, tasks: int, home: Path) -> float:
    """Counted from the end of the flow's process."""
    environment = prefect_environment(home, api=f"http://127.0.0.1:{port}/api")
    home.mkdir(parents=True)
    subprocess.run([PREFECT_PYTHON, "-c", FLOW, str(tasks)], env=environment, cwd=home, check=True)
    began = time.perf_counter()
    await_completed(port, {}, tasks)
    return time.perf_counter() - began


def await_completed(port: int, of: dict[str, Any], task_runs: int) -> None:
    """Returns as soon as so many task runs `of` some others have completed, as far as one can read."""
    question = request_of(
        Question("/task_runs/count", of | {"task_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}})
    )
    deadline = time.perf_counter() + LONGEST_WAIT_SECONDS
    with Client(port) as client:
        while (found := client.ask(question).answer.body) < task_runs:
            if time.perf_counter() > deadline:
                raise SystemExit(f"only {found} of {task_runs} task runs were recorded")
            time.sleep(POLL_SECONDS)
