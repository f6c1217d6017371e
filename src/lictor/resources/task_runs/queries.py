"""Statements on task runs."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.compiled_query import BoundQuery, generic_plan
from lictor.db.functions import (
    CurrentMoment,
    Statement,
    insert_unless,
    interval,
    interval_values,
    micros_between,
    moment_called,
)
from lictor.db.minute_rollup import parts
from lictor.db.row_serializer import Field, RowSerializer
from lictor.query.cursor import ListQuery
from lictor.query.filter_key import Filters
from lictor.query.relations import to_one
from lictor.query.resource_query import GrowingOrder, Order, ResourceQuery
from lictor.resources.deployments.table import deployment
from lictor.resources.flow_runs.table import flow_run
from lictor.resources.flows.table import flow
from lictor.resources.runs.computed_fields import estimated_run_time, estimated_start_time_delta, state_of_run
from lictor.resources.runs.history import Intervals, history, history_of_all
from lictor.resources.states.schemas import StateType
from lictor.resources.task_runs.dashboard import Window
from lictor.resources.task_runs.schemas import TaskRunSort
from lictor.resources.task_runs.table import (
    task_run,
    task_run_counter,
    task_run_names,
    task_run_search,
    task_runs_expected,
    task_runs_started,
)
from lictor.resources.work_pools.table import work_pool, work_queue

_FIELDS: dict[str, Field] = {
    "id": task_run.c.id,
    "created": task_run.c.created,
    "updated": task_run.c.updated,
    "name": task_run.c.name,
    "flow_run_id": task_run.c.flow_run_id,
    "task_key": task_run.c.task_key,
    "dynamic_key": task_run.c.dynamic_key,
    "cache_key": task_run.c.cache_key,
    "cache_expiration": task_run.c.cache_expiration,
    "task_version": task_run.c.task_version,
    "empirical_policy": task_run.c.empirical_policy,
    "tags": task_run.c.tags,
    "labels": task_run.c.labels,
    "state_id": task_run.c.state_id,
    "task_inputs": task_run.c.task_inputs,
    "state_type": task_run.c.state_type,
    "state_name": task_run.c.state_name,
    "run_count": task_run.c.run_count,
    "flow_run_run_count": task_run.c.flow_run_run_count,
    "expected_start_time": task_run.c.expected_start_time,
    "next_scheduled_start_time": task_run.c.next_scheduled_start_time,
    "start_time": task_run.c.start_time,
    "end_time": task_run.c.end_time,
    "total_run_time": task_run.c.total_run_time,
    "estimated_run_time": estimated_run_time(task_run),
    "estimated_start_time_delta": estimated_start_time_delta(task_run),
    "state": state_of_run(task_run),
}
_NOT_ON_PAGES = {
    "dynamic_key",
    "cache_key",
    "cache_expiration",
    "labels",
    "state_type",
    "state_name",
    "run_count",
    "flow_run_run_count",
    "expected_start_time",
    "next_scheduled_start_time",
}

TASK_RUN = RowSerializer(_FIELDS)
TASK_RUN_ON_PAGE = RowSerializer({name: field for name, field in _FIELDS.items() if name not in _NOT_ON_PAGES})
TASK_RUN_OF_NAMED_FLOW_RUN = RowSerializer({**_FIELDS, "flow_run_name": flow_run.c.name})

_ROWS = {shape: shape.select().select_from(task_run) for shape in (TASK_RUN, TASK_RUN_ON_PAGE)}

_total_run_time = sa.type_coerce(task_run.c.total_run_time, sa.BigInteger)
_is_running = sa.func.coalesce(task_run.c.state_type, "") == StateType.RUNNING
_since_it_runs = sa.func.coalesce(micros_between(task_run.c.state_timestamp, CurrentMoment()), 0)


def _by_duration(*, descending: bool) -> Order:
    """By how long task runs have run, up to now if they are running; of equals, the last to start first."""
    return GrowingOrder(
        _total_run_time + sa.case((_is_running, _since_it_runs), else_=0),
        descending,
        stored=task_run.c.total_run_time,
        is_growing=_is_running,
        then=task_run.c.expected_start_time,
    )


TASK_RUNS = ResourceQuery(
    "task_runs",
    task_run,
    (
        to_one("flows", flow, task_run.c.flow_id, certain=True, in_order=(task_run.c.id, task_run.c.end_time)),
        to_one(
            "flow_runs",
            flow_run,
            task_run.c.flow_run_id,
            to_one("flows", flow, flow_run.c.flow_id),
            to_one("deployments", deployment, flow_run.c.deployment_id),
            to_one(
                "work_queues",
                work_queue,
                flow_run.c.work_queue_id,
                to_one("work_pools", work_pool, work_queue.c.work_pool_id),
            ),
            narrow=True,
        ),
    ),
    {
        TaskRunSort.ID_DESC: Order(task_run.c.id, descending=True),
        TaskRunSort.EXPECTED_START_TIME_ASC: Order(task_run.c.expected_start_time),
        TaskRunSort.EXPECTED_START_TIME_DESC: Order(task_run.c.expected_start_time, descending=True),
        TaskRunSort.NAME_ASC: Order(task_run.c.name),
        TaskRunSort.NAME_DESC: Order(task_run.c.name, descending=True),
        TaskRunSort.NEXT_SCHEDULED_START_TIME_ASC: Order(task_run.c.next_scheduled_start_time),
        TaskRunSort.END_TIME_DESC: Order(task_run.c.end_time, descending=True),
        TaskRunSort.DURATION_DESC: _by_duration(descending=True),
        TaskRunSort.DURATION_ASC: _by_duration(descending=False),
    },
    task_run_counter,
    certain_with_owner=("flow_runs",),
    searched=("tags", "name", "subflow_runs", "flows", "deployments"),
    search=task_run_search,
    covered=("tags", "name", "state"),
    listed=task_run_names,
    named={"subflow_runs": flow_run.c.parent_task_run_id},
)


def task_run_list(filters: Filters, sort: TaskRunSort) -> ListQuery:
    """The task runs that match, in order."""
    return ListQuery(TASK_RUNS, TASK_RUN, _ROWS[TASK_RUN], filters, sort)


def task_run_page(shape: RowSerializer, filters: Filters, sort: TaskRunSort, *, limit: int, offset: int) -> BoundQuery:
    """The task runs that match, in order, from an offset on."""
    return TASK_RUNS.page(_ROWS[shape], filters, sort, limit=limit, offset=offset)


def task_run_count(filters: Filters) -> BoundQuery:
    """How many task runs match."""
    return TASK_RUNS.count(filters)


def task_run_counts_by_state(filters: Filters) -> BoundQuery:
    """How many of the task runs that match are in each type of state, as `value` and `total`."""
    return TASK_RUNS.counts_by_state(filters)


_HISTORY = history(task_run)
_HISTORY_OF_ALL = {
    in_parts: history_of_all(task_run, task_runs_expected, in_parts=in_parts) for in_parts in (False, True)
}


def task_run_history(filters: Filters, intervals: Intervals, now: datetime) -> BoundQuery:
    """How many of the task runs that match were to start in each interval, by state."""
    values = intervals.values(now)
    if TASK_RUNS.has_all(filters):
        cut = parts(intervals.start, intervals.end, intervals.edges)
        return BoundQuery(_HISTORY_OF_ALL[bool(cut)], {**values, **cut})
    return TASK_RUNS.aggregate(_HISTORY, filters, **values)


def _ended_by_interval(
    moment: sa.ColumnElement[Any], state_type: sa.ColumnElement[Any], count: sa.ColumnElement[Any]
) -> Statement:
    """How many ended well and how many did not, by interval; the parameters are those of `interval` and more."""
    group, number = interval(moment)
    badly = state_type.in_([StateType.FAILED, StateType.CRASHED])
    failed, all_ended = (
        sa.cast(sa.func.coalesce(sa.func.sum(each), 0), sa.BigInteger) for each in (sa.case((badly, count)), count)
    )
    return sa.select(number.label("number"), (all_ended - failed).label("completed"), failed.label("failed")).group_by(
        group
    )


def _all_ended(*, in_parts: bool) -> Statement:
    after, before = map(moment_called, ("after", "before"))
    figure = sa.union_all(*task_runs_started.between(after, before, in_parts=in_parts)).subquery("figure")
    return _ended_by_interval(figure.c.minute, figure.c.state_type, figure.c.count)


_ENDED = _ended_by_interval(task_run.c.start_time, task_run.c.state_type, sa.literal_column("1")).where(
    task_run.c.start_time.between(moment_called("start"), moment_called("end"))
)
_ALL_ENDED = {in_parts: _all_ended(in_parts=in_parts) for in_parts in (False, True)}


def ended_task_runs(filters: Filters, window: Window) -> BoundQuery:
    """The task runs that match: how many ended well and how many did not, by interval of their start."""
    values = interval_values(window.start, window.width)
    if (span := window.span(filters)) is not None:
        after, before = span
        cut = parts(after, before, window.edges)
        return BoundQuery(_ALL_ENDED[bool(cut)], {**values, "after": after, "before": before, **cut})
    return TASK_RUNS.aggregate(_ENDED, filters, **values, end=window.end)


_BY_ID = generic_plan(_ROWS[TASK_RUN].where(task_run.c.id == sa.bindparam("id")))


def task_run_by_id(id: UUID) -> BoundQuery:
    """One task run."""
    return BoundQuery(_BY_ID, {"id": id})


def task_run_with_flow_run(id: UUID) -> Statement:
    """One task run, and the name of its flow run if it has one."""
    joined = task_run.outerjoin(flow_run, flow_run.c.id == task_run.c.flow_run_id)
    return TASK_RUN_OF_NAMED_FLOW_RUN.select().select_from(joined).where(task_run.c.id == id)


def task_run_of_keys(flow_run_id: UUID | None, task_key: str, dynamic_key: str) -> Statement:
    """The id of the task run with these keys, within a flow run or outside of any."""
    return (
        sa.select(task_run.c.id)
        .where(
            task_run.c.flow_run_id.is_(None) if flow_run_id is None else task_run.c.flow_run_id == flow_run_id,
            task_run.c.task_key == task_key,
            task_run.c.dynamic_key == dynamic_key,
        )
        .order_by(task_run.c.created)
        .limit(1)
    )


def inherited_from(flow_run_id: UUID) -> Statement:
    """What the task runs of a flow run have from it."""
    return sa.select(flow_run.c.flow_id, flow_run.c.labels).where(flow_run.c.id == flow_run_id)


def insert_task_run(row: dict[str, Any]) -> sa.Insert:
    """Adds a task run, unless one with its keys is there already."""
    return insert_unless(task_run, row, "flow_run_id", "task_key", "dynamic_key")


def update_task_run(id: UUID, changes: dict[str, Any]) -> sa.Update:
    """Changes columns of a task run."""
    return sa.update(task_run).where(task_run.c.id == id).values(**changes, updated=utc_now())


def delete_task_run(id: UUID) -> sa.Delete:
    """Deletes a task run with its states."""
    return sa.delete(task_run).where(task_run.c.id == id)
