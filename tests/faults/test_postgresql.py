"""While PostgreSQL is away or in trouble, events wait and reads say 503; then all goes on."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import httpx
import pytest

from tests import postgres
from tests.databases import migrate
from tests.faults.world import SOAK, Place, lives, recorded, tell

SECONDS = 1.5 * min(SOAK, 20)


class Cluster:
    """A PostgreSQL server of this test's own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._server = postgres.start(directory)
        self.url = self._server.url().replace("postgresql://", "postgresql+asyncpg://")

    def stop(self) -> None:
        self._server.stop()

    def start(self) -> None:
        self._server = postgres.start(self._directory, port=self._server.port)

    async def ask(self, *statements: str) -> None:
        connection = await asyncpg.connect(self._server.url())
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    @asynccontextmanager
    async def stopped(self) -> AsyncIterator[None]:
        await asyncio.to_thread(self.stop)
        yield
        await asyncio.to_thread(self.start)

    @asynccontextmanager
    async def without_connections(self) -> AsyncIterator[None]:
        for _ in range(5):
            await self.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'lictor'")
            await asyncio.sleep(SECONDS / 10)
        yield

    @asynccontextmanager
    async def only_for_reading(self) -> AsyncIterator[None]:
        change = "ALTER SYSTEM SET default_transaction_read_only = {}"
        await self.ask(change.format("on"), "SELECT pg_reload_conf()")
        yield
        await self.ask("SET default_transaction_read_only = off", change.format("off"), "SELECT pg_reload_conf()")

    @asynccontextmanager
    async def locked(self) -> AsyncIterator[None]:
        connection = await asyncpg.connect(self._server.url())
        try:
            async with connection.transaction():
                await connection.execute("LOCK TABLE task_run, flow IN ACCESS EXCLUSIVE MODE")
                yield
        finally:
            await connection.close()


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with TemporaryDirectory(prefix="lictor-postgres-") as directory:
        cluster = Cluster(Path(directory))
        try:
            yield cluster
        finally:
            cluster.stop()


@pytest.mark.parametrize(
    ("trouble", "reads_fail"),
    [("stopped", True), ("without_connections", False), ("only_for_reading", False), ("locked", True)],
)
async def test_trouble(cluster, tmp_path, trouble, reads_fail):
    await asyncio.to_thread(migrate, cluster.url)
    # Statements may take a second, and few connections are there: what is locked exhausts the pool as well.
    impatient = {
        "PREFECT_API_DATABASE_TIMEOUT": "1",
        "PREFECT_SQLALCHEMY_POOL_SIZE": "1",
        "PREFECT_SQLALCHEMY_MAX_OVERFLOW": "1",
        "PREFECT_SERVER_DATABASE_SQLALCHEMY_POOL_TIMEOUT": "1",
    }
    place = Place(tmp_path, cluster.url, **impatient)
    expected = lives(400 * SOAK)
    told = [event for life in expected for event in life]
    with place.running() as server:
        telling = asyncio.gather(*(tell([place.port], told[number::3]) for number in range(3)))
        await asyncio.sleep(0.3)
        async with httpx.AsyncClient(base_url=place.api, timeout=60) as api:
            async with getattr(cluster, trouble)():
                await asyncio.sleep(SECONDS)
                if reads_fail:
                    replies = await asyncio.gather(*(api.post("/task_runs/filter", json={}) for _ in range(5)))
                    assert {reply.status_code for reply in replies} == {503}, [r.text for r in replies]
                    assert all(reply.headers["retry-after"] for reply in replies)
                await asyncio.sleep(SECONDS)
            await telling
            for _ in range(100):
                reply = await api.post("/task_runs/filter", json={"limit": 1})
                if reply.status_code == 200:
                    break
                assert reply.status_code == 503, reply.text
                await asyncio.sleep(0.1)
            assert reply.status_code == 200
        await recorded(place.api, expected)
        code, said = await asyncio.to_thread(server.stop)
    assert code == 0
    assert len(said.splitlines()) < 40, said
    assert "Traceback" not in said
