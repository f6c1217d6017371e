"""What can be asked of a column: the words of the filter language and the SQL of each."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import AfterValidator, Field

from lictor.db import functions
from lictor.db.types import Tags
from lictor.validation.fields import MAX_INTEGER, DateTime

Clause = sa.ColumnElement[bool]


@dataclass(frozen=True)
class Operator:
    """A word of the language: the SQL of a column and a value, and the type of that value.

    `value` is a type, or makes one of the column's item type. `values` gives what the parameters in the SQL of a value
    hold, in their order; where it is none, another value may have other SQL.
    """

    clause: Callable[[Any, Any], Clause]
    value: Callable[[Any], Any]
    meaning: str
    values: Callable[[Any], tuple[Any, ...]] | None = None
    ignore_empty: bool = False  # an empty list or text asks nothing; without it, it matches nothing
    holds: Callable[[Any, Any], bool] | None = None  # the same of a value in memory, which is not None unless asked for


def _list_of(item: Any) -> Any:
    return list[item]


def _always(value: Any) -> Callable[[Any], Any]:
    return lambda _: value


def _within_limits(text: str) -> str:
    """Folds runs of %, which match what one of them does, and refuses what no database takes."""
    folded = re.sub("%+", "%", text)
    if len(folded.encode()) > functions.MAX_PATTERN_BYTES - 2:
        raise ValueError(f"must be at most {functions.MAX_PATTERN_BYTES - 2} bytes long")
    return folded


Pattern = Annotated[str, AfterValidator(_within_limits)]
Integer = Annotated[int, Field(ge=-MAX_INTEGER, le=MAX_INTEGER)]


def _none_of(column: Any, barred: Any) -> Clause:
    return sa.not_(functions.value_in(column, barred))


def is_null(column: sa.ColumnElement[Any], wanted: bool) -> Clause:
    """Whether the column is null, or is not, as wanted."""
    return column.is_(None) if wanted else column.is_not(None)


def _lacks_tags(column: Any, wanted: bool) -> Clause:
    empty = functions.has_no_tags(column)
    return empty if wanted else sa.not_(empty)


def _starts_with(column: Any, prefixes: list[str]) -> Clause:
    return functions.like_one_of(column, _beginnings(prefixes))


def _beginnings(prefixes: list[str]) -> list[str]:
    return [f"{prefix}%" for prefix in prefixes]


def _itself(value: Any) -> tuple[Any, ...]:
    return (value,)


OPERATORS = {
    "any_": Operator(
        functions.value_in,
        _list_of,
        "is one of these",
        functions.values_for_value_in,
        holds=lambda v, wanted: v in wanted,
    ),
    "not_any_": Operator(_none_of, _list_of, "is none of these", functions.values_for_value_in, ignore_empty=True),
    "like_": Operator(
        lambda column, text: functions.like(column, f"%{text}%"),
        _always(Pattern),
        "contains this text, in upper or lower case; % stands for any text, _ for any character",
        lambda text: (f"%{text}%",),
        ignore_empty=True,
    ),
    "startswith_": Operator(
        _starts_with,
        _always(list[Pattern]),
        "begins with one of these, in upper or lower case",
        lambda prefixes: (_beginnings(prefixes),),
        ignore_empty=True,
    ),
    "before_": Operator(
        lambda c, moment: c <= moment,
        _always(DateTime),
        "is this or earlier",
        _itself,
        holds=lambda v, moment: v <= moment,
    ),
    "after_": Operator(
        lambda c, moment: c >= moment,
        _always(DateTime),
        "is this or later",
        _itself,
        holds=lambda v, moment: v >= moment,
    ),
    "ge_": Operator(
        lambda c, number: c >= number, _always(Integer), "is this or more", _itself, holds=lambda v, number: v >= number
    ),
    "le_": Operator(
        lambda c, number: c <= number, _always(Integer), "is this or less", _itself, holds=lambda v, number: v <= number
    ),
    "is_null_": Operator(
        is_null, _always(bool), "is absent (true) or present (false)", holds=lambda v, yes: (v is None) is yes
    ),
    "exists_": Operator(lambda c, yes: is_null(c, not yes), _always(bool), "is present (true) or absent (false)"),
    "eq_": Operator(lambda c, value: c == value, _always(bool), "is this"),
}

TAG_OPERATORS = {
    "all_": Operator(
        functions.has_all_tags, _list_of, "include all of these", functions.values_for_all_tags, ignore_empty=True
    ),
    "any_": Operator(functions.has_any_tag, _list_of, "include at least one of these", lambda tags: (list(tags),)),
    "is_null_": Operator(_lacks_tags, _always(bool), "are none (true) or some (false)"),
}


def operator_for(column: sa.ColumnElement[Any], word: str) -> Operator:
    """The operator a word stands for where it is asked of this column."""
    return (TAG_OPERATORS if isinstance(column.type, Tags) else OPERATORS)[word]
