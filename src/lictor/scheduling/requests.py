"""Runs of schedules that somebody asks for: over a range of time, or as a scheduler would make them."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.engine import Database, Transaction
from lictor.db.types import load_json
from lictor.errors import NotFound
from lictor.resources.deployments.run_schemas import Backfill, BackfillResponse
from lictor.resources.deployments.table import deployment, deployment_schedule
from lictor.scheduling.occurrences import next_occurrences, occurrences
from lictor.scheduling.slots import SlotMaker, insert_slots, schedules_with_deployments

BACKFILLED = "backfill"
"""The tag of runs that a backfill has made."""


async def schedule_runs(db: Database, deployment_id: UUID, *, start: datetime, end: datetime, **bounds: Any) -> None:
    """Makes runs of the active schedules of a deployment. Where there is no such deployment there are none."""
    rows = await db.read.all(_schedules_of(deployment_id).where(deployment_schedule.c.active))
    schedules = [load_json(row.schedule) for row in rows]
    found = await asyncio.to_thread(lambda: [next_occurrences(each, start, end, **bounds) for each in schedules])

    async def work(tx: Transaction) -> None:
        for row, moments in zip(rows, found, strict=True):
            await insert_slots(tx, SlotMaker(row).runs(moments))

    await db.try_write(work)


async def backfill(db: Database, deployment_id: UUID, asked: Backfill) -> BackfillResponse:
    """Makes the runs of a range of time. They bear the time that they make up for, and are due at once if it is past."""
    statement = _schedules_of(deployment_id)
    if asked.schedule_id is not None:
        statement = statement.where(deployment_schedule.c.id == asked.schedule_id)
    rows = await db.read.all(statement)
    if not rows:
        await _say_what_is_missing(db, deployment_id, asked)
    schedules = [load_json(row.schedule) for row in rows]
    due = await asyncio.to_thread(_first_moments, schedules, asked.start_time, asked.end_time, asked.limit + 1)
    taken, following = due[: asked.limit], due[asked.limit :]

    async def work(tx: Transaction) -> list[UUID]:
        created = []
        for place, row in enumerate(rows):
            moments = [moment for moment, schedule in taken if schedule == place]
            maker = SlotMaker(row, tags=(BACKFILLED,), auto_scheduled=False)
            created += await insert_slots(tx, maker.runs(moments))
        return created

    created = await db.try_write(work)
    return BackfillResponse(
        created=created, existing=len(taken) - len(created), next_start_time=following[0][0] if following else None
    )


def _first_moments(
    schedules: Sequence[Mapping[str, Any]], start: datetime, end: datetime, limit: int
) -> list[tuple[datetime, int]]:
    """The first moments of any of the schedules, each with the place of its schedule."""
    found = [
        (due, place)
        for place, schedule in enumerate(schedules)
        for due in islice(occurrences(schedule, start, end), limit)
    ]
    return sorted(found)[:limit]


def _schedules_of(deployment_id: UUID) -> Any:
    of_deployment = schedules_with_deployments().where(deployment.c.id == deployment_id)
    return of_deployment.order_by(deployment_schedule.c.updated.desc(), deployment_schedule.c.id)


async def _say_what_is_missing(db: Database, deployment_id: UUID, asked: Backfill) -> None:
    if await db.read.scalar(sa.select(deployment.c.id).where(deployment.c.id == deployment_id)) is None:
        raise NotFound("Deployment not found")
    if asked.schedule_id is not None:
        raise NotFound("Schedule not found.")
