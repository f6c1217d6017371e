"""Block schemas as the API shows and takes them."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter

from lictor.resources.block_types.schemas import BlockType
from lictor.validation.fields import DateTime, IndexedText

UNVERSIONED = "non-versioned"
"""The version of a schema that came without one."""

JSONObject = dict[str, Any]


class Reference(BaseModel):
    """Which block a field of a schema holds."""

    block_type_slug: str
    block_schema_checksum: str


References = dict[IndexedText, Reference | list[Reference]]
"""The fields of a schema that hold blocks; one may hold blocks of several kinds."""

REFERENCES = TypeAdapter(References)
DEFINITIONS = TypeAdapter(dict[str, JSONObject])


def _check_parts(fields: JSONObject) -> JSONObject:
    """The fields, unless a part that is read here is not what it must be."""
    for name, adapter in (("block_schema_references", REFERENCES), ("definitions", DEFINITIONS)):
        if fields.get(name) is not None:
            try:
                adapter.validate_python(fields[name])
            except ValueError:
                raise ValueError(f"{name} is not what it must be in a block schema") from None
    return fields


class BlockSchemaCreate(BaseModel):
    """A block schema to register."""

    model_config = ConfigDict(extra="forbid")

    fields: Annotated[JSONObject, AfterValidator(_check_parts)] = Field(
        default_factory=dict, description="Its fields, as a JSON schema."
    )
    block_type_id: UUID = Field(description="The type whose blocks have these fields.")
    capabilities: list[str] = Field(default_factory=list, description="What such blocks can do.")
    version: IndexedText = Field(UNVERSIONED, description="Its version, for people.")


class BlockSchema(BaseModel):
    """A block schema."""

    id: UUID = Field(description="Its id.")
    created: DateTime | None = Field(description="When it was registered.")
    updated: DateTime | None = Field(description="When its record changed last.")
    checksum: str = Field(description="What its fields hash to.")
    fields: JSONObject = Field(default_factory=dict, description="Its fields, as a JSON schema.")
    block_type_id: UUID | None = Field(description="The type whose blocks have these fields.")
    block_type: BlockType | None = Field(None, description="That type.")
    capabilities: list[str] = Field(default_factory=list, description="What such blocks can do.")
    version: str = Field(UNVERSIONED, description="Its version, for people.")
