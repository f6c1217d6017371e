"""Block types as the API shows and takes them."""

import re
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from lictor.validation.fields import DateTime, IndexedText, Name, fits_half_an_index

PLAIN = re.compile("[a-z0-9-]*")


def plain(what: str) -> AfterValidator:
    """For a text of lowercase letters, digits and dashes; `what` names it in the error."""

    def check(text: str) -> str:
        if not PLAIN.fullmatch(text):
            raise ValueError(f"{what} must only contain lowercase letters, numbers, and dashes.")
        return text

    return AfterValidator(check)


BlockName = Annotated[Name, AfterValidator(fits_half_an_index)]
"""The name of a block type or of a document: lists are sorted by both."""

Slug = Annotated[IndexedText, plain("Block type slug")]


class BlockTypeCreate(BaseModel):
    """A block type to register."""

    model_config = ConfigDict(extra="forbid")

    name: BlockName = Field(description="Its name.", examples=["Warehouse"])
    slug: Slug = Field(description="Its name in URLs, which no other block type has.", examples=["warehouse"])
    logo_url: str | None = Field(None, description="Where its logo is.")
    documentation_url: str | None = Field(None, description="Where it is documented.")
    description: str | None = Field(None, description="What its blocks are for.")
    code_example: str | None = Field(None, description="How its blocks are used.")


class BlockTypeUpdate(BaseModel):
    """What can be changed about a block type."""

    model_config = ConfigDict(extra="forbid")

    logo_url: str | None = Field(None, description="Where its logo is.")
    documentation_url: str | None = Field(None, description="Where it is documented.")
    description: str | None = Field(None, description="What its blocks are for.")
    code_example: str | None = Field(None, description="How its blocks are used.")


class BlockType(BaseModel):
    """A block type."""

    id: UUID = Field(description="Its id.")
    created: DateTime | None = Field(description="When it was registered.")
    updated: DateTime | None = Field(description="When its record changed last.")
    name: Name = Field(description="Its name.")
    slug: str = Field(description="Its name in URLs, which no other block type has.")
    logo_url: str | None = Field(None, description="Where its logo is.")
    documentation_url: str | None = Field(None, description="Where it is documented.")
    description: str | None = Field(None, description="What its blocks are for.")
    code_example: str | None = Field(None, description="How its blocks are used.")
    is_protected: bool = Field(False, description="Whether it belongs to the system and cannot be deleted.")
