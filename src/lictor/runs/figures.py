"""What is kept of runs although it follows from other rows, all in one place for those who check it."""

from collections.abc import Collection

import sqlalchemy as sa

from lictor.flow_runs.table import flow_run, flow_run_tally
from lictor.task_runs.table import task_run, task_run_names, task_run_tally, task_runs_expected, task_runs_started

TALLIES = (flow_run_tally, task_run_tally)
TIMELINES = (task_runs_expected, task_runs_started)
DISTINCT_VALUES = (task_run_names,)


def figures_of(tables: Collection[sa.Table]) -> list[sa.Table]:
    """The tables of what is kept of the rows of some tables."""
    kept = [(tally.column, tally.figures) for tally in TALLIES]
    kept += [(timeline.moment, timeline.figures) for timeline in TIMELINES]
    kept += [(values.column, values.value.table) for values in DISTINCT_VALUES]
    return [figures for column, figures in kept if column.table in tables]


def mend_flows_of_task_runs() -> sa.Update:
    """Gives the task runs that are said to be of another flow than their flow run the right one."""
    truth = sa.select(flow_run.c.flow_id).where(flow_run.c.id == task_run.c.flow_run_id).scalar_subquery()
    return sa.update(task_run).values(flow_id=truth).where(task_run.c.flow_id.is_distinct_from(truth))
