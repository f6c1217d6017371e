import json
import math
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lictor.errors import BadRequest, InvalidRequest, RequestError, TooLarge
from lictor.validation import strict_json

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def refusal(body: bytes) -> RequestError:
    with pytest.raises(RequestError) as caught:
        strict_json.parse(body)
    return caught.value


def problems(body: bytes) -> list[tuple[Any, ...]]:
    error = refusal(body)
    assert isinstance(error, InvalidRequest)
    return [(found["type"], found["loc"], found["input"]) for found in error.problems]


@given(JSON, st.booleans())
def test_reads_what_the_standard_library_reads(value: Any, ascii_only: bool):
    body = json.dumps(value, ensure_ascii=ascii_only).encode()
    assert strict_json.parse(body) == json.loads(body)


@given(ANYTHING)
def test_what_it_accepts_both_databases_can_store(value: Any):
    body = json.dumps(value).encode()
    with suppress(InvalidRequest):
        text = json.dumps(strict_json.parse(body), ensure_ascii=False, allow_nan=False)
        assert text.encode().decode() == text
        assert "\\u0000" not in text.replace("\\\\", "")


@given(st.binary())
def test_any_bytes_are_json_or_refused(body: bytes):
    with suppress(BadRequest, InvalidRequest):
        strict_json.parse(body)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        pytest.param(b'{"a": 1, "a": 2}', {"a": 2}, id="of repeated keys the last counts"),
        pytest.param(b"123456789012345678901234567890", 123456789012345678901234567890, id="integers stay exact"),
        pytest.param(b"-9223372036854775809", -9223372036854775809, id="negative integers stay exact"),
        pytest.param(b"9" * 4300, int("9" * 4300), id="4,300 digits"),
        pytest.param(b"1.0", 1.0, id="floats stay floats"),
        pytest.param(b'"\\ud83d\\ude00"', "😀", id="a pair of surrogates is a character"),
        pytest.param(rb'"\\u0000"', r"\u0000", id="an escaped backslash escapes nothing else"),
        pytest.param(b"\xef\xbb\xbf{}", {}, id="a byte order mark"),
        pytest.param('{"a": "é"}'.encode("utf-16"), {"a": "é"}, id="UTF-16"),
        pytest.param(b" {}\r\n\t ", {}, id="white space around"),
        pytest.param(b"[" * 200 + b"1" + b"]" * 200, None, id="200 levels"),
        pytest.param(b"1e-9999", 0.0, id="too small to tell from zero"),
    ],
)
def test_accepts(body: bytes, value: Any):
    parsed = strict_json.parse(body)
    if value is not None:
        assert parsed == value
        assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(
            b'{"flows": {"name": {"any_": ["x", "a\\u0000b"]}}}',
            [("string_nul", ("body", "flows", "name", "any_", 1), "a\0b")],
            id="NUL in a string",
        ),
        pytest.param(b'{"a\\u0000b": 1}', [("string_nul", ("body", "a\0b"), "a\0b")], id="NUL in a key"),
        pytest.param(b'[{"a": "\\ud800"}]', [("string_unicode", ("body", 0, "a"), "\ud800")], id="lone high surrogate"),
        pytest.param(
            b'[{"a": "x\\udc00"}]', [("string_unicode", ("body", 0, "a"), "x\udc00")], id="lone low surrogate"
        ),
        pytest.param(b'{"\\ud800": 1}', [("string_unicode", ("body", "\ud800"), "\ud800")], id="surrogate in a key"),
        pytest.param(b'"\xed\xa0\x80"', [("string_unicode", ("body",), "\ud800")], id="surrogate as raw bytes"),
        pytest.param(b'{"a": NaN}', [("finite_number", ("body", "a"), "NaN")], id="NaN"),
        pytest.param(b'{"a": [-Infinity]}', [("finite_number", ("body", "a", 0), "-Infinity")], id="infinity"),
        pytest.param(b'{"a": 1e999}', [("finite_number", ("body", "a"), "1e999")], id="overflow"),
        pytest.param(
            b"[1" + b"0" * 400 + b".0]",
            [("finite_number", ("body", 0), "1" + "0" * 400 + ".0")],
            id="overflow by digits",
        ),
        pytest.param(
            b'{"a": ' + b"9" * 4301 + b"}", [("int_parsing_size", ("body", "a"), "9" * 4301)], id="4,301 digits"
        ),
        pytest.param(
            b'{"a": "\\u0000", "b": [NaN, "\\u0000"]}',
            [
                ("string_nul", ("body", "a"), "\0"),
                ("finite_number", ("body", "b", 0), "NaN"),
                ("string_nul", ("body", "b", 1), "\0"),
            ],
            id="several, in their order",
        ),
        pytest.param(b"{", [("json_invalid", ("body", 1), {})], id="half an object"),
        pytest.param(b"nope", [("json_invalid", ("body", 0), {})], id="no JSON"),
        pytest.param(b"{} {}", [("json_invalid", ("body", 3), {})], id="two values"),
        pytest.param(b"{'a': 1}", [("json_invalid", ("body", 1), {})], id="single quotes"),
        pytest.param(b'"a\x00b"', [("json_invalid", ("body", 2), {})], id="a raw NUL"),
        pytest.param(b" ", [("json_invalid", ("body", 1), {})], id="nothing but white space"),
        pytest.param(b"[01]", [("json_invalid", ("body", 2), {})], id="leading zero"),
    ],
)
def test_refuses_and_names_the_culprit(body: bytes, expected: list[tuple[Any, ...]]):
    assert problems(body) == expected


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param(b'{"a": "\xff"}', "The request body is not valid UTF-8.", id="not UTF-8"),
        pytest.param(b'["\xed\xa0"]', "The request body is not valid UTF-8.", id="half a character"),
        pytest.param(
            b"[" * 201 + b"1" + b"]" * 201, "The request body is nested more than 200 levels deep.", id="201 levels"
        ),
        pytest.param(
            b"\xef\xbb\xbf" + b"[" * 201 + b"1" + b"]" * 201,
            "The request body is nested more than 200 levels deep.",
            id="201 levels after a byte order mark",
        ),
        pytest.param(b"[" * 10_000, "The request body is nested more than 200 levels deep.", id="10,000 levels"),
        pytest.param(
            b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
            "The request body is nested more than 200 levels deep.",
            id="10,000 objects",
        ),
    ],
)
def test_refuses_what_names_no_place(body: bytes, message: str):
    error = refusal(body)
    assert isinstance(error, BadRequest)
    assert error.message == message


