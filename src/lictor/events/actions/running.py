"""Running deployments."""

from uuid import UUID

from lictor.db.base import utc_now
from lictor.db.engine import Transaction
from lictor.events.actions.attempt import Attempt
from lictor.events.actions.orchestrating import Write, target_id
from lictor.events.actions.parameters import render_parameters
from lictor.resources.automations.actions import RunDeployment
from lictor.resources.deployments.flow_runs import create_run, deployment_row, plan_run
from lictor.resources.deployments.run_schemas import DeploymentFlowRunCreate
from lictor.resources.states.schemas import StateCreate, StateDetails, StateType
from lictor.settings.fields import keys_in
from lictor.validation.client import UNKNOWN
from lictor.validation.created_by import CreatedBy


async def run_deployment(attempt: Attempt) -> Write:
    """Creates a run of a deployment, once: it has the action's key."""
    action = attempt.action
    assert isinstance(action, RunDeployment)
    id = target_id(attempt, "deployment")
    attempt.relate(f"prefect.deployment.{id}", "target")
    parameters = await render_parameters(attempt, action.parameters or {})
    details = StateDetails(scheduled_time=utc_now() + action.schedule_after)
    body = DeploymentFlowRunCreate(
        state=StateCreate(type=StateType.SCHEDULED, state_details=details),
        parameters=parameters,
        job_variables=action.job_variables,
        idempotency_key=attempt.idempotency_key,
    )
    keys = keys_in(attempt.settings.server.encryption_key)
    async with attempt.db.read.connection() as connection:
        plan = await plan_run(connection, attempt.settings, keys, await deployment_row(connection, id), body)
    creator = CreatedBy(id=UUID(attempt.automation["id"]), type="AUTOMATION", display_value=attempt.automation["name"])

    async def write(tx: Transaction) -> None:
        run_id, is_new = await create_run(tx, plan, creator, attempt.settings, UNKNOWN)
        attempt.relate(f"prefect.flow-run.{run_id}", "flow-run", body.name)
        attempt.result["status_code"] = 201 if is_new else 200
        attempt.result["flow_run_id"] = str(run_id)

    return write
