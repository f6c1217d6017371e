"""The runs of schedules are created ahead of their time. It is done by what is due: an index says which schedules are.

Each schedule says until when its runs are created, and when to look at it again. Whoever changes a schedule, or a
deployment with schedules, takes away the runs to come, and says so there, in the same transaction.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import Database, Transaction
from lictor.db.functions import Statement, json_value, value_in
from lictor.db.types import load_json
from lictor.resources.deployments.table import deployment_schedule
from lictor.resources.flow_runs.table import flow_run
from lictor.scheduling.planning import Bounds, Request, plan_all
from lictor.scheduling.slots import SlotMaker, insert_slots, schedules_with_deployments
from lictor.settings.services import SchedulerSettings

logger = logging.getLogger(__name__)

Plan = dict[str, Any]


async def make_scheduled_runs(settings: SchedulerSettings, db: Database) -> bool:
    """Creates the runs of the schedules that have been due for longest; whether there may be more of them."""
    now = utc_now()
    rows = await db.read.all(_due(now, settings.batch_size))
    if not rows:
        return False
    bounds = Bounds(
        min_runs=settings.min_runs,
        max_runs=settings.max_runs,
        min_seconds=settings.min_scheduled_time.total_seconds(),
        max_seconds=settings.max_scheduled_time.total_seconds(),
    )
    found = await _covered_by_runs(db, [row for row in rows if row.covered_until is None])
    requests = [asdict(_request(row, settings, found.get(row.schedule_id))) for row in rows]
    plans = await asyncio.to_thread(plan_all, requests, now.isoformat(), asdict(bounds))
    for row, plan in zip(rows, plans, strict=True):
        if plan["error"] is not None:
            logger.error("The schedule %s of deployment %s: %s", row.schedule_id, row.deployment_id, plan["error"])
    planned = {row.schedule_id: (row, plan) for row, plan in zip(rows, plans, strict=True)}
    for part in _parts(planned, settings.insert_batch_size):
        await db.try_write(lambda tx, part=part: _carry_out(tx, part))  # type: ignore[misc]
    return len(rows) == settings.batch_size


def _due(now: datetime, limit: int) -> Statement:
    return (
        schedules_with_deployments()
        .where(deployment_schedule.c.due <= now)
        .order_by(deployment_schedule.c.due)
        .limit(limit)
    )


async def _covered_by_runs(db: Database, rows: Sequence[sa.Row[Any]]) -> dict[UUID, datetime]:
    """Until when schedules that were imported have runs already: those of Prefect's server have other keys than ours."""
    covered = {}
    for row in rows:
        last = await db.read.scalar(
            sa.select(sa.func.max(flow_run.c.next_scheduled_start_time)).where(
                flow_run.c.deployment_id == row.deployment_id,
                flow_run.c.state_type == "SCHEDULED",
                flow_run.c.state_name.in_(("Scheduled", "Late")),  # others may wait for another time than their own
                flow_run.c.auto_scheduled,
                json_value(flow_run.c.created_by, "id") == str(row.schedule_id),
            )
        )
        if last is not None:
            covered[row.schedule_id] = last
    return covered


def _request(row: sa.Row[Any], settings: SchedulerSettings, found: datetime | None) -> Request:
    own = load_json(row.catch_up or "{}")
    covered = row.covered_until or found
    return Request(
        schedule=load_json(row.schedule),
        covered_until=None if covered is None else covered.isoformat(),
        max_runs=row.max_scheduled_runs,
        catch_up=own.get("policy", settings.catch_up),
        window=own.get("window_seconds", settings.catch_up_window.total_seconds()),
    )


Part = dict[UUID, tuple[sa.Row[Any], Plan]]


def _parts(planned: Part, size: int) -> Sequence[Part]:
    """Some schedules after the other, each time with about so many runs."""
    parts: list[Part] = [{}]
    runs = 0
    for id, (row, plan) in planned.items():
        if runs >= size:
            parts.append({})
            runs = 0
        parts[-1][id] = row, plan
        runs += len(plan["moments"])
    return parts


async def _carry_out(tx: Transaction, planned: Part) -> None:
    """Creates the runs of schedules that are still as they were when they were planned, and are nobody else's now."""
    held = schedules_with_deployments().where(value_in(deployment_schedule.c.id, list(planned)))
    held = held.order_by(deployment_schedule.c.id).with_for_update(of=deployment_schedule, skip_locked=True)
    runs: list[tuple[Any, ...]] = []
    changes = []
    for row in await tx.all(held):
        known, plan = planned[row.schedule_id]
        if (row.updated, row.due, row.covered_until, row.paused) != (
            *(known.updated, known.due, known.covered_until, known.paused),
        ):
            continue
        runs += SlotMaker(row).runs(datetime.fromisoformat(moment) for moment in plan["moments"])
        due = None if plan["due"] is None else datetime.fromisoformat(plan["due"])
        covered = datetime.fromisoformat(plan["covered_until"])
        changes.append({"b_id": row.schedule_id, "b_due": due, "b_covered": covered})
    if not changes:
        return
    await insert_slots(tx, runs)
    update = (
        sa.update(deployment_schedule)
        .where(deployment_schedule.c.id == sa.bindparam("b_id"))
        .values(
            due=sa.bindparam("b_due"),
            covered_until=sa.bindparam("b_covered"),
            updated=deployment_schedule.c.updated,
        )
    )
    await tx.execute(update, changes)
