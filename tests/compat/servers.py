"""Start the real Prefect server and Lictor as a user does: each a process of its own on a free loopback port."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
PREFECT = ROOT / ".venv-prefect" / "bin" / "prefect"
PREFECT_PYTHON = PREFECT.with_name("python")
LICTOR = Path(sys.executable).with_name("lictor")

# Services that change rows while nobody asks (a run turns late, a schedule makes runs) would make both servers differ,
# and those that write events keep SQLite locked. The recorder stays: without it no task run of the SDK is ever written.
RESTLESS_SERVICES = (
    "CANCELLATION_CLEANUP",
    "EVENT_PERSISTER",
    "FOREMAN",
    "LATE_RUNS",
    "PAUSE_EXPIRATIONS",
    "REPOSSESSOR",
    "SCHEDULER",
    "TRIGGERS",
)

AT_REST = {f"PREFECT_SERVER_SERVICES_{name}_ENABLED": "false" for name in RESTLESS_SERVICES}

PROTECTED = {
    "PREFECT_SERVER_API_AUTH_STRING": "admin:pass:word",
    "PREFECT_SERVER_CSRF_PROTECTION_ENABLED": "true",
    "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": "http://here,http://there:8080",
    "PREFECT_SERVER_CORS_ALLOWED_METHODS": "GET,POST",
}
"""A server that asks who calls, for a token of whoever changes something, and lets pages of two other origins in."""

NO_MORE: Mapping[str, str] = {}

START_TIMEOUT_SECONDS = 240
STOP_TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class Server:
    name: str
    url: str
    database: str
    log: Path


@contextmanager
def prefect_server(database: str, home: Path, settings: Mapping[str, str] = NO_MORE) -> Iterator[Server]:
    """The real Prefect server on `database` (an SQLAlchemy URL); `home` keeps all else that it writes."""
    port = free_port()
    command = [PREFECT, "server", "start", "--host", "127.0.0.1", "--port", port]
    environment = prefect_environment(home, database) | settings
    with _running("prefect", command, environment, port, home) as server:
        yield server


@contextmanager
def lictor_server(
    database: str, home: Path, settings: Mapping[str, str] = NO_MORE, port: str | None = None
) -> Iterator[Server]:
    """Lictor on `database`; on the given port it can be started again for clients that stay."""
    port = port or free_port()
    command = [LICTOR, "server", "start", "--host", "127.0.0.1", "--port", port]
    environment = _without_prefect_settings() | {
        "LICTOR_HOME": str(home),
        "PREFECT_API_DATABASE_CONNECTION_URL": database,
        "LICTOR_PREFECT_UI_DIRECTORY": str(prefect_pages()),
        **settings,
    }
    with _running("lictor", command, environment, port, home) as server:
        yield server


def prefect_pages() -> Path:
    """The folder of the real Prefect's package that holds its pages."""
    return next((PREFECT.parents[1] / "lib").glob("python*/site-packages/prefect/server"))


def prefect_environment(home: Path, database: str | None = None, api: str | None = None) -> dict[str, str]:
    """The environment of a Prefect process that keeps to itself: `database` for a server, `api` for a client."""
    environment = _without_prefect_settings() | {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_UI_ENABLED": "false",
        "PREFECT_CLI_PROMPT": "false",
        "PREFECT_LOGGING_LEVEL": "WARNING",
    }
    environment |= AT_REST
    if database is not None:
        environment["PREFECT_API_DATABASE_CONNECTION_URL"] = database
    if api is not None:
        environment["PREFECT_API_URL"] = api
    return environment


def import_history(source: str, target: str, home: Path) -> str:
    """Bring a Prefect database over with `lictor import`; returns what it printed."""
    environment = _without_prefect_settings() | {"LICTOR_HOME": str(home)}
    done = subprocess.run(
        [LICTOR, "import", source, "--to", target],
        check=False,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    if done.returncode:
        raise RuntimeError(f"lictor import ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def _without_prefect_settings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "LICTOR_"))}


@contextmanager
def _running(
    name: str, command: Sequence[str | Path], environment: Mapping[str, str], port: str, home: Path
) -> Iterator[Server]:
    home.mkdir(parents=True, exist_ok=True)
    log = home / f"{name}-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, cwd=home, stdout=output, stderr=subprocess.STDOUT)
    try:
        server = Server(name, f"http://127.0.0.1:{port}/api", environment["PREFECT_API_DATABASE_CONNECTION_URL"], log)
        _wait_until_healthy(server, process)
        yield server
    finally:
        _stop(process)


def _wait_until_healthy(server: Server, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{server.name} ended with {process.returncode}:\n{server.log.read_text()}")
        try:
            if httpx.get(f"{server.url}/health", timeout=2).json() is True:
                return
        except (httpx.TransportError, ValueError):
            time.sleep(0.1)
    raise TimeoutError(f"{server.name} did not answer within {START_TIMEOUT_SECONDS} s:\n{server.log.read_text()}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
