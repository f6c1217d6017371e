"""What can be asked of task runs."""

from collections.abc import Mapping

import sqlalchemy as sa

from lictor.db.functions import among_keys
from lictor.query.binds import Bind
from lictor.query.criteria import Condition, Criterion, Filter, column, custom, group
from lictor.query.operators import Clause, one_of
from lictor.resources.flow_runs.table import flow_run
from lictor.resources.states.schemas import StateType
from lictor.resources.task_runs.table import task_run


def _has_subflow_run(wanted: Bind) -> Clause:
    subflow_run = flow_run.alias("subflow_run")
    parent = subflow_run.c.parent_task_run_id
    if not wanted.form:
        return sa.not_(sa.exists(sa.select(parent).where(parent == task_run.c.id).correlate(task_run)))
    return among_keys(task_run.c.id, parent)  # parents are far fewer than task runs: both databases begin with them


def _of_flow_run(conditions: Mapping[str, Bind]) -> Clause | None:
    """`is_null_` is false unless given: without ids, runs of any flow run are meant."""
    ids, is_null = conditions.get("any_"), conditions.get("is_null_")
    if is_null is not None and is_null.form:
        return task_run.c.flow_run_id.is_(None)
    if ids is not None:
        return one_of(task_run.c.flow_run_id, ids)
    return None if is_null is None else task_run.c.flow_run_id.is_not(None)


_flow_run_id: Criterion = column(task_run.c.flow_run_id, "any_", "is_null_", combinable=True)


class TaskRunFilter(Filter):
    """What to ask of task runs."""

    id = column(task_run.c.id, "any_")
    name = column(task_run.c.name, "any_", "like_")
    tags = column(task_run.c.tags, "all_", "is_null_", combinable=True)
    state = group(
        type=column(task_run.c.state_type, "any_", item=StateType),
        name=column(task_run.c.state_name, "any_"),
    )
    start_time = column(task_run.c.start_time, "before_", "after_", "is_null_")
    end_time = column(task_run.c.end_time, "before_", "after_", "is_null_")
    expected_start_time = column(task_run.c.expected_start_time, "before_", "after_")
    subflow_runs = custom(
        name="TaskRunFilterSubFlowRuns",
        exists_=Condition(bool, _has_subflow_run, "are there (true) or not (false)"),
    )
    flow_run_id = _flow_run_id.with_clause(_of_flow_run, is_null_=False)
