"""Values against JSON Schemas of draft 2020-12, none of which is ever fetched from elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from jsonschema import Draft202012Validator, SchemaError, ValidationError
from jsonschema.exceptions import best_match
from referencing import Registry
from referencing.exceptions import Unresolvable

NOTHING_ELSEWHERE: Registry[Any] = Registry()
FORMATS = Draft202012Validator.FORMAT_CHECKER

Schema = dict[str, Any]


class InvalidSchema(Exception):
    """The schema is none."""


class Mismatch(Exception):
    """The values are not what the schema asks for; the message says which is not, and why."""


def check_schema(schema: Schema) -> None:
    """Raises InvalidSchema unless it is a schema, regular expressions included."""
    try:
        Draft202012Validator.check_schema(schema, format_checker=FORMATS)
    except SchemaError as error:
        raise InvalidSchema(error.message) from error
    except OverflowError as error:  # of the regular expression a{99999999999}
        raise InvalidSchema(str(error)) from error


def check(values: Any, schema: Schema) -> None:
    """Raises Mismatch if the values are not as the schema asks, and InvalidSchema if nobody can tell."""
    check_schema(schema)
    with _naming_what_is_wrong():
        error = best_match(_validator(schema).iter_errors(values))
    if error is not None:
        raise Mismatch(_explained(error))


def first_error(values: Any, schema: Schema) -> ValidationError | None:
    """The first thing that is wrong with the values, formats included. The schema must have been checked."""
    with _naming_what_is_wrong():
        return next(_validator(schema, format_checker=FORMATS).iter_errors(values), None)


def _validator(schema: Schema, **options: Any) -> Draft202012Validator:
    return Draft202012Validator(schema, registry=NOTHING_ELSEWHERE, **options)


@contextmanager
def _naming_what_is_wrong() -> Iterator[None]:
    try:
        yield
    except RecursionError as error:
        raise InvalidSchema("Unable to validate schema with circular references.") from error
    except Unresolvable as error:
        raise Mismatch(f"Validation failed. Failure reason: {error}") from error
    except (ValueError, OverflowError) as error:  # of references that are no URLs, and of numbers beyond floats
        raise InvalidSchema(str(error)) from error


def _explained(error: ValidationError) -> str:
    field = error.json_path.replace("$.", "")
    where = "" if field == "$" else f" for field {field!r}"
    return f"Validation failed{where}. Failure reason: {error.message}"


def without_required(schema: Any) -> Any:
    """The schema for part of the values: nothing is required, except by the alternatives of an `anyOf` or the like."""
    if not isinstance(schema, dict):
        return schema
    return {
        key: without_required(value)
        for key, value in schema.items()
        if not (key == "required" and isinstance(value, list))  # a property may be called so, too
    }


def tolerant(schema: Schema, *, of_defaults: bool = False) -> Schema:
    """The schema as it was meant to be.

    Pydantic 1 does not say that an optional field may be null, and describes tuples and blocks in ways of its own.
    A field with a default may be null only where `of_defaults` says so.
    """
    meant: dict[str, Any] = _with_tolerant_properties(schema, of_defaults)
    if isinstance(schema.get("definitions"), dict):
        definitions = {
            name: _with_tolerant_properties(item, of_defaults) for name, item in meant["definitions"].items()
        }
        blocks = {
            item["title"]: {"oneOf": [item, REFERENCE_TO_BLOCK]}
            for item in definitions.values()
            if isinstance(item, dict) and {"block_type_slug", "title"} <= item.keys()
        }
        meant["definitions"] = definitions | blocks
    return meant


REFERENCE_TO_BLOCK = {
    "type": "object",
    "required": ["$ref"],
    "properties": {
        "$ref": {
            "oneOf": [
                {"type": "string", "format": "uuid"},
                {"type": "object", "minProperties": 1, "additionalProperties": {"type": "string"}},
            ]
        }
    },
}


def _with_tolerant_properties(schema: Any, of_defaults: bool) -> Any:
    if not isinstance(schema, dict):
        return schema
    if not isinstance(properties := schema.get("properties"), dict):
        return dict(schema)
    required = schema.get("required")
    needed = required if isinstance(required, list) else []
    meant = {name: _tolerant_property(item, name not in needed, of_defaults) for name, item in properties.items()}
    return {**schema, "properties": meant}


def _tolerant_property(schema: Any, is_optional: bool, of_defaults: bool) -> Any:
    meant = _with_tolerant_properties(schema, of_defaults)
    if not isinstance(meant, dict):
        return meant
    may_be_null = is_optional and (of_defaults or "default" not in meant)
    if may_be_null and meant.get("type", "null") != "null":
        meant["anyOf"] = [{"type": meant.pop("type")}, {"type": "null"}]
    if isinstance(meant.get("items"), list) and meant["items"] and not meant.get("prefixItems"):
        meant["prefixItems"] = meant.pop("items")
    return meant
