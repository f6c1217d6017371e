import asyncio
import hashlib
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

import lictor.app  # noqa: F401  # brings all tables
from lictor.db import migrations
from lictor.db.base import metadata
from lictor.db.migrations import HEAD, REVISIONS, SCRIPTS, VERSION_TABLE, UnusableDatabase
from lictor.db.types import JSONText, Tags, Timestamp, UUIDType
from lictor.settings import DatabaseSettings

# Everything that makes up the tables, as PostgreSQL itself would write it.
POSTGRESQL_SHAPE = """
    SELECT 'column', table_name, column_name, concat_ws(' ', data_type, udt_name, is_nullable, column_default)
    FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL
    SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL
    SELECT 'function', '', proname, prosrc FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND prolang <> (SELECT oid FROM pg_language WHERE lanname = 'c')
    UNION ALL
    SELECT 'statistics', stxrelid::regclass::text, stxname, pg_get_statisticsobjdef(oid) FROM pg_statistic_ext
    UNION ALL
    SELECT 'options', relname, '', array_to_string(reloptions, ' ') FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND reloptions IS NOT NULL
"""
SQLITE_SHAPE = "SELECT type, tbl_name, name, sql FROM sqlite_master"


@pytest.fixture
def empty(empty_database_url) -> DatabaseSettings:
    return DatabaseSettings(connection_url=empty_database_url)


@pytest.fixture
def ours(database_url) -> DatabaseSettings:
    return DatabaseSettings(connection_url=database_url)


@asynccontextmanager
async def connected(settings: DatabaseSettings) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(settings.url, poolclass=NullPool)
    async with engine.begin() as connection:
        yield connection


async def shape(settings: DatabaseSettings) -> set[tuple[Any, ...]]:
    """What the tables, indexes and constraints are, whatever their order."""
    async with connected(settings) as connection:
        asked = SQLITE_SHAPE if connection.dialect.name == "sqlite" else POSTGRESQL_SHAPE
        rows = (await connection.exec_driver_sql(asked)).all()
    return {(*where, _clauses(definition)) for *where, definition in rows if VERSION_TABLE not in where}


def _clauses(definition: str | None) -> Any:
    """SQLite keeps a table's DDL as it was written; the order of its columns is not what a table is."""
    if definition is None or not definition.startswith("CREATE TABLE"):
        return definition
    clauses = definition[definition.index("(") + 1 : definition.rindex(")")]
    return frozenset(" ".join(clause.split()) for clause in re.split(r",(?![^()]*\))", clauses))


def create_all(connection: sa.Connection) -> None:
    """Makes the tables of the code, on one database after the other.

    A constraint that PostgreSQL adds with ALTER is one that SQLAlchemy then leaves out of CREATE TABLE for good.
    """
    for table in metadata.tables.values():
        for constraint in table.foreign_key_constraints:
            constraint._create_rule = None
    metadata.create_all(connection)


async def test_migrating_up_gives_exactly_the_tables_of_the_code(empty, tmp_path):
    await migrations.upgrade(empty)
    migrated = await shape(empty)
    await migrations.downgrade(empty, "base")
    async with connected(empty) as connection:
        await connection.run_sync(create_all)
    written = await shape(empty)
    assert migrated - written == set(), "the migrations make something that the code has not"
    assert written - migrated == set(), "the code has something that the migrations do not make"


@pytest.mark.filterwarnings("ignore:.*expression-based index")  # on SQLite these are the other test's alone
async def test_autogenerate_finds_nothing_left_to_migrate(empty):
    await migrations.upgrade(empty)

    def differences(connection: sa.Connection) -> list[Any]:
        options = {"version_table": VERSION_TABLE, "include_object": on_this_database}
        return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)

    def on_this_database(thing: Any, name: str, kind: str, reflected: bool, other: Any) -> bool:
        condition = getattr(thing, "_ddl_if", None)
        return condition is None or condition.dialect == empty.url.partition("+")[0]

    async with connected(empty) as connection:
        assert await connection.run_sync(differences) == []


