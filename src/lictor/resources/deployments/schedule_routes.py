"""The deployment API: schedules, and the runs that they make."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Body, Path, Response
from pydantic import WithJsonSchema

from lictor.db.base import utc_now
from lictor.db.types import dump_json, is_postgresql, load_json
from lictor.errors import NotFound
from lictor.http.dependencies import CurrentDatabase, CurrentSettings, ReadDB, WriteTx
from lictor.http.fast_dependencies import through_fastapi
from lictor.http.routing import StrictRouter
from lictor.http.rows import RowsResponse
from lictor.resources.deployments import queries
from lictor.resources.deployments.limits import check_schedules
from lictor.resources.deployments.run_schemas import Backfill, BackfillResponse, CatchUp, WorkQueue
from lictor.resources.deployments.schedule_writes import add_schedules_to, change_schedule, delete_schedule
from lictor.resources.deployments.schemas import DeploymentSchedule, DeploymentScheduleCreate, DeploymentScheduleUpdate
from lictor.scheduling.requests import backfill, schedule_runs
from lictor.validation.fields import DateTime

router = StrictRouter(prefix="/deployments", tags=["Deployments"])

Id = Annotated[UUID, Path(description="The deployment's id.")]
ScheduleId = Annotated[UUID, Path(description="The schedule's id.")]


@router.get("/{id:uuid}/schedules", response_model=list[DeploymentSchedule])
async def read_deployment_schedules(db: ReadDB, id: Id) -> Response:
    """List the schedules of a deployment, those that changed last first."""
    async with db.connection() as connection:
        if await connection.first(queries.deployment_row(id)) is None:
            raise NotFound("Deployment not found.")
        return RowsResponse(await connection.objects(queries.SCHEDULE, queries.schedules_of([id])))


@router.post("/{id:uuid}/schedules", status_code=201, response_model=list[DeploymentSchedule])
@through_fastapi
async def create_deployment_schedules(
    tx: WriteTx,
    settings: CurrentSettings,
    id: Id,
    schedules: Annotated[list[DeploymentScheduleCreate], Body(description="The schedules to create.")],
) -> Response:
    """Give a deployment more schedules."""
    check_schedules(schedules, settings.server, ("body",))
    created = await add_schedules_to(tx, id, schedules, utc_now())
    objects = await tx.objects(queries.SCHEDULE, queries.schedules_among(created))
    by_id = {schedule["id"]: schedule for schedule in objects}
    return RowsResponse([by_id[str(schedule)] for schedule in created], 201)


@router.patch("/{id:uuid}/schedules/{schedule_id:uuid}", status_code=204)
async def update_deployment_schedule(
    tx: WriteTx, settings: CurrentSettings, id: Id, schedule_id: ScheduleId, schedule: DeploymentScheduleUpdate
) -> None:
    """Change a schedule. The runs to come that it has made go, and are made anew."""
    check_schedules([schedule], settings.server, ("body",), listed=False)
    await change_schedule(tx, id, schedule_id, schedule, utc_now())


@router.delete("/{id:uuid}/schedules/{schedule_id:uuid}", status_code=204)
async def delete_deployment_schedule(tx: WriteTx, id: Id, schedule_id: ScheduleId) -> None:
    """Delete a schedule, with the runs that it has made and nobody started."""
    await delete_schedule(tx, id, schedule_id)


Moment = Annotated[DateTime | None, WithJsonSchema({"type": "string", "format": "date-time"})]
Number = Annotated[int | None, WithJsonSchema({"type": "integer"})]
Seconds = Annotated[float | None, WithJsonSchema({"type": "number", "format": "time-delta"})]
MAX_SECONDS = 100 * 365 * 86400.0


@router.post("/{id:uuid}/schedule")
async def schedule_deployment(
    db: CurrentDatabase,
    settings: CurrentSettings,
    id: Id,
    start_time: Annotated[Moment, Body(description="The first moment; now unless given.")] = None,
    end_time: Annotated[Moment, Body(description="The last moment.")] = None,
    min_time: Annotated[
        Seconds, Body(ge=0, le=MAX_SECONDS, description="How many seconds from the first moment on to schedule.")
    ] = None,
    min_runs: Annotated[Number, Body(ge=0, description="How many runs of each schedule to create at least.")] = None,
    max_runs: Annotated[Number, Body(ge=0, description="How many runs of each schedule to create at most.")] = None,
) -> None:
    """Create runs of a deployment's active schedules, from a moment on, also one in the past."""
    scheduler = settings.services.scheduler
    start: datetime = start_time or utc_now()
    await schedule_runs(
        db,
        id,
        start=start,
        end=end_time or start + scheduler.max_scheduled_time,
        min_until=start + (scheduler.min_scheduled_time if min_time is None else timedelta(seconds=min_time)),
        min_runs=scheduler.min_runs if min_runs is None else min_runs,
        max_runs=scheduler.max_runs if max_runs is None else max_runs,
    )


@router.post("/{id:uuid}/backfill", openapi_extra={"x-lictor": True})
async def backfill_deployment(db: CurrentDatabase, id: Id, asked: Annotated[Backfill, Body()]) -> BackfillResponse:
    """Create the runs that a deployment's schedules have in a range of time, but for those that there are already."""
    return await backfill(db, id, asked)


@router.put("/{id:uuid}/catch_up", status_code=204, openapi_extra={"x-lictor": True})
async def set_catch_up(tx: WriteTx, id: Id, catch_up: CatchUp) -> None:
    """Say what becomes of runs that were missed. Deploying the flow again does not change it."""
    given: dict[str, Any] = catch_up.model_dump(exclude_none=True)
    changes = {"catch_up": dump_json(given) if given else None}
    if not await tx.changed(queries.update_deployment(id, changes)):
        raise NotFound("Deployment not found")


@router.get("/{id:uuid}/catch_up", openapi_extra={"x-lictor": True})
async def read_catch_up(db: ReadDB, id: Id) -> CatchUp:
    """Read what becomes of runs that were missed."""
    deployment = await db.first(queries.deployment_row(id))
    if deployment is None:
        raise NotFound("Deployment not found")
    return CatchUp.model_validate_json(deployment.catch_up or "{}")


@router.get("/{id:uuid}/work_queue_check", response_model=list[WorkQueue], deprecated=True)
async def work_queue_check_for_deployment(db: ReadDB, id: Id) -> Response:
    """List the queues whose filter, as agents once used them, lets the deployment in.

    As on Prefect, queues without a filter are listed on SQLite alone.
    """
    async with db.connection() as connection:
        deployment = await connection.first(queries.deployment_row(id))
        if deployment is None:
            raise NotFound("Deployment not found")
        filters = {str(row.id): row.filter for row in await connection.all(queries.filters_of_work_queues())}
        queues = await connection.objects(queries.WORK_QUEUE, queries.all_work_queues())
    without = not is_postgresql(db.dialect)
    return RowsResponse([queue for queue in queues if _lets_in(filters.get(queue["id"]), deployment, without)])


def _lets_in(filter: str | None, deployment: Any, without: bool) -> bool:
    if filter is None:
        return without
    wanted = load_json(filter)
    ids = wanted.get("deployment_ids") or [str(deployment.id)]
    return set(wanted.get("tags") or ()) <= set(deployment.tags) and str(deployment.id) in ids
