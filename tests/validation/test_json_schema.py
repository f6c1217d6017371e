"""Values against JSON Schemas."""

from typing import Any

import pytest

from lictor.validation.json_schema import InvalidSchema, Mismatch, tolerant, without_required
from lictor.validation.json_schema_checks import check, check_schema, first_error

X = {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}


@pytest.mark.parametrize(
    ("values", "schema", "message"),
    [
        ({}, X, "Validation failed. Failure reason: 'x' is a required property"),
        ({"x": "a"}, X, "Validation failed for field 'x'. Failure reason: 'a' is not of type 'integer'"),
        ({"a": [1, "x"]}, {"properties": {"a": {"items": {"type": "integer"}}}}, "for field 'a[1]'"),
        ({}, {"$ref": "#/nowhere"}, "Failure reason: PointerToNowhere: '/nowhere' does not exist"),
        ({}, {"$ref": "file:///etc/passwd"}, "Failure reason: Unresolvable: file:///etc/passwd"),
    ],
)
def test_a_mismatch_says_where_and_why(values: Any, schema: dict[str, Any], message: str) -> None:
    with pytest.raises(Mismatch) as caught:
        check(values, schema)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "nonsense"},
        {"properties": 5},
        {"pattern": "("},
        {"pattern": "a{99999999999999}"},
        {"$ref": "#"},
        {"$dynamicRef": ""},
        {"$id": "x", "$dynamicRef": "http://["},
        {"additionalProperties": {"multipleOf": 1e-300}},
    ],
    ids=str,
)
def test_what_is_no_schema(schema: dict[str, Any]) -> None:
    with pytest.raises(InvalidSchema):
        check({"a": 10**400}, schema)


def test_formats_are_looked_at_where_single_values_are() -> None:
    schema = {"properties": {"at": {"format": "date"}}}
    check_schema(schema)
    check({"at": "x"}, schema)
    assert first_error({"at": "x"}, schema) is not None
    assert first_error({"at": "2026-01-01"}, schema) is None


def test_nothing_is_required_of_a_part() -> None:
    schema = {**X, "properties": {"required": {"type": "string"}}, "anyOf": [{"required": ["y"]}]}
    assert without_required(schema) == {
        "type": "object",
        "properties": {"required": {"type": "string"}},
        "anyOf": [{"required": ["y"]}],
    }


def test_a_schema_of_pydantic_1_is_meant_otherwise() -> None:
    inner = {"type": "object", "properties": {"y": {"type": "string"}}}
    schema = {
        "required": ["needed"],
        "properties": {
            "needed": {"type": "integer"},
            "optional": {"type": "integer"},
            "defaulted": {"type": "integer", "default": 1},
            "pair": {"items": [{"type": "integer"}]},
            "inner": inner,
            "any": True,
        },
        "definitions": {"Block": {"title": "My Block", "block_type_slug": "b", **inner}, "other": False},
    }
    meant = tolerant(schema)
    nullable = {"anyOf": [{"type": "integer"}, {"type": "null"}]}
    assert meant["properties"] == {
        "needed": {"type": "integer"},
        "optional": nullable,
        "defaulted": {"type": "integer", "default": 1},
        "pair": {"prefixItems": [{"type": "integer"}]},
        "inner": {
            "anyOf": [{"type": "object"}, {"type": "null"}],
            "properties": {"y": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
        },
        "any": True,
    }
    assert tolerant(schema, of_defaults=True)["properties"]["defaulted"] == {**nullable, "default": 1}
    assert meant["definitions"]["other"] is False
    block, reference = meant["definitions"]["My Block"]["oneOf"]
    assert block == meant["definitions"]["Block"]
    check({"$ref": "6f1f7d4e-0000-4000-8000-000000000000"}, reference)
    assert "anyOf" not in schema["properties"]["optional"]
    assert tolerant({"properties": 5, "definitions": []}) == {"properties": 5, "definitions": []}
