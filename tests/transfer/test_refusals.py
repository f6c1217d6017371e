"""What an import refuses to begin with, and that nothing is written then."""

import sqlite3
from contextlib import closing
from pathlib import Path

import asyncpg
import pytest

from lictor.db.migrations import Found, look
from lictor.errors import LictorError
from lictor.resources.flows.table import flow
from lictor.settings import DatabaseSettings
from lictor.transfer.endpoints import TransferError
from lictor.transfer.opening import import_history
from lictor.transfer.postgresql import PostgresSource
from lictor.transfer.revisions import KNOWN
from lictor.transfer.sqlite import SqliteSource
from tests.transfer.prefect import NOON, Prefect
from tests.transfer.watchers import Silent


@pytest.fixture
def empty(empty_database_url) -> DatabaseSettings:
    return DatabaseSettings(connection_url=empty_database_url)


async def refused(source: str, target: DatabaseSettings, **options: bool) -> str:
    before = await look(target)
    with pytest.raises(LictorError) as error:
        await import_history(source, target, Silent(), **options)
    assert await look(target) == before
    return str(error.value)


async def test_a_version_that_is_not_known(source_dialect, source_url, empty):
    await Prefect(source_dialect, source_url).create_tables("0123456789ab")
    said = await refused(source_url, empty)
    assert "a version that is not known here (0123456789ab): those of Prefect 3.0.0 to 3.9.1 are" in said
    assert "if it is newer, try `--assume-version`: its tables have all that is read." in said
    assert await look(empty) == Found(frozenset(), None)


async def test_a_version_that_is_not_known_is_tried_if_asked(prefect, source_url, empty):
    await prefect.add("flow", name="f")
    await prefect.execute("UPDATE alembic_version SET version_num = '0123456789ab'")
    report = await import_history(source_url, empty, Silent(), assume_version=True)
    assert {each.name: each.new for each in report.tables if each.new} == {"flow": 1}


@pytest.mark.parametrize(
    ("change", "lacks"),
    [
        pytest.param("ALTER TABLE flow RENAME COLUMN labels TO other", "its table flow lacks labels", id="a column"),
        pytest.param("DROP TABLE variable", "its table variable lacks ", id="a table"),
        pytest.param("DROP TABLE task_run_state", "its table task_run_state lacks ", id="a table of states"),
    ],
)
async def test_a_version_that_is_not_known_and_has_not_all_that_is_read(prefect, source_url, empty, change, lacks):
    await prefect.execute("UPDATE alembic_version SET version_num = '0123456789ab'")
    await prefect.execute(change)
    said = await refused(source_url, empty, assume_version=True)
    assert "get a newer Lictor" in said
    assert lacks in said


async def test_a_revision_of_the_other_database(source_dialect, source_url, empty):
    other = "postgresql" if source_dialect == "sqlite" else "sqlite"
    await Prefect(source_dialect, source_url).create_tables(KNOWN[other][-1])
    assert "is not known here" in await refused(source_url, empty)


async def test_a_damaged_source(prefect, source_url, empty):
    await prefect.execute("ALTER TABLE task_run RENAME COLUMN dynamic_key TO other")
    assert "its table task_run lacks dynamic_key" in await refused(source_url, empty)


async def test_a_database_that_is_not_prefects(source_dialect, source_url, empty):
    await Prefect(source_dialect, source_url).execute("CREATE TABLE cooking (id INTEGER)")
    assert "is no database of Prefect 3" in await refused(source_url, empty)


async def test_a_database_of_lictor(database_url, empty):
    assert "is a database of Lictor" in await refused(database_url, empty)


async def test_the_target_itself(prefect, source_url):
    target = DatabaseSettings(connection_url=source_url)
    assert "is the source and the target" in await refused(source_url, target)


async def test_a_target_of_somebody_else(prefect, source_url, empty):
    await import_history(source_url, empty, Silent())
    other = empty.model_copy(update={"connection_url": DatabaseSettings(connection_url=source_url).connection_url})
    lictors = empty.url
    assert "is a database of Lictor" in await refused(lictors, other)


async def test_a_target_that_is_another_prefects(prefect, source_url, tmp_path):
    elsewhere = f"sqlite:///{tmp_path / 'other.db'}"
    await Prefect("sqlite", elsewhere).create_tables("27d8f4e1a6c9")
    said = await refused(source_url, DatabaseSettings(connection_url=elsewhere))
    assert "is a database of Prefect, and stays untouched" in said


