"""Where the servers keep their rows: SQLite files, or databases of one PostgreSQL server."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol

import asyncpg

from tests import postgres

# For a machine with some gigabytes. What concerns the planner stays as PostgreSQL comes.
SERVER_SETTINGS = {"shared_buffers": "1GB", "max_wal_size": "4GB", "maintenance_work_mem": "256MB"}


class Databases(Protocol):
    kind: str

    @property
    def version(self) -> str: ...

    def create(self, name: str) -> str:
        """A new database; its URL as SQLAlchemy takes it."""

    def exists(self, name: str) -> bool: ...

    def rename(self, name: str, to: str) -> None: ...

    def url(self, name: str) -> str: ...

    def settle(self, name: str) -> None:
        """After a bulk load: give the planner its statistics, as the database does by itself in time."""


class SQLite:
    kind = "SQLite"
    version = sqlite3.sqlite_version

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)

    def _file(self, name: str) -> Path:
        return self.directory / f"{name}.db"

    def url(self, name: str) -> str:
        return f"sqlite+aiosqlite:///{self._file(name)}"

    def create(self, name: str) -> str:
        for leftover in self.directory.glob(f"{name}.db*"):
            leftover.unlink()
        return self.url(name)

    def exists(self, name: str) -> bool:
        return self._file(name).exists()

    def rename(self, name: str, to: str) -> None:
        self._file(name).rename(self._file(to))

    def settle(self, name: str) -> None:
        with closing(sqlite3.connect(self._file(name))) as connection:
            connection.execute("ANALYZE")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.commit()


class PostgreSQL:
    kind = "PostgreSQL"

    def __init__(self, server: postgres.Server) -> None:
        self.server = server

    @property
    def version(self) -> str:
        return str(self.ask("SHOW server_version")).split()[0]

    def url(self, name: str) -> str:
        return self.server.url(name).replace("postgresql:", "postgresql+asyncpg:")

    def create(self, name: str) -> str:
        self.ask(f"DROP DATABASE IF EXISTS {name}")
        self.ask(f"CREATE DATABASE {name}")
        return self.url(name)

    def exists(self, name: str) -> bool:
        return bool(self.ask(f"SELECT count(*) FROM pg_database WHERE datname = '{name}'"))

    def rename(self, name: str, to: str) -> None:
        self.ask(f"ALTER DATABASE {name} RENAME TO {to}")

    def settle(self, name: str) -> None:
        self.ask("VACUUM (ANALYZE)", name)
        self.ask("CHECKPOINT")

    def ask(self, statement: str, database: str = "postgres") -> object:
        async def ask() -> object:
            connection = await asyncpg.connect(self.server.url(database))
            try:
                return await connection.fetchval(statement, timeout=3600)
            finally:
                await connection.close()

        return asyncio.run(ask())


@contextmanager
def open_databases(kind: str, directory: Path) -> Iterator[Databases]:
    """The databases of a kind, `sqlite` or `postgresql`, kept below a directory."""
    if kind == "sqlite":
        yield SQLite(directory / "sqlite")
        return
    server = postgres.start(directory / "postgresql", durable=True)
    try:
        found = PostgreSQL(server)
        for name, value in SERVER_SETTINGS.items():
            found.ask(f"ALTER SYSTEM SET {name} = '{value}'")
        server.stop()
        server = postgres.start(directory / "postgresql", durable=True)
        yield PostgreSQL(server)
    finally:
        server.stop()
