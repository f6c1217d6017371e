"""Making, changing and deleting deployments."""

from datetime import datetime
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import Transaction
from lictor.db.ids import uuid7
from lictor.db.types import dump_json, load_json
from lictor.errors import BadRequest, Conflict, InvalidRequest, NotFound, Unprocessable, invalid_field
from lictor.query.filter_key import Filters
from lictor.resources.block_documents.queries import kept_document
from lictor.resources.concurrency_limits import slots
from lictor.resources.concurrency_limits.waking import MAX_WOKEN_RUNS, wake_runs
from lictor.resources.deployments import queries
from lictor.resources.deployments.events import (
    emit_deployment_changes,
    emit_deployment_created,
    emit_deployments_deleted,
    told_deployment,
)
from lictor.resources.deployments.hydration import HydrationError, hydrated
from lictor.resources.deployments.schedule_writes import change_schedules, replace_schedules
from lictor.resources.deployments.schemas import DeploymentCreate, DeploymentUpdate
from lictor.resources.deployments.table import deployment, deployment_schedule
from lictor.resources.work_pools.queries import POOL_OF_AGENTS
from lictor.resources.work_pools.queues import pool_named, queue_for
from lictor.resources.work_pools.templates import check_values, first_wrong_value
from lictor.validation.created_by import CreatedBy
from lictor.validation.json_schema import InvalidSchema, Mismatch, check, check_schema, tolerant, without_required

LIMITS = {"concurrency_limit", "global_concurrency_limit_id"}

DeploymentBody = DeploymentCreate | DeploymentUpdate

COLUMNS = {
    "version",
    "description",
    "paused",
    "tags",
    "work_queue_name",
    "storage_document_id",
    "infrastructure_document_id",
    "path",
    "entrypoint",
    "enforce_parameter_schema",
}
JSON_COLUMNS = {"concurrency_options", "job_variables", "parameters", "parameter_openapi_schema", "pull_steps"}

EMPTY = {
    "tags": [],
    "job_variables": "{}",
    "parameters": "{}",
    "parameter_openapi_schema": "{}",
    "pull_steps": "[]",
}
"""What a new deployment has where the request says nothing."""


async def record_deployment(tx: Transaction, body: DeploymentCreate, author: CreatedBy | None) -> tuple[UUID, bool]:
    """Makes a deployment or, if its flow has one of its name, changes that one; its id, and whether it is new."""
    async with tx.suspended():
        await _check_new_parameters(body)
    await _check_job_variables(tx, body)
    await _check_references(tx, body)
    given = {**_columns(body), "parameters": dump_json(body.parameters), "labels": await _labels(tx, body)}
    queue_id = await queue_for(tx, body.work_pool_name, body.work_queue_name)
    if queue_id is not None:
        given["work_queue_id"] = queue_id
    if sets_limit := "concurrency_limit" in body.model_fields_set:
        await _lock_limits(tx)
    now = utc_now()
    given |= {"updated": now, "updated_by": None if author is None else author.model_dump_json()}
    before = await tx.first(told_deployment(deployment.c.flow_id == body.flow_id, deployment.c.name == body.name))
    new = uuid7()
    row = {"id": new, "flow_id": body.flow_id, "name": body.name, "created": now, "created_by": given["updated_by"]}
    id = cast("UUID", await tx.scalar(queries.upsert_deployment({**EMPTY, **row, **given}, given)))
    await replace_schedules(tx, id, body.schedules, now)
    await schedule_anew(tx, id, now)
    if sets_limit:
        await _set_limit(tx, id, body.concurrency_limit)
    if before is not None and before.id == id and LIMITS & body.model_fields_set:
        await _wake_runs(tx, id, before.concurrency_limit_id)
    if before is not None and before.id == id:
        await emit_deployment_changes(tx, before)
    elif id == new:
        await emit_deployment_created(tx, id)
    return id, id == new


async def change_deployment(tx: Transaction, id: UUID, body: DeploymentUpdate) -> None:
    """Changes of a deployment what was asked."""
    if (existing := await tx.first(queries.deployment_row(id))) is None:
        raise NotFound("Deployment not found.")
    await _check_job_variables(tx, body)
    await _check_references(tx, body)
    if body.parameters is not None:
        try:
            body.parameters = await hydrated(body.parameters, tx)
        except HydrationError as error:
            raise BadRequest(f"Error hydrating deployment parameters: {error}") from None
    await _check_parameters(tx, body, existing)
    changes = {**_columns(body), **await _queue_change(tx, body)}
    if sets_limit := "concurrency_limit" in body.model_fields_set:
        await _lock_limits(tx)
    # Whoever locks pools or limits does so first, so that nobody waits for each other.
    locked = await tx.first(queries.locked(queries.deployment_row(id)))
    before = await tx.first(told_deployment(deployment.c.id == id))
    if locked is None or before is None:
        raise NotFound("Deployment not found.")
    if body.parameters is not None:
        changes["parameters"] = dump_json(body.parameters)
    now = utc_now()
    await change_schedules(tx, id, body.schedules if "schedules" in body.model_fields_set else None, now)
    await tx.execute(queries.update_deployment(id, changes))
    await schedule_anew(tx, id, now)
    if sets_limit:
        await _set_limit(tx, id, body.concurrency_limit)
    if LIMITS & body.model_fields_set:
        await _wake_runs(tx, id, locked.concurrency_limit_id)
    # A limit that a deployment is given for the first time is not told of; one that is taken away is.
    await emit_deployment_changes(tx, before, ("concurrency_limit_id",) if body.concurrency_limit is not None else ())


