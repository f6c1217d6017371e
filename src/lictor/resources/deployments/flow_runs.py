"""Runs of a deployment that somebody asks for, rather than a schedule.

What takes time is done before there is a transaction: `plan_run` reads the deployment, puts values in place of what
stands for them, and checks them. `create_run` only writes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.engine import Connection, Transaction
from lictor.db.functions import Statement
from lictor.db.types import load_json
from lictor.errors import BadRequest, Conflict, NotFound, RequestError, Unprocessable
from lictor.resources.block_documents.defaults import with_blocks
from lictor.resources.deployments.hydration import HydrationError, hydrated
from lictor.resources.deployments.run_schemas import DeploymentFlowRunCreate, FlowRunCreateResult
from lictor.resources.deployments.table import deployment
from lictor.resources.flow_runs.create import insert_run, new_row
from lictor.resources.flow_runs.schemas import FlowRunCreate
from lictor.resources.runs.parameters import check_size
from lictor.resources.states.schemas import StateCreate, StateType
from lictor.resources.work_pools.queues import queue_for
from lictor.resources.work_pools.table import work_pool, work_queue
from lictor.resources.work_pools.templates import check_values
from lictor.settings import Settings
from lictor.validation.client import Client
from lictor.validation.created_by import CreatedBy
from lictor.validation.json_schema import InvalidSchema, Mismatch, check, tolerant

Json = dict[str, Any]


@dataclass(frozen=True)
class RunPlan:
    """A run that can be created: its deployment, what was asked for, and the parameters that the flow is called with."""

    deployment: sa.Row[Any]
    body: DeploymentFlowRunCreate
    parameters: Json


def deployment_to_run(id: UUID) -> Statement:
    """A deployment, with the work pool that its runs wait in, if there is one."""
    return (
        sa.select(deployment, work_pool.c.name.label("pool_name"), work_pool.c.base_job_template)
        .select_from(
            deployment.outerjoin(work_queue, work_queue.c.id == deployment.c.work_queue_id).outerjoin(
                work_pool, work_pool.c.id == work_queue.c.work_pool_id
            )
        )
        .where(deployment.c.id == id)
    )


async def deployment_row(connection: Connection, id: UUID) -> sa.Row[Any]:
    """The row of `deployment_to_run`. Raises NotFound."""
    row = await connection.first(deployment_to_run(id))
    if row is None:
        raise NotFound("Deployment not found")
    return row


async def plan_run(
    connection: Connection, settings: Settings, keys: tuple[str, ...], row: sa.Row[Any], body: DeploymentFlowRunCreate
) -> RunPlan:
    """The run that a request asks for. Raises an error that says why there can be none."""
    given = load_json(row.parameters) | body.parameters
    check_size(given, settings.server.max_parameter_size)
    try:
        parameters = await hydrated(given, connection)
    except HydrationError as error:
        raise BadRequest(f"Error hydrating flow run parameters: {error}") from None
    enforced = row.enforce_parameter_schema if body.enforce_parameter_schema is None else body.enforce_parameter_schema
    if enforced:
        await _check_parameters(parameters, row)
    if row.pool_name is not None:
        await _check_job_variables(connection, keys, row, body)
    elif body.work_queue_name:
        raise BadRequest(
            f"Cannot create flow run in work queue {body.work_queue_name} because deployment {row.id} is not associated"
            " with a work pool. Please remove work_pool_name and try again."
        )
    return RunPlan(row, body, parameters)


async def _check_parameters(parameters: Json, row: sa.Row[Any]) -> None:
    schema = None if row.parameter_openapi_schema is None else load_json(row.parameter_openapi_schema)
    if not isinstance(schema, dict):
        raise Conflict(
            "Error updating deployment: Cannot update parameters because parameter schema enforcement is enabled and the"
            " deployment does not have a valid parameter schema."
        )
    try:
        await check(parameters, tolerant(schema))
    except InvalidSchema as error:
        raise Unprocessable(f"Invalid schema: {error}") from None
    except Mismatch as error:
        raise Conflict(f"Error creating flow run: {error}") from None


async def _check_job_variables(
    connection: Connection, keys: tuple[str, ...], row: sa.Row[Any], body: DeploymentFlowRunCreate
) -> None:
    template = await with_blocks(connection, keys, load_json(row.base_job_template))
    values = load_json(row.job_variables) | (body.job_variables or {})
    try:
        await check_values(template, values, is_complete=True)
    except InvalidSchema as error:
        raise Unprocessable(str(error)) from None
    except Mismatch as error:
        raise Unprocessable(f"Error creating flow run: {error}") from None


async def create_run(
    tx: Transaction, plan: RunPlan, creator: CreatedBy | None, settings: Settings, client: Client
) -> tuple[UUID, bool]:
    """Creates the run, unless its flow has one with its key; its id, and whether it is new."""
    row, body = plan.deployment, plan.body
    queue_id, queue_name = row.work_queue_id, row.work_queue_name
    if body.work_queue_name:
        queue_id, queue_name = await queue_for(tx, row.pool_name, body.work_queue_name), body.work_queue_name
    flow_run = FlowRunCreate.model_construct(
        flow_id=row.flow_id,
        deployment_id=row.id,
        name=body.name,
        flow_version=None,
        parameters=plan.parameters,
        context=body.context,
        empirical_policy=body.empirical_policy,
        tags=list(dict.fromkeys([*row.tags, *body.tags])),
        labels=body.labels,
        idempotency_key=body.idempotency_key,
        parent_task_run_id=body.parent_task_run_id,
        infrastructure_document_id=body.infrastructure_document_id or row.infrastructure_document_id,
        work_queue_name=queue_name,
        job_variables=body.job_variables or {},
    )
    values = new_row(flow_run) | {"deployment_version": row.version, "work_queue_id": queue_id}
    first = body.state or StateCreate(type=StateType.SCHEDULED)
    return await insert_run(tx, flow_run, values, first, creator, settings, client)


Outcome = RunPlan | FlowRunCreateResult


async def plan_runs(
    connection: Connection,
    settings: Settings,
    keys: tuple[str, ...],
    row: sa.Row[Any],
    bodies: Sequence[DeploymentFlowRunCreate],
) -> list[Outcome]:
    """A plan for each run that is asked for, or why there can be none: one that is wrong keeps no other from running."""
    outcomes: list[Outcome] = []
    for body in bodies:
        try:
            outcomes.append(await plan_run(connection, settings, keys, row, body))
        except RequestError as error:
            outcomes.append(_failed(error))
    return outcomes


async def create_runs(
    tx: Transaction, outcomes: Sequence[Outcome], creator: CreatedBy | None, settings: Settings, client: Client
) -> list[FlowRunCreateResult]:
    """Creates the runs that can be; what became of each."""
    results = []
    for plan in outcomes:
        if isinstance(plan, FlowRunCreateResult):
            results.append(plan)
            continue
        try:
            id, _ = await create_run(tx, plan, creator, settings, client)
        except RequestError as error:
            results.append(_failed(error))
        else:
            results.append(FlowRunCreateResult(flow_run_id=id, status="CREATED"))
    return results


def _failed(error: RequestError) -> FlowRunCreateResult:
    return FlowRunCreateResult(status="FAILED", error=error.message)
