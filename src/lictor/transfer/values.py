"""Values on their way from Prefect's tables to ours.

In transit a value is what Lictor stores on SQLite: an id is 16 bytes, a moment or a duration is a number of
microseconds, JSON and tags are text. Each source decodes its own values into that, and PostgreSQL as a target encodes
them anew; what lies between does not ask which databases it connects.
"""

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import from_json, to_json

from lictor.db.types import EPOCH, to_micros

Convert = Callable[[Any], Any]

EARLIEST = to_micros(datetime.min.replace(tzinfo=EPOCH.tzinfo))
LATEST = to_micros(datetime.max.replace(tzinfo=EPOCH.tzinfo))

UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""NUL, which PostgreSQL cannot store, and halves of surrogate pairs, which no encoding can."""

SUBSTITUTE = "\ufffd"


class InvalidValue(ValueError):
    """Lictor has no room for the value. The message ends a sentence that begins with the column's name."""

    reparable = False


class Unstorable(InvalidValue):
    """A text holds characters that cannot be stored."""

    reparable = True


def moment(micros: int) -> int:
    if EARLIEST <= micros <= LATEST:
        return micros
    raise InvalidValue("lies outside of the years 1 to 9999")


def integer(value: int) -> int:
    if type(value) is int and -(2**31) <= value < 2**31:
        return value
    raise InvalidValue("is no integer of 32 bits")


def text(value: str) -> str:
    if UNSTORABLE.search(value):
        raise Unstorable("holds characters that cannot be stored")
    return value


def repaired_text(value: Any) -> str:
    """The text, with what cannot be stored replaced."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        raise InvalidValue("is no text")
    return UNSTORABLE.sub(SUBSTITUTE, value)


def one_of(choices: frozenset[str]) -> Convert:
    def check(value: str) -> str:
        if value in choices:
            return value
        raise InvalidValue(f"is {value!r}, which is none of {', '.join(sorted(choices))}")

    return check


def free_json(source: str | bytes) -> str | None:
    """Any JSON as the text that Lictor stores: compact, NaN and the infinities null; null itself is no value."""
    stored = to_json(from_json(source), inf_nan_mode="null").decode()
    return None if stored == "null" else stored


def json_of(kind: Any) -> Convert:
    """JSON of one type as the API answers it: complete, in the order of the public document."""
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    validate, dump = adapter.validator.validate_json, adapter.serializer.to_json

    def convert(source: str | bytes) -> str | None:
        return None if source in {"null", b"null"} else dump(validate(source)).decode()

    return convert


def repaired_json(source: Any, convert: Convert) -> Any:
    """What `convert` makes of JSON that holds characters that cannot be stored, once they are replaced."""
    try:
        value = json.loads(source.decode("utf-8", "replace") if isinstance(source, bytes) else source)
        return convert(json.dumps(_without_unstorable(value)).encode())
    except (ValueError, TypeError, RecursionError):
        raise InvalidValue("is not the JSON that it should be") from None


def _without_unstorable(value: Any) -> Any:
    match value:
        case str():
            return UNSTORABLE.sub(SUBSTITUTE, value)
        case list():
            return [_without_unstorable(item) for item in value]
        case dict():
            return {_without_unstorable(key): _without_unstorable(item) for key, item in value.items()}
        case _:
            return value


MAX_CACHED_CHARACTERS = 256
MAX_CACHED_VALUES = 10_000


def remembered(convert: Convert) -> Convert:
    """The same function, which does not work out twice what short texts become: most are alike."""
    known: dict[Any, Any] = {}

    def look_up(source: Any) -> Any:
        if len(source) > MAX_CACHED_CHARACTERS:
            return convert(source)
        try:
            return known[source]
        except KeyError:
            if len(known) >= MAX_CACHED_VALUES:
                known.clear()
            found = known[source] = convert(source)
            return found

    return look_up
