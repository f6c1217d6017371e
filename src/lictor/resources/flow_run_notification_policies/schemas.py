"""Flow run notification policies as the API shows and takes them."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from lictor.resources.flow_run_notification_policies.messages import to_jinja
from lictor.validation.fields import DateTime, IndexedText, NotNull, Text

MAX_NAMES = 1_000


def _can_be_rendered(message: str | None) -> str | None:
    if message is not None:
        to_jinja(message)
    return message


Names = Annotated[list[Annotated[IndexedText, AfterValidator(str)]], Field(max_length=MAX_NAMES)]
MessageTemplate = Annotated[Text | None, AfterValidator(_can_be_rendered)]

_STATE_NAMES = "The names of the states to tell of; none for all."
_TAGS = "Tags of which a flow run must have one; none for all flow runs."
_BLOCK = "The notification block's id."
_MESSAGE = "The message, with variables in braces; null for the server's own."


class FlowRunNotificationPolicyCreate(BaseModel):
    """A policy to create."""

    model_config = ConfigDict(extra="forbid")

    is_active: bool = Field(default=True, description="Whether anybody is notified.")
    state_names: Names = Field(description=_STATE_NAMES)
    tags: Names = Field(description=_TAGS)
    block_document_id: UUID = Field(description=_BLOCK)
    message_template: MessageTemplate = Field(default=None, description=_MESSAGE)


class FlowRunNotificationPolicyUpdate(BaseModel):
    """What to change of a policy."""

    model_config = ConfigDict(extra="forbid")

    is_active: Annotated[bool, NotNull] = Field(default=True, description="Whether anybody is notified.")
    state_names: Annotated[Names, NotNull] = Field(default_factory=list, description=_STATE_NAMES)
    tags: Annotated[Names, NotNull] = Field(default_factory=list, description=_TAGS)
    block_document_id: Annotated[UUID | None, NotNull] = Field(default=None, description=_BLOCK)
    message_template: MessageTemplate = Field(default=None, description=_MESSAGE)


class FlowRunNotificationPolicy(BaseModel):
    """A policy."""

    id: UUID = Field(description="Its id, which is also its automation's.")
    created: DateTime | None = Field(description="When it was created.")
    updated: DateTime | None = Field(description="When it changed last.")
    is_active: bool = Field(description="Whether anybody is notified.")
    state_names: list[str] = Field(description=_STATE_NAMES)
    tags: list[str] = Field(description=_TAGS)
    block_document_id: UUID = Field(description=_BLOCK)
    message_template: str | None = Field(description=_MESSAGE)
