"""Lists that are read page by page, each page behind the last row of the one before it.

Rows that come or go in between move nothing, and a page costs the same at any depth: an index is walked from the
position on. Where that row stood is told to the client as opaque text, the cursor.
"""

import operator
from base64 import b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError
from sqlalchemy.engine import Dialect

from lictor.db.base import utc_now
from lictor.db.compiled_query import BoundQuery
from lictor.db.engine import Connection
from lictor.db.functions import Statement, rows_from
from lictor.db.row_serializer import RowSerializer, python_reader
from lictor.db.types import Timestamp, from_micros, nulls_come_first, to_micros
from lictor.query.filter_key import Filters
from lictor.query.operators import Clause
from lictor.query.resource_query import Order, ResourceQuery


class InvalidCursor(ValueError):
    """What came for a cursor is none, or one of another list."""


@dataclass(frozen=True)
class Position:
    """A row in the order of a list: its value in the column of that order, perhaps absent, and its id.

    Where the order is that of the ids, there is no value; where it is of two columns, there is a list of two.
    """

    value: Any
    id: UUID


MAX_INTEGER = 2**31 - 1  # of what integer columns hold

CONTENT = TypeAdapter(tuple[str, int | str | list[str] | None, UUID])


def write_cursor(sort: str, position: Position) -> str:
    """The cursor of a position in a list that is sorted so."""
    value = to_micros(position.value) if isinstance(position.value, datetime) else position.value
    return urlsafe_b64encode(orjson.dumps([sort, value, str(position.id)])).decode().rstrip("=")


def read_cursor(cursor: str, sort: str, order: Order) -> Position:
    """The position that a cursor stands for in a list of this sort, which is this order."""
    try:
        text = b64decode(cursor.encode() + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        made_for, value, id = CONTENT.validate_python(orjson.loads(text))
        if made_for == sort:
            return Position(_value(value, order), id)
    except (ValueError, OverflowError, ValidationError):
        raise InvalidCursor("This is no cursor of this server") from None
    raise InvalidCursor(f"This cursor was made for another sort than {sort}")


def _value(value: int | str | list[str] | None, order: Order) -> Any:
    match value:
        case [str() as first, str() as then] if order.first is not None and "\0" not in first + then:
            return [first, then]
        case _ if order.first is not None:
            raise ValueError("not a value for each column")
        case None if order.has_nulls or order.by_id:
            return None
        case int() if isinstance(order.column.type, Timestamp):
            return from_micros(value)
        case int() if isinstance(order.column.type, sa.Integer) and -MAX_INTEGER <= value <= MAX_INTEGER:
            return value
        case str() if isinstance(order.column.type, sa.Text) and "\0" not in value:
            return value
        case _:
            raise ValueError("not of the type of the column")


def stretches(order: Order, id: sa.Column[Any], after: Position | None, dialect: Dialect) -> list[Clause]:
    """What to ask of the rows behind a position, one statement after the other: those with and without a value.

    An index walks each of them in order; no index serves both at once.
    """
    beyond = operator.lt if order.descending else operator.gt
    if order.by_id:
        return [sa.true() if after is None else beyond(id, after.id)]
    absent: Clause = order.column.is_(None)
    present: Clause = order.column.is_not(None) if order.has_nulls else sa.true()
    nulls_first = nulls_come_first(dialect, descending=order.descending)
    if after is None:
        both = [absent, present] if nulls_first else [present, absent]
        return both if order.has_nulls else [present]
    if after.value is None:
        rest = absent & beyond(id, after.id)
        return [rest, present] if nulls_first else [rest]
    values = [after.value] if order.first is None else after.value
    *_, value = literals = [sa.literal(each, column.type) for each, column in zip(values, order.columns, strict=True)]
    rest = beyond(sa.tuple_(*order.columns, id), sa.tuple_(*literals, sa.literal(after.id, id.type)))
    if not isinstance(order.column, sa.Column):
        # SQLite finds its way in an index of an expression by a plain comparison only.
        rest &= order.column <= value if order.descending else order.column >= value
    return [rest, absent] if order.has_nulls and not nulls_first else [rest]


@dataclass(frozen=True, eq=False)
class ListQuery:
    """What a list shows: the shape of its objects and the rows to read for it, which of them, and in which order."""

    family: ResourceQuery
    shape: RowSerializer
    rows: Statement
    filters: Filters
    sort: str

    @property
    def order(self) -> Order:
        return self.family.orders[self.sort]

    def part(self, limit: int, offset: int) -> BoundQuery:
        """Those from an offset on."""
        return self.family.page(self.rows, self.filters, self.sort, limit=limit, offset=offset)

    def parts(self, limit: int, after: Position | None, dialect: Dialect) -> list[Statement]:
        """Those behind a position, or from the start: statements to run until there are enough rows.

        Each row ends with what makes its position.
        """
        id = self.family.table.c.id
        values = (column.label(f"cursor_value_{number}") for number, column in enumerate(self.order.columns))
        rows = self.rows.add_columns(*values, id.label("cursor_id"))
        page = self.family.matching(rows_from(rows.order_by(*self.order.clauses(id)), 0, limit), self.filters)
        return [page.where(clause) for clause in stretches(self.order, id, after, dialect)]

    async def page(self, connection: Connection, limit: int, cursor: str) -> tuple[list[dict[str, Any]], str | None]:
        """At most `limit` objects behind a cursor, or from the start if it is empty, and the cursor of their end.

        That is None where the list ends, too. Raises BadCursor.
        """
        objects, end = await self.behind(connection, limit, self.position(cursor))
        return objects, None if end is None else write_cursor(self.sort, end)

    def position(self, cursor: str | None) -> Position | None:
        """What a cursor stands for; None is the start. Raises InvalidCursor."""
        if self.order.moves and cursor is not None:
            raise InvalidCursor(f"{self.sort} has no cursors, because rows change places as time goes by")
        return read_cursor(cursor, self.sort, self.order) if cursor else None

    async def behind(
        self, connection: Connection, limit: int, after: Position | None
    ) -> tuple[list[dict[str, Any]], Position | None]:
        """At most `limit` objects behind a position, or from the start, and their end unless it is that of the list."""
        found: list[Any] = []
        for statement in self.parts(limit + 1, after, connection.dialect):
            found += (await connection.rows(statement))[: limit + 1 - len(found)]
            if len(found) > limit:
                break
        objects = connection.compiler.render(self.shape, found[:limit], utc_now())
        return objects, self._position_of(found[limit - 1], connection.dialect) if len(found) > limit else None

    def _position_of(self, row: Any, dialect: Dialect) -> Position:
        columns = [*self.order.columns, self.family.table.c.id]
        *values, id = (
            raw if reader is None or raw is None else reader(raw)
            for raw, reader in zip(
                row[-len(columns) :], (python_reader(column, dialect) for column in columns), strict=True
            )
        )
        value = values[0] if self.order.first is None else values
        return Position(None if self.order.by_id else value, id)