async def schedule_anew(tx: Transaction, id: UUID, now: datetime) -> None:
    """Takes away the runs to come that the schedules of a deployment have made, and has the scheduler make them again.

    The schedules first: a scheduler that is at work on them is done by then, and what it made is taken away.
    """
    await tx.execute(queries.look_at_schedules(id, now, keeps_missed=True))
    await tx.execute(queries.delete_runs_made_by_schedules(id, after=now))
    await tx.announce(deployment_schedule.name, id)


async def pause(tx: Transaction, id: UUID, paused: bool) -> None:
    """Lets the schedules of a deployment make runs, or no more; then those that they have made are gone, too."""
    if not await tx.changed(queries.update_deployment(id, {"paused": paused})):
        raise NotFound("Deployment not found")
    await tx.execute(queries.look_at_schedules(id, utc_now()))
    if paused:
        await tx.execute(queries.delete_runs_made_by_schedules(id))
    else:
        await tx.announce(deployment_schedule.name, id)


async def drop_deployment(tx: Transaction, id: UUID) -> None:
    """Deletes a deployment with its schedules, its limit, and its runs that wait for their time."""
    await _lock_limits(tx)
    await emit_deployments_deleted(tx, [id])
    await _delete(tx, id)


async def drop_deployments(tx: Transaction, filters: Filters, most: int) -> list[UUID]:
    """The same for the first deployments by name that match; their ids."""
    await _lock_limits(tx)
    ids: list[UUID] = [row.id for row in await tx.all(queries.first_deployments(filters, most))]
    await emit_deployments_deleted(tx, ids)
    for id in ids:
        await _delete(tx, id)
    return ids


async def _delete(tx: Transaction, id: UUID) -> None:
    await _delete_limit(tx, id)
    if not await tx.changed(queries.delete_deployment(id)):
        raise NotFound("Deployment not found")
    await tx.execute(queries.delete_waiting_runs(id))


def _columns(model: DeploymentBody) -> dict[str, Any]:
    """The columns that a request gives, and their values."""
    given = model.model_fields_set
    columns = {name: getattr(model, name) for name in COLUMNS & given}
    for name in JSON_COLUMNS & given:
        value = getattr(model, name)
        columns[name] = None if value is None else dump_json(value)
    if columns.get("job_variables", "{}") is None:
        del columns["job_variables"]
    if "global_concurrency_limit_id" in given:
        columns["concurrency_limit_id"] = model.global_concurrency_limit_id
    return columns


async def _labels(tx: Transaction, body: DeploymentCreate) -> str:
    """The labels that the flow has, the one that names it, and those that were given, which win."""
    flow = await tx.first(queries.labels_of_flow(body.flow_id))
    if flow is None:
        raise Conflict(f"flow_id: there is no flow {body.flow_id}.")
    inherited = load_json(flow.labels or "{}")
    return dump_json({**inherited, "prefect.flow.id": str(body.flow_id), **(body.labels or {})})


async def _check_references(tx: Transaction, model: DeploymentBody) -> None:
    for name, kind in (("infrastructure_document_id", "infrastructure"), ("storage_document_id", "storage")):
        block = getattr(model, name)
        if block is not None and await tx.scalar(kept_document(block)) is None:
            raise Conflict(
                f"Error creating deployment. Could not find {kind} block with id: {block}. This usually occurs when"
                " applying a deployment specification that was built against a different Prefect database / workspace."
            )
    limit = model.global_concurrency_limit_id
    if limit is not None and await tx.scalar(queries.limit_exists(limit)) is None:
        raise NotFound("Concurrency limit not found")


async def _check_job_variables(tx: Transaction, model: DeploymentBody) -> None:
    """Creating asks whether the variables go with the template's defaults; updating looks at each by itself."""
    if not model.work_pool_name or not model.job_variables:
        return
    template = load_json((await pool_named(tx, model.work_pool_name)).base_job_template)
    try:
        async with tx.suspended():
            if isinstance(model, DeploymentUpdate):
                if (error := await first_wrong_value(template, model.job_variables)) is not None:
                    raise Conflict(f"Error creating deployment: {error}")
            elif model.work_pool_name != POOL_OF_AGENTS:
                await check_values(template, model.job_variables)
    except InvalidSchema as error:
        raise Unprocessable(f"Invalid schema: {error}") from None
    except Mismatch as error:
        raise Unprocessable(f"Error creating deployment: {error}") from None


