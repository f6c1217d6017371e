"""Many rows in one statement, at the speed of the driver.

PostgreSQL takes an array per column, so that the text of a statement is the same for any number of rows. On SQLite a
statement lists as many rows as it has room for, and its thread runs all of them in one go, because whenever it comes back
it has to wait for the loop and for Python's lock; rows are taken by powers of two, so that texts are few.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect

from lictor.db.engine import DriverStatement, Transaction
from lictor.db.notifications import IDS_IN_A_NOTIFICATION, channel_of
from lictor.db.types import JSONText, PortableType, Tags, Writer, dump_json, is_postgresql

Row = Sequence[Any]
BindAll = Callable[[Sequence[Any]], Sequence[Any]]

MAX_PARAMETERS = 32_766
"""Of one statement, to SQLite."""


class Insertion:
    """Adds rows to a table; `on_conflict` says what becomes of one that is there already.

    It is what SQL says after ON CONFLICT, where `excluded` is the row that arrives. Rows are added in their order; that
    of a key at every writer alike keeps writers from waiting for each other in a circle. Where they are announced,
    those who listen (see `lictor.db.notifications`) are told of the rows that are new.
    """

    def __init__(
        self, table: sa.Table, columns: Iterable[str], on_conflict: str | None = None, *, announced: bool = False
    ) -> None:
        self.table = table
        self.announced = announced
        self.columns = [table.c[name] for name in columns]
        self._on_conflict = "" if on_conflict is None else f" ON CONFLICT {on_conflict}"
        self._max_rows = 2 ** ((MAX_PARAMETERS // len(self.columns)).bit_length() - 1)
        self._binds: dict[str, list[BindAll]] = {}
        self._texts: dict[tuple[str, int], str] = {}

    def position(self, name: str) -> int:
        """Where a column stands in a row."""
        return [column.name for column in self.columns].index(name)

    async def run(self, tx: Transaction, rows: Sequence[Row]) -> None:
        """Adds the rows, whose values stand in the order of the columns."""
        await Insertions.of(tx.dialect, (self, rows)).run(tx)

    def statements(self, dialect: Dialect, rows: Sequence[Row]) -> list[DriverStatement]:
        """What adds the rows, as the driver takes it."""
        if not rows:
            return []
        bound = [bind(values) for bind, values in zip(self._bind(dialect), zip(*rows, strict=True), strict=True)]
        if is_postgresql(dialect):
            return [(self._text(dialect), tuple(bound))]
        parts = _by_powers_of_two(list(zip(*bound, strict=True)), self._max_rows)
        return [(self._text(dialect, len(part)), tuple(chain.from_iterable(part))) for part in parts]

    def _bind(self, dialect: Dialect) -> list[BindAll]:
        if (binds := self._binds.get(dialect.name)) is None:
            binds = self._binds[dialect.name] = [_bind_all(column, dialect) for column in self.columns]
        return binds

    def _text(self, dialect: Dialect, rows: int = 0) -> str:
        if (sql := self._texts.get((dialect.name, rows))) is None:
            source = _from_arrays(self.columns) if is_postgresql(dialect) else _from_marks(len(self.columns), rows)
            names = ", ".join(f'"{column.name}"' for column in self.columns)
            sql = f'INSERT INTO "{self.table.name}" ({names}) {source}{self._on_conflict}'  # our own names
            if self.announced and is_postgresql(dialect):
                sql = _announcing(sql, self.table.name)
            self._texts[dialect.name, rows] = sql
        return sql


@dataclass(slots=True)
class Insertions:
    """Rows for one table after the other, made ready: what is left to do is the database's work."""

    statements: list[DriverStatement]
    announced: set[str]

    @classmethod
    def of(cls, dialect: Dialect, *parts: tuple[Insertion, Sequence[Row]]) -> "Insertions":
        """Of rows whose values stand in the order of the columns."""
        statements = [statement for insertion, rows in parts for statement in insertion.statements(dialect, rows)]
        return cls(statements, {insertion.table.name for insertion, rows in parts if rows and insertion.announced})

    async def run(self, tx: Transaction) -> None:
        """Adds them."""
        if self.statements:
            await tx.driver_sqls(self.statements)
        tx.announced |= self.announced


