"""Parts of models whose description is to be Prefect's, and unions that try one model where Pydantic would try all."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Discriminator, GetJsonSchemaHandler, PlainSerializer, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema


def by_type(models: Mapping[str, str], default: str) -> Discriminator:
    """Tells models apart: the tag for each value of `type`, and the one for a value without."""

    def tag(value: Any) -> str:
        kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
        return models.get(kind, default) if isinstance(kind, str) else default

    return Discriminator(tag)


class AnyOf:
    """Describes the union as Prefect's document does."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        described = handler(schema)
        if "oneOf" in described:
            described["anyOf"] = described.pop("oneOf")
        described.pop("discriminator", None)
        return described


Seconds = Annotated[
    timedelta,
    PlainSerializer(timedelta.total_seconds, return_type=float, when_used="json"),
    WithJsonSchema(
        {"anyOf": [{"type": "number"}, {"type": "string", "format": "duration"}]},
        mode="validation",
    ),
    WithJsonSchema({"type": "number"}, mode="serialization"),
]
"""A duration: seconds, or text as in ISO 8601; seconds in answers."""


class OrItsObject:
    """Describes a specification as itself or the object that it is made of, as Prefect's document does."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        described = handler(schema)
        first, *others = described.get("anyOf", [described])
        texts = {"anyOf": [{"type": "string"}, {"items": {"type": "string"}, "type": "array"}]}
        return {"anyOf": [first, {"additionalProperties": texts, "type": "object"}, *others]}