async def _queue_change(tx: Transaction, body: DeploymentUpdate) -> dict[str, UUID | None]:
    """The column of the work queue, if it changes. Without a pool there is none."""
    if body.work_pool_name is None and "work_pool_name" in body.model_fields_set:
        return {"work_queue_id": None}
    queue_id = await queue_for(tx, body.work_pool_name, body.work_queue_name)
    return {} if queue_id is None else {"work_queue_id": queue_id}


async def _check_new_parameters(body: DeploymentCreate) -> None:
    """The schema is enforced if the request says so: by default it is kept, but not yet looked at."""
    schema = body.parameter_openapi_schema
    if schema is None or not body.enforce_parameter_schema or "enforce_parameter_schema" not in body.model_fields_set:
        return
    try:
        await check_schema(schema)
        await check(body.parameters, without_required(schema))
    except InvalidSchema as error:
        raise _invalid(body, f"The provided schema is not a valid json schema. Schema error: {error}") from None
    except Mismatch as error:
        raise _invalid(body, str(error)) from None


def _invalid(body: DeploymentCreate, message: str) -> InvalidRequest:
    """As if a validator of the model had found it."""
    return invalid_field(("body",), message, body.model_dump(mode="json", exclude_unset=True))


async def _check_parameters(tx: Transaction, body: DeploymentUpdate, existing: sa.Row[Any]) -> None:
    """The parameters must be as the schema says where it is enforced, be they old or new."""
    is_enforced = body.enforce_parameter_schema
    if not (existing.enforce_parameter_schema if is_enforced is None else is_enforced):
        return
    parameters = load_json(existing.parameters) if body.parameters is None else body.parameters
    schema = body.parameter_openapi_schema
    if schema is None and existing.parameter_openapi_schema is not None:
        schema = load_json(existing.parameter_openapi_schema)
    if schema is None:
        raise Conflict(
            "Error updating deployment: Cannot update parameters because parameter schema enforcement is enabled and"
            " the deployment does not have a valid parameter schema."
        )
    try:
        async with tx.suspended():
            await check(parameters, without_required(tolerant(schema)))
    except InvalidSchema as error:
        raise Unprocessable(f"Invalid schema: {error}") from None
    except Mismatch as error:
        raise Conflict(f"Error updating deployment: {error}") from None


async def _lock_limits(tx: Transaction) -> None:
    """Deleting a limit changes the deployments that share it, which may be on the way to it themselves."""
    await tx.lock("limits of deployments")


async def _set_limit(tx: Transaction, id: UUID, limit: int | None) -> None:
    """Gives a deployment a limit of its own, changes the one it has, or deletes that."""
    deployment = await tx.first(queries.deployment_row(id))
    assert deployment is not None
    if limit is None:
        await _delete_limit(tx, id)
        await tx.execute(queries.update_deployment(id, {"concurrency_limit": None}))
    elif deployment.concurrency_limit_id is not None:
        await tx.execute(queries.update_limit(deployment.concurrency_limit_id, limit))
        await tx.execute(queries.update_deployment(id, {"concurrency_limit": limit}))
    else:
        limit_id = await tx.scalar(queries.upsert_limit(f"deployment:{id}", limit))
        changes = {"concurrency_limit": limit, "concurrency_limit_id": limit_id}
        await tx.execute(queries.update_deployment(id, changes))


async def _delete_limit(tx: Transaction, id: UUID) -> None:
    """Deletes the limit of a deployment; the runs that wait for a slot of it, others' too, try at once."""
    of_deployment = sa.select(deployment.c.concurrency_limit_id).where(deployment.c.id == id).scalar_subquery()
    sharing = sa.select(deployment.c.id).where(deployment.c.concurrency_limit_id == of_deployment)
    await wake_runs(tx, deployment.c.id.in_(sharing), MAX_WOKEN_RUNS)
    await tx.execute(queries.delete_limit_of(id))


async def _wake_runs(tx: Transaction, id: UUID, limit_before: UUID | None) -> None:
    """Lets the runs of a deployment that wait for a slot try at once, as far as its limit, as it is now, has room."""
    if limit_before is None:
        return
    found = await tx.first(queries.deployment_row(id))
    if found is not None and found.concurrency_limit_id is not None:
        await slots.wake(tx, [found.concurrency_limit_id])
    else:
        await wake_runs(tx, deployment.c.id == id, MAX_WOKEN_RUNS)
