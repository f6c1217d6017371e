"""Variables as the API shows and takes them."""

import re
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
)

from lictor.validation.fields import DateTime, NotNull

NAME = re.compile("[a-z0-9_-]*")
MAX_NAME_CHARACTERS = 255
MAX_VALUE_BYTES = 5_000  # bytes of JSON


def _check_name(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ValueError("Variable name must only contain lowercase letters, numbers, and dashes or underscores.")
    return name


def _check_value(value: Any) -> Any:
    try:
        text = orjson.dumps(value)
    except orjson.JSONEncodeError:  # an integer beyond 64 bits
        raise ValueError("Variable value must be serializable to JSON") from None
    if len(text) > MAX_VALUE_BYTES:
        raise ValueError(f"Variable value must be less than {MAX_VALUE_BYTES} characters")
    return value


VariableName = Annotated[str, AfterValidator(_check_name), Field(max_length=MAX_NAME_CHARACTERS)]
AnyJSON = StrictStr | StrictInt | StrictBool | StrictFloat | dict[str, Any] | list[Any] | None
VariableValue = Annotated[AnyJSON, BeforeValidator(_check_value)]


class VariableSort(StrEnum):
    """The orders in which variables can be listed."""

    CREATED_DESC = "CREATED_DESC"
    UPDATED_DESC = "UPDATED_DESC"
    NAME_DESC = "NAME_DESC"
    NAME_ASC = "NAME_ASC"


class VariableCreate(BaseModel):
    """A variable to make."""

    model_config = ConfigDict(extra="forbid")

    name: VariableName = Field(description="Its name, which no other variable has.", examples=["api_url"])
    value: VariableValue = Field(description="Its value: any JSON.", examples=["https://example.org"])
    tags: list[str] = Field(default_factory=list, description="Its tags.", examples=[["production"]])


class VariableUpdate(BaseModel):
    """What can be changed about a variable."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[VariableName | None, NotNull] = Field(None, description="Its new name.", examples=["api_url"])
    value: VariableValue = Field(None, description="Its new value: any JSON.", examples=["https://example.org"])
    tags: Annotated[list[str] | None, NotNull] = Field(None, description="Its new tags.", examples=[["production"]])


class Variable(BaseModel):
    """A variable."""

    id: UUID = Field(description="Its id.")
    created: DateTime | None = Field(description="When it was made.")
    updated: DateTime | None = Field(description="When it changed last.")
    name: str = Field(
        max_length=MAX_NAME_CHARACTERS, description="Its name, which no other variable has.", examples=["api_url"]
    )
    value: VariableValue = Field(description="Its value: any JSON.", examples=["https://example.org"])
    tags: list[str] = Field(default_factory=list, description="Its tags.", examples=[["production"]])
