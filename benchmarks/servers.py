"""Servers under measurement: each a process of its own, started as a user who wants speed starts it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.client import Client, request_of
from tests.compat.asking import Question
from tests.compat.servers import LICTOR, NO_MORE, PREFECT, ROOT, free_port, prefect_environment

HEALTH = request_of(Question("/health", method="GET"))
POLL_SECONDS = 0.005
START_TIMEOUT_SECONDS = 120
QUIET = ("--log-level", "WARNING")
# Prefect at its lightest: nothing but its API.
NO_MORE_THAN_API = ("--no-services", "--analytics-off", "--no-ui")
NOTHING_LATE = {"PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED": "false"}
"""For answers that are compared: else Lictor would mark the overdue runs of a made history, as Prefect's services would."""


@dataclass(frozen=True)
class Server:
    name: str
    port: int
    seconds_to_first_answer: float
    process: subprocess.Popen[bytes]

    def memory(self) -> float:
        """Resident memory in MB, of the process and its descendants."""
        return self._kilobytes("VmRSS") / 1024

    def most_memory(self) -> float:
        """The same, when each of them had the most."""
        return self._kilobytes("VmHWM") / 1024

    def processor_seconds(self) -> float:
        """Processor time of the process and its descendants up to now."""
        ticks = sum(sum(map(int, self._stat(pid)[11:13])) for pid in self._family())
        return ticks / os.sysconf("SC_CLK_TCK")

    def _stat(self, pid: int) -> list[str]:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()

    def _kilobytes(self, figure: str) -> int:
        told = (Path(f"/proc/{pid}/status").read_text() for pid in self._family())
        return sum(int(text.partition(f"{figure}:")[2].split()[0]) for text in told)

    def _family(self) -> set[int]:
        listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], check=True, capture_output=True, text=True)
        processes = [tuple(map(int, line.split())) for line in listed.stdout.splitlines()]
        family = {self.process.pid}
        while found := {pid for pid, parent in processes if parent in family} - family:
            family |= found
        return family


@contextmanager
def prefect(
    home: Path, database: str | None = None, *options: str, settings: Mapping[str, str] = NO_MORE
) -> Iterator[Server]:
    """The real Prefect on a database, or on the one that it makes in its home."""
    port = free_port()
    more = options or NO_MORE_THAN_API
    command = [PREFECT, "server", "start", "--host", "127.0.0.1", "--port", port, *QUIET, *more]
    environment = prefect_environment(home, database) | settings
    with _running("Prefect", command, environment, int(port), home) as server:
        yield server


def prefect_with_services(home: Path, database: str) -> AbstractContextManager[Server]:
    """Prefect with what records task runs: its background services."""
    return prefect(home, database, "--analytics-off", "--no-ui")


@contextmanager
def lictor(
    home: Path, database: str | None = None, workers: int = 1, *, settings: Mapping[str, str] = NO_MORE
) -> Iterator[Server]:
    port = free_port()
    command = [LICTOR, "server", "start", "--host", "127.0.0.1", "--port", port, "--workers", str(workers), *QUIET]
    environment = _plain() | {"LICTOR_HOME": str(home), **settings}
    if database is not None:
        environment["PREFECT_API_DATABASE_CONNECTION_URL"] = database
    with _running("Lictor", command, environment, int(port), home) as server:
        yield server


@contextmanager
def driver(home: Path, database: str) -> Iterator[Server]:
    """The bare driver on Lictor's tables (`benchmarks.driver`)."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.driver", database, port]
    with _running("driver", command, _plain() | {"PYTHONPATH": str(ROOT)}, int(port), home) as server:
        yield server


def _plain() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "LICTOR_"))}


@contextmanager
def _running(
    name: str, command: Sequence[str | Path], environment: Mapping[str, str], port: int, home: Path
) -> Iterator[Server]:
    home.mkdir(parents=True, exist_ok=True)
    log = home / f"{name}.log"
    began = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, cwd=home, stdout=output, stderr=output)
    try:
        seconds = _wait_for_answer(process, port, log) - began
        yield Server(name, port, seconds, process)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for_answer(process: subprocess.Popen[bytes], port: int, log: Path) -> float:
    """When the server first said that it is well."""
    deadline = time.perf_counter() + START_TIMEOUT_SECONDS
    while (now := time.perf_counter()) < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}:\n{log.read_text()[-5000:]}")
        try:
            with Client(port) as client:
                if client.ask(HEALTH).status == 200:
                    return time.perf_counter()
        except OSError:
            time.sleep(max(POLL_SECONDS - (time.perf_counter() - now), 0))
    raise TimeoutError(f"no answer within {START_TIMEOUT_SECONDS} s:\n{log.read_text()[-5000:]}")
