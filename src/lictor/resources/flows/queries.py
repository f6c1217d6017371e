"""Statements on flows."""

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.compiled_query import BoundQuery, generic_plan
from lictor.db.functions import Statement, insert_unless, value_in
from lictor.db.row_serializer import RowSerializer
from lictor.db.types import dump_json
from lictor.query.cursor import ListQuery
from lictor.query.filter_key import Filters
from lictor.query.relations import to_many, to_one
from lictor.query.resource_query import Order, ResourceQuery
from lictor.resources.deployments.table import deployment
from lictor.resources.flow_runs.table import flow_run
from lictor.resources.flows.schemas import FlowCreate, FlowSort, FlowUpdate
from lictor.resources.flows.table import flow
from lictor.resources.task_runs.table import task_run
from lictor.resources.work_pools.table import work_pool, work_queue

FLOW = RowSerializer(
    {
        "id": flow.c.id,
        "created": flow.c.created,
        "updated": flow.c.updated,
        "name": flow.c.name,
        "tags": flow.c.tags,
        "labels": flow.c.labels,
    }
)

NEXT_RUN = RowSerializer(
    {
        "id": flow_run.c.id,
        "flow_id": flow_run.c.flow_id,
        "name": flow_run.c.name,
        "state_name": flow_run.c.state_name,
        "state_type": flow_run.c.state_type,
        "next_scheduled_start_time": flow_run.c.next_scheduled_start_time,
    }
)

FLOWS = ResourceQuery(
    "flows",
    flow,
    (
        to_many(
            "flow_runs",
            flow_run,
            flow_run.c.flow_id == flow.c.id,
            to_many("task_runs", task_run, task_run.c.flow_run_id == flow_run.c.id),
            few_owners=True,
        ),
        to_many(
            "deployments",
            deployment,
            deployment.c.flow_id == flow.c.id,
            to_one(
                "work_queues",
                work_queue,
                deployment.c.work_queue_id,
                to_one("work_pools", work_pool, work_queue.c.work_pool_id),
            ),
        ),
    ),
    {
        FlowSort.CREATED_DESC: Order(flow.c.created, descending=True),
        FlowSort.UPDATED_DESC: Order(flow.c.updated, descending=True),
        FlowSort.NAME_ASC: Order(flow.c.name),
        FlowSort.NAME_DESC: Order(flow.c.name, descending=True),
    },
)


_ROWS = FLOW.select().select_from(flow)


def flow_list(filters: Filters, sort: FlowSort) -> ListQuery:
    """The flows that match, in order."""
    return ListQuery(FLOWS, FLOW, _ROWS, filters, sort)


def flow_page(filters: Filters, sort: FlowSort, *, limit: int, offset: int) -> BoundQuery:
    """The flows that match, in order, from an offset on."""
    return flow_list(filters, sort).part(limit, offset)


def flow_count(filters: Filters) -> BoundQuery:
    """How many flows match."""
    return FLOWS.count(filters)


_BY_ID = generic_plan(_ROWS.where(flow.c.id == sa.bindparam("id")))


def flow_by_id(id: UUID) -> BoundQuery:
    """One flow."""
    return BoundQuery(_BY_ID, {"id": id})


def flow_by_name(name: str) -> Statement:
    """The flow of this name."""
    return FLOW.select().where(flow.c.name == name)


def insert_flow(body: FlowCreate) -> sa.Insert:
    """A new flow, unless there is one of this name already."""
    labels = None if body.labels is None else dump_json(body.labels)
    return insert_unless(flow, {"name": body.name, "tags": body.tags, "labels": labels}, "name")


def flow_row(name: str) -> Statement:
    """The flow of this name, as its row."""
    return sa.select(flow).where(flow.c.name == name)


def update_flow(id: UUID, body: FlowUpdate) -> sa.Executable:
    """Changes of a flow what was asked, and nothing else; returns its row."""
    changes = body.model_dump(exclude_unset=True)
    return sa.update(flow).where(flow.c.id == id).values(updated=utc_now(), **changes).returning(flow)


def delete_flow(id: UUID) -> sa.Executable:
    """Deletes a flow with its deployments and runs; returns its row."""
    return sa.delete(flow).where(flow.c.id == id).returning(flow)


def delete_flows(filters: Filters, limit: int) -> sa.Executable:
    """Deletes the first flows by name that match, with their deployments and runs; returns their rows."""
    first: Statement = sa.select(flow.c.id).order_by(flow.c.name).limit(limit)
    # Locked in one order, so that two such requests do not wait for each other.
    ids = FLOWS.matching(first, filters).with_for_update(of=flow)
    return sa.delete(flow).where(flow.c.id.in_(ids)).returning(flow)


def deployment_counts(flows: Collection[UUID]) -> Statement:
    """How many deployments each of these flows has, if it has any, as `flow_id` and `total`."""
    of_flow = deployment.c.flow_id
    return sa.select(of_flow, sa.func.count().label("total")).where(value_in(of_flow, flows)).group_by(of_flow)


def next_runs(flows: Collection[UUID]) -> Statement:
    """The scheduled run of each of these flows that is to start first."""
    run = flow_run.alias("scheduled_run")
    first = (
        sa.select(run.c.id)
        .where(
            run.c.flow_id == flow.c.id,
            run.c.state_type == sa.literal_column("'SCHEDULED'"),  # as the index says it
            run.c.next_scheduled_start_time.is_not(None),
        )
        .order_by(run.c.next_scheduled_start_time, run.c.id)
        .limit(1)
        .correlate(flow)
        .scalar_subquery()
    )
    return NEXT_RUN.select().where(flow_run.c.id.in_(sa.select(first).where(value_in(flow.c.id, flows))))
