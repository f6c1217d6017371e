"""What is kept of runs although it follows from other rows, all in one place for those who check it."""

from collections.abc import Collection

import sqlalchemy as sa

from lictor.resources.flow_runs.table import flow_run, flow_run_counter
from lictor.resources.task_runs.table import (
    task_run,
    task_run_counter,
    task_run_names,
    task_runs_expected,
    task_runs_started,
)

GROUPED_COUNTERS = (flow_run_counter, task_run_counter)
MINUTE_ROLLUPS = (task_runs_expected, task_runs_started)
DISTINCT_VALUES = (task_run_names,)


def derived_tables_of(tables: Collection[sa.Table]) -> list[sa.Table]:
    """The tables of what is kept of the rows of some tables."""
    kept = [(counter.column, counter.counters) for counter in GROUPED_COUNTERS]
    kept += [(rollup.moment, rollup.counters) for rollup in MINUTE_ROLLUPS]
    kept += [(values.column, values.value.table) for values in DISTINCT_VALUES]
    return [counters for column, counters in kept if column.table in tables]


def repair_flows_of_task_runs() -> sa.Update:
    """Gives the task runs that are said to be of another flow than their flow run the right one."""
    truth = sa.select(flow_run.c.flow_id).where(flow_run.c.id == task_run.c.flow_run_id).scalar_subquery()
    return sa.update(task_run).values(flow_id=truth).where(task_run.c.flow_id.is_distinct_from(truth))
