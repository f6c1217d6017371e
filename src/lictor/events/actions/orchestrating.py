"""Actions on what this server keeps: runs, deployments, pools, queues, automations.

Each says what is to be written; the one who carries out actions writes it in one transaction with the note that it is
done, so that it happens once.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import Transaction
from lictor.errors import NotFound
from lictor.events.actions.attempt import ActionFailed, Attempt, uuid_in
from lictor.events.schemas import ID
from lictor.orchestration.flow_runs import set_flow_run_state
from lictor.orchestration.schemas import OrchestrationResult, SetStateStatus
from lictor.resources.automations.actions import (
    Action,
    ChangeFlowRunState,
    PauseAutomation,
    PauseDeployment,
    PauseWorkPool,
    PauseWorkQueue,
    ResumeAutomation,
    ResumeDeployment,
    ResumeWorkPool,
    ResumeWorkQueue,
    SuspendFlowRun,
)
from lictor.resources.automations.schemas import AutomationPartialUpdate
from lictor.resources.automations.writes import update_automation
from lictor.resources.deployments.writes import pause
from lictor.resources.flow_runs.resume import resume_flow_run
from lictor.resources.flow_runs.update import remove_flow_run
from lictor.resources.states.schemas import StateCreate, StateDetails, StateType
from lictor.resources.work_pools.schemas import WorkPoolUpdate, WorkQueueUpdate
from lictor.resources.work_pools.table import work_pool, work_queue
from lictor.resources.work_pools.writes import change_pool, change_queue
from lictor.validation.client import UNKNOWN

Write = Callable[[Transaction], Awaitable[None]]

SUSPENSION = timedelta(hours=1)
"""How long a suspended run can be resumed."""


async def do_nothing(attempt: Attempt) -> Write | None:
    """What it says."""
    del attempt
    return None


def target_id(attempt: Attempt, kind: str) -> UUID:
    """The object that an action is selected or inferred to act on."""
    action: Any = attempt.action
    words = kind.replace("-", " ")
    if action.source == "selected":
        id = getattr(action, f"{kind.replace('-', '_')}_id")
    elif attempt.event is None:
        raise ActionFailed(f"No event to infer the {words}")
    else:
        id = attempt.id_of_kind(f"prefect.{kind}")
    if id is None:
        raise ActionFailed(f"No {words} could be inferred")
    found: UUID = id
    return found


async def pause_or_resume_deployment(attempt: Attempt) -> Write:
    id = target_id(attempt, "deployment")
    attempt.relate(f"prefect.deployment.{id}", "target")
    is_paused = isinstance(attempt.action, PauseDeployment)
    assert is_paused or isinstance(attempt.action, ResumeDeployment)
    attempt.result["status_code"] = 200
    return lambda tx: pause(tx, id, paused=is_paused)


async def pause_or_resume_work_pool(attempt: Attempt) -> Write:
    id = target_id(attempt, "work-pool")
    body = WorkPoolUpdate(is_paused=isinstance(attempt.action, PauseWorkPool))
    assert body.is_paused or isinstance(attempt.action, ResumeWorkPool)

    async def write(tx: Transaction) -> None:
        name = await tx.scalar(sa.select(work_pool.c.name).where(work_pool.c.id == id))
        if name is None:
            raise ActionFailed(f"Work pool {id} not found")
        attempt.relate(f"prefect.work-pool.{id}", "target", name)
        attempt.result["status_code"] = 204
        await change_pool(tx, name, body)

    return write


async def pause_or_resume_work_queue(attempt: Attempt) -> Write:
    id = target_id(attempt, "work-queue")
    attempt.relate(f"prefect.work-queue.{id}", "target")
    body = WorkQueueUpdate(is_paused=isinstance(attempt.action, PauseWorkQueue))
    assert body.is_paused or isinstance(attempt.action, ResumeWorkQueue)

    async def write(tx: Transaction) -> None:
        row = await tx.first(
            sa.select(work_pool.c.name.label("pool"), work_queue.c.name)
            .join(work_pool, work_pool.c.id == work_queue.c.work_pool_id)
            .where(work_queue.c.id == id)
        )
        if row is None:
            raise NotFound("Work Queue not found")
        attempt.result["status_code"] = 204
        await change_queue(tx, row.pool, row.name, body)

    return write


async def pause_or_resume_automation(attempt: Attempt) -> Write:
    id = target_id(attempt, "automation")
    attempt.relate(f"prefect.automation.{id}", "target")
    body = AutomationPartialUpdate(enabled=isinstance(attempt.action, ResumeAutomation))
    assert body.enabled or isinstance(attempt.action, PauseAutomation)
    attempt.result["status_code"] = 204
    return lambda tx: update_automation(tx, id, body)


def flow_run_id(attempt: Attempt) -> UUID:
    """The flow run that the event speaks of; of a trigger that has seen none, the one it counts for."""
    labelled = attempt.firing["triggering_labels"].get(ID, "")
    if labelled.rpartition(".")[0] == "prefect.flow-run" and (id := uuid_in(labelled)) is not None:
        return id
    if (id := attempt.id_of_kind("prefect.flow-run")) is not None:
        return id
    raise ActionFailed("No flow run could be inferred")


async def change_flow_run_state(attempt: Attempt) -> Write:
    id = flow_run_id(attempt)
    attempt.relate(f"prefect.flow-run.{id}", "target")
    state = _new_state(attempt.action, attempt.automation["id"])
    force = isinstance(attempt.action, ChangeFlowRunState) and attempt.action.force

    async def write(tx: Transaction) -> None:
        result = await set_flow_run_state(tx, id, state, force, attempt.settings, UNKNOWN)
        attempt.result["status_code"] = result.status_code
        _check(result, "Failed to set state")

    return write


def _new_state(action: Action, automation_id: str) -> StateCreate:
    if isinstance(action, ChangeFlowRunState):
        message = action.message or f"State changed by Automation {automation_id}"
        return StateCreate(type=action.state, name=action.name, message=message)
    if isinstance(action, SuspendFlowRun):
        details = StateDetails(
            pause_timeout=utc_now() + SUSPENSION, pause_reschedule=True, pause_key=f"automation-{uuid4()}"
        )
        message = f"Suspended by Automation {automation_id}"
        return StateCreate(type=StateType.PAUSED, name="Suspended", message=message, state_details=details)
    return StateCreate(type=StateType.CANCELLING, message=f"Cancelled by Automation {automation_id}")


def _check(result: OrchestrationResult, failure: str) -> None:
    if result.status is not SetStateStatus.ACCEPT:
        raise ActionFailed(f"{failure}: {getattr(result.details, 'reason', None)}")


async def resume_paused_flow_run(attempt: Attempt) -> Write:
    id = flow_run_id(attempt)
    attempt.relate(f"prefect.flow-run.{id}", "target")

    async def write(tx: Transaction) -> None:
        result = await resume_flow_run(tx, id, None, attempt.settings, UNKNOWN)
        attempt.result["status_code"] = result.status_code
        _check(result, "Failed to resume flow run")

    return write


async def delete_flow_run(attempt: Attempt) -> Write:
    id = flow_run_id(attempt)
    attempt.relate(f"prefect.flow-run.{id}", "target")
    attempt.result["status_code"] = 204
    return lambda tx: remove_flow_run(tx, id)
