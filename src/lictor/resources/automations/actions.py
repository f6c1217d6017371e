"""What an automation does when it fires, as the API shows and takes it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any, Literal, Self
from uuid import UUID

import orjson
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, Tag, WithJsonSchema, model_validator

from lictor.resources.automations.unions import AnyOf, Seconds, by_type
from lictor.resources.states.schemas import StateType
from lictor.templates import InvalidTemplate, is_template, validate

Source = Literal["selected", "inferred"]


class Action(BaseModel):
    """Something to do."""

    type: str


def _source(kind: str) -> Any:
    text = f"Whether the {kind} is the one of the id given here, or the one that the triggering event speaks of."
    return Field(default="selected", description=text)


def _target(kind: str) -> Any:
    return Field(default=None, description=f"The {kind}'s id, if it is selected.")


class _Targeted(Action):
    """An action on an object that is selected by its id or inferred from the event."""

    source: Source

    @model_validator(mode="after")
    def _has_an_id_if_selected(self) -> Self:
        field = next(name for name in type(self).model_fields if name.endswith("_id"))
        has_id = getattr(self, field) is not None
        if has_id != (self.source == "selected"):
            raise ValueError(f"{field} is {'not allowed' if has_id else 'required'}")
        return self


class _OnDeployment(_Targeted):
    source: Source = _source("deployment")
    deployment_id: UUID | None = _target("deployment")


class _OnWorkPool(_Targeted):
    source: Source = _source("work pool")
    work_pool_id: UUID | None = _target("work pool")


class _OnWorkQueue(_Targeted):
    source: Source = _source("work queue")
    work_queue_id: UUID | None = _target("work queue")


class _OnAutomation(_Targeted):
    source: Source = _source("automation")
    automation_id: UUID | None = _target("automation")


class DoNothing(Action):
    """Nothing is done. The firing is kept all the same."""

    type: Literal["do-nothing"] = "do-nothing"


def _not_negative(duration: timedelta) -> timedelta:
    if duration < timedelta(0):
        raise ValueError("duration must be non-negative")
    return duration


NonNegativeSeconds = Annotated[
    Seconds,
    AfterValidator(_not_negative),
    WithJsonSchema(
        {"anyOf": [{"type": "number", "minimum": 0.0}, {"type": "string", "format": "duration"}]}, mode="validation"
    ),
    WithJsonSchema({"type": "number", "minimum": 0.0}, mode="serialization"),
]


def _template_problems(value: Any, path: str = "") -> Iterator[str]:
    """What keeps parameters from being rendered."""
    if isinstance(value, dict):
        if "__prefect_kind" in value:
            yield from _kind_problems(value, path)
            return
        for key, item in value.items():
            yield from _template_problems(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _template_problems(item, f"{path}[{number}]")
    elif isinstance(value, str) and is_template(value):
        yield from _text_problems(value, path)


def _kind_problems(value: dict[str, Any], path: str) -> Iterator[str]:
    match value["__prefect_kind"]:
        case "jinja":
            template = value.get("template")
            if not isinstance(template, str):
                yield f"{path}: Missing 'template' key in __prefect object"
            else:
                yield from _text_problems(template, path)
        case "json":
            if "value" not in value:
                yield f"{path}: Missing 'value' key in __prefect object"
            else:
                yield from _template_problems(value["value"], path)
        case "workspace_variable" if not isinstance(value.get("variable_name"), str):
            yield f"{path}: Missing 'variable_name' key in __prefect object"


def _text_problems(template: str, path: str) -> Iterator[str]:
    try:
        validate(template)
    except InvalidTemplate as error:
        yield f"{path}: Invalid jinja: {error}"


def _renderable(parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    if problems := list(_template_problems(parameters)):
        raise ValueError("Invalid parameters: \n" + "\n  ".join(problems))
    return parameters


class RunDeployment(_OnDeployment):
    """A flow run of the deployment is created."""

    type: Literal["run-deployment"] = "run-deployment"
    parameters: Annotated[dict[str, Any] | None, AfterValidator(_renderable)] = Field(
        default=None, description="The run's parameters, templates among them; null for the deployment's own."
    )
    job_variables: dict[str, Any] | None = Field(
        default=None, description="The run's job variables; null for the deployment's own."
    )
    schedule_after: NonNegativeSeconds = Field(
        default_factory=timedelta, description="How long after the firing the run is to start."
    )


class PauseDeployment(_OnDeployment):
    """The deployment is paused."""

    type: Literal["pause-deployment"] = "pause-deployment"


class ResumeDeployment(_OnDeployment):
    """The deployment is resumed."""

    type: Literal["resume-deployment"] = "resume-deployment"


class CancelFlowRun(Action):
    """The flow run that the event speaks of is cancelled."""

    type: Literal["cancel-flow-run"] = "cancel-flow-run"


class DeleteFlowRun(Action):
    """The flow run that the event speaks of is deleted."""

    type: Literal["delete-flow-run"] = "delete-flow-run"


class ChangeFlowRunState(Action):
    """The flow run that the event speaks of gets another state."""

    type: Literal["change-flow-run-state"] = "change-flow-run-state"
    name: str | None = Field(default=None, description="The state's name.")
    state: StateType = Field(description="The state's type.")
    message: str | None = Field(default=None, description="The state's message.")
    force: bool = Field(default=False, description="Whether to set the state past the rules of orchestration.")


class SuspendFlowRun(Action):
    """The flow run that the event speaks of is suspended."""

    type: Literal["suspend-flow-run"] = "suspend-flow-run"


class ResumeFlowRun(Action):
    """The flow run that the event speaks of is resumed."""

    type: Literal["resume-flow-run"] = "resume-flow-run"


class PauseWorkQueue(_OnWorkQueue):
    """The work queue is paused."""

    type: Literal["pause-work-queue"] = "pause-work-queue"


class ResumeWorkQueue(_OnWorkQueue):
    """The work queue is resumed."""

    type: Literal["resume-work-queue"] = "resume-work-queue"


class PauseWorkPool(_OnWorkPool):
    """The work pool is paused."""

    type: Literal["pause-work-pool"] = "pause-work-pool"


class ResumeWorkPool(_OnWorkPool):
    """The work pool is resumed."""

    type: Literal["resume-work-pool"] = "resume-work-pool"


class PauseAutomation(_OnAutomation):
    """The automation is disabled."""

    type: Literal["pause-automation"] = "pause-automation"


class ResumeAutomation(_OnAutomation):
    """The automation is enabled."""

    type: Literal["resume-automation"] = "resume-automation"


def _text_template(template: str, field: str) -> str:
    try:
        validate(template)
    except InvalidTemplate as error:
        raise ValueError(f"{field!r} is not a valid template: {error}") from None
    return template


def _template(field: str) -> Any:
    return Annotated[str, AfterValidator(lambda text: _text_template(text, field))]


def _as_text(payload: Any) -> Any:
    """Old clients send an object."""
    if payload is None or isinstance(payload, str):
        return payload
    return orjson.dumps(payload, option=orjson.OPT_INDENT_2).decode()


class SendNotification(Action):
    """A notification block sends a message."""

    type: Literal["send-notification"] = "send-notification"
    block_document_id: UUID = Field(description="The notification block's id.")
    subject: _template("subject") = Field(  # type: ignore[valid-type]
        default="Prefect automated notification", description="A template of the message's subject."
    )
    body: _template("body") = Field(description="A template of the message's text.")  # type: ignore[valid-type]


class CallWebhook(Action):
    """A webhook block sends a request."""

    type: Literal["call-webhook"] = "call-webhook"
    block_document_id: UUID = Field(description="The webhook block's id.")
    payload: Annotated[_template("payload"), BeforeValidator(_as_text)] = Field(  # type: ignore[valid-type]
        default="", description="A template of the request's body."
    )


_MODELS: tuple[type[Action], ...] = (
    DoNothing,
    RunDeployment,
    PauseDeployment,
    ResumeDeployment,
    CancelFlowRun,
    DeleteFlowRun,
    ChangeFlowRunState,
    PauseWorkQueue,
    ResumeWorkQueue,
    SendNotification,
    CallWebhook,
    PauseAutomation,
    ResumeAutomation,
    SuspendFlowRun,
    ResumeFlowRun,
    PauseWorkPool,
    ResumeWorkPool,
)

AnyAction = Annotated[
    Annotated[DoNothing, Tag("DoNothing")]
    | Annotated[RunDeployment, Tag("RunDeployment")]
    | Annotated[PauseDeployment, Tag("PauseDeployment")]
    | Annotated[ResumeDeployment, Tag("ResumeDeployment")]
    | Annotated[CancelFlowRun, Tag("CancelFlowRun")]
    | Annotated[DeleteFlowRun, Tag("DeleteFlowRun")]
    | Annotated[ChangeFlowRunState, Tag("ChangeFlowRunState")]
    | Annotated[PauseWorkQueue, Tag("PauseWorkQueue")]
    | Annotated[ResumeWorkQueue, Tag("ResumeWorkQueue")]
    | Annotated[SendNotification, Tag("SendNotification")]
    | Annotated[CallWebhook, Tag("CallWebhook")]
    | Annotated[PauseAutomation, Tag("PauseAutomation")]
    | Annotated[ResumeAutomation, Tag("ResumeAutomation")]
    | Annotated[SuspendFlowRun, Tag("SuspendFlowRun")]
    | Annotated[ResumeFlowRun, Tag("ResumeFlowRun")]
    | Annotated[PauseWorkPool, Tag("PauseWorkPool")]
    | Annotated[ResumeWorkPool, Tag("ResumeWorkPool")],
    by_type({model.model_fields["type"].default: model.__name__ for model in _MODELS}, "DoNothing"),
    AnyOf(),
]
