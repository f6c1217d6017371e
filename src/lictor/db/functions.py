"""SQL that differs between the databases, each construct with both spellings side by side."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from lictor.db.types import MICROSECOND, ListOf, Patterns, Tags, Timestamp, UUIDType, dump_json

# The longest pattern, in bytes, that SQLite's LIKE takes (SQLITE_MAX_LIKE_PATTERN_LENGTH).
MAX_PATTERN_BYTES = 50_000


Statement = sa.Select[*tuple[Any, ...]]
Moment = sa.ColumnElement[Any] | datetime


class DialectSQL(FunctionElement[Any]):
    """A construct with a spelling for each database; `{0}`, `{1}` are its arguments."""

    inherit_cache = True
    postgresql: ClassVar[str]
    sqlite: ClassVar[str]


@compiles(DialectSQL)
def _spell(element: DialectSQL, compiler: Any, **kw: Any) -> str:
    spelling: str = getattr(element, compiler.dialect.name)
    # What a spelling leaves out is no parameter of the statement.
    spelled = (
        compiler.process(clause, **kw) if f"{{{number}}}" in spelling else ""
        for number, clause in enumerate(element.clauses)
    )
    return spelling.format(*spelled)


class TextIn(DialectSQL):
    """Of texts, and of moments, which JSON holds as numbers."""

    inherit_cache = True
    postgresql = "{0} = ANY ({1})"
    sqlite = "{0} IN (SELECT value FROM json_each({1}))"


class UUIDIn(DialectSQL):
    """JSON holds no bytes, so on SQLite the ids come as one byte string, 16 bytes each."""

    inherit_cache = True
    postgresql = "{0} = ANY ({1})"
    sqlite = (
        "{0} IN (WITH RECURSIVE each_id(at) AS (SELECT 1 UNION ALL"
        " SELECT at + 16 FROM each_id WHERE at + 16 < length({1}))"
        " SELECT substr({1}, at, 16) FROM each_id WHERE length({1}) > 0)"
    )


class HasAllTags(DialectSQL):
    """On SQLite, by counting: so the list that is asked for is unfolded once, and not once for each row.

    Few rows are counted: first the text of the column must hold that of a tag, `{2}`, as JSON.
    """

    inherit_cache = True
    postgresql = "{0} @> {1}"
    sqlite = (
        "(instr({0}, {2}) > 0 AND instr({0}, {3}) > 0 AND (SELECT count(DISTINCT held.value) FROM json_each({0}) AS held"
        " WHERE held.value IN (SELECT asked.value FROM json_each({1}) AS asked))"
        " = (SELECT count(DISTINCT asked.value) FROM json_each({1}) AS asked))"
    )


class HasAnyTag(DialectSQL):
    inherit_cache = True
    postgresql = "{0} && {1}"
    sqlite = (
        "EXISTS (SELECT 1 FROM json_each({0}) AS held"
        " WHERE held.value IN (SELECT asked.value FROM json_each({1}) AS asked))"
    )


class Like(DialectSQL):
    """As each database folds case: SQLite in ASCII only, PostgreSQL as its locale does.

    SQLite knows no escape character here; PostgreSQL takes a backslash for one.
    """

    inherit_cache = True
    postgresql = "{0} ILIKE {1}"
    sqlite = "{0} LIKE {1}"


class LikeShort(DialectSQL):
    """As `Like`, of a text too short for an index of trigrams: PostgreSQL would read all of that index, and all rows after."""

    inherit_cache = True
    postgresql = "({0} || '') ILIKE {1}"
    sqlite = "{0} LIKE {1}"


class LikeOneOf(DialectSQL):
    """As `Like`, of any number of patterns."""

    inherit_cache = True
    postgresql = "{0} ILIKE ANY ({1})"
    sqlite = "EXISTS (SELECT 1 FROM json_each({1}) AS pattern WHERE {0} LIKE pattern.value)"


class Contains(DialectSQL):
    """As each database folds case: SQLite in ASCII only, PostgreSQL as its locale does."""

    inherit_cache = True
    postgresql = "strpos(lower({0}), lower({1})) > 0"
    sqlite = "instr(lower({0}), lower({1})) > 0"


class StartsWithAny(DialectSQL):
    inherit_cache = True
    postgresql = "({0} ^@ ANY ({1}))"
    sqlite = "EXISTS (SELECT 1 FROM json_each({1}) AS p WHERE substr({0}, 1, length(p.value)) = p.value)"


class LikeAny(DialectSQL):
    """With regard to case, and with `wildcards` as each database spells them."""

    inherit_cache = True
    postgresql = "({0} LIKE ANY ({1}))"
    sqlite = "EXISTS (SELECT 1 FROM json_each({1}) AS p WHERE {0} GLOB p.value)"


class UnlikeAny(DialectSQL):
    inherit_cache = True
    postgresql = "({0} NOT LIKE ANY ({1}))"
    sqlite = "EXISTS (SELECT 1 FROM json_each({1}) AS p WHERE {0} NOT GLOB p.value)"


class PairIn(DialectSQL):
    inherit_cache = True
    postgresql = "(({0}, {1}) IN (SELECT p ->> 0, p ->> 1 FROM json_array_elements(({2})::json) AS p))"
    sqlite = "EXISTS (SELECT 1 FROM json_each({2}) AS p WHERE p.value ->> 0 = {0} AND p.value ->> 1 = {1})"


class JSONMember(DialectSQL):
    """Under a key of any characters, which SQLite's paths cannot express."""

    type = sa.Text()
    inherit_cache = True
    postgresql = "({0} ->> {1})"
    sqlite = "(SELECT member.value FROM json_each({0}) AS member WHERE member.key = {1})"


