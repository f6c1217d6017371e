"""Two servers on the same rows: the real Prefect server, and Lictor with what `lictor import` brought over.

With COMPAT_SUBJECT=prefect a second Prefect server on a copy of the database takes Lictor's place. It must not differ
in anything, which proves the comparison itself.
"""

import asyncio
import json
import os
import subprocess
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from _pytest.nodeid import coerce_node_id

from . import seed, servers
from .asking import Pair, client, connected
from .databases import Databases, open_databases
from .rows import Rows, read_rows
from .vocabulary import Vocabulary

SUBJECT = os.environ.get("COMPAT_SUBJECT", "lictor")
SDK_TIMEOUT_SECONDS = 600

PERSISTING = {"PREFECT_SERVER_SERVICES_EVENT_PERSISTER_ENABLED": "true"}

GIVING_TO_ALL = {"LICTOR_WORK_POOLS_CLAIM_LEASE": "0"}
"""As Prefect does: a client that had to connect anew is somebody else, whom Lictor would not give what it gave before."""

SLOW_TO_START = ("reading", "writing", "telling")
"""Servers that many modules share. With pytest-xdist, the tests that ask for them are one worker's, on each database."""

LEAVES_DIFFERENCES = "test_told_differences"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Groups of tests that share servers, in an order in which workers start few: one database after the other.

    The largest groups are first, so that both workers end at about the same time. What leaves other rows on one server
    than on the other comes last in its group, so that no other test lists them.
    """
    order: dict[pytest.Item, tuple[bool, bool, bool, bool]] = {}
    for item in items:
        shared = next((name for name in SLOW_TO_START if name in item.fixturenames), None)
        kind = item.callspec.params.get("databases", "") if hasattr(item, "callspec") else ""
        order[item] = (kind != "sqlite", kind != "postgresql", shared is None, item.path.stem == LEAVES_DIFFERENCES)
        if hasattr(config, "workerinput"):
            # xdist reads the group from the test's id. Its own marker (3.8) does not get there with pytest 9.2.
            item._id = coerce_node_id(f"{item.nodeid}@{shared or item.path.stem} {kind}")
    items.sort(key=order.__getitem__)


@dataclass(frozen=True)
class History:
    """A database that the real Prefect server filled, and what the SDK's script told of its part."""

    url: str
    told: dict[str, Any]


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    with open_databases(request.param, tmp_path_factory.mktemp(request.param) / "databases") as databases:
        yield databases


@pytest.fixture
def other_databases(databases: Databases, tmp_path: Path) -> Iterator[Databases]:
    """Databases of the other kind."""
    kind = "postgresql" if databases.kind == "sqlite" else "sqlite"
    with open_databases(kind, tmp_path / kind) as others:
        yield others


