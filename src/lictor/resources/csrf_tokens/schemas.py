"""CSRF tokens as the API shows them."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from lictor.validation.fields import DateTime


class CsrfToken(BaseModel):
    """What a client shows with each request that changes something."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    created: DateTime | None
    updated: DateTime | None
    token: str = Field(description="To be sent as the header `Prefect-Csrf-Token`.")
    client: str = Field(description="Whose token it is; to be sent as the header `Prefect-Csrf-Client`.")
    expiration: DateTime = Field(description="From when on the token is no longer good.")
