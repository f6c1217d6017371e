"""Databases for tests, and the settings of a server over one."""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg

from lictor.db import migrations
from lictor.settings import AutomationSettings, DatabaseSettings, ServiceSettings, Settings
from lictor.settings.services import SchedulerSettings

DIALECTS = ("sqlite", "postgresql")


NUMBERS = count()


Clone = Callable[[], AbstractContextManager[str]]


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


class Administrator:
    """A connection to the maintenance database of a server, kept open from one test to the next."""

    def __init__(self, server: str) -> None:
        self.server = server
        self._loop = asyncio.new_event_loop()
        self._connection = self._loop.run_until_complete(asyncpg.connect(server))

    def execute(self, statement: str) -> None:
        self._loop.run_until_complete(self._connection.execute(statement))

    def close(self) -> None:
        self._loop.run_until_complete(self._connection.close())
        self._loop.close()

    @contextmanager
    def scratch_database(self, name: str, template: str = "template1") -> Iterator[str]:
        # To copy files takes less time than to log every page: the checkpoint that it needs waits for no disk here.
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        yield on_database(self.server, name)
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def administrator(server: str) -> Iterator[Administrator]:
    administrator = Administrator(server)
    yield administrator
    administrator.close()


def postgresql_clones(administrator: Administrator, worker: str) -> Clone:
    template = f"template_{worker}"
    administrator.execute(f"CREATE DATABASE {template}")
    migrate(on_database(administrator.server, template))
    return lambda: administrator.scratch_database(f"test_{worker}_{next(NUMBERS)}", template)


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


def settings_for(url: str, **groups: Any) -> Settings:
    """Settings of a server that does nothing unless asked: services would show up among a test's statements.

    So would searches, on a machine that is busy.
    """
    groups.setdefault(
        "services", ServiceSettings(lease_expiry_enabled=False, scheduler=SchedulerSettings(enabled=False))
    )
    groups.setdefault("automations", AutomationSettings(triggers_enabled=False))
    for group in ("foreman", "late_runs", "pause_expirations", "cancellation", "liveness"):
        groups.setdefault(group, {"enabled": False})
    # A busy machine may take longer to connect than a server should wait.
    database = DatabaseSettings(connection_url=url, connection_timeout=60, walk_seconds=None)
    return Settings(_env_file=None, database=database, **groups)
