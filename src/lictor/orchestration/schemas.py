"""What the server answers to a request for a new state."""

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, Field, PrivateAttr

from lictor.resources.states.schemas import State


class SetStateStatus(StrEnum):
    """What became of the state that was asked for."""

    ACCEPT = "ACCEPT"
    REJECT = "REJECT"
    ABORT = "ABORT"
    WAIT = "WAIT"


class StateAcceptDetails(BaseModel):
    """The run is in the state that was asked for."""

    type: Literal["accept_details"] = Field(default="accept_details", description="Tells the kinds of details apart.")


class StateRejectDetails(BaseModel):
    """The run is in another state than was asked for, or stays in the one it was in."""

    type: Literal["reject_details"] = Field(default="reject_details", description="Tells the kinds of details apart.")
    reason: str | None = Field(default=None, description="Why another state was chosen.")


class StateAbortDetails(BaseModel):
    """The run stays in its state, and whoever asked is to leave it alone."""

    type: Literal["abort_details"] = Field(default="abort_details", description="Tells the kinds of details apart.")
    reason: str | None = Field(default=None, description="Why the run is to be left alone.")


class StateWaitDetails(BaseModel):
    """The run stays in its state, and whoever asked may ask again later."""

    type: Literal["wait_details"] = Field(default="wait_details", description="Tells the kinds of details apart.")
    delay_seconds: int = Field(description="How many seconds to wait before asking again.")
    reason: str | None = Field(default=None, description="What there is to wait for.")


Details = StateAcceptDetails | StateWaitDetails | StateRejectDetails | StateAbortDetails


class OrchestrationResult(BaseModel):
    """The state a run is in after a new one was asked for, and what became of the request."""

    state: State | None = Field(description="The state that the run is in now.")
    status: SetStateStatus = Field(description="What became of the request.")
    details: Details = Field(description="More about the status.")

    _is_new: bool = PrivateAttr(default=False)

    @property
    def status_code(self) -> int:
        """201 where the run entered a state, be it another than was asked for; otherwise 200."""
        return 201 if self._is_new else 200

    @classmethod
    def of(
        cls, state: State | None, status: SetStateStatus, details: Details, *, is_new: bool
    ) -> "OrchestrationResult":
        result = cls.model_construct(state=state, status=status, details=details)
        result._is_new = is_new  # noqa: SLF001  # its own class sets it
        return result
