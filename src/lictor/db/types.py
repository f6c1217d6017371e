"""One column type per kind of value, compact and indexable on both databases.

Each type reads in two ways. `result_processor` gives the Python value, as any SQLAlchemy type
does. `json_reader` gives what orjson writes for it, straight from the driver's value, and is what
the hot paths use (see `lictor.db.row_serializer`). What is written passes through `driver_writer`, alone
(see `lictor.db.bulk`) or within what SQLAlchemy makes of it.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa
from asyncpg.pgproto.pgproto import UUID as DriverUUID  # noqa: N811  # one of two
from pydantic_core import from_json, to_json
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

# The first and the last microsecond of the calendar are how the PostgreSQL driver says -infinity and infinity, which
# come back without a time zone; what is meant by either of them is the one next to it.
FIRST_MOMENT = datetime.min.replace(tzinfo=UTC) + MICROSECOND
LAST_MOMENT = datetime.max.replace(tzinfo=UTC) - MICROSECOND

Reader = Callable[[Any], Any]
Writer = Callable[[Any], Any]


def is_postgresql(dialect: Dialect) -> bool:
    return dialect.name == "postgresql"


def nulls_come_first(dialect: Dialect, *, descending: bool) -> bool:
    """Where rows without a value stand in a sorted list: to PostgreSQL they are the largest, to SQLite the smallest."""
    return is_postgresql(dialect) == descending


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970-01-01 UTC."""
    return (moment - EPOCH) // MICROSECOND


def from_micros(micros: int) -> datetime:
    """The UTC moment that many microseconds after 1970-01-01."""
    return EPOCH + timedelta(microseconds=micros)


def dump_json(value: Any) -> str:
    """A value as the text that `JSONText` stores. Integers of any size stay exact."""
    return to_json(value, inf_nan_mode="constants").decode()


def dump_texts(value: Any) -> str:
    """The same of lists and objects that hold nothing but texts, in half the time."""
    return orjson.dumps(value).decode()


def load_json(text: str) -> Any:
    """The value of a text that `dump_json` made."""
    return from_json(text)


class PortableType(TypeDecorator[Any]):
    """A column type with one storage on PostgreSQL and another on SQLite."""

    cache_ok = True

    def on_postgresql(self) -> TypeEngine[Any]:
        raise NotImplementedError

    def on_sqlite(self) -> TypeEngine[Any]:
        raise NotImplementedError

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        storage = self.on_postgresql() if is_postgresql(dialect) else self.on_sqlite()
        return dialect.type_descriptor(storage)

    def json_reader(self, dialect: Dialect) -> Reader | None:
        """From the driver's value, never None, to one that orjson writes; None if it already is."""
        return None

    def driver_writer(self, dialect: Dialect) -> Writer | None:
        """From Python's value, never None, to the driver's; None if it already is."""
        return None

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        write = self.driver_writer(dialect)
        return value if value is None or write is None else write(value)


class UUIDType(PortableType):
    """`uuid` on PostgreSQL, 16 bytes on SQLite. Python: `uuid.UUID`."""

    impl = sa.Uuid
    cache_ok = True

    def on_postgresql(self) -> TypeEngine[Any]:
        return postgresql.UUID(as_uuid=True)

    def on_sqlite(self) -> TypeEngine[Any]:
        return sa.LargeBinary(16)

    def driver_writer(self, dialect: Dialect) -> Writer | None:
        return None if is_postgresql(dialect) else _bytes_of

    def process_result_value(self, value: Any, dialect: Dialect) -> UUID | None:
        return value if value is None or is_postgresql(dialect) else UUID(bytes=value)

    def json_reader(self, dialect: Dialect) -> Reader | None:
        return str if is_postgresql(dialect) else _uuid_text


_bytes_of = attrgetter("bytes")


def _uuid_text(raw: bytes) -> str:
    return str(DriverUUID(raw))  # written in C, where Python's own is not


class Timestamp(PortableType):
    """`timestamptz` on PostgreSQL, microseconds since 1970 on SQLite. Python: aware UTC datetimes."""

    impl = sa.DateTime
    cache_ok = True

    def on_postgresql(self) -> TypeEngine[Any]:
        return postgresql.TIMESTAMP(timezone=True)

    def on_sqlite(self) -> TypeEngine[Any]:
        return sa.BigInteger()

    def driver_writer(self, dialect: Dialect) -> Writer | None:
        return _within_calendar if is_postgresql(dialect) else _micros_within_calendar

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return value if value is None or is_postgresql(dialect) else from_micros(value)

    def json_reader(self, dialect: Dialect) -> Reader | None:
        return None if is_postgresql(dialect) else _moment_text


def _within_calendar(moment: datetime) -> datetime:
    return moment if FIRST_MOMENT <= moment <= LAST_MOMENT else min(max(moment, FIRST_MOMENT), LAST_MOMENT)


_FIRST_MICROS = to_micros(FIRST_MOMENT)
_LAST_MICROS = to_micros(LAST_MOMENT)


def _micros_within_calendar(moment: datetime) -> int:
    micros = (moment - EPOCH) // MICROSECOND
    return micros if _FIRST_MICROS <= micros <= _LAST_MICROS else min(max(micros, _FIRST_MICROS), _LAST_MICROS)


_seconds_written: dict[int, str] = {}
MAX_CACHED_SECONDS = 10_000