class JSONValue(DialectSQL):
    type = sa.Text()
    inherit_cache = True
    postgresql = "({0} ->> {1})"
    sqlite = "json_extract({0}, '$.' || {1})"


class IsTrueIn(DialectSQL):
    type = sa.Boolean()
    inherit_cache = True
    postgresql = "({0} ->> {1}) = 'true'"
    sqlite = "json_extract({0}, '$.' || {1}) IS 1"


class PerDialect(DialectSQL):
    """One of two statements, or of two conditions."""

    inherit_cache = True
    postgresql = "{0}"
    sqlite = "{1}"


class InSubquery(DialectSQL):
    """SQLite would take it for a join, and begin at the other end."""

    type = sa.Boolean()
    inherit_cache = True
    postgresql = "{0} IN {1}"
    sqlite = "+{0} IN {1}"


class AmongKeys(DialectSQL):
    """SQLite puts what it finds in order by itself, once; to be told so, it would do it twice."""

    inherit_cache = True
    postgresql = "({0} IN {2})"
    sqlite = "({0} IN {1})"


class InBrackets(DialectSQL):
    """SQLAlchemy takes its own brackets away where it can, which makes one long chain of many short ones."""

    type = sa.Boolean()
    inherit_cache = True
    postgresql = "({0})"
    sqlite = "({0})"


class MicrosBetween(DialectSQL):
    """In floating point on PostgreSQL, which is exact up to 142 years, and faster than its numeric type."""

    type = sa.BigInteger()
    inherit_cache = True
    postgresql = "(date_part('epoch', {1} - {0}) * 1000000)::bigint"
    sqlite = "({1} - {0})"


class Interval(DialectSQL):
    """Which of the intervals of a width, `{2}` in microseconds and `{3}`, a moment falls into: its start or its number."""

    inherit_cache = True
    postgresql = "date_bin({3}, {0}, {1})"
    sqlite = "(({0} - {1}) / {2})"


class NumberOfInterval(DialectSQL):
    type = sa.BigInteger()
    inherit_cache = True
    postgresql = "((date_part('epoch', {0} - {1}) * 1000000)::bigint / {2})"
    sqlite = "{0}"


