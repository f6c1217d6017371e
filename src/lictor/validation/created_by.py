"""Who made an object."""

from uuid import UUID

from pydantic import BaseModel, Field


class CreatedBy(BaseModel):
    """Who made an object."""

    id: UUID | None = Field(None, description="The maker's id.")
    type: str | None = Field(None, description="What kind of maker it is.")
    display_value: str | None = Field(None, description="The maker's name, for people.")
