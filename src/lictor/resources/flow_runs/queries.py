"""Statements on flow runs."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.compiled_query import BoundQuery, generic_plan
from lictor.db.functions import Statement, insert_unless, value_in
from lictor.db.row_serializer import Computed, RowSerializer
from lictor.db.types import load_json
from lictor.query.cursor import ListQuery
from lictor.query.filter_key import Filters
from lictor.query.relations import to_many, to_one
from lictor.query.resource_query import Order, ResourceQuery
from lictor.resources.artifacts.table import artifact, artifact_collection
from lictor.resources.deployments.table import deployment
from lictor.resources.flow_runs.schemas import FlowRunSort
from lictor.resources.flow_runs.table import flow_run, flow_run_counter, flow_run_state, started
from lictor.resources.flows.table import flow
from lictor.resources.runs.computed_fields import estimated_run_time, estimated_start_time_delta, state_of_run
from lictor.resources.runs.history import Intervals, history, lateness
from lictor.resources.states.schemas import StateType
from lictor.resources.task_runs.table import task_run
from lictor.resources.work_pools.table import work_pool, work_queue

# Filters may join the same tables for reasons of their own.
_queue = work_queue.alias("queue_of_flow_run")
_pool = work_pool.alias("pool_of_flow_run")
with_queue = flow_run.outerjoin(_queue, _queue.c.id == flow_run.c.work_queue_id).outerjoin(
    _pool, _pool.c.id == _queue.c.work_pool_id
)
"""Flow runs with what `FLOW_RUN` says of their queues and pools."""

FLOW_RUN = RowSerializer(
    {
        "id": flow_run.c.id,
        "created": flow_run.c.created,
        "updated": flow_run.c.updated,
        "name": flow_run.c.name,
        "flow_id": flow_run.c.flow_id,
        "state_id": flow_run.c.state_id,
        "deployment_id": flow_run.c.deployment_id,
        "deployment_version": flow_run.c.deployment_version,
        "work_queue_id": flow_run.c.work_queue_id,
        "work_queue_name": sa.func.coalesce(_queue.c.name, flow_run.c.work_queue_name),
        "flow_version": flow_run.c.flow_version,
        "parameters": flow_run.c.parameters,
        "idempotency_key": flow_run.c.idempotency_key,
        "context": flow_run.c.context,
        "empirical_policy": flow_run.c.empirical_policy,
        "tags": flow_run.c.tags,
        "labels": sa.func.coalesce(flow_run.c.labels, sa.literal_column("'{}'")),
        "parent_task_run_id": flow_run.c.parent_task_run_id,
        "state_type": flow_run.c.state_type,
        "state_name": flow_run.c.state_name,
        "run_count": flow_run.c.run_count,
        "expected_start_time": flow_run.c.expected_start_time,
        "next_scheduled_start_time": flow_run.c.next_scheduled_start_time,
        "start_time": flow_run.c.start_time,
        "end_time": flow_run.c.end_time,
        "total_run_time": flow_run.c.total_run_time,
        "estimated_run_time": estimated_run_time(flow_run),
        "estimated_start_time_delta": estimated_start_time_delta(flow_run),
        "auto_scheduled": flow_run.c.auto_scheduled,
        "infrastructure_document_id": flow_run.c.infrastructure_document_id,
        "infrastructure_pid": flow_run.c.infrastructure_pid,
        "created_by": flow_run.c.created_by,
        "state": state_of_run(flow_run),
        "job_variables": flow_run.c.job_variables,
        "work_pool_id": _pool.c.id,
        "work_pool_name": _pool.c.name,
    }
)


def _task_runs_in(now: datetime, task_inputs: str) -> list[Any]:
    """The task runs whose results went into a task run."""
    del now
    sources = [source for inputs in load_json(task_inputs).values() for source in inputs]
    return list({source["id"]: source for source in sources if source["input_type"] == "task_run"}.values())


def _is_untrackable(now: datetime, state_details: str | None) -> bool:
    del now
    return state_details is not None and load_json(state_details).get("untrackable_result", False)


DEPENDENCY = RowSerializer(
    {
        "id": task_run.c.id,
        "name": task_run.c.name,
        "upstream_dependencies": Computed(_task_runs_in, (task_run.c.task_inputs,)),
        "state": state_of_run(task_run),
        "expected_start_time": task_run.c.expected_start_time,
        "start_time": task_run.c.start_time,
        "end_time": task_run.c.end_time,
        "total_run_time": task_run.c.total_run_time,
        "estimated_run_time": estimated_run_time(task_run),
        "untrackable_result": Computed(_is_untrackable, (task_run.c.state_details,)),
    }
)

GRAPH_STATE = RowSerializer(
    {
        "id": flow_run_state.c.id,
        "timestamp": flow_run_state.c.timestamp,
        "type": flow_run_state.c.type,
        "name": flow_run_state.c.name,
    }
)

SIMPLE_FLOW_RUN = RowSerializer(
    {
        "id": flow_run.c.id,
        "state_type": flow_run.c.state_type,
        "timestamp": started,
        "duration": estimated_run_time(flow_run),
        "lateness": estimated_start_time_delta(flow_run),
    }
)

_ROWS = FLOW_RUN.select().select_from(with_queue)

FLOW_RUNS = ResourceQuery(
    "flow_runs",
    flow_run,
    (
        to_one("flows", flow, flow_run.c.flow_id),
        to_one("deployments", deployment, flow_run.c.deployment_id),
        to_one(
            "work_queues",
            work_queue,
            flow_run.c.work_queue_id,
            to_one("work_pools", work_pool, work_queue.c.work_pool_id),
        ),
        to_many("task_runs", task_run, task_run.c.flow_run_id == flow_run.c.id),
    ),
    {
        FlowRunSort.ID_DESC: Order(flow_run.c.id, descending=True),
        FlowRunSort.START_TIME_ASC: Order(started),
        FlowRunSort.START_TIME_DESC: Order(started, descending=True),
        FlowRunSort.EXPECTED_START_TIME_ASC: Order(flow_run.c.expected_start_time),
        FlowRunSort.EXPECTED_START_TIME_DESC: Order(flow_run.c.expected_start_time, descending=True),
        FlowRunSort.NAME_ASC: Order(flow_run.c.name),
        FlowRunSort.NAME_DESC: Order(flow_run.c.name, descending=True),
        FlowRunSort.NEXT_SCHEDULED_START_TIME_ASC: Order(flow_run.c.next_scheduled_start_time),
        FlowRunSort.END_TIME_DESC: Order(flow_run.c.end_time, descending=True),
    },
    flow_run_counter,
)


def flow_run_list(filters: Filters, sort: FlowRunSort) -> ListQuery:
    """The flow runs that match, in order."""
    return ListQuery(FLOW_RUNS, FLOW_RUN, _ROWS, filters, sort)


def flow_run_page(filters: Filters, sort: FlowRunSort, *, limit: int, offset: int) -> BoundQuery:
    """The flow runs that match, in order, from an offset on."""
    return flow_run_list(filters, sort).part(limit, offset)


def flow_run_count(filters: Filters) -> BoundQuery:
    """How many flow runs match."""
    return FLOW_RUNS.count(filters)


_HISTORY = history(flow_run)


def flow_run_history(filters: Filters, intervals: Intervals, now: datetime) -> BoundQuery:
    """How many of the flow runs that match were to start in each interval, by state."""
    return FLOW_RUNS.aggregate(_HISTORY, filters, **intervals.values(now))


_LATENESS: Statement = sa.select(sa.func.avg(lateness(flow_run))).select_from(flow_run)


def average_lateness(filters: Filters, now: datetime) -> BoundQuery:
    """The average lateness of the flow runs that match, in microseconds; null if there are none."""
    return FLOW_RUNS.aggregate(_LATENESS, filters, now=now)


_DATED = SIMPLE_FLOW_RUN.select().where(flow_run.c.state_type.is_not(None), started.is_not(None))


def flow_run_spans(filters: Filters, sort: FlowRunSort, *, limit: int, offset: int) -> BoundQuery:
    """When the flow runs that match ran, in order, from an offset on; without those that have no state or no time."""
    return FLOW_RUNS.page(_DATED, filters, sort, limit=limit, offset=offset)


def task_run_counts(flow_runs: Collection[UUID]) -> Statement:
    """How many task runs each of these flow runs has, if it has any, as `flow_run_id` and `total`.

    Task runs that stand for subflow runs do not count.
    """
    of_run, subflow_run = task_run.c.flow_run_id, flow_run.alias("subflow_run")
    stands_for_one = sa.exists().where(subflow_run.c.parent_task_run_id == task_run.c.id)
    return (
        sa.select(of_run, sa.func.count().label("total"))
        .where(value_in(of_run, flow_runs), sa.not_(stands_for_one))
        .group_by(of_run)
    )


_BY_ID = generic_plan(_ROWS.where(flow_run.c.id == sa.bindparam("id")))


def flow_run_by_id(id: UUID) -> BoundQuery:
    """One flow run."""
    return BoundQuery(_BY_ID, {"id": id})


def id_of_key(flow_id: UUID, idempotency_key: str | None) -> Statement:
    """The id of a flow's run with this idempotency key."""
    return sa.select(flow_run.c.id).where(flow_run.c.flow_id == flow_id, flow_run.c.idempotency_key == idempotency_key)