async def test_what_searches_read_of_a_run_comes_before_its_long_texts(ours):
    """PostgreSQL finds a column by reading the lengths of those before it."""

    def columns(connection: sa.Connection, table: str) -> list[str]:
        return [column["name"] for column in sa.inspect(connection).get_columns(table)]

    for table in ("flow_run", "task_run"):
        async with connected(ours) as connection:
            found = await connection.run_sync(columns, table)
        long = [name for name in found if isinstance(metadata.tables[table].c[name].type, JSONText)]
        assert long
        assert max(map(found.index, ("name", "state_type", "state_name", "tags"))) < min(map(found.index, long))


async def test_down_and_up_again_with_rows_inside(ours):
    before = await shape(ours)
    async with connected(ours) as connection:
        for table in metadata.sorted_tables:
            await connection.execute(sa.insert(table).values(some_row_of(table)))
    for revision in ["base", *REVISIONS]:
        step = migrations.downgrade if revision == "base" else migrations.upgrade
        await step(ours, revision)
    assert await shape(ours) == before
    async with connected(ours) as connection:
        for table in metadata.sorted_tables:
            assert (await connection.scalar(sa.select(sa.func.count()).select_from(table))) == 0


async def test_leases_become_one_row_each_and_many_again(ours):
    """A lease on two limits was two rows."""
    leases = "SELECT slots, holder_type, count(*) FROM {} GROUP BY id, slots, holder_type ORDER BY slots"
    limits, held, alone = [uuid4(), uuid4()], uuid4(), uuid4()
    async with connected(ours) as connection:
        for number, limit in enumerate(limits):
            row = {"id": limit, "name": f"limit {number}", "limit": 5}
            await connection.execute(sa.insert(metadata.tables["concurrency_limit_v2"]).values(row))
        for lease, slots in ((held, 2), (alone, 1)):
            row = {"id": lease, "expiration": datetime(2024, 2, 29, tzinfo=UTC), "slots": slots, "holder_type": "x"}
            await connection.execute(sa.insert(metadata.tables["slot_lease"]).values(row))
        for lease, limit in ((held, limits[0]), (held, limits[1]), (alone, limits[0])):
            row = {"lease_id": lease, "concurrency_limit_id": limit}
            await connection.execute(sa.insert(metadata.tables["slot_lease_limit"]).values(row))
    await migrations.downgrade(ours, "0007")
    async with connected(ours) as connection:
        found = await connection.execute(sa.text(leases.format("concurrency_lease")))
        assert [tuple(row) for row in found] == [(1, "x", 1), (2, "x", 2)]
    await migrations.upgrade(ours)
    async with connected(ours) as connection:
        joined = "slot_lease JOIN slot_lease_limit ON lease_id = id"
        found = await connection.execute(sa.text(leases.format(joined)))
        assert [tuple(row) for row in found] == [(1, "x", 1), (2, "x", 2)]


async def test_task_runs_get_the_flows_of_their_flow_runs(ours):
    """Those that are there already, and the figures of them."""
    flow_id, flow_run_id, of_it, alone = (uuid4() for _ in range(4))
    tables = metadata.tables
    rows = {
        "flow": [{"id": flow_id}],
        "flow_run": [{"id": flow_run_id, "flow_id": flow_id, "state_type": "RUNNING"}],
        "task_run": [
            {"id": of_it, "flow_run_id": flow_run_id, "flow_id": flow_id, "state_type": "COMPLETED"},
            {"id": alone, "flow_run_id": None, "flow_id": None, "state_type": None},
        ],
    }
    async with connected(ours) as connection:
        for name, listed in rows.items():
            for row in listed:
                await connection.execute(sa.insert(tables[name]).values(some_row_of(tables[name]) | row))
    await migrations.downgrade(ours, "0011")
    async with connected(ours) as connection:
        found = await connection.execute(sa.text("SELECT value, sum(count) FROM task_run_tally GROUP BY 1 ORDER BY 1"))
        assert [tuple(row) for row in found] == [("", 1), ("COMPLETED", 1)]
    await migrations.upgrade(ours)
    async with connected(ours) as connection:
        run = tables["task_run"]
        assert dict((await connection.execute(sa.select(run.c.id, run.c.flow_id))).all()) == {
            of_it: flow_id,
            alone: None,
        }
        for counter, truth in (
            ("task_run_tally", {(flow_id, "COMPLETED", 1), (None, "", 1)}),
            ("flow_run_tally", {(flow_id, "RUNNING", 1)}),
        ):
            assert set(map(tuple, (await connection.execute(sa.select(tables[counter]))).all())) == truth