class Minute(DialectSQL):
    """The start of a moment's minute, rounded down before 1970, too."""

    type = Timestamp()
    inherit_cache = True
    postgresql = "date_bin('1 minute', {0}, '1970-01-01 00:00:00+00')"
    sqlite = "({0} - (({0} % 60000000) + 60000000) % 60000000)"


class Moments(DialectSQL):
    """The moments of a list."""

    inherit_cache = True
    postgresql = "(SELECT moment FROM unnest({0}) AS moment)"
    sqlite = "(SELECT value AS moment FROM json_each({0}))"


class Stretches(DialectSQL):
    """The moments of three lists, side by side."""

    inherit_cache = True
    postgresql = "(SELECT first, past, rest FROM unnest({0}, {1}, {2}) AS stretch(first, past, rest))"
    sqlite = (
        "(SELECT value AS first, json_extract({1}, '$[' || key || ']') AS past,"
        " json_extract({2}, '$[' || key || ']') AS rest FROM json_each({0}))"
    )


class Greatest(DialectSQL):
    type = sa.BigInteger()
    inherit_cache = True
    postgresql = "greatest({0}, {1})"
    sqlite = "max({0}, {1})"


def value_in(column: sa.ColumnElement[Any], values: Collection[Any]) -> sa.ColumnElement[bool]:
    """Whether the column holds one of the values; a list of any length is one parameter."""
    if len(values) == 1:
        only: sa.ColumnElement[bool] = column == next(iter(values))
        return only
    return in_list(column, sa.bindparam(None, list(values), type_=ListOf(column.type)))


