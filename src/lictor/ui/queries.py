"""Statements that only the pages ask."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.engine import Connection
from lictor.db.functions import Statement, value_in
from lictor.query.filter_key import Filters
from lictor.resources.deployments.table import deployment
from lictor.resources.flow_runs.queries import FLOW_RUNS, task_run_counts
from lictor.resources.flow_runs.table import flow_run
from lictor.resources.flows.table import flow
from lictor.resources.task_runs.queries import TASK_RUNS
from lictor.resources.task_runs.table import task_run

Objects = list[dict[str, Any]]


def flow_runs_up_to(filters: Filters, bound: int) -> Statement:
    """How many flow runs match, counted up to a bound."""
    found = FLOW_RUNS.matching(sa.select(flow_run.c.id).limit(bound), filters)
    return sa.select(sa.func.count()).select_from(found.subquery("found"))


def task_runs_up_to(filters: Filters, bound: int) -> Statement:
    """How many task runs match, counted up to a bound."""
    found = TASK_RUNS.matching(sa.select(task_run.c.id).limit(bound), filters)
    return sa.select(sa.func.count()).select_from(found.subquery("found"))


async def name_flow_runs(connection: Connection, runs: Objects) -> Objects:
    """Adds to flow runs the names of their flows and deployments, and how many task runs they have."""
    flows = await _names(connection, flow, _ids(runs, "flow_id"))
    deployments = await _names(connection, deployment, _ids(runs, "deployment_id"))
    ids = _ids(runs, "id")
    rows = await connection.all(task_run_counts(ids)) if ids else []
    counts = {str(row.flow_run_id): row.total for row in rows}
    return [
        {
            **run,
            "flow_name": flows.get(str(run["flow_id"])),
            "deployment_name": deployments.get(str(run["deployment_id"])),
            "task_run_count": counts.get(str(run["id"]), 0),
        }
        for run in runs
    ]


async def name_task_runs(connection: Connection, runs: Objects) -> Objects:
    """Adds to task runs the names of their flow runs, and of the flows of these."""
    ids = _ids(runs, "flow_run_id")
    of_run = (
        sa.select(flow_run.c.id, flow_run.c.name, flow_run.c.flow_id, flow.c.name.label("flow_name"))
        .select_from(flow_run.join(flow, flow.c.id == flow_run.c.flow_id))
        .where(value_in(flow_run.c.id, ids))
    )
    rows = {str(row.id): row for row in await connection.all(of_run)} if ids else {}
    return [{**run, **_neighbours(rows.get(str(run["flow_run_id"])))} for run in runs]


def _neighbours(row: Any) -> dict[str, Any]:
    if row is None:
        return {"flow_run_name": None, "flow_id": None, "flow_name": None}
    return {"flow_run_name": row.name, "flow_id": str(row.flow_id), "flow_name": row.flow_name}


async def _names(connection: Connection, table: sa.Table, ids: Collection[UUID]) -> dict[str, str]:
    if not ids:
        return {}
    rows = await connection.all(sa.select(table.c.id, table.c.name).where(value_in(table.c.id, ids)))
    return {str(row.id): row.name for row in rows}


def _ids(objects: Objects, field: str) -> set[UUID]:
    """The ids in a field; objects hold them as the driver gives them, on SQLite as text."""
    return {UUID(str(each[field])) for each in objects if each[field] is not None}