def _moment_text(micros: int) -> str:
    """As orjson writes a moment. Most moments of a page share their second with another one."""
    second, rest = divmod(micros, 1_000_000)
    if (text := _seconds_written.get(second)) is None:
        if len(_seconds_written) >= MAX_CACHED_SECONDS:
            _seconds_written.clear()
        text = _seconds_written[second] = from_micros(second * 1_000_000).isoformat()[:-6]
    return f"{text}.{rest:06d}Z" if rest else f"{text}Z"


SecondsBetween = Callable[[Any, Any], float]


def seconds_between(dialect: Dialect) -> SecondsBetween:
    """What gives the seconds from a moment to a later one, both as the driver has them."""
    return _seconds_of_moments if is_postgresql(dialect) else _seconds_of_micros


def _seconds_of_moments(earlier: datetime, later: datetime) -> float:
    return (later - earlier).total_seconds()


def _seconds_of_micros(earlier: int, later: int) -> float:
    return (later - earlier) / 1_000_000


def as_driver_value(dialect: Dialect, moment: datetime) -> Any:
    """A moment as the driver has it."""
    return moment if is_postgresql(dialect) else to_micros(moment)


class Duration(PortableType):
    """Microseconds in a big integer. Python: `timedelta`; JSON: seconds."""

    impl = sa.BigInteger
    cache_ok = True

    def on_postgresql(self) -> TypeEngine[Any]:
        return sa.BigInteger()

    on_sqlite = on_postgresql

    def driver_writer(self, dialect: Dialect) -> Writer | None:
        return _micros_of

    def process_result_value(self, value: int | None, dialect: Dialect) -> timedelta | None:
        return None if value is None else timedelta(microseconds=value)

    def json_reader(self, dialect: Dialect) -> Reader | None:
        return _seconds


def _micros_of(duration: timedelta) -> int:
    return duration // MICROSECOND


def _seconds(micros: int) -> float:
    return micros / 1_000_000


class _PostgresJSON(UserDefinedType[str]):
    """PostgreSQL's `json` as its text; SQLAlchemy's own type would parse it."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "JSON"


class JSONText(PortableType):
    """JSON, kept as the text it came in: `json` on PostgreSQL, text on SQLite.

    Takes and gives the text itself (`dump_json`, `load_json`): what is read goes into an answer
    as it is.
    """

    impl = sa.Text
    cache_ok = True

    def on_postgresql(self) -> TypeEngine[Any]:
        return _PostgresJSON()

    def on_sqlite(self) -> TypeEngine[Any]:
        return sa.Text()

    def json_reader(self, dialect: Dialect) -> Reader | None:
        return orjson.Fragment


class Tags(PortableType):
    """A list of strings: `text[]` on PostgreSQL (which a GIN index serves), JSON text on SQLite."""

    impl = sa.Text
    cache_ok = True

    def on_postgresql(self) -> TypeEngine[Any]:
        return postgresql.ARRAY(sa.Text())

    def on_sqlite(self) -> TypeEngine[Any]:
        return sa.Text()

    def driver_writer(self, dialect: Dialect) -> Writer | None:
        return None if is_postgresql(dialect) else dump_json

    def process_result_value(self, value: Any, dialect: Dialect) -> list[str] | None:
        if value is None or is_postgresql(dialect):
            return value  # type: ignore[no-any-return]  # the driver's own list
        return load_json(value)  # type: ignore[no-any-return]  # what process_bind_param wrote

    def json_reader(self, dialect: Dialect) -> Reader | None:
        return None if is_postgresql(dialect) else orjson.Fragment


class ListOf(PortableType):
    """A bound list of values: one array on PostgreSQL, one JSON list or byte string on SQLite.

    Not a column type: `lictor.db.functions.one_of` reads it.
    """

    impl = sa.Text
    cache_ok = True

    def __init__(self, item: TypeEngine[Any]) -> None:
        super().__init__()
        self.item = item

    @property
    def of_uuids(self) -> bool:
        return isinstance(self.item, UUIDType)

    @property
    def of_moments(self) -> bool:
        return isinstance(self.item, Timestamp)

    def on_postgresql(self) -> TypeEngine[Any]:
        if self.of_moments:
            return postgresql.ARRAY(postgresql.TIMESTAMP(timezone=True))
        return postgresql.ARRAY(postgresql.UUID(as_uuid=True) if self.of_uuids else sa.Text())

    def on_sqlite(self) -> TypeEngine[Any]:
        return sa.LargeBinary() if self.of_uuids else sa.Text()

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if self.of_moments:
            moments = [_within_calendar(item) for item in value]
            return moments if is_postgresql(dialect) else dump_json([to_micros(item) for item in moments])
        if is_postgresql(dialect):
            return value
        return b"".join(item.bytes for item in value) if self.of_uuids else dump_json(value)


class Patterns(ListOf):
    """A bound list of patterns in which `*` stands for any text and `?` for any character, as each database says it."""

    cache_ok = True

    def __init__(self) -> None:
        super().__init__(sa.Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        spell = _as_like if is_postgresql(dialect) else _as_glob
        return super().process_bind_param([spell(pattern) for pattern in value], dialect)


_LIKE = str.maketrans({"*": "%", "?": "_", "\\": "\\\\", "%": "\\%", "_": "\\_"})


def _as_like(pattern: str) -> str:
    return pattern.translate(_LIKE)


def _as_glob(pattern: str) -> str:
    return pattern.replace("[", "[[]")