@pytest.fixture(scope="session")
def home(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp(f"{databases.kind}-home")


@pytest.fixture(scope="session")
def history(databases: Databases, home: Path) -> History:
    url = databases.create("history")
    with servers.prefect_server(url, home / "seeding") as server:
        sdk = _start_sdk(server, home / "sdk")
        try:
            told, _ = sdk.communicate(timeout=SDK_TIMEOUT_SECONDS)
        finally:
            sdk.kill()
        assert sdk.returncode == 0, "the SDK's flows failed"
        # Not meanwhile: two that write are too much for Prefect on SQLite, where a busy machine answers 503.
        asyncio.run(seed.seed(server, home / "seeding"))
        history = History(url, json.loads(told))
        _wait_until_recorded(server, history.told)
    return history


@pytest.fixture(scope="session")
def reading(databases: Databases, history: History, home: Path) -> Iterator[tuple[servers.Server, servers.Server]]:
    """Both servers on the same rows, for tests that only read."""
    if SUBJECT == "prefect":
        copied = databases.copy(history.url, "copied")
    else:
        copied = databases.create("copied")
        servers.import_history(history.url, copied, home / "import")
    with (
        servers.prefect_server(history.url, home / "oracle") as oracle,
        subject_server(copied, home / "subject") as subject,
    ):
        yield oracle, subject


@pytest.fixture(scope="session")
def writing(databases: Databases, home: Path) -> Iterator[tuple[servers.Server, servers.Server]]:
    """Both servers on empty databases, for tests that write."""
    with (
        servers.prefect_server(databases.create("oracle"), home / "writing-oracle") as oracle,
        subject_server(databases.create("subject"), home / "writing-subject") as subject,
    ):
        yield oracle, subject


@pytest.fixture(scope="session")
def telling(databases: Databases, home: Path) -> Iterator[tuple[servers.Server, servers.Server]]:
    """Both servers on empty databases, and Prefect's keeps the events.

    That one is always on PostgreSQL: on SQLite it fails now and then, and has told what it then did not do.
    """
    with (
        open_databases("postgresql", home / "telling-databases") as others,
        servers.prefect_server(others.create("telling"), home / "telling-oracle", PERSISTING) as oracle,
        subject_server(databases.create("telling"), home / "telling-subject", PERSISTING) as subject,
    ):
        yield oracle, subject


@pytest.fixture(scope="session")
def lictor(databases: Databases, home: Path) -> Iterator[servers.Server]:
    """Lictor alone, on an empty database, for what users do with the SDK and the CLI."""
    with servers.lictor_server(databases.create("sdk"), home / "sdk-server") as server:
        yield server


@pytest.fixture
async def readers(reading: tuple[servers.Server, servers.Server]) -> AsyncIterator[Pair]:
    async with connected(reading) as pair:
        yield pair


@pytest.fixture
async def writers(writing: tuple[servers.Server, servers.Server]) -> AsyncIterator[Pair]:
    async with connected(writing) as pair:
        yield pair


@pytest.fixture(scope="session")
def vocabulary(reading: tuple[servers.Server, servers.Server]) -> Vocabulary:
    return Vocabulary(openapi(reading[0]))


@pytest.fixture(scope="session")
def rows(reading: tuple[servers.Server, servers.Server]) -> Rows:
    async def read() -> Rows:
        async with client(reading[0]) as oracle:
            return await read_rows(oracle)

    return asyncio.run(read())


def openapi(server: servers.Server) -> Any:
    """The server's OpenAPI document; Prefect keeps it beside /api, Lictor below."""
    for url in (f"{server.url}/openapi.json", f"{server.url.removesuffix('/api')}/openapi.json"):
        if (response := httpx.get(url, timeout=60)).is_success:
            return response.json()
    raise LookupError(f"{server.name} has no OpenAPI document")


def subject_server(
    url: str, home: Path, settings: Mapping[str, str] = servers.NO_MORE
) -> AbstractContextManager[servers.Server]:
    if SUBJECT == "prefect":
        return servers.prefect_server(url, home, settings)
    return servers.lictor_server(url, home, {**servers.AT_REST, **GIVING_TO_ALL, **settings})


def _start_sdk(server: servers.Server, home: Path) -> "subprocess.Popen[bytes]":
    environment = servers.prefect_environment(home, api=server.url) | {
        "PREFECT_LOGGING_LEVEL": "CRITICAL",
        "PREFECT_LOGGING_TO_API_ENABLED": "false",
        "PREFECT_CLIENT_MAX_RETRIES": "20",
    }
    script = Path(__file__).with_name("sdk_history.py")
    return subprocess.Popen([servers.PREFECT_PYTHON, script], env=environment, stdout=subprocess.PIPE)


def _wait_until_recorded(server: servers.Server, told: dict[str, Any]) -> None:
    """The SDK sends task runs as events, and the server records them when it gets round to it."""
    finished = {"state": {"type": {"any_": ["COMPLETED", "FAILED", "CANCELLED", "CRASHED"]}}}
    outside = finished | {"tags": {"all_": ["outside"]}, "flow_run_id": {"is_null_": True}}
    expected = (sum(told["finished_in_flows"].values()), told["finished_outside"])
    asked = (
        {"task_runs": finished, "flows": {"name": {"any_": list(told["finished_in_flows"])}}},
        {"task_runs": outside},
    )
    for _ in range(600):
        found = tuple(httpx.post(f"{server.url}/task_runs/count", json=body).json() for body in asked)
        if found == expected:
            return
        time.sleep(0.5)
    raise TimeoutError(f"of {expected} task runs inside and outside flows the server recorded {found}")
