"""Scheduled runs that did not start in time become late."""

import logging
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.clock import expiry_now
from lictor.db.engine import Database, Transaction
from lictor.orchestration.engine import locked
from lictor.orchestration.flow_runs import LATE, FlowTransition, move
from lictor.resources.flow_runs.table import flow_run
from lictor.resources.states.schemas import StateCreate, StateDetails, StateType
from lictor.resources.work_pools.waiting import reasons_of
from lictor.settings import Settings

logger = logging.getLogger(__name__)

BATCH_RUNS = 50
"""Runs in one transaction, for which others wait."""

# As the index says it; every state of this name is a scheduled one, which the transition makes sure of.
_IS_WAITING = flow_run.c.state_name == sa.literal_column("'Scheduled'")


async def mark_late_runs(settings: Settings, db: Database) -> bool:
    """Marks the runs that are overdue longest; whether there may be more."""
    patience = settings.late_runs.after_seconds
    overdue = expiry_now(patience) - patience
    due = flow_run.c.next_scheduled_start_time
    oldest = (
        sa.select(flow_run.c.id, flow_run.c.state_id)
        .where(_IS_WAITING, flow_run.c.state_type == StateType.SCHEDULED, due <= overdue)
        .order_by(due, flow_run.c.id)
        .limit(BATCH_RUNS)
    )
    found = await db.read.all(oldest)
    if not found:
        return False

    async def mark(tx: Transaction) -> list[UUID]:
        return [row.id for row in found if await _mark(tx, row.id, row.state_id, settings)]

    for id in await db.try_write(mark):
        await _tell(db, id)
    return len(found) == BATCH_RUNS


async def _mark(tx: Transaction, id: UUID, state_id: UUID, settings: Settings) -> bool:
    """Marks a run late if it is still in the state in which it was found; whether it did."""
    run = await locked(tx, FlowTransition, id)
    if run is None or run.state_id != state_id:
        return False
    details = StateDetails(scheduled_time=run.next_scheduled_start_time)
    late = StateCreate(type=StateType.SCHEDULED, name="Late", state_details=details)
    result = await move(tx, run, late, LATE, settings)
    return result.status_code == 201


async def _tell(db: Database, id: UUID) -> None:
    """Writes to the log why a run is late."""
    async with db.read.connection() as connection:
        waiting = await reasons_of(connection, id)
    if waiting is not None:
        logger.info("Flow run %s is late: %s", id, _in_words(waiting))


def _in_words(waiting: dict[str, Any]) -> str:
    return "; ".join(reason["message"] for reason in waiting["reasons"]) or "nothing keeps it from starting"
