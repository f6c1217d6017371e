"""Answers about the values of a form."""

from pydantic import BaseModel, Field


class SchemaValuePropertyError(BaseModel):
    """What is wrong with a property."""

    property: str = Field(description="The property's name.")
    errors: "list[str | SchemaValuePropertyError | SchemaValueIndexError]" = Field(
        description="What is wrong with it, or within it."
    )


class SchemaValueIndexError(BaseModel):
    """What is wrong with an item of a list."""

    index: int = Field(description="The item's place in the list.")
    errors: "list[str | SchemaValuePropertyError | SchemaValueIndexError]" = Field(
        description="What is wrong with it, or within it."
    )


class SchemaValuesValidationResponse(BaseModel):
    """What is wrong with the values of a form."""

    errors: "list[str | SchemaValuePropertyError | SchemaValueIndexError]" = Field(
        description="What is wrong, nested as the values are."
    )
    valid: bool = Field(description="Whether nothing is.")
