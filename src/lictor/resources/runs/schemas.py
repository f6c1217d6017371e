"""Models that flow runs and task runs share."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, FiniteFloat, StrictBool, StrictFloat, StrictInt, model_validator

from lictor.resources.runs.names import random_name
from lictor.resources.states.schemas import StateType
from lictor.validation.fields import DateTime, IndexedText


def _none_as_empty(labels: Any) -> Any:
    return {} if labels is None else labels


def given_or_random(name: Any) -> Any:
    return name or random_name()


Labels = Annotated[dict[str, StrictBool | StrictInt | StrictFloat | str], BeforeValidator(_none_as_empty)]
"""Labels: names, each with a text, a number or a truth value."""

RunName = Annotated[IndexedText, BeforeValidator(given_or_random)]
"""A run's name; a random one where none is given."""


class RetryPolicy(BaseModel):
    """What the policies of flow runs and task runs have in common: the former names of two fields."""

    max_retries: int = Field(0, deprecated=True, description="The former name of `retries`.")
    retry_delay_seconds: FiniteFloat = Field(0, deprecated=True, description="The former name of `retry_delay`.")

    @model_validator(mode="before")
    @classmethod
    def _take_former_names(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        for former, name in (("max_retries", "retries"), ("retry_delay_seconds", "retry_delay")):
            if not values.get(name) and values.get(former, 0) != 0:
                values = {**values, name: values[former]}
        return values


class HistoryResponseState(BaseModel):
    """The runs of one interval that are in one state."""

    state_type: StateType = Field(description="The type of the state.")
    state_name: str = Field(description="The name of the state.")
    count_runs: int = Field(description="How many runs are in it.")
    sum_estimated_run_time: float = Field(description="Seconds they have run, together, up to now.")
    sum_estimated_lateness: float = Field(description="Seconds by which they started late, together.")


class HistoryResponse(BaseModel):
    """The runs that were expected to start in one interval."""

    interval_start: DateTime = Field(description="When the interval begins.")
    interval_end: DateTime = Field(description="When it ends.")
    states: list[HistoryResponseState] = Field(description="Its runs, by state.")
