"""Statements on deployments and their schedules."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lictor.db.base import utc_now
from lictor.db.compiled_query import BoundQuery, generic_plan
from lictor.db.functions import Statement, json_value, value_in
from lictor.db.row_serializer import Computed, Constant, NestedObject, RowSerializer
from lictor.db.types import Timestamp
from lictor.query.cursor import ListQuery
from lictor.query.filter_key import Filters
from lictor.query.relations import to_many, to_one
from lictor.query.resource_query import Order, ResourceQuery
from lictor.resources.concurrency_limits.queries import stored_slots_of
from lictor.resources.concurrency_limits.table import global_limit
from lictor.resources.deployments.schemas import DeploymentSort
from lictor.resources.deployments.table import deployment, deployment_schedule
from lictor.resources.flow_runs.table import flow_run
from lictor.resources.flows.table import flow
from lictor.resources.states.schemas import StateType
from lictor.resources.task_runs.table import task_run
from lictor.resources.work_pools.status import deployment_status, latest_poll
from lictor.resources.work_pools.table import work_pool, work_queue

RELATIONS = (
    to_one("flows", flow, deployment.c.flow_id),
    to_many(
        "flow_runs",
        flow_run,
        flow_run.c.deployment_id == deployment.c.id,
        to_many("task_runs", task_run, task_run.c.flow_run_id == flow_run.c.id),
        few_owners=True,
    ),
    to_one(
        "work_queues",
        work_queue,
        deployment.c.work_queue_id,
        to_one("work_pools", work_pool, work_queue.c.work_pool_id),
    ),
)

# By names of their own: a filter may join the same tables.
_limit = global_limit.alias("limit_of_deployment")
_queue = work_queue.alias("queue_of_deployment")
_pool = work_pool.alias("pool_of_deployment")
_POLLS = (deployment.c.last_polled, _queue.c.last_polled, _pool.c.last_polled)


def _labels(_: datetime, text: str | None) -> Any:
    return {} if text is None else orjson.Fragment(text)


DEPLOYMENT = RowSerializer(
    {
        "id": deployment.c.id,
        "created": deployment.c.created,
        "updated": deployment.c.updated,
        "name": deployment.c.name,
        "version": deployment.c.version,
        "description": deployment.c.description,
        "flow_id": deployment.c.flow_id,
        "paused": deployment.c.paused,
        "schedules": Constant(()),  # `schedules_of` has them
        "concurrency_limit": Constant(None),
        "global_concurrency_limit": NestedObject(
            {
                "id": _limit.c.id,
                "created": _limit.c.created,
                "updated": _limit.c.updated,
                "active": _limit.c.active,
                "name": _limit.c.name,
                "limit": _limit.c.limit,
                "active_slots": stored_slots_of(_limit),
                "slot_decay_per_second": _limit.c.slot_decay_per_second,
            },
            unless_null=_limit.c.id,
        ),
        "concurrency_options": deployment.c.concurrency_options,
        "job_variables": deployment.c.job_variables,
        "parameters": deployment.c.parameters,
        "tags": deployment.c.tags,
        "labels": Computed(_labels, (deployment.c.labels,)),
        "work_queue_name": sa.func.coalesce(_queue.c.name, deployment.c.work_queue_name),
        "work_queue_id": deployment.c.work_queue_id,
        "last_polled": Computed(latest_poll, _POLLS),
        "parameter_openapi_schema": deployment.c.parameter_openapi_schema,
        "path": deployment.c.path,
        "pull_steps": deployment.c.pull_steps,
        "entrypoint": deployment.c.entrypoint,
        "storage_document_id": deployment.c.storage_document_id,
        "infrastructure_document_id": deployment.c.infrastructure_document_id,
        "created_by": deployment.c.created_by,
        "updated_by": deployment.c.updated_by,
        "work_pool_name": _pool.c.name,
        "status": Computed(deployment_status, _POLLS),
        "enforce_parameter_schema": deployment.c.enforce_parameter_schema,
    }
)
WORK_QUEUE = RowSerializer(
    {
        name: work_queue.c[name]
        for name in (
            *("id", "created", "updated", "name", "description", "is_paused", "concurrency_limit", "priority"),
            *("work_pool_id", "filter", "last_polled"),
        )
    }
)
SCHEDULE = RowSerializer(
    {
        "id": deployment_schedule.c.id,
        "created": deployment_schedule.c.created,
        "updated": deployment_schedule.c.updated,
        "deployment_id": deployment_schedule.c.deployment_id,
        "schedule": deployment_schedule.c.schedule,
        "active": deployment_schedule.c.active,
        "max_scheduled_runs": deployment_schedule.c.max_scheduled_runs,
        "parameters": deployment_schedule.c.parameters,
        "slug": deployment_schedule.c.slug,
    }
)

DEPLOYMENTS = ResourceQuery(
    "deployments",
    deployment,
    RELATIONS,
    {
        DeploymentSort.CREATED_DESC: Order(deployment.c.created, descending=True),
        DeploymentSort.UPDATED_DESC: Order(deployment.c.updated, descending=True),
        DeploymentSort.NAME_ASC: Order(deployment.c.name),
        DeploymentSort.NAME_DESC: Order(deployment.c.name, descending=True),
    },
)


_ROWS = DEPLOYMENT.select().select_from(
    deployment.outerjoin(_limit, _limit.c.id == deployment.c.concurrency_limit_id)
    .outerjoin(_queue, _queue.c.id == deployment.c.work_queue_id)
    .outerjoin(_pool, _pool.c.id == _queue.c.work_pool_id)
)


def deployment_list(filters: Filters, sort: DeploymentSort) -> ListQuery:
    """The deployments that match, in order."""
    return ListQuery(DEPLOYMENTS, DEPLOYMENT, _ROWS, filters, sort)


def deployment_page(filters: Filters, sort: DeploymentSort, *, limit: int, offset: int) -> BoundQuery:
    """The deployments that match, in order, from an offset on."""
    return deployment_list(filters, sort).part(limit, offset)


def deployment_count(filters: Filters) -> BoundQuery:
    """How many deployments match."""
    return DEPLOYMENTS.count(filters)


_BY_ID = generic_plan(_ROWS.where(deployment.c.id == sa.bindparam("id")))


def deployment_by_id(id: UUID) -> BoundQuery:
    """One deployment."""
    return BoundQuery(_BY_ID, {"id": id})


def deployment_by_name(flow_name: str, name: str) -> Statement:
    """The deployment of a name, of the flow of a name."""
    of_flow = sa.select(flow.c.id).where(flow.c.name == flow_name).scalar_subquery()
    return _ROWS.where(deployment.c.flow_id == of_flow, deployment.c.name == name)


def schedules_of(ids: Sequence[UUID]) -> Statement:
    """The schedules of these deployments, those that changed last first."""
    latest_first = (deployment_schedule.c.updated.desc(), deployment_schedule.c.id.desc())
    return SCHEDULE.select().where(value_in(deployment_schedule.c.deployment_id, ids)).order_by(*latest_first)


def all_work_queues() -> Statement:
    """Every queue of every pool, the oldest first."""
    return WORK_QUEUE.select().order_by(work_queue.c.created, work_queue.c.id)


def filters_of_work_queues() -> Statement:
    """What queues of agents ask of the deployments whose runs they take."""
    return sa.select(work_queue.c.id, work_queue.c.filter).where(work_queue.c.filter.is_not(None))


def schedules_among(ids: Sequence[UUID]) -> Statement:
    """These schedules, in any order."""
    return SCHEDULE.select().where(value_in(deployment_schedule.c.id, ids))


_IDS = sa.select(deployment.c.id).select_from(deployment)


def first_deployments(filters: Filters, limit: int) -> BoundQuery:
    """The ids of the first deployments by name that match."""
    return DEPLOYMENTS.page(_IDS, filters, DeploymentSort.NAME_ASC, limit=limit, offset=0)


def deployment_row(id: UUID) -> Statement:
    """One deployment, as its row."""
    return sa.select(deployment).where(deployment.c.id == id)


def locked(row: Statement) -> Statement:
    """The same row, which no other transaction can change before this one ends. Rows that refer to it can be made."""
    return row.with_for_update(key_share=True)


def labels_of_flow(id: UUID) -> Statement:
    """The labels that the deployments of a flow inherit."""
    return sa.select(flow.c.id, flow.c.labels).where(flow.c.id == id)


def upsert_deployment(row: Mapping[str, Any], changes: Mapping[str, Any]) -> sa.Executable:
    """Adds a deployment or, if its flow has one of its name, makes the changes to that one; returns the id."""
    # SQLAlchemy's construct for PostgreSQL compiles on SQLite, too.
    upsert = insert(deployment).values(row).on_conflict_do_update(index_elements=["flow_id", "name"], set_=changes)
    return upsert.returning(deployment.c.id)


def update_deployment(id: UUID, changes: Mapping[str, Any]) -> sa.Update:
    """Changes columns of a deployment."""
    return sa.update(deployment).where(deployment.c.id == id).values(**{"updated": utc_now(), **changes})


def delete_deployment(id: UUID) -> sa.Delete:
    """Deletes a deployment with its schedules."""
    return sa.delete(deployment).where(deployment.c.id == id)


def delete_waiting_runs(id: UUID) -> sa.Delete:
    """Deletes the runs of a deployment that are scheduled, and were never started."""
    return sa.delete(flow_run).where(
        flow_run.c.deployment_id == id,
        flow_run.c.state_type == StateType.SCHEDULED,
        flow_run.c.state_name != "AwaitingConcurrencySlot",
        flow_run.c.run_count == 0,
    )


def delete_runs_made_by_schedules(id: UUID, *, after: datetime | None = None) -> sa.Delete:
    """The same of those that a schedule has made, for after a moment if one is given."""
    delete = delete_waiting_runs(id).where(flow_run.c.auto_scheduled)
    return delete if after is None else delete.where(flow_run.c.next_scheduled_start_time > after)


def delete_runs_of_schedule(deployment_id: UUID, id: UUID, *, after: datetime | None = None) -> sa.Delete:
    """The same of those that one schedule has made."""
    made_by = json_value(flow_run.c.created_by, "id") == str(id)
    return delete_runs_made_by_schedules(deployment_id, after=after).where(made_by)


def look_at_schedules(
    deployment_id: UUID, now: datetime, id: UUID | None = None, *, keeps_missed: bool = False
) -> sa.Update:
    """Has the scheduler make runs of a deployment's schedules, or of one of them, from now on: of those that are active.

    `keeps_missed` has it make also those that it has not come to yet, of schedules that were active before.
    """
    begin: sa.ColumnElement[Any] = sa.literal(now, Timestamp())
    if keeps_missed:
        behind = sa.and_(deployment_schedule.c.due.is_not(None), deployment_schedule.c.covered_until < now)
        begin = sa.case((behind, deployment_schedule.c.covered_until), else_=begin)
    paused = sa.exists().where(deployment.c.id == deployment_schedule.c.deployment_id, deployment.c.paused)
    makes_runs = sa.and_(deployment_schedule.c.active, sa.not_(paused))
    which = deployment_schedule.c.deployment_id == deployment_id
    return (
        sa.update(deployment_schedule)
        .where(which if id is None else sa.and_(which, deployment_schedule.c.id == id))
        .values(
            covered_until=begin,
            due=sa.case((makes_runs, sa.literal(now, Timestamp())), else_=None),
            updated=deployment_schedule.c.updated,
        )
    )


def schedule_rows(deployment_id: UUID) -> Statement:
    """What identifies the schedules of a deployment: id, name, and when each runs, in the order in which they were given."""
    columns = deployment_schedule.c.id, deployment_schedule.c.slug, deployment_schedule.c.schedule
    rows = sa.select(*columns).where(deployment_schedule.c.deployment_id == deployment_id)
    return rows.order_by(deployment_schedule.c.updated, deployment_schedule.c.id)


def delete_schedules_among(ids: Sequence[UUID]) -> sa.Delete:
    """Deletes these schedules."""
    return sa.delete(deployment_schedule).where(value_in(deployment_schedule.c.id, ids))


def schedule_of(deployment_id: UUID, id: UUID) -> Statement:
    """The name of a schedule of a deployment, if there is one of this id."""
    which = deployment_schedule.c.id == id, deployment_schedule.c.deployment_id == deployment_id
    return sa.select(deployment_schedule.c.id, deployment_schedule.c.slug).where(*which)


def slugs_of(id: UUID) -> Statement:
    """The schedules of a deployment: id and name of each."""
    columns = deployment_schedule.c.id, deployment_schedule.c.slug
    return sa.select(*columns).where(deployment_schedule.c.deployment_id == id)


def insert_schedule() -> sa.Insert:
    """Adds a schedule."""
    return sa.insert(deployment_schedule)


def update_schedule(id: UUID, changes: Mapping[str, Any]) -> sa.Update:
    """Changes columns of a schedule. One that runs at other times than before has missed none of them."""
    known = deployment_schedule.c
    if (schedule := changes.get("schedule")) is not None:
        same = sa.cast(known.schedule, sa.Text()) == schedule
        changes = {**changes, "due": sa.case((same, known.due), else_=None)}
    return sa.update(deployment_schedule).where(known.id == id).values(**changes)


def take_names_of_schedules(ids: Sequence[UUID]) -> sa.Update:
    """Leaves schedules without a name, so that others can have theirs."""
    return sa.update(deployment_schedule).where(value_in(deployment_schedule.c.id, ids)).values(slug=None)


def limit_exists(id: UUID) -> Statement:
    """Anything if there is a global limit of this id."""
    return sa.select(global_limit.c.id).where(global_limit.c.id == id)


def upsert_limit(name: str, limit: int) -> sa.Executable:
    """Adds a global limit or, if there is one of its name, changes that one; returns the id."""
    upsert = insert(global_limit).values(name=name, limit=limit)
    changes = {"limit": limit, "updated": utc_now()}
    return upsert.on_conflict_do_update(index_elements=["name"], set_=changes).returning(global_limit.c.id)


def update_limit(id: UUID, limit: int) -> sa.Update:
    """Changes how many slots a global limit has."""
    return sa.update(global_limit).where(global_limit.c.id == id).values(limit=limit)


def delete_limit_of(id: UUID) -> sa.Delete:
    """Deletes the global limit of a deployment, even where others share it."""
    of_deployment = sa.select(deployment.c.concurrency_limit_id).where(deployment.c.id == id).scalar_subquery()
    return sa.delete(global_limit).where(global_limit.c.id == of_deployment)