async def test_the_slots_of_leases_leave_the_counters_and_come_back(ours):
    """Counters had them all, more or less: some had drifted."""
    limit, lease, part = (metadata.tables[name] for name in ("concurrency_limit_v2", "slot_lease", "slot_lease_limit"))
    decays = {uuid4(): 0.0, uuid4(): 0.0, uuid4(): 0.5}
    counters = sa.select(limit.c.active_slots).order_by(limit.c.name)
    async with connected(ours) as connection:
        for number, (id, decay) in enumerate(decays.items()):
            row = {"id": id, "name": str(number), "limit": 5, "active_slots": 1, "slot_decay_per_second": decay}
            await connection.execute(sa.insert(limit).values(row))
            held = {"id": uuid4(), "expiration": datetime(2024, 2, 29, tzinfo=UTC), "slots": 2}
            await connection.execute(sa.insert(lease).values(held))
            await connection.execute(sa.insert(part).values(lease_id=held["id"], concurrency_limit_id=id))
    await migrations.downgrade(ours, "0024")
    async with connected(ours) as connection:
        assert list(await connection.scalars(counters)) == [3, 3, 1]
        await connection.execute(sa.update(limit).where(limit.c.name == "1").values(active_slots=1))
    await migrations.upgrade(ours)
    async with connected(ours) as connection:
        assert list(await connection.scalars(counters)) == [1, 0, 1]


def some_row_of(table: sa.Table) -> dict[str, Any]:
    """A value for each column that must have one. All ids are one, so that all references hold."""
    values: dict[type[Any], Any] = {
        UUIDType: ONE_ID,
        Timestamp: datetime(2024, 2, 29, tzinfo=UTC),
        JSONText: "{}",
        Tags: ["one", "two"],
        sa.Text: "text",
        sa.Boolean: False,
    }
    return {
        column.name: values.get(type(column.type), timedelta(0) if column.name == "total_run_time" else 1)
        for column in table.columns
        if not column.nullable
    }


ONE_ID = uuid4()


async def test_a_database_in_use_migrates_step_by_step(empty):
    for revision in REVISIONS:
        await migrations.upgrade(empty, revision)
        assert (await migrations.look(empty)).revision == revision
    await migrations.prepare(empty)


def test_alembics_own_command_line_works_too(empty):
    variables = {**os.environ, "PREFECT_SERVER_DATABASE_CONNECTION_URL": empty.url}
    alembic = [sys.executable, "-m", "alembic", "--config", SCRIPTS.parent / "alembic.ini"]
    subprocess.run([*alembic, "upgrade", "head"], env=variables, check=True)
    shown = subprocess.run([*alembic, "current"], env=variables, check=True, capture_output=True, text=True)
    assert shown.stdout == f"{HEAD} (head)\n"


def test_the_revisions_are_one_line_and_named_in_their_files():
    line = [script.revision for script in ScriptDirectory(str(SCRIPTS)).walk_revisions()]
    assert line[::-1] == REVISIONS
    assert line[0] == HEAD


async def test_reset_throws_everything_away(ours):
    async with connected(ours) as connection:
        await connection.execute(sa.insert(metadata.tables["flow"]).values(name="gone", tags=[]))
    before = await shape(ours)
    await migrations.reset(ours)
    assert await shape(ours) == before
    async with connected(ours) as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(metadata.tables["flow"])) == 0


