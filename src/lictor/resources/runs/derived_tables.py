"""The tables that are derived from runs, all in one place for those who check or fill them."""

from collections.abc import Collection

import sqlalchemy as sa

from lictor.db.derived_table import DerivedTable
from lictor.resources.flow_runs.table import flow_run, flow_run_counter
from lictor.resources.task_runs.table import (
    task_run,
    task_run_counter,
    task_run_names,
    task_runs_expected,
    task_runs_started,
)

DERIVED_TABLES: tuple[DerivedTable, ...] = (
    flow_run_counter,
    task_run_counter,
    task_runs_expected,
    task_runs_started,
    task_run_names,
)


def derived_tables_of(sources: Collection[sa.Table]) -> list[sa.Table]:
    """The tables that are derived from some tables."""
    return [derived.table for derived in DERIVED_TABLES if derived.source in sources]


def repair_flows_of_task_runs() -> sa.Update:
    """Gives each task run that names another flow than its flow run does the flow of its flow run."""
    expected = sa.select(flow_run.c.flow_id).where(flow_run.c.id == task_run.c.flow_run_id).scalar_subquery()
    return sa.update(task_run).values(flow_id=expected).where(task_run.c.flow_id.is_distinct_from(expected))
