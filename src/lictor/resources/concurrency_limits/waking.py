"""Waking runs that wait for a slot of their deployment's limit."""

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import Transaction
from lictor.resources.deployments.table import deployment
from lictor.resources.flow_runs.table import flow_run, flow_run_state
from lictor.resources.states.rows import details_text
from lictor.resources.states.schemas import StateDetails, StateType

AWAITING_SLOT = "AwaitingConcurrencySlot"
"""The name of the state in which a run waits for a slot of its deployment's limit."""

MAX_WOKEN_RUNS = 500
"""Runs that one transaction wakes; others ask again by themselves."""


async def wake_runs(tx: Transaction, of_deployments: sa.ColumnElement[bool], room: int) -> None:
    """Of the runs of some deployments that wait for a slot, lets those that have waited longest try at once.

    Of `room` slots, each one that was woken before and has not started yet is to take one. A run that is woken is due
    when it was at first, so it comes before runs that are due later. A run that somebody holds is passed over.
    """
    now = utc_now()
    run = flow_run.c
    ids = sa.select(deployment.c.id).where(of_deployments)
    columns = (run.id, run.state_id, run.state_details, run.expected_start_time, run.next_scheduled_start_time)
    waiting = (
        sa.select(*columns)
        .where(run.deployment_id.in_(ids), run.state_type == StateType.SCHEDULED, run.state_name == AWAITING_SLOT)
        .order_by(run.expected_start_time, run.id)
        .limit(min(room, MAX_WOKEN_RUNS))
        .with_for_update(key_share=True, skip_locked=True)
    )
    for each in await tx.all(waiting):
        if each.next_scheduled_start_time is not None and each.next_scheduled_start_time <= now:
            continue
        details = StateDetails.model_validate_json(each.state_details)
        details.scheduled_time = due = min(each.expected_start_time or now, now)
        text = details_text(details)
        woken = sa.update(flow_run).where(run.id == each.id)
        await tx.execute(woken.values(next_scheduled_start_time=due, state_details=text))
        its_state = sa.update(flow_run_state).where(flow_run_state.c.id == each.state_id)
        await tx.execute(its_state.values(state_details=text))