def labels_to_inherit(flow_id: UUID, deployment_id: UUID | None) -> Statement:
    """The labels of a flow, and of a deployment with the id of its flow, if there is one."""
    return (
        sa.select(
            flow.c.labels,
            deployment.c.flow_id.label("flow_of_deployment"),
            deployment.c.labels.label("labels_of_deployment"),
        )
        .select_from(flow.outerjoin(deployment, deployment.c.id == deployment_id))
        .where(flow.c.id == flow_id)
    )


def task_run_exists(id: UUID) -> Statement:
    """The id of a task run, if there is one of this id."""
    return sa.select(task_run.c.id).where(task_run.c.id == id)


def insert_flow_run(row: Mapping[str, Any]) -> sa.Insert:
    """Adds a flow run, unless its flow has one with its idempotency key."""
    return insert_unless(flow_run, row, "flow_id", "idempotency_key")


def update_flow_run(id: UUID, changes: Mapping[str, Any]) -> sa.Update:
    """Changes columns of a flow run."""
    return sa.update(flow_run).where(flow_run.c.id == id).values(**changes, updated=utc_now())


def delete_flow_run(id: UUID) -> sa.Delete:
    """Deletes a flow run with its states and task runs."""
    return sa.delete(flow_run).where(flow_run.c.id == id)


