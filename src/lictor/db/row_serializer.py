"""From rows to JSON in one pass, without objects in between.

A `RowSerializer` names the fields of one JSON object and where each comes from. It is compiled once per
database into a function that takes the driver's rows as they are and gives what orjson writes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.elements import ColumnElement

from lictor.db.types import PortableType, SecondsBetween, as_driver_value, seconds_between

Rows = Sequence[Sequence[Any]]
Render = Callable[[Rows, datetime], list[dict[str, Any]]]


@dataclass(frozen=True, eq=False)
class Computed:
    """A field that Python works out: `function(now, *Python values of the columns)`."""

    function: Callable[..., Any]
    columns: tuple[ColumnElement[Any], ...]


@dataclass(frozen=True, eq=False)
class DurationField:
    """A field that is a length of time, worked out of the driver's own values, which is much faster.

    `measure` makes, of the function that gives the seconds between two of the driver's moments, the function for the
    field: of now and of the columns' values.
    """

    measure: Callable[[SecondsBetween], Callable[..., Any]]
    columns: tuple[ColumnElement[Any], ...]


@dataclass(frozen=True, eq=False)
class NestedObject:
    """An object inside the object, or null where the column `unless_null` is null."""

    fields: Mapping[str, "Field"]
    unless_null: ColumnElement[Any] | None = None


@dataclass(frozen=True, eq=False)
class Constant:
    """A field that is the same in every row."""

    value: Any


Field = ColumnElement[Any] | Computed | DurationField | NestedObject | Constant


class RowSerializer:
    """The fields of a JSON object, in their order, each a column or what is made of columns."""

    def __init__(self, fields: Mapping[str, Field]) -> None:
        self.fields = fields
        self.columns: list[ColumnElement[Any]] = []
        self._position: dict[ColumnElement[Any], int] = {}
        for column in _columns(fields):
            if column not in self._position:
                self._position[column] = len(self.columns)
                self.columns.append(column)

    @cached_property
    def _select(self) -> sa.Select[*tuple[Any, ...]]:
        return sa.select(*self.columns)

    def select(self) -> sa.Select[*tuple[Any, ...]]:
        """A statement that reads the columns of this shape, in its order."""
        return self._select

    def compile(self, dialect: Dialect) -> Render:
        """What makes objects, ready for orjson, of rows that `select` read; it is given now for what is worked out."""
        render = _Writer(self._position, dialect).function(self.fields)
        columns = len(self.columns)

        def render_own_columns(rows: Rows, now: datetime) -> list[dict[str, Any]]:
            if rows and len(rows[0]) > columns:  # the statement reads more than is asked for
                rows = [row[:columns] for row in rows]
            return render(rows, now)

        return render_own_columns


class _Writer:
    """Writes a function over rows: no loop over fields is left in it, and nothing is read twice."""

    def __init__(self, position: Mapping[ColumnElement[Any], int], dialect: Dialect) -> None:
        self._position = position
        self._dialect = dialect
        self._names: dict[str, Any] = {}
        self._values: dict[str, str] = {}  # local variables, by what they hold

    def function(self, fields: Mapping[str, Field]) -> Render:
        written = self._object(fields)
        columns = "".join(f"c{number}, " for number in range(len(self._position)))
        lines = [
            "def render(rows, now):",
            f"    raw_now = {self._bind(as_driver_value)}({self._bind(self._dialect)}, now)",
            "    found = []",
            f"    for {columns} in rows:" if columns else "    for _ in rows:",
            *(f"        {name} = {expression}" for expression, name in self._values.items()),
            f"        found.append({written})",
            "    return found",
        ]
        exec("\n".join(lines), self._names)  # noqa: S102  # made of field names and positions only
        render: Render = self._names["render"]
        return render

    def _bind(self, value: Any) -> str:
        self._names[name := f"f{len(self._names)}"] = value
        return name

    def _read(self, column: ColumnElement[Any], reader: Callable[[Any], Any] | None) -> str:
        raw = f"c{self._position[column]}"
        if reader is None:
            return raw
        known = next((name for name, value in self._names.items() if value is reader), None)
        expression = f"None if {raw} is None else {known or self._bind(reader)}({raw})"
        return self._values.setdefault(expression, f"v{len(self._values)}")

    def _write(self, field: Field) -> str:
        match field:
            case Computed(function, columns):
                arguments = (self._read(c, python_reader(c, self._dialect)) for c in columns)
                return f"{self._bind(function)}(now, {', '.join(arguments)})"
            case DurationField(measure, columns):
                arguments = (self._read(c, None) for c in columns)
                return f"{self._bind(measure(seconds_between(self._dialect)))}(raw_now, {', '.join(arguments)})"
            case NestedObject(fields, unless_null):
                text = self._object(fields)
                return (
                    text
                    if unless_null is None
                    else f"({text} if {self._read(unless_null, None)} is not None else None)"
                )
            case Constant(value):
                return self._bind(value)
            case _:
                return self._read(field, _json_reader(field, self._dialect))

    def _object(self, fields: Mapping[str, Field]) -> str:
        return "{" + ", ".join(f"{name!r}: {self._write(field)}" for name, field in fields.items()) + "}"


def _columns(fields: Mapping[str, Field]) -> Iterable[ColumnElement[Any]]:
    for field in fields.values():
        match field:
            case Computed(_, columns) | DurationField(_, columns):
                yield from columns
            case NestedObject(nested, unless_null):
                if unless_null is not None:
                    yield unless_null
                yield from _columns(nested)
            case Constant():
                pass
            case _:
                yield field


def _json_reader(column: ColumnElement[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    kind = column.type
    if isinstance(kind, PortableType):
        return kind.json_reader(dialect)
    if isinstance(kind, sa.Boolean):
        return bool
    return None


def python_reader(column: ColumnElement[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """From the driver's value, never None, to Python's; None where they are the same."""
    if isinstance(
        column.type, sa.Float
    ):  # both drivers give it; SQLAlchemy would ask for PostgreSQL's number of the type
        return None
    return column.type.dialect_impl(dialect).result_processor(dialect, None)
