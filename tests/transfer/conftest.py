"""Each test of an import runs four times: from SQLite and from PostgreSQL, into SQLite and into PostgreSQL."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from lictor.db.engine import Database, open_database
from lictor.settings import Settings
from lictor.transfer.opening import import_history
from lictor.transfer.report import Report
from tests.databases import execute
from tests.transfer.prefect import NEWEST, Prefect
from tests.transfer.watchers import Silent


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "source_dialect" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("source")
        dialects = marker.args if marker else ("sqlite", "postgresql")
        metafunc.parametrize("source_dialect", dialects, ids=[f"from-{name}" for name in dialects], scope="function")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "source(*dialects): what the source of an import can be in this test")


@pytest.fixture(scope="session")
def shared_source(request: pytest.FixtureRequest, worker_name: str) -> Iterator[str]:
    """One database for all sources on PostgreSQL: emptying it takes less time than making another."""
    with request.getfixturevalue("maintenance").scratch_database(f"prefect_{worker_name}") as url:
        yield url


@pytest.fixture
def source_url(request: pytest.FixtureRequest, source_dialect: str, tmp_path: Path) -> str:
    if source_dialect == "sqlite":
        folder = tmp_path / "prefect"
        folder.mkdir()
        return f"sqlite:///{folder / 'prefect.db'}"
    url: str = request.getfixturevalue("shared_source")
    execute(url.replace("+asyncpg", ""), "DROP SCHEMA IF EXISTS public, prefects CASCADE; CREATE SCHEMA public")
    return url


@pytest.fixture
async def prefect(source_dialect: str, source_url: str) -> Prefect:
    """A database of Prefect's with all tables and no rows."""
    prefect = Prefect(source_dialect, source_url)
    await prefect.create_tables(NEWEST[source_dialect])
    return prefect


@pytest.fixture
async def bring(source_url: str, settings: Settings) -> Callable[[], Awaitable[Report]]:
    """Runs the import from the source of this test into its target."""

    async def run() -> Report:
        return await import_history(source_url, settings.database, Silent())

    return run


@pytest.fixture
async def rows_of(settings: Settings) -> AsyncIterator[Callable[[sa.Table], Awaitable[Sequence[Any]]]]:
    """What the target holds, by primary key: the oldest ids first."""
    async with open_database(settings.database) as db:

        async def read(table: sa.Table) -> Sequence[Any]:
            return await _rows(db, table)

        yield read


async def _rows(db: Database, table: sa.Table) -> Sequence[Any]:
    return await db.read.all(sa.select(table).order_by(*table.primary_key))
