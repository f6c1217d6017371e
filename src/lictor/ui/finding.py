"""What a person looks for: an object by its name or id, a value of a field by a part of it."""

from collections.abc import Iterable
from itertools import islice
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.engine import Reader
from lictor.db.functions import Statement, contains
from lictor.resources.deployments.table import deployment
from lictor.resources.flow_runs.table import flow_run
from lictor.resources.flows.table import flow
from lictor.resources.task_runs.table import task_run, task_run_names
from lictor.resources.work_pools.table import work_pool, work_queue

MAX_SUGGESTIONS = 30
MAX_FOUND_OF_A_KIND = 6
SAMPLE_ROWS = 2_000
"""Of tags, and of columns of large tables, the values of this many newest rows are suggested."""

STATE_NAMES = (
    "AwaitingConcurrencySlot",
    "AwaitingRetry",
    "Cached",
    "Cancelled",
    "Cancelling",
    "Completed",
    "Crashed",
    "Failed",
    "Late",
    "Paused",
    "Pending",
    "Resuming",
    "Retrying",
    "RolledBack",
    "Running",
    "Scheduled",
    "Suspended",
    "TimedOut",
)

LISTED = {
    "flows.name": flow.c.name,
    "deployments.name": deployment.c.name,
    "deployments.flow_or_deployment_name": deployment.c.name,
    "work_pools.name": work_pool.c.name,
    "work_pools.type": work_pool.c.type,
    "work_pool_queues.name": work_queue.c.name,
    "deployments.work_queue_name": work_queue.c.name,
    "task_runs.name": task_run_names.value,
}
"""Columns of tables that are small beside those of runs."""

SAMPLED = {
    "flow_runs.name": flow_run.c.name,
    "flow_runs.work_queue_name": flow_run.c.work_queue_name,
    "flow_runs.flow_version": flow_run.c.flow_version,
}

TAGS = {
    "flow_runs.tags": flow_run,
    "task_runs.tags": task_run,
    "flows.tags": flow,
    "deployments.tags": deployment,
}


async def suggest(db: Reader, field: str, text: str) -> list[str]:
    """Some values of a field that hold a text, in order."""
    if field.endswith(".state.name"):
        values: Iterable[str] = STATE_NAMES
    elif (column := LISTED.get(field)) is not None:
        found: Statement = sa.select(column).where(contains(column, text)).distinct()
        values = [row[0] for row in await db.all(found.order_by(column).limit(MAX_SUGGESTIONS))]
    elif (column := SAMPLED.get(field)) is not None:
        values = {row[0] for row in await db.all(_newest(column)) if row[0] is not None}
    elif (table := TAGS.get(field)) is not None:
        values = {tag for row in await db.all(_newest(table.c.tags)) for tag in row[0]}
    else:
        values = ()
    wanted = text.lower()
    return list(islice((value for value in sorted(values) if wanted in value.lower()), MAX_SUGGESTIONS))


def _newest(column: sa.Column[Any]) -> Statement:
    return sa.select(column).order_by(column.table.c.id.desc()).limit(SAMPLE_ROWS)


_flow_run_of_task = flow_run.alias("flow_run_of_task")

_KINDS: dict[str, tuple[sa.Table, Statement]] = {
    "flow": (flow, sa.select(flow.c.id, flow.c.name, sa.null().label("context"))),
    "deployment": (
        deployment,
        sa.select(deployment.c.id, deployment.c.name, flow.c.name.label("context")).join(
            flow, flow.c.id == deployment.c.flow_id
        ),
    ),
    "work_pool": (work_pool, sa.select(work_pool.c.id, work_pool.c.name, work_pool.c.type.label("context"))),
    "flow_run": (
        flow_run,
        sa.select(flow_run.c.id, flow_run.c.name, flow.c.name.label("context")).join(
            flow, flow.c.id == flow_run.c.flow_id
        ),
    ),
    "task_run": (
        task_run,
        sa.select(task_run.c.id, task_run.c.name, _flow_run_of_task.c.name.label("context")).outerjoin(
            _flow_run_of_task, _flow_run_of_task.c.id == task_run.c.flow_run_id
        ),
    ),
}
"""What can be found: its table, and what is told of it."""


async def find(db: Reader, text: str) -> list[dict[str, Any]]:
    """The objects whose id a text is; or else those whose names hold it, of each kind the newest. Task runs have no part
    in the latter: there are too many that are named alike.
    """
    text = text.strip()
    if not text:
        return []
    try:
        id = UUID(text)
    except ValueError:
        id = None
    found: list[dict[str, Any]] = []
    async with db.slow.connection() as connection:
        for kind, (table, rows) in _KINDS.items():
            if id is not None:
                statement = rows.where(table.c.id == id)
            elif kind == "task_run":
                continue
            else:
                statement = rows.where(contains(table.c.name, text)).order_by(table.c.id.desc())
            rows_found = await connection.all(statement.limit(MAX_FOUND_OF_A_KIND))
            found += [{"kind": kind, "id": str(row.id), "name": row.name, "context": row.context} for row in rows_found]
    return found
