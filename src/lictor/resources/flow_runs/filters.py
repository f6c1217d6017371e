"""What can be asked of flow runs."""

from functools import partial
from uuid import UUID

import sqlalchemy as sa

from lictor.db.functions import json_value, value_in
from lictor.query.criteria import Condition, Filter, column, custom, group
from lictor.query.operators import Clause, is_null
from lictor.resources.flow_runs.table import flow_run, started
from lictor.resources.states.schemas import StateType
from lictor.resources.task_runs.table import task_run


def _started_within(flow_runs: list[UUID]) -> Clause:
    parent = task_run.alias("parent_task_run")
    return (
        sa.exists()
        .where(parent.c.id == flow_run.c.parent_task_run_id, value_in(parent.c.flow_run_id, flow_runs))
        .correlate(flow_run)
    )


def _created_by_ids(ids: list[UUID]) -> Clause:
    return value_in(json_value(flow_run.c.created_by, "id"), [str(creator) for creator in ids])


def _created_by_types(types: list[str]) -> Clause:
    return value_in(json_value(flow_run.c.created_by, "type"), types)


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
        is_null_=Condition(bool, partial(is_null, flow_run.c.created_by), "is absent (true) or present (false)"),
        combinable=True,
    )
