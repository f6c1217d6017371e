"""Saved searches as the API shows and takes them."""

from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from lictor.validation.fields import DateTime, IndexedText


class SavedSearchFilter(BaseModel):
    """One filter of a saved search. What it means is up to whoever saved it."""

    object: str = Field(description="What kind of object it looks at.", examples=["flow_run"])
    property: str = Field(description="Which property of the object.", examples=["name"])
    type: str = Field(description="Of which type that property is.", examples=["string"])
    operation: str = Field(description="How the property is compared with the value.", examples=["equals"])
    value: Any = Field(description="The value: any JSON.", examples=["nightly"])


class SavedSearchCreate(BaseModel):
    """A search to save."""

    model_config = ConfigDict(extra="forbid")

    name: IndexedText = Field(description="Its name, which no other saved search has.")
    filters: list[SavedSearchFilter] = Field(default_factory=list, description="Its filters.")


class SavedSearch(BaseModel):
    """A saved search."""

    id: UUID = Field(description="Its id.")
    created: DateTime | None = Field(description="When it was saved first.")
    updated: DateTime | None = Field(description="When it changed last.")
    name: str = Field(description="Its name, which no other saved search has.")
    filters: list[SavedSearchFilter] = Field(default_factory=list, description="Its filters.")
