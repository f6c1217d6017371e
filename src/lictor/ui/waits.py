"""When the runs of a flow run stood still: what a timeline shows besides the time in which they ran."""

from datetime import timedelta
from itertools import zip_longest
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.engine import Reader
from lictor.db.functions import Statement
from lictor.resources.flow_runs.table import flow_run_state
from lictor.resources.task_runs.table import task_run, task_run_state

MAX_STATES = 50_000
SHORTEST = timedelta(milliseconds=100)
"""What is shorter nobody sees in a picture."""
STANDING_STILL = frozenset({"SCHEDULED", "PENDING", "PAUSED"})


def _states_of_tasks(flow_run_id: UUID) -> Statement:
    states = task_run_state
    return (
        sa.select(states.c.task_run_id.label("run_id"), states.c.type, states.c.name, states.c.timestamp)
        .join(task_run, task_run.c.id == states.c.task_run_id)
        .where(task_run.c.flow_run_id == flow_run_id)
        .order_by(states.c.task_run_id, states.c.timestamp)
        .limit(MAX_STATES)
    )


def _states_of_flow_run(id: UUID) -> Statement:
    states = flow_run_state
    return (
        sa.select(states.c.flow_run_id.label("run_id"), states.c.type, states.c.name, states.c.timestamp)
        .where(states.c.flow_run_id == id)
        .order_by(states.c.timestamp)
        .limit(MAX_STATES)
    )


async def read_waits(db: Reader, flow_run_id: UUID) -> list[dict[str, Any]]:
    """The states in which a flow run and its task runs did nothing, each until the next one came."""
    async with db.slow.connection() as connection:
        rows = [
            *await connection.all(_states_of_flow_run(flow_run_id)),
            *await connection.all(_states_of_tasks(flow_run_id)),
        ]
    found = []
    for row, following in zip_longest(rows, rows[1:]):
        until = following.timestamp if following is not None and following.run_id == row.run_id else None
        if row.type not in STANDING_STILL or (until is not None and until - row.timestamp < SHORTEST):
            continue
        found.append({"run_id": str(row.run_id), "state_name": row.name, "since": row.timestamp, "until": until})
    return found
