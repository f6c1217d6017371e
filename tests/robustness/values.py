"""Values that servers and databases trip over, by what is hard about them."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any
from uuid import uuid4

from tests.robustness.document import KEY, Place

Json = Any


class Answer(Enum):
    """What is to become of a request with such a value in it."""

    REFUSED = "a refusal that names the place"
    TAKEN = "an answer"
    EITHER = "one or the other"


REFUSED, TAKEN, EITHER = Answer


@dataclass(frozen=True, eq=False)
class Hard:
    """A value: what to put in place of what is there, and in places of which kinds."""

    name: str
    put: Callable[[Json], Json]
    kinds: frozenset[str]
    answer: Answer

    def fits(self, place: Place) -> bool:
        return place.kind in self.kinds


MOMENT = frozenset({"date-time"})
TEXT = frozenset({"string", "free"})
NUMBER = frozenset({"integer", "number", "free"})
SCALAR = MOMENT | TEXT | NUMBER | {"uuid", "enum", "boolean"}
LIST = frozenset({"list"})
MAP = frozenset({"map"})
ANYWHERE = SCALAR | LIST | MAP | {"object", "tuple"}


def values(kinds: frozenset[str], answer: Answer, *found: Json, **named: Json) -> list[Hard]:
    """Values as they are; those that are long, or that look like others, have names."""
    everything = {**{repr(value): value for value in found}, **named}
    return [Hard(name, lambda _, value=value: value, kinds, answer) for name, value in everything.items()]


def key(answer: Answer, key: str) -> Hard:
    """A key in place of the one that is there."""
    return Hard(
        f"the key {key[:10]!r}",
        lambda found: {key if name == KEY else name: value for name, value in found.items()},
        MAP,
        answer,
    )


def nested(depth: int) -> Json:
    """Objects and lists within each other."""
    value: Json = 1
    for level in range(depth):
        value = [value] if level % 2 else {KEY: value}
    return value


HARD: dict[str, list[Hard]] = {
    "NUL": [*values(SCALAR, REFUSED, "a\0b", "\0"), key(REFUSED, "a\0b")],
    "lone surrogate": [*values(SCALAR, REFUSED, "a\ud800b", "\udc00\ud800"), key(REFUSED, "\ud83d")],
    "no number": values(ANYWHERE, REFUSED, float("nan"), float("inf"), float("-inf")),
    "integer": values(
        NUMBER | MOMENT | {"boolean"},
        EITHER,
        *(-1, 0, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 2**64, 10**18, 10**30),
        **{"10^400": 10**400, "-10^400": -(10**400)},
    ),
    "float": values(NUMBER | MOMENT, EITHER, 0.5, -0.0, 5e-324, 1.7976931348623157e308, -1e308, 1e15, 1e18, 1e19),
    "number as text": values(
        NUMBER,
        EITHER,
        *("NaN", "Infinity", "-inf", "1e999", "1_000", "\N{ARABIC-INDIC DIGIT THREE}", "0x10", " 1 "),
        **{"5,000 digits": "9" * 5_000},
    ),
    "moment": [
        *values(
            MOMENT,
            REFUSED,
            "0001-01-01T00:00:00+00:01",
            "0001-01-01T23:58:59+23:59",
            "9999-12-31T23:59:59.999999-00:01",
            "9999-12-31T00:01:00-23:59",
            "10000-01-01T00:00:00Z",
            "0000-01-01T00:00:00Z",
            "-0001-01-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "infinity",
            "",
        ),
        *values(
            MOMENT,
            TAKEN,
            "0001-01-01T00:00:00Z",
            "0001-01-01T00:00:00-23:59",
            "9999-12-31T23:59:59.999999Z",
            "9999-12-31T23:59:59.999999+23:59",
        ),
    ],
    "nothing": values(ANYWHERE, EITHER, None, "", [], {}),
    "wrong type": values(ANYWHERE, EITHER, "x", 7, True, [[[]]], [None], {"x": {"x": {}}}),
    "twice": [Hard("the items again", lambda found: found * 2, LIST, TAKEN)],
    "long": [
        *values(TEXT, EITHER, **{"just too long for an index": "".join(uuid4().hex for _ in range(85))}),
        key(EITHER, "k" * 100_000),
    ],
    "megabyte": values(
        TEXT, EITHER, **{"of %": "%" * 1_000_000, "of _": "_" * 1_000_000, "of umlauts": "\u00fc" * 500_000}
    ),
    "odd text": values(
        TEXT,
        EITHER,
        *("'; DROP TABLE flow; --", "\\", "%\\", "\N{RIGHT-TO-LEFT OVERRIDE}", "\U0010ffff\ufffe", "\x7f\x01", " "),
        *("{{ x }}", "$ref", "../..", "null"),
    ),
    "deep": [
        *values(frozenset({"free"}), EITHER, **{"150 levels": nested(150)}),
        Hard("150 levels below a key", lambda found: {**found, KEY: nested(150)}, MAP, EITHER),
    ],
    "unknown": [Hard("the id of nothing", lambda _: str(uuid4()), frozenset({"uuid"}), EITHER)],
}
