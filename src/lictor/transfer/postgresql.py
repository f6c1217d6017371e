"""PostgreSQL as a source and as a target, through the driver's own connection: its COPY and its cursors."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any, TypeAlias

import asyncpg
import sqlalchemy as sa

from lictor.db.migrations import postgresql_engine
from lictor.settings import DatabaseSettings
from lictor.transfer.endpoints import FETCH_ROWS, Source, Target, quoted
from lictor.transfer.plans import Plan
from lictor.transfer.rows import Decoders, Row, as_it_is
from lictor.transfer.values import remembered

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

# PostgreSQL counts microseconds from the year 2000.
YEAR_2000 = 946_684_800_000_000
DAY = 86_400_000_000


# For each type that has a form of its own in transit: from there, to there, and between which forms.
CODECS = (
    ("uuid", bytes, bytes, "binary"),
    ("timestamptz", lambda micros: (micros - YEAR_2000,), lambda parts: parts[0] + YEAR_2000, "tuple"),
    ("interval", as_it_is, lambda parts: (parts[0] * 30 + parts[1]) * DAY + parts[2], "tuple"),
    ("json", str.encode, bytes.decode, "binary"),
    ("jsonb", as_it_is, lambda raw: raw[1:].decode(), "binary"),
)


@asynccontextmanager
async def _connection(settings: DatabaseSettings) -> AsyncIterator[Connection]:
    """A connection that reads and writes values in transit (see values.py), and takes its time."""
    engine = postgresql_engine(settings)
    async with engine.connect() as wrapped:
        connection = (await wrapped.get_raw_connection()).driver_connection
        assert isinstance(connection, asyncpg.Connection)
        await connection.execute("SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0")
        for kind, encoder, decoder, form in CODECS:
            await connection.set_type_codec(kind, schema="pg_catalog", encoder=encoder, decoder=decoder, format=form)
        yield connection


class PostgresSource(Source):
    """A Prefect database on a server, seen as it was when the import began."""

    dialect = "postgresql"
    decoders = Decoders()

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: DatabaseSettings) -> AsyncIterator["PostgresSource"]:
        async with (
            _connection(settings) as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            yield cls(connection)

    async def tables(self) -> dict[str, frozenset[str]]:
        rows = await self._connection.fetch("""
            SELECT c.relname::text, array_agg(a.attname::text)
            FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
            WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
            AND a.attnum > 0 AND NOT a.attisdropped
            GROUP BY 1
        """)
        return {name: frozenset(columns) for name, columns in rows}

    async def value(self, query: str) -> Any:
        return await self._connection.fetchval(query)

    async def stream(self, query: str, size: int) -> AsyncGenerator[Sequence[Row]]:
        async for rows in self._fetched(query, (), size):
            yield rows

    async def rows(self, query: str, ids: Sequence[bytes]) -> AsyncGenerator[Sequence[Row]]:
        async for rows in self._fetched(f"{query} WHERE t.id = ANY ($1::uuid[])", (ids,), FETCH_ROWS):
            yield rows

    async def _fetched(self, query: str, parameters: Sequence[Any], size: int) -> AsyncGenerator[Sequence[Row]]:
        cursor = await self._connection.cursor(query, *parameters)
        while rows := await cursor.fetch(size):
            yield rows


class PostgresTarget(Target):
    """A database of Lictor on a server. Rows come by COPY into a temporary table, and go on from there by SQL."""

    complaints = (
        asyncpg.DataError,
        asyncpg.IntegrityConstraintViolationError,
        asyncpg.ProgramLimitExceededError,  # a text too long for an index
        OverflowError,
        UnicodeEncodeError,
    )

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._turn = asyncio.Lock()
        self._prepared: set[str] = set()
        self.encode_tags = remembered(json.loads)

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: DatabaseSettings) -> AsyncIterator["PostgresTarget"]:
        async with _connection(settings) as connection:
            # New entries of GIN indexes wait in a list; the longer it may grow, the less often the index is rewritten.
            await connection.execute("SET gin_pending_list_limit = '64MB'; SET work_mem = '64MB'")
            yield cls(connection)

    async def existing(self, table: sa.Table, ids: Collection[bytes]) -> dict[bytes, int | None]:
        stamp = "updated" if "updated" in table.c else "NULL::timestamptz"
        query = f'SELECT id, {stamp} FROM "{table.name}" WHERE id = ANY ($1::uuid[])'
        async with self._turn:
            return dict(await self._connection.fetch(query, list(ids)))

    async def insert(self, plan: Plan, rows: Sequence[Row]) -> int:
        async with self._transaction(plan.tables):
            added = await self._add(plan.table, plan.names, rows, plan.made(_column_of_incoming))
            if plan.parts is not None:
                await self._add(plan.parts.table, plan.parts.names, plan.parts_of(rows))
        return added

    async def update(self, plan: Plan, rows: Sequence[Row]) -> int:
        values = {name: _column_of_incoming(name) for name in plan.names if name != "id"}
        values |= plan.made(_column_of_incoming)
        sets = ", ".join(f'"{name}" = {value}' for name, value in values.items())
        name, incoming = plan.table.name, _incoming(plan.table)
        statement = f'UPDATE "{name}" t SET {sets} FROM "{incoming}" i WHERE t.id = i.id AND t.updated < i.updated'
        async with self._transaction([plan.table]):
            return await self._through_copy(plan.table, plan.names, rows, statement)

    async def link(self, column: sa.Column[Any], pairs: Sequence[tuple[bytes, bytes]]) -> None:
        ids, values = zip(*pairs, strict=True)
        statement = (
            f'UPDATE "{column.table.name}" t SET "{column.name}" = pair.value'
            " FROM unnest($1::uuid[], $2::uuid[]) AS pair (id, value)"
            f' WHERE t.id = pair.id AND t."{column.name}" IS NULL'
        )
        async with self._turn:
            await self._connection.execute(statement, ids, values)

    async def find(self, table: sa.Table, key: Mapping[str, Any]) -> bytes | None:
        condition = " AND ".join(f'"{name}" = ${position}' for position, name in enumerate(key, 1))
        async with self._turn:
            found: bytes | None = await self._connection.fetchval(
                f'SELECT id FROM "{table.name}" WHERE {condition}', *key.values()
            )
        return found

    async def count(self, table: sa.Table) -> int:
        async with self._turn:
            return int(await self._connection.fetchval(f'SELECT COUNT(*) FROM "{table.name}"'))

    async def settle(self, tables: Sequence[sa.Table]) -> None:
        """The planner learns what there is, and which pages it need not look at twice."""
        async with self._turn:
            for table in tables:
                await self._connection.execute(f'VACUUM (ANALYZE) "{table.name}"')

    @asynccontextmanager
    async def _transaction(self, tables: Iterable[sa.Table]) -> AsyncIterator[None]:
        """A transaction in which rows can come in for these tables."""
        async with self._turn:
            for table in tables:
                if (incoming := _incoming(table)) not in self._prepared:
                    await self._connection.execute(
                        f'CREATE TEMPORARY TABLE "{incoming}" ON COMMIT DELETE ROWS AS TABLE "{table.name}" WITH NO DATA'
                    )
                    self._prepared.add(incoming)
            async with self._connection.transaction():
                yield

    async def _add(
        self,
        table: sa.Table,
        names: Sequence[str],
        rows: Iterable[Row],
        made: Mapping[str, str] = MappingProxyType({}),
    ) -> int:
        values = ", ".join([*map(_column_of_incoming, names), *made.values()])
        statement = (
            f'INSERT INTO "{table.name}" ({quoted([*names, *made])}) SELECT {values} FROM "{_incoming(table)}" i'
            " ON CONFLICT DO NOTHING"
        )
        return await self._through_copy(table, names, rows, statement)

    async def _through_copy(self, table: sa.Table, names: Sequence[str], rows: Iterable[Row], statement: str) -> int:
        await self._connection.copy_records_to_table(_incoming(table), columns=names, records=rows)
        status = await self._connection.execute(statement)
        return int(status.rpartition(" ")[2])


def _incoming(table: sa.Table) -> str:
    return f"incoming_{table.name}"


def _column_of_incoming(name: str) -> str:
    return f'i."{name}"'