@pytest.mark.parametrize(
    ("item", "values"), [(b"1", 1), (b'"x"', 1), (b'{"a":1}', 2), (b"[1]", 2), (b"NaN", 1), (b"[]", 1)]
)
def test_takes_a_quarter_of_a_million_values(item: bytes, values: int):
    most = strict_json.MAX_VALUES // values
    error = refusal(b"[" + b",".join([item] * (most + 1)) + b"]")
    assert isinstance(error, TooLarge)
    if item != b"NaN":
        assert len(strict_json.parse(b"[" + b",".join([item] * most) + b"]")) == most


def test_commas_in_strings_are_no_values():
    text = "," * 1_000_000
    assert strict_json.parse(json.dumps([text]).encode()) == [text]


def test_names_no_more_than_a_hundred_problems():
    assert len(problems(b"[" + b",".join([b"NaN"] * 1000) + b"]")) == 100


def test_no_number_is_infinite():
    assert math.isfinite(strict_json.parse(b"1.7976931348623157e308"))


def test_what_is_to_be_mended_is():
    body = rb'{"a\u0000": ["x\u0000y", "\ud800", "\ud83d\ude00", "\\u0000", 1.5, null, true]}'
    assert strict_json.parse(body, sanitized=True) == {"a": ["xy", "\ufffd", "\U0001f600", "\\u0000", 1.5, None, True]}


@given(ANYTHING)
def test_what_it_mends_both_databases_can_store(value: Any):
    body = json.dumps(value).encode()
    with suppress(InvalidRequest):  # numbers are not mended
        text = json.dumps(strict_json.parse(body, sanitized=True), ensure_ascii=False, allow_nan=False)
        assert text.encode().decode() == text
        assert "\\u0000" not in text.replace("\\\\", "")


@pytest.mark.parametrize("depth", [201, 900, 100_000])
def test_what_is_too_deep_is_refused_though_mended(depth: int):
    with pytest.raises(BadRequest, match="nested"):
        strict_json.parse(b"[" * depth + b'"\\u0000"' + b"]" * depth, sanitized=True)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"state": {"message": "a\\u0000b"}}', {"state": {"message": "a\ufffdb"}}),
        (
            b'{"state": {"message": "\\ud800", "name": "n"}, "n": 1}',
            {"state": {"message": "\ufffd", "name": "n"}, "n": 1},
        ),
        (
            b'{"state": {"message": "\\u0000\\u0000\\ud83d\\ude00"}}',
            {"state": {"message": "\ufffd\ufffd\U0001f600"}},
        ),
    ],
)
def test_messages_may_quote_anything(body: bytes, expected: Any) -> None:
    assert strict_json.parse(body) == expected


@pytest.mark.parametrize(
    "body",
    [
        b'{"message": "\\u0000"}',
        b'{"state": {"name": "\\u0000"}}',
        b'{"state": {"message": "\\u0000", "data": "\\u0000"}}',
        b'{"parameters": {"message": "\\u0000"}}',
        b'[{"message": "\\u0000"}]',
    ],
)
def test_nothing_else_is_changed(body: bytes) -> None:
    with pytest.raises(InvalidRequest):
        strict_json.parse(body)
