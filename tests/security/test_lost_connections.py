"""Connections that the database cuts: a restart, a failover, an administrator."""

import asyncio

import asyncpg
import httpx
import pytest

from lictor.db.engine import Database
from tests.make import Make

CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


@pytest.fixture
def postgresql_url(dialect: str, database_url: str) -> str:
    if dialect != "postgresql":
        pytest.skip("SQLite has no connections that break")
    return database_url.replace("+asyncpg", "")


async def test_reads_notice_nothing(postgresql_url: str, api: httpx.AsyncClient, make: Make) -> None:
    flow = await make.flow("kept")
    administrator = await asyncpg.connect(postgresql_url)
    statuses: list[int] = []

    async def read_on() -> None:
        for _ in range(25):
            statuses.append((await api.get(f"/flows/{flow}")).status_code)
            statuses.append((await api.post("/flows/filter", json={})).status_code)

    try:
        readers = [asyncio.create_task(read_on()) for _ in range(5)]
        while not all(reader.done() for reader in readers):
            await administrator.fetch(CUT)
            await asyncio.sleep(0.5)
        await asyncio.gather(*readers)
    finally:
        await administrator.close()
    assert set(statuses) <= {200, 503}  # whoever is cut off twice in a row is told to try again
    assert statuses.count(200) > len(statuses) / 2


async def test_a_connection_cut_while_idle_is_not_noticed(
    postgresql_url: str, api: httpx.AsyncClient, db: Database, make: Make
) -> None:
    flow = await make.flow("kept")
    assert (await api.get(f"/flows/{flow}")).status_code == 200
    administrator = await asyncpg.connect(postgresql_url)
    for _ in range(10):
        await administrator.fetch(CUT)
        answers = await asyncio.gather(*(api.get(f"/flows/{flow}") for _ in range(4)))
        assert [answer.status_code for answer in answers] == [200] * 4
    await administrator.close()
