"""Giving schedules to deployments, and changing those they have."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from lictor.db.engine import Transaction
from lictor.db.ids import uuid7
from lictor.db.types import MICROSECOND, dump_json
from lictor.errors import Conflict, Unprocessable
from lictor.resources.deployments import queries
from lictor.resources.deployments.schemas import DeploymentScheduleCreate, DeploymentScheduleUpdate

Schedule = DeploymentScheduleCreate | DeploymentScheduleUpdate


async def replace_schedules(tx: Transaction, deployment_id: UUID, schedules: Sequence[Schedule], now: datetime) -> None:
    """Takes away the schedules of a deployment, and gives it others. One that does not say when to run is left out."""
    given = [schedule for schedule in schedules if schedule.schedule is not None]
    _check_names(schedule.slug for schedule in given)
    await tx.execute(queries.delete_schedules(deployment_id))
    await add_schedules(tx, deployment_id, given, now)


async def add_schedules(tx: Transaction, deployment_id: UUID, schedules: Sequence[Schedule], now: datetime) -> None:
    """Gives a deployment these schedules, too: each a moment later than the one before, for they are listed so."""
    if not schedules:
        return
    rows = [_row(deployment_id, schedule, now + place * MICROSECOND) for place, schedule in enumerate(schedules)]
    await tx.execute(queries.insert_schedule(), rows)


def _row(deployment_id: UUID, schedule: Schedule, moment: datetime) -> dict[str, Any]:
    assert schedule.schedule is not None
    return {
        "id": uuid7(),
        "created": moment,
        "updated": moment,
        "deployment_id": deployment_id,
        "schedule": schedule.schedule.model_dump_json(),
        "active": schedule.active is not False,
        "max_scheduled_runs": schedule.max_scheduled_runs,
        "parameters": dump_json(schedule.parameters),
        "slug": schedule.slug,
    }


async def change_schedules(
    tx: Transaction, deployment_id: UUID, body: Sequence[DeploymentScheduleUpdate] | None, now: datetime
) -> None:
    """Changes schedules by their names where all have one, before and now; otherwise replaces all, if any are given."""
    known: dict[str | None, UUID] = {row.slug: row.id for row in await tx.all(queries.slugs_of(deployment_id))}
    if not known or None in known:
        if body is not None:
            await replace_schedules(tx, deployment_id, body, now)
    elif any(schedule.slug is None for schedule in body or ()):
        raise Unprocessable(
            "Please provide a slug for each schedule in your request to ensure schedules are updated correctly."
        )
    elif body:
        await _change_by_name(tx, deployment_id, known, body, now)


async def _change_by_name(
    tx: Transaction,
    deployment_id: UUID,
    known: Mapping[str | None, UUID],
    body: Sequence[DeploymentScheduleUpdate],
    now: datetime,
) -> None:
    _check_renames(known, body)
    changed = [(id, schedule) for schedule in body if (id := known.get(_target(schedule))) is not None]
    added = [schedule for schedule in body if _target(schedule) not in known]
    if any(schedule.schedule is None for schedule in added):
        raise Unprocessable("Unable to create new deployment schedules without a schedule configuration.")
    names = {id: name for name, id in known.items()} | {id: schedule.slug for id, schedule in changed}
    _check_names([*names.values(), *(schedule.slug for schedule in added)])
    await tx.execute(queries.take_names_of_schedules([id for id, schedule in changed if schedule.replaces]))
    for place, (id, schedule) in enumerate(changed):
        await tx.execute(queries.update_schedule(id, _changes(schedule, now + place * MICROSECOND)))
    await add_schedules(tx, deployment_id, added, now + len(changed) * MICROSECOND)


def _target(schedule: DeploymentScheduleUpdate) -> str | None:
    """The name, until now, of the schedule that is meant."""
    return schedule.replaces or schedule.slug


def _check_renames(known: Mapping[str | None, UUID], body: Sequence[DeploymentScheduleUpdate]) -> None:
    replaced = [schedule.replaces for schedule in body if schedule.replaces]
    for name, times in Counter(replaced).items():
        if times > 1:
            raise Unprocessable(f"Multiple schedules have 'replaces' targeting the same slug: {name}")
    for schedule in body:
        if schedule.replaces and schedule.slug in known and schedule.slug not in replaced:
            raise Unprocessable(
                f"Cannot rename schedule from '{schedule.replaces}' to '{schedule.slug}': "
                f"a schedule with slug '{schedule.slug}' already exists."
            )


def _check_names(names: Iterable[str | None]) -> None:
    if any(times > 1 for name, times in Counter(names).items() if name is not None):
        raise Conflict("Schedule slugs must be unique within a deployment.")


def _changes(schedule: DeploymentScheduleUpdate, moment: datetime) -> dict[str, Any]:
    """The columns that a request changes: null changes nothing, but without parameters there are none any more."""
    changes = {
        "active": schedule.active,
        "schedule": None if schedule.schedule is None else schedule.schedule.model_dump_json(),
        "max_scheduled_runs": schedule.max_scheduled_runs,
        "parameters": dump_json(schedule.parameters),
        "slug": schedule.slug,
        "updated": moment,
    }
    return {name: value for name, value in changes.items() if value is not None}
