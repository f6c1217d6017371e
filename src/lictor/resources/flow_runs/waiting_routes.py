"""Why a flow run is not running."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Path, Response
from pydantic import BaseModel, Field

from lictor.errors import NotFound
from lictor.http.dependencies import ReadDB
from lictor.http.routing import StrictRouter
from lictor.http.rows import RowsResponse
from lictor.resources.states.schemas import StateType
from lictor.resources.work_pools.waiting import reasons_of
from lictor.validation.fields import DateTime

router = StrictRouter(prefix="/flow_runs", tags=["Flow Runs"])


class WaitingObject(BaseModel):
    """What is to blame."""

    kind: str = Field(description="What kind of object it is.", examples=["work_pool", "work_queue", "deployment"])
    id: str = Field(description="Its id; of a worker, its name.")
    name: str | None = Field(description="Its name.")


class SlotHolder(BaseModel):
    """A run that takes a slot."""

    id: UUID = Field(description="Its id.")
    name: str = Field(description="Its name.")
    state_type: StateType | None = Field(description="The type of its state.")
    since: datetime | None = Field(description="When it entered that state.")


class WaitingReason(BaseModel):
    """Something that keeps a run from running now."""

    code: str = Field(description="Which reason it is.", examples=["not_due", "no_worker", "limit_full"])
    message: str = Field(description="The reason in words.")
    object: WaitingObject | None = Field(description="What is to blame, where that is one object.")
    since: DateTime | None = Field(description="Since when it has been so, where that is known.")
    until: DateTime | None = Field(description="Until when it will be so, where that is known.")
    holders: list[SlotHolder] = Field(description="For a limit that is full: some of the runs that take its slots.")


class Waiting(BaseModel):
    """What keeps a flow run from running."""

    flow_run_id: UUID = Field(description="The flow run.")
    state_type: StateType | None = Field(description="The type of its state.")
    state_name: str | None = Field(description="The name of its state.")
    since: DateTime | None = Field(description="When it entered that state.")
    reasons: list[WaitingReason] = Field(
        description="All reasons that are in force; none if it runs, or may any moment."
    )


@router.get("/{id:uuid}/waiting", response_model=Waiting, openapi_extra={"x-lictor": True})
async def read_what_flow_run_waits_for(
    db: ReadDB, id: Annotated[UUID, Path(description="The flow run's id.")]
) -> Response:
    """Read why a flow run is not running: each reason that is in force now, with the object to blame."""
    async with db.connection() as connection:
        waiting = await reasons_of(connection, id)
    if waiting is None:
        raise NotFound("Flow run not found")
    return RowsResponse(waiting)