@pytest.mark.parametrize(
    ("source", "said"),
    [
        pytest.param("{folder}/nothing.db", "There is no file {folder}/nothing.db.", id="no such path"),
        pytest.param("sqlite:///{folder}/nothing.db", "There is no file {folder}/nothing.db.", id="no such file"),
        pytest.param("{folder}/text", "file is not a database", id="no database"),
        pytest.param("{folder}", "There is no file {folder}.", id="a folder"),
        pytest.param("mysql://root@localhost/x", "must start with sqlite:// or postgresql://", id="another database"),
        pytest.param("sqlite://", "must name a file", id="no file"),
        pytest.param("postgresql://x@127.0.0.1:1/x", "cannot be used", id="nobody there"),
        pytest.param("postgresql://x@127.0.0.1:1/x?sslmode=require&search_path=y", "cannot be used", id="with options"),
        pytest.param("postgresql://x@127.0.0.1:1/x?color=red", "option color is not known here", id="unknown option"),
        pytest.param("postgresql://x@127.0.0.1:port/x", "cannot be understood", id="no port"),
    ],
)
async def test_sources_that_are_not_there(source, said, tmp_path):
    empty = DatabaseSettings(connection_url=f"sqlite:///{tmp_path / 'target.db'}")
    (tmp_path / "text").write_text("This is a text, and too short to be anything else.\n" * 20)
    folder = str(tmp_path)
    assert said.format(folder=folder) in await refused(source.format(folder=folder), empty)


@pytest.mark.source("sqlite")
async def test_a_source_at_rest_stays_as_it_is(prefect, source_url, bring):
    file = Path(source_url.partition("///")[2])
    await prefect.add("flow", name="f")
    before = {path.name: path.read_bytes() for path in file.parent.iterdir()}

    await bring()

    assert before.keys() == {"prefect.db"}
    assert {path.name: path.read_bytes() for path in file.parent.iterdir()} == before


@pytest.mark.source("sqlite")
async def test_a_source_that_its_server_is_writing_to(prefect, source_url, bring, rows_of):
    """What is committed is in the log beside the file, and comes along; what is not does not."""
    file = Path(source_url.partition("///")[2])
    with closing(sqlite3.connect(file, isolation_level=None)) as server:
        server.execute("PRAGMA wal_autocheckpoint = 0")
        server.execute(f"INSERT INTO flow (id, created, updated, name, tags) VALUES {row('committed')}")
        server.execute("BEGIN IMMEDIATE")
        server.execute(f"INSERT INTO flow (id, created, updated, name, tags) VALUES {row('open')}")

        await bring()

        server.execute("COMMIT")
        assert [flow.name for flow in await rows_of(flow)] == ["committed"]
        await bring()
    assert sorted(flow.name for flow in await rows_of(flow)) == ["committed", "open"]


def row(name: str) -> str:
    return f"('{name.encode().hex():0<32}', '{NOON:%Y-%m-%d %H:%M:%S}.000000', '{NOON:%Y-%m-%d %H:%M:%S}.000000', '{name}', '[]')"


@pytest.mark.source("sqlite")
@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
async def test_a_source_that_is_written_to_while_it_is_read_as_one_at_rest(prefect, source_url, mode):
    file = Path(source_url.partition("///")[2])
    await prefect.add("flow", name="f")
    with closing(sqlite3.connect(file)) as server:
        server.execute(f"PRAGMA journal_mode = {mode}")
    async with SqliteSource.open(file) as source:
        with closing(sqlite3.connect(file, isolation_level=None)) as server:
            server.execute(f"INSERT INTO flow (id, created, updated, name, tags) VALUES {row('new')}")
            with pytest.raises(TransferError, match="Run the import again"):
                async for _ in source.stream("SELECT id FROM flow", 10):
                    pass


@pytest.mark.source("postgresql")
async def test_a_source_in_a_schema_of_its_own(prefect, source_url, bring, settings, rows_of):
    await prefect.add("flow", name="f")
    await prefect.execute("ALTER SCHEMA public RENAME TO prefects")
    assert "schemas in the database's search path exists" in await refused(source_url, settings.database)

    await import_history(f"{source_url}?search_path=prefects", settings.database, Silent())

    assert [flow.name for flow in await rows_of(flow)] == ["f"]


@pytest.mark.source("postgresql")
async def test_a_source_on_a_server_is_one_snapshot_that_nobody_writes_to(prefect):
    await prefect.add("flow", name="f")
    async with PostgresSource.open(DatabaseSettings(connection_url=prefect.url)) as source:
        assert await source.count("flow") == 1
        await prefect.add("flow", name="g")
        assert await source.count("flow") == 1
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await source.value("DELETE FROM flow RETURNING name")


def test_known_versions_are_told_apart():
    assert not set(KNOWN["sqlite"]) & set(KNOWN["postgresql"]) - {"9e83011d1f2a"}
    assert all(len(set(revisions)) == len(revisions) for revisions in KNOWN.values())
