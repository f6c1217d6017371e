"""Databases for the servers under comparison: a SQLite file or one of a PostgreSQL server, made and copied alike."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import asyncpg

from tests import postgres


class Databases(Protocol):
    """Where databases of one kind come from; a database is named by its SQLAlchemy URL."""

    kind: str

    def create(self, name: str) -> str: ...

    def copy(self, source: str, name: str) -> str:
        """A database with the same rows; nobody may be connected to `source`."""


@dataclass(frozen=True)
class SQLiteDatabases:
    directory: Path
    kind: str = "sqlite"

    def create(self, name: str) -> str:
        return f"sqlite+aiosqlite:///{self.directory / name}.db"

    def copy(self, source: str, name: str) -> str:
        target = self.create(name)
        with closing(sqlite3.connect(_file(source))) as old, closing(sqlite3.connect(_file(target))) as new:
            old.backup(new)
        return target


@dataclass(frozen=True)
class PostgreSQLDatabases:
    server: postgres.Server
    kind: str = "postgresql"

    def create(self, name: str) -> str:
        return self._create(name, f"CREATE DATABASE {name}")

    def copy(self, source: str, name: str) -> str:
        return self._create(name, f"CREATE DATABASE {name} TEMPLATE {source.rpartition('/')[2]}")

    def _create(self, name: str, statement: str) -> str:
        asyncio.run(_execute(self.server.url(), statement))
        return self.server.url(name).replace("postgresql://", "postgresql+asyncpg://")


@contextmanager
def open_databases(kind: str, directory: Path) -> Iterator[Databases]:
    if kind == "sqlite":
        directory.mkdir(parents=True)
        yield SQLiteDatabases(directory)
    else:
        with postgres.running() as server:
            yield PostgreSQLDatabases(server)


def _file(url: str) -> str:
    return url.removeprefix("sqlite+aiosqlite:///")


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
