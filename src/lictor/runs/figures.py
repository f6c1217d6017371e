"""The figures that are kept of runs, all in one place for those who check them."""

from lictor.flow_runs.table import flow_run_tally
from lictor.task_runs.table import task_run_tally

TALLIES = (flow_run_tally, task_run_tally)
