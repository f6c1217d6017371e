"""The events that tell of deployments."""

from collections.abc import Collection, Iterator
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.engine import Transaction
from lictor.db.functions import Statement, value_in
from lictor.db.types import load_json
from lictor.events.emit import Labels, changes_between, emit, own_event, resource
from lictor.events.schemas import Event
from lictor.resources.deployments.table import deployment
from lictor.resources.flows.table import flow
from lictor.resources.work_pools.events import in_kebab_case
from lictor.resources.work_pools.table import work_pool, work_queue

Row = sa.Row[Any]

FIELDS = {
    "description": "description",
    "tags": "tags",
    "parameters": "parameters",
    "parameter_openapi_schema": "parameter_openapi_schema",
    "enforce_parameter_schema": "enforce_parameter_schema",
    "entrypoint": "entrypoint",
    "path": "path",
    "pull_steps": "pull_steps",
    "work_queue_id": "work_queue_id",
    "infra_overrides": "job_variables",
    "paused": "paused",
    "labels": "labels",
    "version": "version",
    "concurrency_limit_id": "concurrency_limit_id",
    "concurrency_options": "concurrency_options",
}
"""What an event tells of when it changes, and the column that holds it."""

JSON_FIELDS = (
    "parameters",
    "parameter_openapi_schema",
    "pull_steps",
    "infra_overrides",
    "labels",
    "concurrency_options",
)


def told_deployment(*which: sa.ColumnElement[bool]) -> Statement:
    """All that events tell of deployments, by name."""
    return (
        sa.select(
            deployment,
            flow.c.name.label("flow_name"),
            work_queue.c.name.label("queue_name"),
            work_pool.c.id.label("pool_id"),
            work_pool.c.name.label("pool_name"),
            work_pool.c.type.label("pool_type"),
        )
        .select_from(
            deployment.join(flow, flow.c.id == deployment.c.flow_id)
            .outerjoin(work_queue, work_queue.c.id == deployment.c.work_queue_id)
            .outerjoin(work_pool, work_pool.c.id == work_queue.c.work_pool_id)
        )
        .where(*which)
        .order_by(deployment.c.name, deployment.c.id)
    )


async def emit_deployment_created(tx: Transaction, id: UUID) -> None:
    """Tells that a deployment was created."""
    created = await tx.all(told_deployment(deployment.c.id == id))
    await emit(tx, *(_event("created", each) for each in created))


async def emit_deployment_changes(tx: Transaction, before: Row, ignored: Collection[str] = ()) -> None:
    """Tells which fields of a deployment, of which this is the row before, are other than they were, if any are."""
    after = await tx.first(told_deployment(deployment.c.id == before.id))
    assert after is not None
    was, values = _values(before), _values(after)
    if payload := changes_between(was, {name: value for name, value in values.items() if name not in ignored}):
        await emit(tx, _event("updated", after, payload))


async def emit_deployments_deleted(tx: Transaction, ids: Collection[UUID]) -> None:
    """Tells of these deployments that they are deleted."""
    await emit(tx, *(_event("deleted", each) for each in await tx.all(told_deployment(value_in(deployment.c.id, ids)))))


async def emit_deployments_status(tx: Transaction, status: str, ids: Collection[UUID]) -> None:
    """Tells of these deployments that they enter a status."""
    if ids:
        found = await tx.all(told_deployment(value_in(deployment.c.id, ids)))
        await emit(tx, *(_event(in_kebab_case(status), each) for each in found))


def _event(what: str, told: Row, payload: dict[str, Any] | None = None) -> Event:
    name = f"prefect.deployment.{what}"
    return own_event(name, resource("deployment", told.id, told.name), related=_related(told), payload=payload)


def _related(told: Row) -> Iterator[Labels]:
    """What a deployment belongs to and what it needs."""
    yield resource("flow", told.flow_id, told.flow_name, role="flow")
    if told.work_queue_id is not None:
        yield resource("work-queue", told.work_queue_id, told.queue_name, role="work-queue")
    if told.pool_id is not None:
        labels = {"prefect.work-pool.type": told.pool_type}
        yield resource("work-pool", told.pool_id, told.pool_name, role="work-pool", labels=labels)
    if told.storage_document_id is not None:
        yield resource("block-document", told.storage_document_id, role="storage")
    if told.infrastructure_document_id is not None:
        yield resource("block-document", told.infrastructure_document_id, role="infrastructure")
    if told.concurrency_limit_id is not None:
        yield resource("concurrency-limit", told.concurrency_limit_id, role="concurrency-limit")


def _values(told: Row) -> dict[str, Any]:
    values = {name: getattr(told, column) for name, column in FIELDS.items()}
    for name in JSON_FIELDS:
        values[name] = None if values[name] is None else load_json(values[name])
    return values
