"""Block documents as the API shows and takes them."""

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from lictor.resources.block_schemas.schemas import BlockSchema
from lictor.resources.block_types.schemas import BlockName, BlockType, plain
from lictor.validation.fields import DateTime, Name

JSONObject = dict[str, Any]


class BlockDocumentSort(StrEnum):
    """The orders in which block documents can be listed."""

    NAME_DESC = "NAME_DESC"
    NAME_ASC = "NAME_ASC"
    BLOCK_TYPE_AND_NAME_ASC = "BLOCK_TYPE_AND_NAME_ASC"


def _check_references(data: JSONObject) -> JSONObject:
    """The data, unless something in it says that it is a block and does not say which."""
    for key, value in data.items():
        if isinstance(value, dict) and "$ref" in value and not isinstance(value["$ref"], dict):
            raise ValueError(f"{key}.$ref must be an object with a block_document_id")
    return data


Data = Annotated[JSONObject, AfterValidator(_check_references)]


class BlockDocumentCreate(BaseModel):
    """A block document to keep."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[BlockName, plain("Block document name")] | None = Field(
        None, description="Its name, which no other document of its type has; only an anonymous one may lack it."
    )
    data: Data = Field(
        default_factory=dict,
        description='Its values; `{"$ref": {"block_document_id": ...}}` stands for another document.',
    )
    block_schema_id: UUID = Field(description="The schema that tells its fields.")
    block_type_id: UUID = Field(description="Its type.")
    is_anonymous: bool = Field(False, description="Whether a program made it for itself.")

    @model_validator(mode="before")
    @classmethod
    def _require_name(cls, values: Any) -> Any:
        if isinstance(values, dict) and not values.get("is_anonymous") and not values.get("name"):
            raise ValueError("Names must be provided for block documents.")
        return values


class BlockDocumentUpdate(BaseModel):
    """What can be changed about a block document."""

    model_config = ConfigDict(extra="forbid")

    block_schema_id: UUID | None = Field(None, description="Another schema of its type.")
    data: Data = Field(default_factory=dict, description="Its new values.")
    merge_existing_data: bool = Field(True, description="Whether values that are not given stay as they are.")


class BlockDocument(BaseModel):
    """A block document."""

    id: UUID = Field(description="Its id.")
    created: DateTime | None = Field(description="When it was made.")
    updated: DateTime | None = Field(description="When its record changed last.")
    name: Name | None = Field(None, description="Its name, which no other document of its type has.")
    data: JSONObject = Field(default_factory=dict, description="Its values, with those of the documents within.")
    block_schema_id: UUID = Field(description="The schema that tells its fields.")
    block_schema: BlockSchema | None = Field(None, description="That schema.")
    block_type_id: UUID = Field(description="Its type.")
    block_type_name: str | None = Field(None, description="The name of its type.")
    block_type: BlockType | None = Field(None, description="That type.")
    block_document_references: dict[str, JSONObject] = Field(
        default_factory=dict, description="Which documents are within it."
    )
    is_anonymous: bool = Field(False, description="Whether a program made it for itself.")


class ServerDefaultResultStorage(BaseModel):
    """Where flows leave their results unless they say otherwise."""

    default_result_storage_block_id: UUID | None = Field(None, description="The block document, if there is one.")


class ServerDefaultResultStorageUpdate(BaseModel):
    """Where flows are to leave their results unless they say otherwise."""

    default_result_storage_block_id: UUID = Field(description="The block document.")
