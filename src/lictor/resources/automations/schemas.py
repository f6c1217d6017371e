"""Automations as the API shows and takes them."""

from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lictor.events.filters import ResourceSpecification
from lictor.events.schemas import ID
from lictor.resources.automations.actions import AnyAction, RunDeployment
from lictor.resources.automations.triggers import AnyTrigger, EventTrigger, Posture
from lictor.validation.fields import DateTime, IndexedText

_EVERY_FLOW_RUN = "prefect.flow-run.*"
_MET_BY_EVERY_RUN = frozenset(
    {"prefect.flow-run.Scheduled", "prefect.flow-run.Pending", "prefect.flow-run.Running", _EVERY_FLOW_RUN}
)


class AutomationSort(StrEnum):
    """The orders in which automations can be listed."""

    CREATED_DESC = "CREATED_DESC"
    UPDATED_DESC = "UPDATED_DESC"
    NAME_ASC = "NAME_ASC"
    NAME_DESC = "NAME_DESC"


class AutomationCore(BaseModel):
    """What there is to say about an automation."""

    name: IndexedText = Field(description="Its name.")
    description: str = Field(default="", description="What it is for.")
    enabled: bool = Field(default=True, description="Whether its trigger is evaluated.")
    tags: list[str] = Field(default_factory=list, description="Its tags.")
    trigger: AnyTrigger = Field(description="When it fires.")
    actions: list[AnyAction] = Field(description="What is done when it fires.")
    actions_on_trigger: list[AnyAction] = Field(
        default_factory=list, description="What is done when it gets into a triggered state."
    )
    actions_on_resolve: list[AnyAction] = Field(
        default_factory=list, description="What is done when it gets out of it."
    )

    @model_validator(mode="after")
    def _does_not_trigger_itself(self) -> Self:
        trigger = self.trigger
        if not self.enabled or not isinstance(trigger, EventTrigger) or trigger.posture != Posture.Reactive:
            return self
        if not _MET_BY_EVERY_RUN & trigger.expect:
            return self
        for action in self.actions:
            if isinstance(action, RunDeployment):
                if action.source == "inferred":
                    raise ValueError(
                        "Running an inferred deployment from a flow run state change event will lead to an infinite"
                        " loop of flow runs. Choose a specific deployment and add labels to match or match_related."
                    )
                if _matches_every_run(trigger):
                    raise ValueError(
                        "Running a selected deployment from a flow run state change event may lead to an infinite loop"
                        " of flow runs. Add labels to match or match_related that exclude the runs of this deployment."
                    )
        return self


def _matches_every_run(trigger: EventTrigger) -> bool:
    related = trigger.match_related if isinstance(trigger.match_related, list) else [trigger.match_related]
    return _is_every_run(trigger.match) and any(map(_is_every_run, related))


def _is_every_run(match: ResourceSpecification) -> bool:
    if not match.root:
        return True
    ids: Any = match.root.get(ID)
    return len(match.root) == 1 and bool(ids) and _EVERY_FLOW_RUN in ([ids] if isinstance(ids, str) else ids)


class AutomationCreate(AutomationCore):
    """An automation to create."""

    model_config = ConfigDict(extra="forbid")

    owner_resource: IndexedText | None = Field(
        default=None, description="The resource it belongs to, with which it can be deleted."
    )


class AutomationUpdate(AutomationCore):
    """An automation in the place of another one."""

    model_config = ConfigDict(extra="forbid")


class AutomationPartialUpdate(BaseModel):
    """What can be changed about an automation alone."""

    model_config = ConfigDict(extra="forbid")

    enabled: bool = Field(default=True, description="Whether its trigger is evaluated.")


class Automation(AutomationCore):
    """An automation."""

    id: UUID = Field(description="Its id.")
    created: DateTime | None = Field(description="When it was created.")
    updated: DateTime | None = Field(description="When it changed last.")
