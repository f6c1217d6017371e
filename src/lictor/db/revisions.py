"""Alembic at work: each command in one transaction, which only one process at a time can have."""

from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import Script
from alembic.util import CommandError
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from lictor.db.base import metadata
from lictor.db.migrations import HEAD, SCRIPTS, Found, UnusableDatabase, naming_what_is_wrong, postgresql_engine
from lictor.settings import DatabaseSettings

# The database's lock for whoever migrates: any number will do that nobody else takes.
LOCK = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "SELECT pg_advisory_xact_lock(119199895940978)"}

Step = Callable[[Config], None]


async def upgrade(settings: DatabaseSettings, revision: str) -> None:
    await _run(settings, lambda config: command.upgrade(config, revision))


async def downgrade(settings: DatabaseSettings, revision: str) -> None:
    await _run(settings, lambda config: command.downgrade(config, revision))


async def stamp(settings: DatabaseSettings, revision: str) -> None:
    await _run(settings, lambda config: command.stamp(config, revision))


async def reset(settings: DatabaseSettings) -> None:
    def down_and_up(config: Config) -> None:
        command.downgrade(config, "base")
        command.upgrade(config, "head")

    await _run(settings, down_and_up)


async def revision(settings: DatabaseSettings, message: str, *, autogenerate: bool) -> Path:
    written: list[Path] = []

    def write(config: Config) -> None:
        config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
        config.attributes["metadata"] = metadata if autogenerate else None
        number = f"{int(HEAD) + 1:04}"
        script = command.revision(config, message, autogenerate=autogenerate, rev_id=number)
        assert isinstance(script, Script)
        written.append(Path(script.path))

    await _run(settings, write)
    return written[0]


async def _run(settings: DatabaseSettings, step: Step) -> None:
    try:
        await in_turn(settings, lambda connection: step(config_for(connection)))
    except CommandError as error:  # an unknown revision, for instance
        raise UnusableDatabase(str(error)) from error


async def in_turn(settings: DatabaseSettings, work: Callable[[sa.Connection], None]) -> None:
    """Has a database of ours to itself for a transaction."""

    def locked(connection: sa.Connection) -> None:
        connection.exec_driver_sql(LOCK[connection.dialect.name])
        Found.by(connection).refuse_unless_ours(settings)  # it may be somebody's since we last looked
        work(connection)

    url = make_url(settings.url)
    with naming_what_is_wrong(settings):
        if url.get_backend_name() == "sqlite":
            # Whoever migrates has nothing else to do, so this may as well block.
            with _sqlite_engine(url, settings).begin() as blocking:
                locked(blocking)
        else:
            async with postgresql_engine(settings).begin() as connection:
                await connection.run_sync(locked)


def _sqlite_engine(url: sa.URL, settings: DatabaseSettings) -> sa.Engine:
    """The driver must begin no transaction by itself: not before the lock, and none for each statement."""
    connect = {"timeout": settings.timeout or 60.0, "isolation_level": None}
    plain = url.set(drivername="sqlite+pysqlite")
    return sa.create_engine(plain, poolclass=NullPool, echo=settings.echo, connect_args=connect)


def config_for(connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
