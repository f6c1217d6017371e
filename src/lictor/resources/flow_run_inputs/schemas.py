"""Flow-run inputs as the API shows and takes them."""

import re
from typing import Annotated, TypeGuard
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from lictor.validation.fields import MAX_INDEXED_BYTES, DateTime, fits_an_index

KEY_PATTERN = "^[a-z0-9-]*$"

InputKey = Annotated[str, Field(pattern=KEY_PATTERN), AfterValidator(fits_an_index)]
"""What an input is called: lower-case letters, digits and dashes."""


def is_key(text: str | None) -> TypeGuard[str]:
    """Whether an input can be called so."""
    return text is not None and re.fullmatch(KEY_PATTERN, text) is not None and len(text) <= MAX_INDEXED_BYTES


class FlowRunInput(BaseModel):
    """A value that a flow run was told."""

    id: UUID = Field(description="Its id.")
    created: DateTime | None = Field(description="When it was told.")
    updated: DateTime | None = Field(description="When its record changed last.")
    flow_run_id: UUID = Field(description="Which flow run was told.")
    key: str = Field(description="What it is called; no other input of the flow run has this key.")
    value: str = Field(description="What was told.")
    sender: str | None = Field(None, description="Who told it, where that is known.")
