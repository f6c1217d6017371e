"""Runs of schedules that were missed, while no server or no worker was there, end where a policy says so."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.clock import expiry_now
from lictor.db.engine import Database, Transaction
from lictor.db.functions import Statement, value_in
from lictor.db.types import load_json
from lictor.orchestration.flow_runs import set_flow_run_state
from lictor.resources.deployments.table import deployment
from lictor.resources.flow_runs.table import flow_run
from lictor.resources.states.schemas import StateCreate, StateType
from lictor.scheduling.planning import ALL, LATEST, PUNCTUAL
from lictor.settings import Settings
from lictor.settings.services import SchedulerSettings

BATCH_RUNS = 100
SKIPPED = "Skipped"
REASONS = {
    LATEST: "The run was missed, and a later one of its schedule runs instead.",
    "none": "The run was missed, and its deployment makes up for none.",
}

Overdue = sa.Row[Any]


async def skip_missed_runs(settings: Settings, db: Database) -> bool:
    """Ends the runs that were missed and are not made up for; whether there may be more."""
    now = expiry_now(PUNCTUAL)
    overdue = await db.read.all(_overdue(now, settings.services.scheduler))
    skipped = list(_skipped(overdue, now, settings.services.scheduler))
    for first in range(0, len(skipped), BATCH_RUNS):
        part = dict(skipped[first : first + BATCH_RUNS])
        await db.try_write(lambda tx, part=part: _skip(tx, part, settings))  # type: ignore[misc]
    return False


def _overdue(now: datetime, settings: SchedulerSettings) -> Statement:
    """The runs of schedules that are due and that nobody has taken, of deployments that do not make up for all."""
    overdue = (
        sa.select(
            flow_run.c.id,
            flow_run.c.deployment_id,
            flow_run.c.created_by,
            flow_run.c.next_scheduled_start_time.label("due"),
            deployment.c.catch_up,
        )
        .select_from(flow_run.join(deployment, deployment.c.id == flow_run.c.deployment_id))
        .where(*_waiting(), flow_run.c.next_scheduled_start_time <= now)
    )
    return overdue.where(deployment.c.catch_up.is_not(None)) if settings.catch_up == ALL else overdue


def _waiting() -> tuple[sa.ColumnElement[bool], ...]:
    return (
        flow_run.c.state_type == "SCHEDULED",
        flow_run.c.state_name != "AwaitingConcurrencySlot",
        flow_run.c.auto_scheduled,
        flow_run.c.run_count == 0,
    )


def _skipped(overdue: Sequence[Overdue], now: datetime, settings: SchedulerSettings) -> Iterable[tuple[UUID, str]]:
    """The ids of the runs that are not made up for, and why."""
    latest: dict[tuple[UUID, str], datetime] = {}
    for run in overdue:
        latest[_schedule_of(run)] = max(run.due, latest.get(_schedule_of(run), run.due))
    for run in overdue:
        own = load_json(run.catch_up or "{}")
        policy = own.get("policy", settings.catch_up)
        window = timedelta(seconds=own.get("window_seconds", settings.catch_up_window.total_seconds()))
        if policy == ALL or run.due > now - PUNCTUAL:
            continue
        if policy == LATEST and run.due == latest[_schedule_of(run)] and run.due >= now - max(window, PUNCTUAL):
            continue
        yield run.id, REASONS[policy]


def _schedule_of(run: Overdue) -> tuple[UUID, str]:
    return run.deployment_id, load_json(run.created_by or "{}").get("id", "")


async def _skip(tx: Transaction, reasons: dict[UUID, str], settings: Settings) -> None:
    """Ends those of the runs that are still waiting."""
    held = sa.select(flow_run.c.id).where(value_in(flow_run.c.id, list(reasons)), *_waiting())
    for row in await tx.all(held.order_by(flow_run.c.id).with_for_update(key_share=True, skip_locked=True)):
        state = StateCreate(type=StateType.CANCELLED, name=SKIPPED, message=reasons[row.id])
        await set_flow_run_state(tx, row.id, state, settings=settings)
