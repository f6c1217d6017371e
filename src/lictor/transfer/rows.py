"""From a source's row to a row of ours, column by column."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from lictor.db.types import Duration, JSONText, Tags, Timestamp, UUIDType
from lictor.transfer.plans import Plan
from lictor.transfer.values import (
    Convert,
    InvalidValue,
    Unstorable,
    free_json,
    integer,
    json_of,
    moment,
    remembered,
    repaired_json,
    repaired_text,
    text,
)

Row = tuple[Any, ...]
Aliases = Mapping[sa.Table, Mapping[bytes, bytes]]

TAGS = remembered(json_of(list[str]))
FREE_JSON = remembered(free_json)

NUL_IN_JSON = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
"""The escape itself, not a backslash that is followed by the letter."""

# What a driver's or a parser's complaint about a value may be.
COMPLAINTS = (ValueError, TypeError, AttributeError, ArithmeticError)


@dataclass(frozen=True)
class Decoders:
    """What makes a source's values into values in transit; None where they are that already."""

    uuid: Convert | None = None
    moment: Convert | None = None
    duration: Convert | None = None
    boolean: Convert | None = None
    text: Convert | None = None
    json: Convert | None = None


@dataclass(frozen=True)
class Cell:
    """How one column's value is made, and what it is where the source has none."""

    name: str
    convert: Convert
    repair: Convert | None = None
    absent: Any = None

    def repaired(self, value: Any, complaint: Exception) -> Any:
        """The value after all, with what cannot be stored replaced. Raises Unfit if that is not what it takes."""
        if isinstance(complaint, InvalidValue) and not complaint.reparable:
            raise complaint
        if self.repair is None:
            raise InvalidValue("is not of its type")
        return self.repair(value)


@dataclass(frozen=True)
class Fitted:
    """What a row of the source became: a row of ours or none, and what had to be done about it."""

    row: Row | None
    remarks: Sequence[str] = ()


class Fitting:
    """Makes the source's rows into rows of one table of ours."""

    def __init__(self, plan: Plan, decoders: Decoders, encode_tags: Convert | None, aliases: Aliases) -> None:
        self._cells = [_cell(plan, column, decoders, encode_tags, aliases) for column in plan.filled]
        self._quick = [(cell.convert, cell.absent) for cell in self._cells]

    def fit(self, raw: Sequence[Any]) -> Fitted:
        """The row of ours, or why there is none."""
        try:
            return Fitted(
                tuple(
                    [
                        absent if value is None else convert(value)
                        for value, (convert, absent) in zip(raw, self._quick, strict=True)
                    ]
                )
            )
        except COMPLAINTS:
            return self._with_care(raw)

    def _with_care(self, raw: Sequence[Any]) -> Fitted:
        """The row again, value by value, to repair what can be repaired and to name what cannot."""
        row: list[Any] = []
        remarks: list[str] = []
        for value, cell in zip(raw, self._cells, strict=True):
            try:
                row.append(cell.absent if value is None else cell.convert(value))
            except COMPLAINTS as complaint:
                try:
                    row.append(cell.repaired(value, complaint))
                except InvalidValue as unfit:
                    return Fitted(None, [f"{cell.name} {unfit}"])
                remarks.append(f"{cell.name} held characters that cannot be stored, now U+FFFD")
        return Fitted(tuple(row), remarks)


def _cell(
    plan: Plan, column: sa.Column[Any], decoders: Decoders, encode_tags: Convert | None, aliases: Aliases
) -> Cell:
    check = plan.checks.get(column.name)
    match column.type:
        case UUIDType():
            parent = plan.references.get(column.name, plan.aliases.get(column.name))
            known = aliases.get(parent) if parent is not None else None
            return Cell(column.name, chain(decoders.uuid, _renamed(known) if known else None))
        case Timestamp():
            return Cell(column.name, chain(decoders.moment, moment))
        case Duration():
            return Cell(column.name, chain(decoders.duration))
        case Tags():
            return _json_cell(column, decoders, TAGS, "[]", encode_tags)
        case JSONText():
            return _json_cell(column, decoders, check or FREE_JSON, "{}")
        case sa.Boolean():
            return Cell(column.name, chain(decoders.boolean), absent=_default(column))
        case sa.Integer():
            return Cell(column.name, integer, absent=_default(column))
        case sa.Float():
            return Cell(column.name, float, absent=_default(column))
        case _:
            return Cell(
                column.name,
                chain(decoders.text, text, check),
                chain(repaired_text, check),
                absent=_default(column),
            )


def _json_cell(
    column: sa.Column[Any], decoders: Decoders, convert: Convert, empty: str, encode: Convert | None = None
) -> Cell:
    absent = None if column.nullable else _attempted(chain(convert, encode), empty)

    def stored(source: Any) -> Any:
        return ready(convert(source))

    def checked(source: Any) -> Any:
        found = convert(source)
        if found is not None and "\\u0000" in found and NUL_IN_JSON.search(found):
            raise Unstorable("holds characters that cannot be stored")
        return ready(found)

    def ready(found: str | None) -> Any:
        if found is None:
            return absent
        return found if encode is None else encode(found)

    return Cell(column.name, chain(decoders.json, checked), lambda source: repaired_json(source, stored), absent)


def _attempted(convert: Convert, source: str) -> Any:
    try:
        return convert(source)
    except COMPLAINTS:
        return None


def _renamed(known: Mapping[bytes, bytes]) -> Convert:
    return lambda key: known.get(key, key)


def _default(column: sa.Column[Any]) -> Any:
    return column.default.arg if isinstance(column.default, sa.ColumnDefault) and column.default.is_scalar else None


def chain(*steps: Convert | None) -> Convert:
    """One step after the other."""
    match [step for step in steps if step is not None]:
        case []:
            return as_it_is
        case [only]:
            return only
        case [first, *others]:
            then = chain(*others)
            return lambda value: then(first(value))
    raise AssertionError


def as_it_is(value: Any) -> Any:
    return value