def _by_powers_of_two(rows: Sequence[Row], most: int) -> Iterator[Sequence[Row]]:
    first = 0
    while left := len(rows) - first:
        size = min(most, 2 ** (left.bit_length() - 1))
        yield rows[first : first + size]
        first += size


def _announcing(insertion: str, table: str) -> str:
    return (
        f"WITH added AS ({insertion} RETURNING id)"  # noqa: S608  # our own names
        f" SELECT pg_notify('{channel_of(table)}', string_agg(id::text, ',')) FROM"
        f" (SELECT id, row_number() OVER () / {IDS_IN_A_NOTIFICATION} AS part FROM added) AS numbered GROUP BY part"
    )


def _from_marks(columns: int, rows: int) -> str:
    row = f"({', '.join('?' * columns)})"
    return f"VALUES {', '.join([row] * rows)}"


def _from_arrays(columns: Sequence[sa.Column[Any]]) -> str:
    taken = ", ".join(f"c{number}{_cast(column)}" for number, column in enumerate(columns, 1))
    given = ", ".join(f"${number}::{_sent_as(column)}[]" for number, column in enumerate(columns, 1))
    names = ", ".join(f"c{number}" for number in range(1, len(columns) + 1))
    return f"SELECT {taken} FROM unnest({given}) AS arrived ({names})"  # noqa: S608  # numbers and types


def _sent_as(column: sa.Column[Any]) -> str:
    if isinstance(column.type, (JSONText, Tags)):
        return "text"
    return column.type.compile(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]


def _cast(column: sa.Column[Any]) -> str:
    match column.type:
        case JSONText():
            return "::json"
        case Tags():
            return "::text[]"
        case _:
            return ""


def _bind_all(column: sa.Column[Any], dialect: Dialect) -> BindAll:
    """What makes the driver's values of Python's."""
    write: Writer | None = None
    if is_postgresql(dialect) and isinstance(column.type, Tags):
        write = _array_text
    elif isinstance(column.type, PortableType):
        write = column.type.driver_writer(dialect)
    if write is None:
        return lambda values: values

    def bind(values: Sequence[Any]) -> list[Any]:
        bound = []
        last = made = None
        for value in values:
            if value is not last:  # rows that belong together share an id or a moment, and follow each other
                last, made = value, None if value is None else write(value)
            bound.append(made)
        return bound

    return bind


def _array_text(texts: Sequence[str]) -> str:
    """A list as PostgreSQL spells it: of an array of arrays `unnest` would make one flat array."""
    escaped = (text.replace("\\", "\\\\").replace('"', '\\"') for text in texts)
    return "{" + ",".join(f'"{text}"' for text in escaped) + "}"


class KeyLookup:
    """Finds the ids of rows by their keys: an id of another table and texts, together in one index."""

    def __init__(self, table: sa.Table, id: str, *texts: str) -> None:
        numbers = range(1, len(texts) + 1)
        asked = ", ".join(f"${number + 1}::text[]" for number in numbers)
        names = ", ".join(f"t{number}" for number in numbers)
        same = "".join(f' AND r."{text}" = k.t{number}' for number, text in zip(numbers, texts, strict=True))
        self._postgresql = (
            f"SELECT k.place - 1, r.id FROM unnest($1::uuid[], {asked}) WITH ORDINALITY AS k (id, {names}, place)"  # noqa: S608
            f' JOIN "{table.name}" r ON r."{id}" = k.id{same}'
        )
        same = "".join(f' AND r."{text}" = k.value ->> {place}' for place, text in enumerate(texts))
        self._sqlite = (
            f'SELECT k.key, r.id FROM json_each(?) k CROSS JOIN "{table.name}" r'  # noqa: S608  # our own names
            f' ON r."{id}" = substr(?, k.key * 16 + 1, 16){same}'
        )

    async def run(self, tx: Transaction, keys: Sequence[tuple[UUID, *tuple[str, ...]]]) -> dict[int, UUID]:
        """The id for each place in the list of keys, if there is such a row."""
        if not keys:
            return {}
        ids, *texts = zip(*keys, strict=True)
        if is_postgresql(tx.dialect):
            return dict(await tx.driver_rows((self._postgresql, (ids, *texts))))
        listed = dump_json([key[1:] for key in keys]), b"".join(id.bytes for id in ids)
        return {place: UUID(bytes=id) for place, id in await tx.driver_rows((self._sqlite, listed))}
