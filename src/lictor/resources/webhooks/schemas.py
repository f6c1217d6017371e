"""Webhooks as the API shows and takes them."""

from collections.abc import Iterator
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lictor.events.schemas import ID
from lictor.templates import InvalidTemplate, validate
from lictor.validation.fields import DateTime, IndexedText, NotNull, Text

MAX_REQUESTS_PER_MINUTE = 1_000_000

Labels = dict[str, str]
RequestsPerMinute = Annotated[
    int, Field(ge=1, le=MAX_REQUESTS_PER_MINUTE, description="How many requests it takes in a minute.")
]


class WebhookTemplate(BaseModel):
    """The event that a request becomes. Each text may be a Jinja template of `body`, `headers`, `query`, `webhook`.

    Each is rendered by itself, so that nothing in a request can add to the event what its template does not have.
    """

    model_config = ConfigDict(extra="forbid")

    event: Text = Field(default="webhook.received", description="The event's name.")
    resource: Labels = Field(
        default={ID: "webhook.{{ webhook.name }}"}, description="The labels of the resource that it happened to."
    )
    related: list[Labels] = Field(default_factory=list, description="The labels of related resources.")
    payload: dict[str, Any] | None = Field(
        default=None,
        description="Its payload; null for the request's body. A text that is one expression keeps its type.",
    )
    id: Text | None = Field(
        default=None,
        description="Its id, a UUID: of two requests with the same the first one counts. Null for a new one.",
    )
    occurred: Text | None = Field(default=None, description="When it happened; null for when the request came.")

    @model_validator(mode="after")
    def _can_be_rendered(self) -> Self:
        if ID not in self.resource:
            raise ValueError(f"resource must have the label {ID}")
        for path, text in texts_in(self.model_dump(exclude_none=True)):
            try:
                validate(text)
            except InvalidTemplate as error:
                raise ValueError(f"{path} is not a valid template: {error}") from None
        return self


def texts_in(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """All texts in JSON, each with where it stands."""
    match value:
        case str():
            yield path, value
        case dict():
            for name, item in value.items():
                yield from texts_in(item, f"{path}.{name}" if path else str(name))
        case list():
            for number, item in enumerate(value):
                yield from texts_in(item, f"{path}[{number}]")


class WebhookCreate(BaseModel):
    """A webhook to create."""

    model_config = ConfigDict(extra="forbid")

    name: IndexedText = Field(min_length=1, description="Its name, which no other webhook has.")
    description: Text = Field(default="", description="What it is for.")
    enabled: bool = Field(default=True, description="Whether it takes requests.")
    template: WebhookTemplate = Field(default_factory=WebhookTemplate, description="The event that a request becomes.")
    requests_per_minute: RequestsPerMinute = 600


class WebhookUpdate(BaseModel):
    """What to change of a webhook."""

    model_config = ConfigDict(extra="forbid")

    description: Annotated[Text, NotNull] = Field(default="", description="What it is for.")
    enabled: Annotated[bool, NotNull] = Field(default=True, description="Whether it takes requests.")
    template: Annotated[WebhookTemplate, NotNull] = Field(
        default_factory=WebhookTemplate, description="The event that a request becomes."
    )
    requests_per_minute: Annotated[RequestsPerMinute, NotNull] = 600


class Webhook(BaseModel):
    """A webhook."""

    id: UUID = Field(description="Its id.")
    created: DateTime | None = Field(description="When it was created.")
    updated: DateTime | None = Field(description="When it changed last.")
    name: str = Field(description="Its name, which no other webhook has.")
    description: str = Field(description="What it is for.")
    enabled: bool = Field(description="Whether it takes requests.")
    template: WebhookTemplate = Field(description="The event that a request becomes.")
    requests_per_minute: int = Field(description="How many requests it takes in a minute.")
    last_used: DateTime | None = Field(description="When it took a request last.")


class WebhookWithToken(Webhook):
    """A webhook, with the token that nobody is told a second time."""

    token: str = Field(description="The token, which is the end of its address: `/api/hooks/TOKEN`.")
