"""Paused runs that nobody has resumed in time fail."""

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from lictor.db.clock import expiry_now
from lictor.db.engine import Database, Transaction
from lictor.db.functions import json_value
from lictor.orchestration.engine import locked
from lictor.orchestration.flow_runs import MINIMAL, FlowTransition, move
from lictor.resources.flow_runs.table import flow_run
from lictor.resources.states.rows import state_of
from lictor.resources.states.schemas import StateCreate, StateType
from lictor.settings import Settings

BATCH_RUNS = 50
MESSAGE = "The flow was paused and never resumed."


def _text(moment: datetime) -> str:
    """A moment as `state_details` hold it, but for fractions of seconds, so that texts sort as moments do."""
    return moment.isoformat()[:19]


async def fail_expired_pauses(settings: Settings, db: Database) -> bool:
    """Fails the runs whose pause is over; whether there may be more."""
    now = expiry_now()
    timeout = json_value(flow_run.c.state_details, "pause_timeout")
    expired = (
        sa.select(flow_run.c.id)
        .where(flow_run.c.state_type == StateType.PAUSED, timeout < _text(now + timedelta(seconds=1)))
        .order_by(timeout, flow_run.c.id)
        .limit(BATCH_RUNS)
    )
    found = await db.read.all(expired)

    async def fail(tx: Transaction) -> int:
        return sum([await _fail(tx, row.id, settings) for row in found])

    failed = await db.try_write(fail) if found else 0
    return failed == BATCH_RUNS


async def _fail(tx: Transaction, id: UUID, settings: Settings) -> bool:
    """Fails a run if it is still paused, and its time is over; whether it did."""
    run = await locked(tx, FlowTransition, id)
    state = None if run is None else state_of(run)
    if run is None or state is None or state.type is not StateType.PAUSED:
        return False
    timeout = state.state_details.pause_timeout
    if timeout is None or timeout >= expiry_now():
        return False
    await move(tx, run, StateCreate(type=StateType.FAILED, message=MESSAGE), MINIMAL, settings)
    return True
