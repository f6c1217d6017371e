"""What every test may ask for: a database of its own on SQLite and on PostgreSQL, and the API over it.

A test that asks for `database_url`, or for something made from it such as `api`, runs twice, once on each database.
"""

import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy import event

from lictor.db.compiled_query import DriverCall
from lictor.db.engine import AutocommitConnection, Database, DriverStatement, Transaction, open_database
from lictor.settings import Settings
from tests import postgres
from tests.databases import (
    DIALECTS,
    NUMBERS,
    Administrator,
    Clone,
    administrator,
    postgresql_clones,
    settings_for,
    sqlite_clones,
)
from tests.make import Make
from tests.serving import client_of

SHARED_SERVER = pytest.StashKey[AbstractContextManager[postgres.Server]]()


def pytest_configure() -> None:
    """The settings of whoever runs the tests are not the tests' settings."""
    for name in list(os.environ):
        if name.upper().startswith(("PREFECT_", "LICTOR_")):
            del os.environ[name]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """With pytest-xdist, all workers share one PostgreSQL server, which the process above them starts."""
    if SHARED_SERVER not in node.config.stash:
        node.config.stash[SHARED_SERVER] = running = postgres.running()
        node.config.shared_postgres_url = running.__enter__().url()
    node.workerinput["postgres_url"] = node.config.shared_postgres_url


def pytest_unconfigure(config: pytest.Config) -> None:
    if SHARED_SERVER in config.stash:
        config.stash[SHARED_SERVER].__exit__(None, None, None)


@pytest.fixture(scope="session")
def postgres_url(pytestconfig: pytest.Config) -> Iterator[str]:
    """A real PostgreSQL server, as the URL of its maintenance database."""
    if workerinput := getattr(pytestconfig, "workerinput", None):
        yield workerinput["postgres_url"]
    else:
        with postgres.running() as server:
            yield server.url()


@pytest.fixture(scope="session")
def maintenance(postgres_url: str) -> Iterator[Administrator]:
    """Who makes and drops databases on that server."""
    with administrator(postgres_url) as server:
        yield server


@pytest.fixture(scope="session")
def clones(request: pytest.FixtureRequest, worker_name: str) -> Callable[[str], Clone]:
    """For each dialect: what makes databases with all tables and no rows, cloned from one that was migrated."""
    made: dict[str, Clone] = {}

    def clone_of(dialect: str) -> Clone:
        if dialect not in made:
            if dialect == "postgresql":
                made[dialect] = postgresql_clones(request.getfixturevalue("maintenance"), worker_name)
            else:
                folder = request.getfixturevalue("tmp_path_factory").mktemp("sqlite")
                made[dialect] = sqlite_clones(folder)
        return made[dialect]

    return clone_of


@pytest.fixture(scope="session")
def worker_name() -> str:
    """Which of pytest-xdist's workers this is; they share the PostgreSQL server, so names must differ."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def database_url(dialect: str, clones: Callable[[str], Clone]) -> Iterator[str]:
    """A database with all tables and no rows, for this test alone."""
    with clones(dialect)() as url:
        yield url


@pytest.fixture
def empty_database_url(request: pytest.FixtureRequest, dialect: str, tmp_path: Path, worker_name: str) -> Iterator[str]:
    """A database without anything in it; on SQLite not even the file is there yet."""
    if dialect == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
    else:
        server: Administrator = request.getfixturevalue("maintenance")
        with server.scratch_database(f"empty_{worker_name}_{next(NUMBERS)}") as url:
            yield url


@pytest.fixture
def settings(database_url: str) -> Settings:
    return settings_for(database_url)


@pytest.fixture
async def db(settings: Settings) -> AsyncIterator[Database]:
    """The database of this test, open."""
    async with open_database(settings.database) as db:
        yield db


@pytest.fixture
def make(db: Database) -> Make:
    """What makes rows in it."""
    return Make(db)


@pytest.fixture
async def api(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server on the database of this test; its paths start below /api."""
    async with client_of(settings) as client:
        yield client


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The statements that reach any database during the test, as they go; clear it to start over."""
    seen: list[str] = []

    def record(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        del connection, cursor
        seen.append(statement)

    async def run(reads: AutocommitConnection, ready: DriverCall) -> Sequence[Any]:
        seen.append(ready.sql)
        return await run_it(reads, ready)

    async def run_in_thread(tx: Transaction, work: Any, *them: DriverStatement) -> Any:
        seen.extend(sql for sql, _ in them)
        return await run_them(tx, work, *them)

    run_it, run_them = AutocommitConnection._run, Transaction._in_thread
    monkeypatch.setattr(AutocommitConnection, "_run", run)
    monkeypatch.setattr(Transaction, "_in_thread", run_in_thread)
    event.listen(sa.Engine, "before_cursor_execute", record)
    yield seen
    event.remove(sa.Engine, "before_cursor_execute", record)


@pytest.fixture
def unused_settings(tmp_path: Path) -> Settings:
    """Settings for tests that never reach their database."""
    return settings_for(f"sqlite+aiosqlite:///{tmp_path / 'unused.db'}")
