"""The API of firings and of what has become of their actions. It is ours: Prefect has none."""

from collections import defaultdict
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query, Response

from lictor.db.engine import Connection
from lictor.db.functions import Statement
from lictor.errors import Conflict, ObjectNotFound
from lictor.events.actions.trying import fire_to_try
from lictor.events.rows import StoredEvent
from lictor.http.dependencies import ReadDB, WriteTx
from lictor.http.fast_dependencies import through_fastapi
from lictor.http.routing import StrictRouter
from lictor.http.rows import RowsResponse
from lictor.resources.automations import firing_queries, queries
from lictor.resources.automations.firing_schemas import AutomationFiring, AutomationTest
from lictor.resources.automations.firing_tables import ActionStatus

router = StrictRouter(prefix="/automations", tags=["Automations"])

OURS = {"x-lictor": True}

Id = Annotated[UUID, Path(description="The automation's id.")]
Status = Annotated[ActionStatus | None, Query(description="Only firings with an action of which this has become.")]
Before = Annotated[UUID | None, Query(description="Only those before the firing of this id.")]
Limit = Annotated[int, Query(ge=1, le=200, description="How many at most, the newest first.")]


@router.get("/{id:uuid}/firings", response_model=list[AutomationFiring], openapi_extra=OURS)
@through_fastapi
async def read_firings(db: ReadDB, id: Id, status: Status = None, before: Before = None, limit: Limit = 50) -> Response:
    """List the firings of an automation, with their events, their actions, and what each was answered."""
    async with db.connection() as connection:
        found = await _read(connection, firing_queries.firings_of(id, status, before, limit))
        if not found and await connection.first(queries.automation_by_id(id)) is None:
            raise ObjectNotFound("Automation not found")
    return RowsResponse(found)


@router.get("/firings", response_model=list[AutomationFiring], openapi_extra=OURS)
@through_fastapi
async def read_firings_by_status(
    db: ReadDB,
    status: Annotated[ActionStatus, Query(description="What has become of an action of theirs.")] = ActionStatus.FAILED,
    before: Before = None,
    limit: Limit = 50,
) -> Response:
    """List the firings of all automations of whose actions one was given up, or has another status."""
    async with db.connection() as connection:
        return RowsResponse(await _read(connection, firing_queries.firings_with(status, before, limit)))


@router.post("/{id:uuid}/test", response_model=AutomationFiring, status_code=201, openapi_extra=OURS)
@through_fastapi
async def try_automation(tx: WriteTx, id: Id, test: AutomationTest | None = None) -> Response:
    """Let an automation fire at once, for an event that is given or made up. Its actions are carried out."""
    firing_id = await fire_to_try(tx, id, None if test is None else test.event)
    (found,) = await _read(tx, firing_queries.firing_by_id(firing_id))
    return RowsResponse(found, 201)


@router.post("/actions/{id:uuid}/retry", status_code=204, openapi_extra=OURS)
async def retry_action(tx: WriteTx, id: Annotated[UUID, Path(description="The action's id.")]) -> None:
    """Attempt an action again that was given up."""
    if not await tx.changed(firing_queries.retry(id)):
        if (status := await tx.scalar(firing_queries.status_of(id))) is None:
            raise ObjectNotFound("Action not found")
        raise Conflict(f"The action was not given up: it is {status}.")
    tx.announced.add("automation_action")


async def _read(connection: Connection, statement: Statement) -> list[dict[str, Any]]:
    rows = await connection.all(statement)
    actions: defaultdict[UUID, list[Any]] = defaultdict(list)
    events: dict[str, Any] = {}
    if rows:
        for action in await connection.all(firing_queries.actions_of([row.id for row in rows])):
            actions[action.firing_id].append(action)
        ids = {id for row in rows for id in firing_queries.counted_events(row)}
        for row in await connection.all(firing_queries.events_by_id(ids)) if ids else ():
            events[str(row.id)] = StoredEvent.of(row).told
    return [firing_queries.shown(row, actions[row.id], events) for row in rows]
