"""Logs as the API shows and takes them."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from lictor.validation.fields import MAX_INTEGER, DateTime

Level = Annotated[int, Field(ge=-MAX_INTEGER, le=MAX_INTEGER)]


class LogSort(StrEnum):
    """The orders in which logs can be listed."""

    TIMESTAMP_ASC = "TIMESTAMP_ASC"
    TIMESTAMP_DESC = "TIMESTAMP_DESC"


class LogCreate(BaseModel):
    """A log to keep."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(description="The name of the logger.", examples=["prefect.flow_runs"])
    level: Level = Field(description="How grave it is, as Python counts it: 20 is INFO, 40 is ERROR.", examples=[20])
    message: str = Field(description="What it says.")
    timestamp: DateTime = Field(description="When it was written.")
    flow_run_id: UUID | None = Field(None, description="The flow run that wrote it.")
    task_run_id: UUID | None = Field(None, description="The task run that wrote it.")


class Log(BaseModel):
    """A log."""

    id: UUID = Field(description="Its id.")
    created: DateTime | None = Field(description="When it was stored.")
    updated: DateTime | None = Field(description="When its record changed last.")
    name: str = Field(description="The name of the logger.", examples=["prefect.flow_runs"])
    level: int = Field(description="How grave it is, as Python counts it: 20 is INFO, 40 is ERROR.", examples=[20])
    message: str = Field(description="What it says.")
    timestamp: DateTime = Field(description="When it was written.")
    flow_run_id: UUID | None = Field(None, description="The flow run that wrote it.")
    task_run_id: UUID | None = Field(None, description="The task run that wrote it.")