async def test_stamp_notes_a_revision_and_nothing_else(ours):
    before = await shape(ours)
    await migrations.stamp(ours, "base")
    assert (await migrations.look(ours)).revision is None
    assert await shape(ours) == before


async def test_an_unknown_revision_is_named(ours):
    with pytest.raises(UnusableDatabase, match="9999"):
        await migrations.upgrade(ours, "9999")


async def test_many_starts_at_once_migrate_once(empty):
    code = (
        "import asyncio, sys\nfrom lictor.db import migrations\nfrom lictor.settings import DatabaseSettings\n"
        "asyncio.run(migrations.prepare(DatabaseSettings(connection_url=sys.argv[1])))"
    )
    starts = [await asyncio.create_subprocess_exec(sys.executable, "-c", code, empty.url) for _ in range(4)]
    assert [await start.wait() for start in starts] == [0, 0, 0, 0]
    async with connected(empty) as connection:
        rows = (await connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}")).scalars().all()
    assert rows == [HEAD]


async def test_a_database_that_is_up_to_date_is_not_written_to(ours):
    before = await fingerprint(ours)
    await migrations.prepare(ours)
    assert await fingerprint(ours) == before


async def test_without_migrate_on_start_a_database_that_is_behind_is_refused(empty):
    with pytest.raises(UnusableDatabase, match="lictor database upgrade"):
        await migrations.prepare(empty.model_copy(update={"migrate_on_start": False}))
    assert (await migrations.look(empty)).tables == set()


PREFECT = """
    CREATE TABLE alembic_version (version_num TEXT);
    CREATE TABLE flow_run (id TEXT PRIMARY KEY);
    CREATE TABLE block_type (id TEXT PRIMARY KEY);
"""
SOMEBODY = "CREATE TABLE customer (name TEXT); INSERT INTO customer VALUES ('Ada');"
NEWER = f"CREATE TABLE {VERSION_TABLE} (version_num TEXT); INSERT INTO {VERSION_TABLE} VALUES ('7777');"


@pytest.mark.parametrize(
    ("tables", "advice"),
    [
        pytest.param(PREFECT, "lictor import", id="Prefect's"),
        pytest.param(SOMEBODY, "empty database", id="somebody's"),
        pytest.param(NEWER, "newer than this Lictor", id="of a later version"),
    ],
)
@pytest.mark.parametrize("attempt", ["prepare", "upgrade", "reset"])
async def test_a_database_that_is_not_ours_stays_as_it_is(empty, tables, advice, attempt):
    async with connected(empty) as connection:
        for statement in filter(str.strip, tables.split(";")):
            await connection.exec_driver_sql(statement)
    before = await fingerprint(empty)
    with pytest.raises(UnusableDatabase, match=advice):
        await getattr(migrations, attempt)(empty)
    assert await fingerprint(empty) == before


async def fingerprint(settings: DatabaseSettings) -> Any:
    """Changes with whatever is written: on SQLite the bytes of all files, on PostgreSQL the log of all changes."""
    if "sqlite" in settings.url:
        file = Path(settings.url.partition(":///")[2])
        return {part.name: hashlib.sha256(part.read_bytes()).digest() for part in file.parent.glob(f"{file.name}*")}
    connection = await asyncpg.connect(settings.url.replace("+asyncpg", ""))
    try:
        return await connection.fetchval(
            "SELECT array_agg((relname, pg_relation_filenode(oid), relkind, xmin::text) ORDER BY oid)::text FROM pg_class"
        )
    finally:
        await connection.close()


def test_looking_at_a_file_in_wal_mode_leaves_no_log_behind(tmp_path):
    file = tmp_path / "prefect.db"
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(PREFECT)
    connection.close()
    assert [left.name for left in tmp_path.iterdir()] == ["prefect.db"]
    with pytest.raises(UnusableDatabase, match="Prefect"):
        asyncio.run(migrations.prepare(DatabaseSettings(connection_url=f"sqlite:///{file}")))
    assert [left.name for left in tmp_path.iterdir()] == ["prefect.db"]