def span_of_flow_run(id: UUID) -> Statement:
    """When a flow run started, or is expected to, and when it ended."""
    return sa.select(started.label("start_time"), flow_run.c.end_time).where(flow_run.c.id == id)


def runs_within(id: UUID, limit: int | None) -> Statement:
    """The task runs of a flow run, with the subflow runs that some of them stand for in their places."""
    subflow_run = flow_run.alias("subflow_run")
    ended = sa.case((task_run.c.state_type == StateType.COMPLETED, task_run.c.expected_start_time))
    state_type = sa.func.coalesce(subflow_run.c.state_type, task_run.c.state_type)
    start_time = sa.func.coalesce(
        subflow_run.c.start_time,
        subflow_run.c.expected_start_time,
        task_run.c.start_time,
        task_run.c.expected_start_time,
    )
    return (
        sa.select(
            sa.func.coalesce(subflow_run.c.id, task_run.c.id).label("id"),
            sa.func.coalesce(subflow_run.c.name, task_run.c.name).label("name"),
            flow.c.name.label("flow_name"),
            state_type.label("state_type"),
            start_time.label("start_time"),
            sa.func.coalesce(subflow_run.c.end_time, task_run.c.end_time, ended).label("end_time"),
            task_run.c.task_inputs,
        )
        .select_from(
            task_run.outerjoin(subflow_run, subflow_run.c.parent_task_run_id == task_run.c.id).outerjoin(
                flow, flow.c.id == subflow_run.c.flow_id
            )
        )
        .where(task_run.c.flow_run_id == id, start_time.is_not(None), state_type.is_not(None))
        .limit(limit)
    )


def states_of_flow_run(id: UUID) -> Statement:
    """The states that a flow run was in, the first one first."""
    of_run = GRAPH_STATE.select().where(flow_run_state.c.flow_run_id == id)
    return of_run.order_by(flow_run_state.c.timestamp)


def artifacts_within(id: UUID, limit: int) -> Statement:
    """The artifacts that a flow run and its task runs made, the first ones first, but for their results."""
    of_key = artifact_collection.c
    latest = artifact.outerjoin(artifact_collection, of_key.latest_id == artifact.c.id)
    return (
        sa.select(
            artifact.c.id,
            artifact.c.created,
            artifact.c.task_run_id,
            artifact.c.key,
            artifact.c.type,
            sa.case((artifact.c.type == "progress", artifact.c.data)).label("data"),
            sa.or_(artifact.c.key.is_(None), of_key.id.is_not(None)).label("is_latest"),
        )
        .select_from(latest)
        .where(artifact.c.flow_run_id == id, artifact.c.type != "result")
        .order_by(artifact.c.created, artifact.c.id)
        .limit(limit)
    )


def dependencies_within(id: UUID) -> Statement:
    """The task runs of a flow run, and what went into each, the newest first."""
    return DEPENDENCY.select().where(task_run.c.flow_run_id == id).order_by(task_run.c.id.desc())


def held_flow_runs(filters: Filters, limit: int) -> Statement:
    """The ids of the newest flow runs that match, held until the end of the transaction."""
    newest: Statement = sa.select(flow_run.c.id).order_by(flow_run.c.id.desc()).limit(limit)
    return FLOW_RUNS.matching(newest, filters).with_for_update(of=flow_run, key_share=True)


def held_flow_run(id: UUID) -> Statement:
    """What decides on a change of a flow run, held until the end of the transaction."""
    return (
        sa.select(
            flow_run.c.labels,
            flow_run.c.state_type,
            flow_run.c.state_details,
            deployment.c.id.label("known_deployment_id"),
            deployment.c.concurrency_limit_id,
            deployment.c.job_variables,
            work_pool.c.base_job_template,
        )
        .select_from(
            flow_run.outerjoin(deployment, deployment.c.id == flow_run.c.deployment_id)
            .outerjoin(work_queue, work_queue.c.id == deployment.c.work_queue_id)
            .outerjoin(work_pool, work_pool.c.id == work_queue.c.work_pool_id)
        )
        .where(flow_run.c.id == id)
        .with_for_update(of=flow_run, key_share=True)
    )
