"""What can be asked of flow runs."""

from uuid import UUID

import sqlalchemy as sa

from lictor.db.functions import json_value
from lictor.query.binds import Bind
from lictor.query.criteria import Condition, Filter, column, custom, group
from lictor.query.operators import Clause, is_null, one_of
from lictor.resources.flow_runs.table import flow_run, started
from lictor.resources.states.schemas import StateType
from lictor.resources.task_runs.table import task_run


def _started_within(flow_runs: Bind) -> Clause:
    parent = task_run.alias("parent_task_run")
    is_parent = parent.c.id == flow_run.c.parent_task_run_id
    return sa.exists().where(is_parent, one_of(parent.c.flow_run_id, flow_runs)).correlate(flow_run)


def _created_by_ids(ids: Bind) -> Clause:
    return one_of(json_value(flow_run.c.created_by, "id"), ids, str)


def _created_by_types(types: Bind) -> Clause:
    return one_of(json_value(flow_run.c.created_by, "type"), types)


def _created_by_none(wanted: Bind) -> Clause:
    return is_null(flow_run.c.created_by, wanted.form is True)


class FlowRunFilter(Filter):
    """What to ask of flow runs."""

    id = column(flow_run.c.id, "any_", "not_any_")
    name = column(flow_run.c.name, "any_", "like_")
    tags = column(flow_run.c.tags, "all_", "any_", "is_null_", combinable=True)
    deployment_id = column(flow_run.c.deployment_id, "any_", "is_null_", combinable=True)
    work_queue_name = column(flow_run.c.work_queue_name, "any_", "is_null_", combinable=True)
    state = group(
        type=column(flow_run.c.state_type, "any_", "not_any_", item=StateType),
        name=column(flow_run.c.state_name, "any_", "not_any_"),
    )
    flow_version = column(flow_run.c.flow_version, "any_")
    start_time = column(started, "before_", "after_", is_null_=flow_run.c.start_time)
    end_time = column(flow_run.c.end_time, "before_", "after_", "is_null_")
    expected_start_time = column(flow_run.c.expected_start_time, "before_", "after_")
    next_scheduled_start_time = column(flow_run.c.next_scheduled_start_time, "before_", "after_")
    parent_flow_run_id = custom(any_=Condition(list[UUID], _started_within, "is one of these"), combinable=True)
    parent_task_run_id = column(flow_run.c.parent_task_run_id, "any_", "is_null_", combinable=True)
    idempotency_key = column(flow_run.c.idempotency_key, "any_", "not_any_")
    created_by = custom(
        id_=Condition(list[UUID], _created_by_ids, "has one of these ids"),
        type_=Condition(list[str], _created_by_types, "is of one of these types"),
        is_null_=Condition(bool, _created_by_none, "is absent (true) or present (false)"),
        combinable=True,
    )
