"""Changing and deleting a flow run."""

from typing import Any
from uuid import UUID

from lictor.db.engine import Transaction
from lictor.db.types import dump_json, load_json
from lictor.errors import BadRequest, NotFound, ObjectNotFound, Unprocessable
from lictor.resources.block_documents.defaults import with_blocks
from lictor.resources.concurrency_limits import slots
from lictor.resources.flow_runs import queries
from lictor.resources.flow_runs.schemas import FlowRunUpdate
from lictor.resources.logs.queries import delete_logs_of_flow_run
from lictor.resources.states.schemas import StateDetails, StateType
from lictor.resources.work_pools.templates import Template, check_values
from lictor.validation.json_schema import InvalidSchema, Mismatch

HOLDING_SLOTS = frozenset({StateType.PENDING, StateType.RUNNING, StateType.CANCELLING})
"""The states in which a run of a deployment occupies a slot of the deployment's concurrency limit."""


async def change_flow_run(tx: Transaction, keys: tuple[str, ...], id: UUID, body: FlowRunUpdate) -> None:
    """Changes what was given of a flow run."""
    if body.job_variables is not None:
        await _check_job_variables(tx, keys, id, body.job_variables)
    if not await tx.changed(queries.update_flow_run(id, _changes(body))):
        raise NotFound("Flow run not found")


def _changes(body: FlowRunUpdate) -> dict[str, Any]:
    changes: dict[str, Any] = body.model_dump(exclude_unset=True)
    if "parameters" in changes:
        changes["parameters"] = dump_json(body.parameters)
    if "empirical_policy" in changes:
        changes["empirical_policy"] = body.empirical_policy.model_dump_json()
    if body.job_variables is not None:
        changes["job_variables"] = dump_json(body.job_variables)
    return changes


async def _check_job_variables(tx: Transaction, keys: tuple[str, ...], id: UUID, job_variables: dict[str, Any]) -> None:
    """They tell the infrastructure of a deployment how to start a run, so it must not have been started."""
    run = await tx.first(queries.held_flow_run(id))
    if run is None:
        raise NotFound("Flow run not found")
    if run.state_type is None:
        raise BadRequest("Flow run state is required to update job variables but none exists")
    if run.state_type != StateType.SCHEDULED:
        raise BadRequest(f"Job variables for a flow run in state {run.state_type} cannot be updated")
    if run.known_deployment_id is None:
        raise BadRequest("A deployment for the flow run could not be found")
    if run.base_job_template is not None:
        template = await with_blocks(tx, keys, load_json(run.base_job_template))
        async with tx.suspended():
            await _check_against(template, load_json(run.job_variables) | job_variables)


async def _check_against(template: Template, job_variables: dict[str, Any]) -> None:
    try:
        await check_values(template, job_variables, is_complete=True)
    except InvalidSchema as error:
        raise Unprocessable(str(error)) from None
    except Mismatch as error:
        raise Unprocessable(f"Error updating flow run: {error}") from None


async def add_labels(tx: Transaction, id: UUID, labels: dict[str, Any]) -> None:
    """Adds labels to those of a flow run, in place of those of the same names."""
    run = await tx.first(queries.held_flow_run(id))
    if run is None:
        raise ObjectNotFound(f"Flow run with id {id} not found")
    merged = {**load_json(run.labels or "{}"), **labels}
    await tx.execute(queries.update_flow_run(id, {"labels": dump_json(merged)}))


async def remove_flow_run(tx: Transaction, id: UUID) -> None:
    """Deletes a flow run with its states, task runs and logs, and gives back its slot of its deployment's limit."""
    run = await tx.first(queries.held_flow_run(id))
    if run is None:
        raise NotFound("Flow run not found")
    if run.concurrency_limit_id is not None and run.state_type in HOLDING_SLOTS:
        # An imported run may have lost its state, and kept the type.
        details = StateDetails.model_validate_json(run.state_details or "{}")
        lease_id = details.deployment_concurrency_lease_id
        await slots.release(tx, id, lease_id, run.concurrency_limit_id, slots.Patience())
    await tx.execute(delete_logs_of_flow_run(id))
    await tx.execute(queries.delete_flow_run(id))