def test_tables_that_are_still_in_the_log_are_seen(tmp_path):
    """As after a crash, or while the other server runs: the file itself is still empty."""
    with sqlite3.connect(tmp_path / "live.db") as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(PREFECT)
        for part in ("live.db", "live.db-wal", "live.db-shm"):
            shutil.copy(tmp_path / part, tmp_path / part.replace("live", "crashed"))
    connection.close()
    with pytest.raises(UnusableDatabase, match="Prefect"):
        asyncio.run(migrations.prepare(DatabaseSettings(connection_url=f"sqlite:///{tmp_path / 'crashed.db'}")))


def test_a_file_that_is_no_database_is_named(tmp_path):
    file = tmp_path / "letter.db"
    file.write_text("Dear Sir or Madam, " * 100)
    with pytest.raises(UnusableDatabase, match=r"letter\.db cannot be used: file is not a database"):
        asyncio.run(migrations.prepare(DatabaseSettings(connection_url=f"sqlite:///{file}")))


def test_a_folder_that_is_not_there_is_named(tmp_path):
    url = f"sqlite:///{tmp_path}/nowhere/lictor.db"
    with pytest.raises(UnusableDatabase, match=r"nowhere/lictor\.db cannot be used"):
        asyncio.run(migrations.prepare(DatabaseSettings(connection_url=url)))


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        pytest.param(lambda _: "postgresql://postgres@127.0.0.1:1/postgres", "", id="nobody listens"),
        pytest.param(lambda url: url.replace("/postgres", "/missing"), "missing", id="no such database"),
        pytest.param(lambda url: url.replace("postgres@", "nobody:secret@"), "nobody", id="no such user"),
    ],
)
async def test_a_server_that_cannot_be_reached_is_named(postgres_url, change, cause):
    with pytest.raises(UnusableDatabase, match=f"cannot be used: .*{cause}") as refused:
        await migrations.prepare(DatabaseSettings(connection_url=change(postgres_url)))
    assert "secret" not in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_tables_of_extensions_are_nobodys(empty):
    async with connected(empty) as connection:
        await connection.exec_driver_sql("CREATE EXTENSION pg_stat_statements")
    await migrations.prepare(empty)


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_an_extension_that_may_not_be_created_is_asked_for(empty):
    async with connected(empty) as connection:
        await connection.exec_driver_sql("DROP ROLE IF EXISTS guest")
        await connection.exec_driver_sql("CREATE ROLE guest LOGIN")
        await connection.exec_driver_sql("GRANT ALL ON SCHEMA public TO guest")
    guest = DatabaseSettings(connection_url=empty.url.replace("postgres@", "guest@"))
    with pytest.raises(UnusableDatabase, match="run CREATE EXTENSION pg_trgm"):
        await migrations.prepare(guest)
    assert (await migrations.look(guest)).tables == set()
    async with connected(empty) as connection:
        await connection.exec_driver_sql("CREATE EXTENSION pg_trgm")
    await migrations.prepare(guest)
    async with connected(empty) as connection:
        await connection.exec_driver_sql("DROP OWNED BY guest CASCADE")
        await connection.exec_driver_sql("DROP ROLE guest")


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_a_schema_of_ones_own_beside_somebody_elses(empty):
    async with connected(empty) as connection:
        await connection.exec_driver_sql("CREATE TABLE public.customer (name TEXT)")
        await connection.exec_driver_sql("CREATE SCHEMA lictor")
    own = empty.model_copy(update={"search_path": "lictor, public"})
    await migrations.prepare(own)
    assert "task_run" in (await migrations.look(own)).tables
    nowhere = empty.model_copy(update={"search_path": "elsewhere"})
    with pytest.raises(UnusableDatabase, match="search path"):
        await migrations.prepare(nowhere)
