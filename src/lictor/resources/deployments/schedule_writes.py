"""Giving schedules to deployments, and changing those they have."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from lictor.db.engine import Transaction
from lictor.db.ids import uuid7
from lictor.db.types import MICROSECOND, dump_json
from lictor.errors import Conflict, NotFound, Unprocessable
from lictor.resources.deployments import queries
from lictor.resources.deployments.schemas import DeploymentScheduleCreate, DeploymentScheduleUpdate
from lictor.resources.deployments.table import deployment_schedule

Schedule = DeploymentScheduleCreate | DeploymentScheduleUpdate


async def replace_schedules(tx: Transaction, deployment_id: UUID, schedules: Sequence[Schedule], now: datetime) -> None:
    """Gives a deployment these schedules in place of those it has. One that does not say when to run is left out.

    A schedule that is given again stays the same one, so that a run it made is not made again (see `_kept`).
    """
    given = [schedule for schedule in schedules if schedule.schedule is not None]
    _check_names(schedule.slug for schedule in given)
    known = await tx.all(queries.schedule_rows(deployment_id))
    ids = _kept(known, given)
    gone = {row.id for row in known} - set(ids)
    await tx.execute(queries.delete_schedules_among(list(gone)))
    kept = [id for id in ids if id is not None]
    await tx.execute(queries.take_names_of_schedules(kept))
    for place, (id, schedule) in enumerate(zip(ids, given, strict=True)):
        row = _row(deployment_id, schedule, now + place * MICROSECOND)
        if id is None:
            await tx.execute(queries.insert_schedule(), [row])
        else:
            del row["id"], row["created"]
            await tx.execute(queries.update_schedule(id, row))


def _kept(known: Sequence[Any], given: Sequence[Schedule]) -> list[UUID | None]:
    """For each schedule the id of the one that it was before, if any: of the same name, at the same times, in its place."""
    ids: list[UUID | None] = [None] * len(given)
    left = list(known)

    def keep(is_same: Callable[[int, Any, Schedule], bool]) -> None:
        for place, schedule in enumerate(given):
            same = next((row for row in left if ids[place] is None and is_same(place, row, schedule)), None)
            if same is not None:
                ids[place] = same.id
                left.remove(same)

    def text(schedule: Schedule) -> str:
        assert schedule.schedule is not None
        return schedule.schedule.model_dump_json()

    keep(lambda _, row, schedule: row.slug is not None and row.slug == schedule.slug)
    keep(lambda _, row, schedule: bool(row.schedule == text(schedule)))
    places = {row.id: place for place, row in enumerate(known)}
    keep(lambda place, row, _: places[row.id] == place)
    return ids


async def add_schedules(
    tx: Transaction, deployment_id: UUID, schedules: Sequence[Schedule], now: datetime
) -> list[UUID]:
    """Gives a deployment these schedules, too: each a moment later than the one before, for they are listed so."""
    if not schedules:
        return []
    rows = [_row(deployment_id, schedule, now + place * MICROSECOND) for place, schedule in enumerate(schedules)]
    await tx.execute(queries.insert_schedule(), rows)
    return [row["id"] for row in rows]


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


async def add_schedules_to(
    tx: Transaction, deployment_id: UUID, schedules: Sequence[DeploymentScheduleCreate], now: datetime
) -> list[UUID]:
    """Gives a deployment more schedules, and has the scheduler make their runs; the ids of them."""
    await _lock_deployment(tx, deployment_id)
    known = await tx.all(queries.slugs_of(deployment_id))
    _check_names([*(row.slug for row in known), *(schedule.slug for schedule in schedules)])
    ids = await add_schedules(tx, deployment_id, schedules, now)
    for id in ids:
        await tx.execute(queries.look_at_schedules(deployment_id, now, id))
    if ids:
        await tx.announce(deployment_schedule.name, deployment_id)
    return ids


async def change_schedule(
    tx: Transaction, deployment_id: UUID, id: UUID, schedule: DeploymentScheduleUpdate, now: datetime
) -> None:
    """Changes one schedule, and has the scheduler make its runs anew."""
    await _lock_deployment(tx, deployment_id)
    if await tx.first(queries.schedule_of(deployment_id, id)) is None:
        raise NotFound("Schedule not found.")
    others = [row.slug for row in await tx.all(queries.slugs_of(deployment_id)) if row.id != id]
    _check_names([*others, schedule.slug])
    await tx.execute(queries.update_schedule(id, _changes(schedule, now)))
    await tx.execute(queries.look_at_schedules(deployment_id, now, id))
    await tx.execute(queries.delete_runs_of_schedule(deployment_id, id, after=now))
    await tx.announce(deployment_schedule.name, deployment_id)


async def delete_schedule(tx: Transaction, deployment_id: UUID, id: UUID) -> None:
    """Deletes a schedule, with the runs that it has made and nobody started."""
    await _lock_deployment(tx, deployment_id)
    if await tx.first(queries.schedule_of(deployment_id, id)) is None:
        raise NotFound("Schedule not found.")
    await tx.execute(queries.delete_schedules_among([id]))
    await tx.execute(queries.delete_runs_of_schedule(deployment_id, id))


async def _lock_deployment(tx: Transaction, id: UUID) -> None:
    if await tx.first(queries.locked(queries.deployment_row(id))) is None:
        raise NotFound("Deployment not found.")
