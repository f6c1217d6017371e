"""What every test may ask for: a database of its own on SQLite and on PostgreSQL, and the API over it.

A test that asks for `database_url`, or for something made from it such as `api`, runs twice, once on each database.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy import event

from lictor.db import migrations
from lictor.db.compiled_query import DriverCall
from lictor.db.engine import AutocommitConnection, Database, DriverStatement, Transaction, open_database
from lictor.settings import AutomationSettings, DatabaseSettings, ServiceSettings, Settings
from lictor.settings.services import SchedulerSettings
from tests import postgres
from tests.make import Make
from tests.serving import client_of

DIALECTS = ("sqlite", "postgresql")
SHARED_SERVER = pytest.StashKey[AbstractContextManager[postgres.Server]]()

NUMBERS = count()

Clone = Callable[[], AbstractContextManager[str]]


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
def clones(request: pytest.FixtureRequest, worker_name: str) -> Callable[[str], Clone]:
    """For each dialect: what makes databases with all tables and no rows, cloned from one that was migrated."""
    made: dict[str, Clone] = {}

    def clone_of(dialect: str) -> Clone:
        if dialect not in made:
            if dialect == "postgresql":
                made[dialect] = postgresql_clones(request.getfixturevalue("postgres_url"), worker_name)
            else:
                folder = request.getfixturevalue("tmp_path_factory").mktemp("sqlite")
                made[dialect] = sqlite_clones(folder)
        return made[dialect]

    return clone_of


@pytest.fixture(scope="session")
def worker_name() -> str:
    """Which of pytest-xdist's workers this is; they share the PostgreSQL server, so names must differ."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


def sqlite_clones(folder: Path) -> Clone:
    template = folder / "template.db"
    migrate(f"sqlite+aiosqlite:///{template}")

    @contextmanager
    def clone() -> Iterator[str]:
        file = folder / f"{next(NUMBERS)}.db"
        shutil.copyfile(template, file)
        yield f"sqlite+aiosqlite:///{file}"
        for left in folder.glob(f"{file.name}*"):
            left.unlink()

    return clone


def postgresql_clones(server: str, worker: str) -> Clone:
    template = f"template_{worker}"
    execute(server, f"CREATE DATABASE {template}")
    migrate(on_database(server, template))
    return lambda: scratch_database(server, f"test_{worker}_{next(NUMBERS)}", template)


@contextmanager
def scratch_database(server: str, name: str, template: str = "template1") -> Iterator[str]:
    execute(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield on_database(server, name)
    execute(server, f"DROP DATABASE {name} WITH (FORCE)")


def on_database(server: str, name: str) -> str:
    """The URL of another database of the same server, as SQLAlchemy takes it."""
    return server.rpartition("/")[0].replace("postgresql://", "postgresql+asyncpg://") + f"/{name}"


def execute(url: str, statement: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(run())


def migrate(url: str) -> None:
    asyncio.run(migrations.upgrade(DatabaseSettings(connection_url=url)))


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
        server = request.getfixturevalue("postgres_url")
        with scratch_database(server, f"empty_{worker_name}_{next(NUMBERS)}") as url:
            yield url


@pytest.fixture
def settings(database_url: str) -> Settings:
    return settings_for(database_url)


def settings_for(url: str, **groups: Any) -> Settings:
    """Settings of a server that does nothing unless asked: services would show up among a test's statements."""
    groups.setdefault(
        "services", ServiceSettings(lease_expiry_enabled=False, scheduler=SchedulerSettings(enabled=False))
    )
    groups.setdefault("automations", AutomationSettings(triggers_enabled=False))
    for group in ("foreman", "late_runs", "pause_expirations", "cancellation", "liveness"):
        groups.setdefault(group, {"enabled": False})
    return Settings(_env_file=None, database=DatabaseSettings(connection_url=url), **groups)


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
