"""What can be asked of a column: the words of the filter language and the SQL of each."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter
from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import AfterValidator, Field

from lictor.db import functions
from lictor.db.types import ListOf, Tags
from lictor.query.binds import Bind, Form
from lictor.validation.fields import MAX_INTEGER, DateTime

Clause = sa.ColumnElement[bool]


@dataclass(frozen=True)
class Operator:
    """A word of the language: the SQL of a column and a value, the type of that value, and the same test in memory.

    `value` is a type, or makes one of the column's item type. `matches` is given a value that is not None, unless the
    word asks for that.
    """

    clause: Callable[[Any, Bind], Clause]
    value: Callable[[Any], Any]
    meaning: str
    ignore_empty: bool = False  # an empty list or text asks nothing; without it, it matches nothing
    matches: Callable[[Any, Any], bool] | None = None
    form: Callable[[Any], Form] | None = None  # what of the value the SQL depends on, where the type does not say


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
NO_VALUES, ONE_VALUE, SEVERAL_VALUES = range(3)
"""The forms of lists; see `lictor.query.criteria.form_of`."""

Integer = Annotated[int, Field(ge=-MAX_INTEGER, le=MAX_INTEGER)]


def is_null(column: sa.ColumnElement[Any], wanted: bool) -> Clause:
    """Whether the column is null, or is not, as wanted."""
    return column.is_(None) if wanted else column.is_not(None)


def one_of(column: sa.ColumnElement[Any], bind: Bind, read: Callable[[Any], Any] | None = None) -> Clause:
    """Whether the column holds one of the values of a list; `read` makes them of what the request has."""
    if bind.form == NO_VALUES:
        return sa.false()
    if bind.form == ONE_VALUE:
        value = bind(column.type, itemgetter(0) if read is None else lambda values: read(values[0]))
        only: Clause = column == value
        return only
    values = bind(ListOf(column.type), list if read is None else lambda values: [read(value) for value in values])
    return functions.in_list(column, values)


def holds_text(column: sa.ColumnElement[Any], bind: Bind) -> Clause:
    """Whether the column holds the text, in upper or lower case."""
    return functions.like(column, bind(sa.Text(), lambda text: f"%{text}%"), short=bind.form is False)


def _starts_with(column: sa.ColumnElement[Any], bind: Bind) -> Clause:
    beginnings = bind(ListOf(sa.Text()), lambda prefixes: [f"{prefix}%" for prefix in prefixes])
    return functions.like_one_of(column, beginnings)


def _has_all_tags(column: sa.ColumnElement[Any], bind: Bind) -> Clause:
    first = bind(sa.Text(), lambda tags: functions.tag_mark(tags[0]))
    last = bind(sa.Text(), lambda tags: functions.tag_mark(tags[-1]))
    return functions.has_all_tags(column, bind(Tags(), list), first, last)


def _lacks_tags(column: sa.ColumnElement[Any], bind: Bind) -> Clause:
    empty = functions.has_no_tags(column)
    return empty if bind.form else sa.not_(empty)


def _none_of(column: sa.ColumnElement[Any], bind: Bind) -> Clause:
    return sa.not_(one_of(column, bind))


OPERATORS = {
    "any_": Operator(one_of, _list_of, "is one of these", matches=lambda v, wanted: v in wanted),
    "not_any_": Operator(_none_of, _list_of, "is none of these", ignore_empty=True),
    "like_": Operator(
        holds_text,
        _always(Pattern),
        "contains this text, in upper or lower case; % stands for any text, _ for any character",
        ignore_empty=True,
        form=functions.holds_trigram,
    ),
    "startswith_": Operator(
        _starts_with, _always(list[Pattern]), "begins with one of these, in upper or lower case", ignore_empty=True
    ),
    "before_": Operator(
        lambda c, bind: c <= bind(c.type),
        _always(DateTime),
        "is this or earlier",
        matches=lambda v, moment: v <= moment,
    ),
    "after_": Operator(
        lambda c, bind: c >= bind(c.type), _always(DateTime), "is this or later", matches=lambda v, moment: v >= moment
    ),
    "ge_": Operator(
        lambda c, bind: c >= bind(c.type), _always(Integer), "is this or more", matches=lambda v, number: v >= number
    ),
    "le_": Operator(
        lambda c, bind: c <= bind(c.type), _always(Integer), "is this or less", matches=lambda v, number: v <= number
    ),
    "is_null_": Operator(
        lambda c, bind: is_null(c, bind.form is True),
        _always(bool),
        "is absent (true) or present (false)",
        matches=lambda v, yes: (v is None) is yes,
    ),
    "exists_": Operator(
        lambda c, bind: is_null(c, bind.form is False), _always(bool), "is present (true) or absent (false)"
    ),
    "eq_": Operator(lambda c, bind: c == bind.form, _always(bool), "is this"),
}

TAG_OPERATORS = {
    "all_": Operator(_has_all_tags, _list_of, "include all of these", ignore_empty=True),
    "any_": Operator(
        lambda c, bind: functions.has_any_tag(c, bind(Tags(), list)), _list_of, "include at least one of these"
    ),
    "is_null_": Operator(_lacks_tags, _always(bool), "are none (true) or some (false)"),
}


def operator_for(column: sa.ColumnElement[Any], word: str) -> Operator:
    """The operator a word stands for where it is asked of this column."""
    return (TAG_OPERATORS if isinstance(column.type, Tags) else OPERATORS)[word]
