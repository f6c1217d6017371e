"""Whose a database is, and whether its tables are those of this version of Lictor.

Both are asked before anything is written, so that a database of somebody else stays as it was to the last byte.
"""

import contextlib
import importlib
import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from lictor.db.connect_args import postgresql_connect_args
from lictor.db.driver_errors import DRIVER_ERRORS
from lictor.errors import LictorError
from lictor.settings import DatabaseSettings

VERSION_TABLE = "lictor_alembic_version"
PREFECTS_TABLES = {"alembic_version", "flow_run", "block_type"}


def _find_scripts() -> Path:
    """Packed into the installed package, or beside `src` in the work tree."""
    package = Path(__file__).parents[1]
    packed = package / "migrations"
    return packed if packed.is_dir() else package.parents[1] / "migrations"


SCRIPTS = _find_scripts()
REVISIONS = sorted(file.name.partition("_")[0] for file in (SCRIPTS / "versions").glob("[0-9]*_*.py"))
HEAD = REVISIONS[-1]

# What a schema holds, extensions apart: those bring tables of their own, which are nobody's data.
TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND substr(name, 1, 7) <> 'sqlite_'",
    "postgresql": """
        SELECT relname FROM pg_class
        WHERE relkind IN ('r', 'p', 'f') AND relnamespace = current_schema()::regnamespace AND NOT EXISTS (
            SELECT 1 FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
    """,
}


class UnusableDatabase(LictorError):
    """Lictor cannot work with this database, or not yet."""


@dataclass(frozen=True)
class Found:
    """What there is in a database."""

    tables: frozenset[str]
    revision: str | None

    @classmethod
    def by(cls, connection: sa.Connection) -> "Found":
        dialect = connection.dialect.name
        if dialect == "postgresql" and not connection.exec_driver_sql("SELECT current_schema()").scalar():
            raise UnusableDatabase("None of the schemas in the database's search path exists; create one first.")
        tables = frozenset(connection.exec_driver_sql(TABLES[dialect]).scalars())
        if VERSION_TABLE not in tables:
            return cls(tables, None)
        return cls(tables, connection.scalar(sa.select(sa.column("version_num")).select_from(sa.table(VERSION_TABLE))))

    def refuse_unless_ours(self, settings: DatabaseSettings) -> None:
        """Raises UnusableDatabase for somebody else's database, and for one of a later version of Lictor."""
        if self.revision is not None and self.revision not in REVISIONS:
            raise UnusableDatabase(
                f"{shown(settings)} is newer than this Lictor: it is at revision {self.revision}, and this version"
                f" knows revisions up to {HEAD}. Install the Lictor that it was last used with, or a later one."
            )
        if not self.tables or VERSION_TABLE in self.tables:
            return
        if self.tables >= PREFECTS_TABLES:
            raise UnusableDatabase(
                f"{shown(settings)} is a database of Prefect, and stays untouched. Give Lictor a database of its own"
                f" (unset the connection URL for a file in LICTOR_HOME), then bring the history over with"
                f" `lictor import {shown(settings)}`."
            )
        raise UnusableDatabase(
            f"{shown(settings)} holds tables that are not Lictor's, such as {min(self.tables)}, and stays untouched."
            " Give Lictor an empty database."
        )


async def look(settings: DatabaseSettings) -> Found:
    """What is in the database. Changes nothing, and leaves no file behind."""
    with naming_what_is_wrong(settings):
        url = make_url(settings.url)
        if url.get_backend_name() == "sqlite":
            return _look_into_file(Path(url.database or ""))
        async with postgresql_engine(settings).connect() as connection:
            return await connection.run_sync(Found.by)


def _look_into_file(file: Path) -> Found:
    if not file.exists():
        return Found(frozenset(), None)
    # A file in WAL mode that nobody has open has no log beside it, and opening it would make one: unless we promise
    # that it does not change meanwhile. If there is a log, the truth may be in there.
    log = file.with_name(f"{file.name}-wal")
    access = "mode=ro" if log.exists() else "mode=ro&immutable=1"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(f"file:{quote(str(file.absolute()))}?{access}", uri=True)

    with sa.create_engine("sqlite+pysqlite://", creator=connect, poolclass=NullPool).connect() as connection:
        return Found.by(connection)


async def prepare(settings: DatabaseSettings) -> None:
    """Sees to it that the database is ours and up to date, or raises UnusableDatabase."""
    found = await look(settings)
    found.refuse_unless_ours(settings)
    with naming_what_is_wrong(settings):
        make_private(settings)
    if found.revision == HEAD:
        return
    if not settings.migrate_on_start:
        raise UnusableDatabase(f"{shown(settings)} is not up to date: run `lictor database upgrade` first.")
    await upgrade(settings)


FORMER_MODE = 0o644
"""What earlier versions left the mode of the file at, by the usual umask."""


def make_private(settings: DatabaseSettings) -> None:
    """Lets nobody else read an SQLite file, which holds the key of secrets, unless its owner gave it another mode."""
    url = make_url(settings.url)
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return
    file = Path(url.database)
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        for part in (file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")):
            with contextlib.suppress(OSError):
                if stat.S_IMODE(part.stat().st_mode) == FORMER_MODE:
                    part.chmod(0o600)


async def upgrade(settings: DatabaseSettings, revision: str = "head") -> None:
    """Brings the tables up to a revision. When several processes try at once, one does it and the others wait."""
    await _revisions().upgrade(settings, revision)


async def downgrade(settings: DatabaseSettings, revision: str) -> None:
    """Takes the tables back to a revision; `base` is before the first."""
    await _revisions().downgrade(settings, revision)


async def stamp(settings: DatabaseSettings, revision: str) -> None:
    """Notes a revision as the database's own, without touching the tables."""
    await _revisions().stamp(settings, revision)


async def reset(settings: DatabaseSettings) -> None:
    """Throws away everything in the database, and makes the tables anew."""
    await _revisions().reset(settings)


async def revision(settings: DatabaseSettings, message: str, *, autogenerate: bool) -> Path:
    """Writes the next migration, for somebody to finish by hand. Returns its file."""
    if SCRIPTS.is_relative_to(Path(__file__).parents[1]):
        raise LictorError("Migrations are written in Lictor's work tree; this is an installed package.")
    file: Path = await _revisions().revision(settings, message, autogenerate=autogenerate)
    return file


def _revisions() -> ModuleType:
    """Loaded on demand: it takes a tenth of a second and ten megabytes, and most starts find nothing to migrate."""
    return importlib.import_module("lictor.db.revisions")


def postgresql_engine(settings: DatabaseSettings) -> AsyncEngine:
    """Connections for looking and migrating; none is kept."""
    connect = postgresql_connect_args(settings, settings.migration_timeout)
    return create_async_engine(settings.url, poolclass=NullPool, connect_args=connect)


@contextmanager
def naming_what_is_wrong(settings: DatabaseSettings) -> Iterator[None]:
    """What a driver raises becomes an UnusableDatabase that names the database and the cause in one line."""
    try:
        yield
    except exc.ArgumentError as error:
        raise UnusableDatabase(f"The database's connection URL cannot be understood: {error}") from error
    except DRIVER_ERRORS as error:
        cause = getattr(error, "orig", None) or error
        text = " ".join(str(cause).split()) or type(cause).__name__
        raise UnusableDatabase(f"{shown(settings)} cannot be used: {text}") from error


def shown(settings: DatabaseSettings) -> str:
    """The database's URL as a user writes it, the password hidden."""
    url = make_url(settings.url)
    return url.set(drivername=url.get_backend_name()).render_as_string(hide_password=True)
