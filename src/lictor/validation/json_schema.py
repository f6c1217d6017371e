"""JSON Schemas of draft 2020-12: what clients mean by theirs, and whether values are as they ask.

Values are checked in a process of their own (`lictor.sandbox`), within a time and a memory that are limited.
"""

from typing import Any, NoReturn

from lictor import sandbox

Schema = dict[str, Any]


class InvalidSchema(Exception):
    """The schema is none."""


class Mismatch(Exception):
    """The values are not what the schema asks for; the message says which is not, and why."""


async def check_schema(schema: Schema) -> None:
    """Raises InvalidSchema unless it is a schema, regular expressions included, and OverBudget if nobody can tell."""
    await call("json_schema.check_schema", schema)


async def check(values: Any, schema: Schema) -> None:
    """Raises Mismatch if the values are not as the schema asks, InvalidSchema or OverBudget if nobody can tell."""
    await call("json_schema.check", values, schema)


async def call(name: str, *arguments: Any) -> Any:
    """What a function of the sandbox returns that raises InvalidSchema and Mismatch, which are raised here, too."""
    try:
        return await sandbox.call(name, *arguments)
    except sandbox.SandboxError as error:
        _raise(error)


def _raise(error: sandbox.SandboxError) -> NoReturn:
    for kind in (InvalidSchema, Mismatch):
        if error.kind == kind.__name__:
            raise kind(str(error)) from None
    raise error


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