def in_list(column: sa.ColumnElement[Any], values: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Whether the column holds one of the values of a list."""
    construct = UUIDIn if isinstance(column.type, UUIDType) else TextIn
    return construct(column, values)


def has_all_tags(
    column: sa.ColumnElement[Any],
    tags: sa.ColumnElement[Any],
    first_mark: sa.ColumnElement[Any],
    last_mark: sa.ColumnElement[Any],
) -> sa.ColumnElement[bool]:
    """Whether each of the tags stands in the column's list; the marks are the `tag_mark` of two of them."""
    return HasAllTags(column, tags, first_mark, last_mark)


def tag_mark(tag: str) -> str:
    """What the JSON of any list with this tag has in it, whoever wrote it: only plain text has but one spelling."""
    return f'"{tag}"' if tag.isascii() and tag.isprintable() and not set(tag) & set('"\\/') else '"'


def has_any_tag(column: sa.ColumnElement[Any], tags: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Whether at least one of the tags stands in the column's list."""
    return HasAnyTag(column, tags)


def has_no_tags(column: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Whether the column's list is empty."""
    empty: sa.ColumnElement[bool] = column == sa.bindparam(None, [], type_=Tags())
    return empty


def like(
    column: sa.ColumnElement[Any], pattern: sa.ColumnElement[Any], *, short: bool = False
) -> sa.ColumnElement[bool]:
    """Whether the text matches a LIKE pattern, without regard to case; `short` says that it holds no trigram."""
    return LikeShort(column, pattern) if short else Like(column, pattern)


_TRIGRAM = re.compile(r"[^\W_]{3}|[^\W_]{2}[^\w%\\]|[^\w%\\][^\W_]")


def holds_trigram(pattern: str) -> bool:
    """Whether PostgreSQL's index of trigrams can tell which texts may match: words count with a space at either end."""
    return _TRIGRAM.search(pattern) is not None


def contains(text: sa.ColumnElement[Any], part: str | sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Whether a text holds another one, without regard to case."""
    return Contains(text, sa.literal(part, sa.Text()) if isinstance(part, str) else part)


def starts_with_any(column: sa.ColumnElement[Any], prefixes: Sequence[str]) -> sa.ColumnElement[bool]:
    """Whether the text begins with one of these."""
    return StartsWithAny(column, sa.bindparam(None, list(prefixes), type_=ListOf(sa.Text())))


def matches_any(column: sa.ColumnElement[Any], patterns: Sequence[str], *, negated: bool) -> sa.ColumnElement[bool]:
    """Whether the text is like one of these patterns, or unlike one; `*` stands for any text, `?` for a character."""
    construct = UnlikeAny if negated else LikeAny
    return construct(column, sa.bindparam(None, list(patterns), type_=Patterns()))


def pair_in(
    one: sa.ColumnElement[Any], other: sa.ColumnElement[Any], pairs: Sequence[tuple[str, str]]
) -> sa.ColumnElement[bool]:
    """Whether two texts are one of these pairs."""
    return PairIn(one, other, sa.bindparam(None, dump_json(pairs), type_=sa.Text()))


def json_member(column: sa.ColumnElement[Any], key: str) -> sa.ColumnElement[str]:
    """What a JSON object of texts holds under any key."""
    return JSONMember(column, sa.bindparam(None, key, type_=sa.Text()))


def like_one_of(column: sa.ColumnElement[Any], patterns: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Whether the text matches at least one of the LIKE patterns of a list, without regard to case."""
    return LikeOneOf(column, patterns)


def json_value(column: sa.ColumnElement[Any], key: str) -> sa.ColumnElement[str]:
    """What a JSON object holds under a key of plain letters, as text."""
    return JSONValue(column, sa.literal_column(f"'{key}'", sa.Text()))


def is_true_in(column: sa.ColumnElement[Any], key: str) -> sa.ColumnElement[bool]:
    """Whether a JSON object holds true under a key of plain letters."""
    return IsTrueIn(column, sa.literal_column(f"'{key}'", sa.Text()))


def in_subquery(column: sa.ColumnElement[Any], found: Statement) -> sa.ColumnElement[bool]:
    """Whether the column holds one of the values that a statement finds, all at once."""
    return InSubquery(column, found.scalar_subquery())


def by_itself(statement: Statement) -> Statement:
    """A statement within another one that PostgreSQL does not make one with it."""
    return statement.offset(sa.literal_column("0"))


def per_dialect(*, postgresql: Statement, sqlite: Statement, name: str) -> sa.TableValuedAlias:
    """What two statements find that ask the same in the shape that suits each database, as a table of their columns."""
    columns = (sa.column(column.name, column.type) for column in postgresql.selected_columns)
    spellings = (statement.correlate(None).scalar_subquery() for statement in (postgresql, sqlite))
    return PerDialect(*spellings).table_valued(*columns, name=name)


def per_dialect_condition(
    *, postgresql: sa.ColumnElement[bool], sqlite: sa.ColumnElement[bool]
) -> sa.ColumnElement[bool]:
    """One of two conditions that say the same in the shape that suits each database."""
    return PerDialect(postgresql, sqlite)


def among_keys(column: sa.ColumnElement[Any], key: sa.Column[Any]) -> sa.ColumnElement[bool]:
    """Whether one of the rows that have such a key has this value for it.

    On PostgreSQL the keys come in descending order, each of them once: of these it reads no more than a page has.
    """
    # That keys are not null goes without saying, but PostgreSQL then leaves out those that are when it walks the index.
    keys = sa.select(key).where(key.is_not(None))
    return AmongKeys(column, keys.scalar_subquery(), keys.distinct().order_by(key.desc()).scalar_subquery())


def in_brackets(clause: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """The clause as one that stays by itself among others."""
    return InBrackets(clause)


def micros_between(earlier: Moment, later: Moment) -> sa.ColumnElement[int]:
    """How many microseconds lie between two moments."""
    return MicrosBetween(
        *(sa.literal(end, Timestamp()) if isinstance(end, datetime) else end for end in (earlier, later))
    )


class CurrentMoment(DialectSQL):
    """The moment at which the statement runs, by the database's clock; SQLite's counts milliseconds."""

    inherit_cache = True
    type = Timestamp()
    postgresql = "statement_timestamp()"
    sqlite = "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)"


def bucket(moment: sa.ColumnElement[Any], start: datetime, width_micros: int) -> sa.ColumnElement[int]:
    """The number of the interval, counted from `start`, that a moment not before it falls into."""
    width = sa.literal(width_micros, sa.BigInteger)
    return micros_between(start, moment).op("/", return_type=sa.BigInteger())(width)


def moment_called(name: str) -> sa.BindParameter[Any]:
    """A parameter that holds a moment."""
    return sa.bindparam(name, type_=Timestamp())


def interval(moment: sa.ColumnElement[Any]) -> tuple[sa.ColumnElement[Any], sa.ColumnElement[int]]:
    """The interval that a moment not before the first one falls into: what to group by, and its number.

    To group by a number itself PostgreSQL would have to work it out for each row, which takes much longer. The parameters
    are those of `interval_values`.
    """
    start, micros = moment_called("start"), sa.bindparam("width_micros", type_=sa.BigInteger())
    group = Interval(moment, start, micros, sa.bindparam("width", type_=sa.Interval()))
    return group, NumberOfInterval(group, start, micros)


def interval_values(start: datetime, width: timedelta) -> dict[str, Any]:
    """What the parameters of `interval` hold for intervals of a width that are counted from a start."""
    return {"start": start, "width": width, "width_micros": width // MICROSECOND}


def minute_of(moment: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The start of a moment's minute."""
    return Minute(moment)


def moments_called(name: str) -> sa.BindParameter[Any]:
    """A parameter that holds moments."""
    return sa.bindparam(name, type_=ListOf(Timestamp()))


def among_moments(moment: sa.ColumnElement[Any], moments: sa.BindParameter[Any]) -> sa.ColumnElement[bool]:
    """Whether a moment is one of those that a parameter holds."""
    return TextIn(moment, moments)


def moments(held: sa.BindParameter[Any]) -> sa.TableValuedAlias:
    """The moments that a parameter holds, as `moment`."""
    return Moments(held).table_valued(sa.column("moment", Timestamp), name="moments")


def stretches(*held: sa.BindParameter[Any]) -> sa.TableValuedAlias:
    """From the moments that a parameter holds, `first`, to those of another one, `past`; a third one has `rest`."""
    columns = (sa.column(name, Timestamp) for name in ("first", "past", "rest"))
    return Stretches(*held).table_valued(*columns, name="stretch")


def greatest(one: Any, other: Any) -> sa.ColumnElement[Any]:
    """The larger of two numbers."""
    return Greatest(one, other)


def rows_from(statement: Statement, offset: int, limit: int) -> Statement:
    """At most `limit` of a statement's rows, from an offset on, each of them up to 2**63 - 1."""
    return statement.limit(sa.literal(limit, sa.BigInteger)).offset(sa.literal(offset, sa.BigInteger))


def part_of(statement: Statement) -> Statement:
    """At most `limit` of a statement's rows, from `offset` on: parameters of these names, as in `rows_from`."""
    limit, offset = _part()
    return statement.limit(limit).offset(offset)


def end_of_part() -> sa.ColumnElement[int]:
    """How many rows it takes to reach the end of what `part_of` gives."""
    limit, offset = _part()
    return limit + offset


def _part() -> tuple[sa.BindParameter[int], sa.BindParameter[int]]:
    return sa.bindparam("limit", type_=sa.BigInteger()), sa.bindparam("offset", type_=sa.BigInteger())


def insert_unless(table: sa.Table, row: Mapping[str, Any] | Sequence[Mapping[str, Any]], *columns: str) -> sa.Insert:
    """Adds a row or several, unless one with the same values in these columns, which are unique, is there already."""
    # The clause is the same on both; SQLAlchemy's construct for PostgreSQL compiles on SQLite, too.
    return postgresql_insert(table).values(row).on_conflict_do_nothing(index_elements=columns)


def insert_or_change(table: sa.Table, row: Mapping[str, Any], *columns: str, changes: Mapping[str, Any]) -> sa.Insert:
    """Adds a row, or changes the one with the same values in these columns, which are unique."""
    inserted = postgresql_insert(table).values(row)
    return inserted.on_conflict_do_update(index_elements=columns, set_=changes)
