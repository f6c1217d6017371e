"""Artifacts as the API shows and takes them."""

import re
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from lictor.validation.fields import DateTime, IndexedText

KEY = re.compile("[a-z0-9-]*")
MAX_METADATA_CHARACTERS = 500


def _check_key(key: str) -> str:
    if not KEY.fullmatch(key):
        raise ValueError("Artifact key must only contain lowercase letters, numbers, and dashes.")
    return key


def _shortened(metadata: dict[str, str]) -> dict[str, str]:
    return {
        name: text if len(text) <= MAX_METADATA_CHARACTERS else f"{text[:MAX_METADATA_CHARACTERS]}..."
        for name, text in metadata.items()
    }


ArtifactKey = Annotated[IndexedText, AfterValidator(_check_key)]
AnyData = dict[str, Any] | Any | None
Metadata = Annotated[dict[str, str], AfterValidator(_shortened)]


class ArtifactSort(StrEnum):
    """The orders in which artifacts can be listed."""

    CREATED_DESC = "CREATED_DESC"
    UPDATED_DESC = "UPDATED_DESC"
    ID_DESC = "ID_DESC"
    KEY_DESC = "KEY_DESC"
    KEY_ASC = "KEY_ASC"


class ArtifactCollectionSort(StrEnum):
    """The orders in which the latest artifacts can be listed."""

    CREATED_DESC = "CREATED_DESC"
    UPDATED_DESC = "UPDATED_DESC"
    ID_DESC = "ID_DESC"
    KEY_DESC = "KEY_DESC"
    KEY_ASC = "KEY_ASC"


class ArtifactCreate(BaseModel):
    """An artifact to keep."""

    model_config = ConfigDict(extra="forbid")

    key: ArtifactKey | None = Field(None, description="The key that it is the latest of from now on.")
    type: str | None = Field(None, description="What its data is.", examples=["markdown"])
    description: str | None = Field(None, description="What it shows, as Markdown.")
    data: AnyData = Field(None, description="What it holds: any JSON, as its type has it.")
    metadata_: Metadata | None = Field(
        None, description=f"More about it, by name; texts are cut off after {MAX_METADATA_CHARACTERS} characters."
    )
    flow_run_id: UUID | None = Field(None, description="The flow run that made it.")
    task_run_id: UUID | None = Field(None, description="The task run that made it.")


class ArtifactUpdate(BaseModel):
    """What can be changed about an artifact."""

    model_config = ConfigDict(extra="forbid")

    data: AnyData = Field(None, description="What it holds now.")
    description: str | None = Field(None, description="What it shows, as Markdown.")
    metadata_: Metadata | None = Field(
        None, description=f"More about it, by name; texts are cut off after {MAX_METADATA_CHARACTERS} characters."
    )


class Artifact(BaseModel):
    """An artifact."""

    id: UUID = Field(description="Its id.")
    created: DateTime | None = Field(description="When it was made.")
    updated: DateTime | None = Field(description="When it changed last.")
    key: str | None = Field(None, description="The key that it was made under.")
    type: str | None = Field(None, description="What its data is.", examples=["markdown"])
    description: str | None = Field(None, description="What it shows, as Markdown.")
    data: AnyData = Field(None, description="What it holds: any JSON, as its type has it.")
    metadata_: dict[str, str] | None = Field(None, description="More about it, by name.")
    flow_run_id: UUID | None = Field(None, description="The flow run that made it.")
    task_run_id: UUID | None = Field(None, description="The task run that made it.")


class ArtifactCollection(BaseModel):
    """A key, and the latest artifact of it."""

    id: UUID = Field(description="The id of the key's own record.")
    created: DateTime | None = Field(description="When the first artifact of the key was made.")
    updated: DateTime | None = Field(description="When the latest artifact was made, or changed last.")
    key: str = Field(description="The key.")
    latest_id: UUID = Field(description="The id of the latest artifact.")
    type: str | None = Field(None, description="What its data is.", examples=["markdown"])
    description: str | None = Field(None, description="What it shows, as Markdown.")
    data: AnyData = Field(None, description="What it holds: any JSON, as its type has it.")
    metadata_: dict[str, str] | None = Field(None, description="More about it, by name.")
    flow_run_id: UUID | None = Field(None, description="The flow run that made it.")
    task_run_id: UUID | None = Field(None, description="The task run that made it.")
