"""Firings and their actions as the API shows them. They are ours: Prefect keeps none."""

from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from lictor.events.schemas import Event
from lictor.resources.automations.firing_tables import ActionStatus
from lictor.validation.fields import DateTime


class FiringAction(BaseModel):
    """An action of a firing, and what has become of it."""

    id: UUID = Field(description="Its id, which webhooks are sent as `Idempotency-Key`.")
    position: int = Field(description="Its place among the actions of the automation.")
    type: str = Field(description="What kind of action it is.")
    action: dict[str, Any] = Field(description="The action, as it was when the automation fired.")
    status: ActionStatus = Field(description="What has become of it.")
    attempts: int = Field(description="How often it was attempted.")
    due: DateTime | None = Field(description="When it is attempted next; null once it is over.")
    started: DateTime | None = Field(description="When the last attempt began.")
    finished: DateTime | None = Field(description="When the last attempt ended.")
    error: str | None = Field(description="Why the last attempt failed.")
    result: dict[str, Any] | None = Field(description="What the last attempt was answered.")


class AutomationFiring(BaseModel):
    """A firing of an automation."""

    id: UUID = Field(description="Its id.")
    automation_id: UUID = Field(description="The automation's id.")
    fired: DateTime = Field(description="When it fired, by the time of the event that it fired for.")
    created: DateTime = Field(description="When that was found out.")
    is_test: bool = Field(description="Whether somebody let it fire to try it.")
    labels: dict[str, str] = Field(description="The values of the labels for each of which events are counted.")
    events: list[dict[str, Any]] = Field(description="The events that led to it, the last 20 of those counted.")
    actions: list[FiringAction] = Field(description="What was to be done, and what has become of it.")


class AutomationTest(BaseModel):
    """How to try an automation."""

    model_config = ConfigDict(extra="forbid")

    event: Event | None = Field(
        default=None, description="The event that it is to fire for; one that its trigger expects, unless given."
    )
