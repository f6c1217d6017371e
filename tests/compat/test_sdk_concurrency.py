"""Prefect's SDK and CLI take slots of concurrency limits from Lictor."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import open_database
from lictor.resources.concurrency_limits.table import slot_lease
from lictor.settings import DatabaseSettings

from . import servers
from .databases import Databases

SCRIPT = Path(__file__).with_name("sdk_concurrency.py")
LIMITS = "/v2/concurrency_limits"
OFTEN = {"PREFECT_SERVER_SERVICES_REPOSSESSOR_LOOP_SECONDS": "0.2"}
CLIENTS, SLOTS = 40, 3


@pytest.fixture(scope="module")
def database(databases: Databases) -> str:
    return databases.create("concurrency")


@pytest.fixture(scope="module")
def server(database: str, home: Path) -> Iterator[servers.Server]:
    with servers.lictor_server(database, home / "concurrency", OFTEN) as server:
        yield server


def environment(server: servers.Server, home: Path) -> dict[str, str]:
    return servers.prefect_environment(home / "sdk", api=server.url) | {"PREFECT_LOGGING_LEVEL": "CRITICAL"}


@pytest.mark.parametrize("what", ["use", "command"])
def test_what_the_sdk_and_its_commands_do_with_limits(server: servers.Server, home: Path, what: str) -> None:
    done = subprocess.run(
        [servers.PREFECT_PYTHON, SCRIPT, what],
        env=environment(server, home) | {"COLUMNS": "200"},
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def holding(server: servers.Server, home: Path, name: str) -> Iterator["subprocess.Popen[str]"]:
    """A process of the SDK that holds the one slot of a limit."""
    httpx.post(f"{server.url}{LIMITS}/", json={"name": name, "limit": 1}).raise_for_status()
    holder = subprocess.Popen(
        [servers.PREFECT_PYTHON, SCRIPT, "hold", name],
        env=environment(server, home),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout
        assert holder.stdout.readline() == "holding\n"
        yield holder
    finally:
        holder.kill()
        holder.communicate()


def ask_for(server: servers.Server, name: str) -> int:
    return httpx.post(f"{server.url}{LIMITS}/increment", json={"slots": 1, "names": [name]}).status_code


def test_a_slot_is_held_while_the_server_starts_anew(database: str, home: Path) -> None:
    port = servers.free_port()
    with ExitStack() as stack:
        with servers.lictor_server(database, home / "restarted", port=port) as server:
            holder = stack.enter_context(holding(server, home, "through a restart"))
        with servers.lictor_server(database, home / "restarted", port=port) as server:
            assert ask_for(server, "through a restart") == 423
            assert holder.communicate("\n", timeout=60)[0] == "let go\n"
            assert ask_for(server, "through a restart") == 200


async def test_a_slot_comes_back_from_a_holder_that_was_killed(
    server: servers.Server, database: str, home: Path
) -> None:
    with holding(server, home, "of a holder that dies") as holder:
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait(10)
        assert ask_for(server, "of a holder that dies") == 423
        async with open_database(DatabaseSettings(connection_url=database)) as db, db.write() as tx:
            earlier = utc_now() - timedelta(seconds=1)  # as if the minute that the lease lasts had passed
            await tx.execute(sa.update(slot_lease).values(expiration=earlier))
        for _ in range(100):
            if (status := ask_for(server, "of a holder that dies")) == 200:
                break
            await asyncio.sleep(0.1)
        assert status == 200


async def test_of_many_clients_of_two_servers_no_more_hold_a_slot_than_there_are(
    server: servers.Server, databases: Databases, database: str, home: Path
) -> None:
    """On SQLite, which one server has to itself, there is only the one."""
    held = most = done = 0

    async def work(api: httpx.AsyncClient) -> None:
        nonlocal held, most, done
        body: dict[str, Any] = {"slots": 1, "names": ["raced for"]}
        while (reply := await api.post(f"{LIMITS}/increment-with-lease", json=body)).status_code == 423:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        assert reply.status_code == 200, reply.text
        held += 1
        most = max(most, held)
        await asyncio.sleep(0.02)
        held -= 1
        done += 1
        lease = {"lease_id": reply.json()["lease_id"]}
        assert (await api.post(f"{LIMITS}/decrement-with-lease", json=lease)).status_code == 204

    with ExitStack() as stack:
        urls = [server.url]
        if databases.kind == "postgresql":
            urls.append(stack.enter_context(servers.lictor_server(database, home / "second")).url)
        apis = [httpx.AsyncClient(base_url=url, timeout=60) for url in urls]
        made = {"name": "raced for", "limit": SLOTS}
        assert (await apis[0].post(f"{LIMITS}/", json=made)).status_code == 201
        await asyncio.gather(*(work(apis[number % len(apis)]) for number in range(CLIENTS)))
        left = (await apis[0].get(f"{LIMITS}/raced for")).json()["active_slots"]
        for api in apis:
            await api.aclose()
    assert (done, left) == (CLIENTS, 0)
    assert 1 <= most <= SLOTS
