"""JSON that both databases can store and every client can read, or a clear error that names the culprit."""

import asyncio
import json
import re
from collections.abc import Iterator
from itertools import islice
from math import inf
from typing import Any

from pydantic_core import from_json

from lictor.errors import BadRequest, InvalidRequest, TooLarge, problem

MAX_NESTING_LEVELS = 200  # also where `from_json` stops
MAX_INTEGER_DIGITS = 4300  # digits; Python neither reads nor writes longer ones
MAX_VALUES = 250_000  # to say of each that it is wrong would take seconds and gigabytes
COUNTED_BYTES = 128 * 1024
"""So much of a body is looked at before others have their turn."""

MAX_PROBLEMS = 100
"""A refusal names no more of them."""

SURROGATE = re.compile("[\ud800-\udfff]")
UNSTORABLE = re.compile("[\0\ud800-\udfff]")

Path = tuple[str | int, ...]


class InvalidNumber(str):
    """Stands in a parsed body for a number that is none; the text is the number's."""

    __slots__ = ("kind", "message")

    kind: str
    message: str


def parse(body: bytes, *, sanitized: bool = False) -> Any:
    """The value of a JSON text. Integers stay exact, of repeated keys the last one counts.

    Texts that no database could store are refused, or else `sanitized`.
    """
    value = _parse_quickly(body, sanitized=sanitized)
    if _is_fit(value):
        return value
    _make_readable(value)
    return value if _is_fit(value) else _parse_slowly(body, sanitized=sanitized)


def parse_without_nul(body: bytes) -> Any:
    """The same for a JSON text that is known to name no NUL character, in two thirds of the time.

    A number too large for a float passes as an infinity, which shows when it is written (see `lictor.db.types`).
    """
    return _parse_quickly(body, sanitized=False)


def _parse_quickly(body: bytes, *, sanitized: bool) -> Any:
    try:
        value = from_json(body, allow_inf_nan=False, cache_strings="keys")
    except ValueError:
        return _parse_slowly(body, sanitized=sanitized)
    _refuse_too_many(value, body)
    return value


def _make_readable(body: Any) -> None:
    """Replaces what databases cannot store in the message of a proposed state.

    It may quote an exception, which may say anything, and what became of a run must be told all the same.
    """
    match body:
        case {"state": {"message": str() as message}} if not isinstance(message, InvalidNumber):
            body["state"]["message"] = UNSTORABLE.sub("\ufffd", message)


def _refuse_too_many(value: Any, body: bytes) -> None:
    shortest = 2 * MAX_VALUES  # a digit and a comma each
    if len(body) > shortest and _count(value) > MAX_VALUES:
        raise _too_many()


async def refuse_too_many_values(body: bytes) -> None:
    """Raises TooLarge if a body must hold more than `MAX_VALUES` values, before they are made.

    It counts the commas that stand outside of texts, piece by piece.
    """
    if body.count(b",") < MAX_VALUES:
        return
    commas, in_text, start = 0, 0, 0
    while start < len(body):
        end = start + COUNTED_BYTES
        while body[end - 1 : end] == b"\\":  # what it escapes belongs to it
            end += 1
        piece = body[start:end].replace(rb"\\", b"").replace(rb"\"", b"")
        parts = piece.split(b'"')
        commas += b"".join(parts[in_text::2]).count(b",")
        in_text ^= (len(parts) - 1) & 1
        if commas >= MAX_VALUES:
            raise _too_many()
        start = end
        await asyncio.sleep(0)


def _too_many() -> TooLarge:
    return TooLarge(f"The request body holds more than {MAX_VALUES} values, the most this server takes.")


def _count(value: Any) -> int:
    """How many values there are inside."""
    if isinstance(value, dict):
        return len(value) + sum(map(_count, value.values()))
    if isinstance(value, list):
        return len(value) + sum(map(_count, value))
    return 0


def _is_fit(value: Any) -> bool:
    """Whether there is neither a NUL character nor an infinity in it. Written for speed: every body passes here."""
    kind = type(value)
    if kind is str:
        return "\0" not in value
    if kind is list:
        for item in value:  # noqa: SIM110  # a generator takes twice the time
            if not _is_fit(item):
                return False
        return True
    if kind is dict:
        for key, item in value.items():  # noqa: SIM110
            if "\0" in key or not _is_fit(item):
                return False
        return True
    return kind is not float or -inf < value < inf


def _parse_slowly(body: bytes, *, sanitized: bool) -> Any:
    """The same for the rare body that the fast parser refuses: finds out what is wrong with it, if anything is."""
    try:
        text = body.decode(json.detect_encoding(body), errors="surrogatepass")
    except UnicodeDecodeError as error:
        raise BadRequest("The request body is not valid UTF-8.") from error
    try:
        value = json.loads(text, parse_float=_float, parse_int=_int, parse_constant=_not_finite)
        if sanitized:
            value = _sanitized(value)
    except json.JSONDecodeError as error:
        found = problem("json_invalid", ("body", error.pos), "JSON decode error", {}, error=error.msg)
        raise InvalidRequest([found], text) from error
    except RecursionError:
        raise BadRequest(f"The request body is nested more than {MAX_NESTING_LEVELS} levels deep.") from None
    _refuse_too_many(value, body)
    _make_readable(value)
    if problems := list(islice(_problems(value), MAX_PROBLEMS)):
        raise InvalidRequest(problems, value)
    return value


def _sanitized(value: Any) -> Any:
    match value:
        case InvalidNumber():
            return value
        case str():
            return SURROGATE.sub("\ufffd", value.replace("\0", ""))
        case list():
            return [_sanitized(item) for item in value]
        case dict():
            return {_sanitized(key): _sanitized(item) for key, item in value.items()}
        case _:
            return value


def _float(text: str) -> float | InvalidNumber:
    number = float(text)
    return number if -inf < number < inf else _not_finite(text)


def _not_finite(text: str) -> InvalidNumber:
    return _unfit(text, "finite_number", "Input should be a finite number")


def _int(text: str) -> int | InvalidNumber:
    if len(text) > MAX_INTEGER_DIGITS:
        return _unfit(text, "int_parsing_size", "Unable to parse input string as an integer, exceeded maximum size")
    return int(text)


def _unfit(text: str, kind: str, message: str) -> InvalidNumber:
    unfit = InvalidNumber(text)
    unfit.kind, unfit.message = kind, message
    return unfit


def _problems(value: Any) -> Iterator[dict[str, Any]]:
    left: list[tuple[Path, Any]] = [(("body",), value)]
    while left:
        path, item = left.pop()
        if len(path) > MAX_NESTING_LEVELS + 1:
            raise BadRequest(f"The request body is nested more than {MAX_NESTING_LEVELS} levels deep.")
        if isinstance(item, InvalidNumber):
            yield problem(item.kind, path, item.message, item)
        elif isinstance(item, str):
            yield from _problems_of_text(path, item, "Strings")
        elif isinstance(item, list):
            left += reversed([((*path, index), inner) for index, inner in enumerate(item)])
        elif isinstance(item, dict):
            for key in item:
                yield from _problems_of_text((*path, key), key, "Keys")
            left += reversed([((*path, key), inner) for key, inner in item.items()])


def _problems_of_text(path: Path, text: str, what: str) -> Iterator[dict[str, Any]]:
    if "\0" in text:
        yield problem("string_nul", path, f"{what} must not contain NUL characters", text)
    try:
        text.encode()
    except UnicodeEncodeError:
        yield problem("string_unicode", path, f"{what} must not contain unpaired surrogates", text)
