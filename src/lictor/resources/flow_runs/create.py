"""Recording a flow run."""

from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from lictor.db.base import utc_now
from lictor.db.engine import Transaction
from lictor.db.ids import uuid7
from lictor.db.types import dump_json, load_json
from lictor.errors import Conflict, NotFound
from lictor.orchestration.flow_runs import set_flow_run_state
from lictor.resources.block_documents.queries import kept_document
from lictor.resources.flow_runs import queries
from lictor.resources.flow_runs.schemas import FlowRunCreate
from lictor.resources.states.schemas import StateCreate, StateType
from lictor.resources.work_pools.queries import work_pool_row, work_queue_row
from lictor.resources.work_pools.queues import pool_named
from lictor.settings import Settings
from lictor.validation.client import Client
from lictor.validation.created_by import CreatedBy


async def record_flow_run(
    tx: Transaction, body: FlowRunCreate, creator: CreatedBy | None, settings: Settings, client: Client
) -> tuple[UUID, bool]:
    """Records a flow run in its first state, unless its flow has one with its key; its id, and whether it is new."""
    row = {**new_row(body), "work_queue_id": await _work_queue_id(tx, body)}
    first = body.state or StateCreate(type=StateType.PENDING)
    return await insert_run(tx, body, row, first, creator, settings, client)


async def insert_run(
    tx: Transaction,
    body: FlowRunCreate,
    row: dict[str, Any],
    first: StateCreate,
    creator: CreatedBy | None,
    settings: Settings,
    client: Client,
) -> tuple[UUID, bool]:
    """The same of a run whose row is made already, but for its labels and its creator."""
    await _check_parents(tx, body)
    row |= {
        "labels": dump_json(await _labels(tx, body)),
        "created_by": None if creator is None else creator.model_dump_json(),
    }
    while not await tx.changed(queries.insert_flow_run(row)):
        known = await tx.scalar(queries.id_of_key(body.flow_id, body.idempotency_key))
        if known is not None:  # the one that the insert met may be deleted already
            return cast("UUID", known), False
    await set_flow_run_state(tx, row["id"], first, True, settings, client)
    return row["id"], True


async def _check_parents(tx: Transaction, body: FlowRunCreate) -> None:
    parent = body.parent_task_run_id
    if parent is not None and await tx.scalar(queries.task_run_exists(parent)) is None:
        raise Conflict(f"parent_task_run_id: there is no task run {parent}.")
    block = body.infrastructure_document_id
    if block is not None and await tx.scalar(kept_document(block)) is None:
        raise Conflict(f"infrastructure_document_id: there is no block {block}.")


async def _labels(tx: Transaction, body: FlowRunCreate) -> dict[str, Any]:
    """The labels that the deployment has, or else the flow, those that name both, and those given, which win."""
    parents = await tx.first(queries.labels_to_inherit(body.flow_id, body.deployment_id))
    if parents is None:
        raise Conflict(f"flow_id: there is no flow {body.flow_id}.")
    if parents.flow_of_deployment is None:
        inherited, system = parents.labels, {"prefect.flow.id": str(body.flow_id)}
    else:
        inherited = parents.labels_of_deployment
        system = {
            "prefect.flow.id": str(parents.flow_of_deployment),
            "prefect.deployment.id": str(body.deployment_id),
        }
    return {**load_json(inherited or "{}"), **system, **(body.labels or {})}


async def _work_queue_id(tx: Transaction, body: FlowRunCreate) -> UUID | None:
    pool_name, queue_name = body.work_pool_name, body.work_queue_name
    if not pool_name:
        return None
    if not queue_name:
        return cast("UUID | None", (await pool_named(tx, pool_name)).default_queue_id)
    pool = await tx.first(work_pool_row(pool_name))
    queue = None if pool is None else await tx.first(work_queue_row(pool.id, queue_name))
    if queue is None:
        raise NotFound(f"Work pool queue '{pool_name}/{queue_name}' not found.")
    return cast("UUID", queue.id)


def _job_variables(body: FlowRunCreate) -> str | None:
    if body.job_variables is None and body.idempotency_key:
        return None
    return dump_json(body.job_variables or {})


def new_row(body: FlowRunCreate) -> dict[str, Any]:
    """The columns of a new run that follow from what was asked alone."""
    now = utc_now()
    return {
        "id": uuid7(),
        "created": now,
        "updated": now,
        "name": body.name,
        "flow_id": body.flow_id,
        "flow_version": body.flow_version,
        "deployment_id": body.deployment_id,
        "parameters": dump_json(body.parameters),
        "context": dump_json(body.context),
        "empirical_policy": body.empirical_policy.model_dump_json(),
        "tags": body.tags,
        "idempotency_key": body.idempotency_key,
        "parent_task_run_id": body.parent_task_run_id,
        "infrastructure_document_id": body.infrastructure_document_id,
        "work_queue_name": body.work_queue_name,
        "job_variables": _job_variables(body),
        "total_run_time": timedelta(0),
    }
