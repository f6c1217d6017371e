"""The rules for flow runs, and the order in which they apply."""

import logging
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol
from uuid import UUID, uuid4

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import Transaction
from lictor.errors import ObjectNotFound
from lictor.orchestration.backoff import after
from lictor.orchestration.deployment_slots import (
    HOLDING,
    HasDeployment,
    keep_for_good,
    release_slot,
    secure_slot,
    start_with_lease,
)
from lictor.orchestration.engine import (
    ANY,
    Abort,
    Policy,
    Reject,
    Rule,
    Verdict,
    carry_out,
    locked,
    new_state,
    proposed_by,
)
from lictor.orchestration.rules import (
    COPY_SCHEDULED_TIME,
    PENDING,
    PREVENT_SECOND_SUBMISSION,
    RUNNING,
    SCHEDULED,
    WAIT_FOR_SCHEDULED_TIME,
    has_result,
)
from lictor.orchestration.schemas import OrchestrationResult
from lictor.orchestration.state_events import announce
from lictor.orchestration.task_runs import set_task_run_state
from lictor.resources.flow_run_inputs.queries import delete_inputs
from lictor.resources.flow_runs.followup import THOUGHT_DEAD, end_claim, hold_for_submission, note_cancellation
from lictor.resources.flow_runs.table import flow_run, flow_run_state
from lictor.resources.states.schemas import TERMINAL, State, StateCreate, StateDetails, StateType
from lictor.settings import DeploymentSettings, TaskSettings
from lictor.settings.runs import ConcurrencySettings, LivenessSettings
from lictor.validation.client import UNKNOWN, Client

logger = logging.getLogger(__name__)

CANCELLING = frozenset({StateType.CANCELLING})
PAUSED = frozenset({StateType.PAUSED})

FROM_THE_BEGINNING: dict[str, Any] = {"resuming": False, "pause_keys": []}
"""In the policy of a run that starts anew: no pause has taken effect yet."""


class RunSettings(Protocol):
    """The settings that the rules look at."""

    @property
    def tasks(self) -> TaskSettings: ...

    @property
    def deployments(self) -> DeploymentSettings: ...

    @property
    def concurrency(self) -> ConcurrencySettings: ...

    @property
    def liveness(self) -> LivenessSettings: ...


@dataclass(frozen=True)
class _Defaults:
    tasks: TaskSettings = field(default_factory=TaskSettings)
    deployments: DeploymentSettings = field(default_factory=DeploymentSettings)
    concurrency: ConcurrencySettings = field(default_factory=ConcurrencySettings)
    liveness: LivenessSettings = field(default_factory=LivenessSettings)


DEFAULTS: RunSettings = _Defaults()


class FlowTransition(HasDeployment):
    """A flow run on its way to another state."""

    liveness: LivenessSettings

    runs = flow_run
    states = flow_run_state
    owner = "flow_run_id"
    needs = ("deployment_id", "work_queue_id", "parent_task_run_id", "infrastructure_pid")

    def label(self, details: StateDetails) -> None:
        details.flow_run_id = self.run.id
        if self.run.parent_task_run_id is not None:
            details.task_run_id = self.run.parent_task_run_id

    def count(self, state: State) -> None:
        resuming = self.policy.get("resuming")
        if state.type is StateType.RUNNING and not resuming:
            self.changes["run_count"] = self.now_of("run_count") + 1
        if resuming and (state.type is StateType.RUNNING or state.is_terminal):
            self.changes |= self.policy_with(resuming=False)


async def keep_lease(t: FlowTransition) -> Verdict | None:
    """The lease on a slot of the deployment passes from state to state, unless another one takes its place."""
    assert t.proposed
    if t.initial is not None:
        earlier, details = t.initial.state_details, t.proposed.state_details
        details.deployment_concurrency_lease_id = (
            details.deployment_concurrency_lease_id or earlier.deployment_concurrency_lease_id
        )
    return None


async def prevent_repetition(t: FlowTransition) -> Verdict | None:
    """A client that did not hear of its success asks again, by the same transition id."""
    assert t.proposed
    wanted = t.proposed.state_details.transition_id
    if t.initial is not None and wanted is not None and wanted == t.initial.state_details.transition_id:
        return Reject("This run has already made this state transition.")
    return None


async def leave_terminal_state(t: FlowTransition) -> Verdict | None:
    """A flow run that is over can start anew, but not if its result is kept, and not to end in another way."""
    assert t.initial
    assert t.proposed
    if t.proposed.type in {StateType.CANCELLING, StateType.PAUSED, StateType.CRASHED}:
        return Abort(f"Run is already in terminal state {t.initial.type}.")
    if t.initial.type is StateType.COMPLETED and has_result(t.initial) and not t.proposed.is_terminal:
        return Reject("Run is already COMPLETED.")
    if (verdict := await keep_result(t)) is not None:
        return verdict
    if t.proposed.type is StateType.SCHEDULED and t.run.deployment_id is None:
        return Abort("Cannot reschedule a run without an associated deployment.")
    if not t.proposed.is_terminal:
        retry_type = "reschedule" if t.proposed.type is StateType.SCHEDULED else None
        t.changes |= t.policy_with(**FROM_THE_BEGINNING, retry_type=retry_type)
    return None


async def refuse_old_list(t: FlowTransition) -> Verdict | None:
    """A worker that still has a run on its list which another one has run since, or runs, does not start it again.

    Whoever wants a run that is over to run once more schedules it; a process that retries by itself needs no other.
    """
    assert t.initial
    if t.run.deployment_id is None and t.run.work_queue_id is None:
        return None
    if t.initial.is_terminal:
        return Abort(f"This run is over, it is {t.initial.type}, and was not scheduled since.")
    if t.policy.get("retry_type") == "in_process" and t.initial.name == "AwaitingRetry":
        return Abort("This run is retried by the process that it is in.")
    return None


async def keep_result(t: FlowTransition) -> Verdict | None:
    """A result is not lost to a completed state that has none."""
    assert t.initial
    assert t.proposed
    completed = t.initial.type is t.proposed.type is StateType.COMPLETED
    if completed and has_result(t.initial) and not has_result(t.proposed):
        return Reject("Cannot overwrite a COMPLETED state that carries persisted result data with one that does not.")
    return None


async def end_cancelling(t: FlowTransition) -> Verdict | None:
    """A flow run that is being cancelled ends as cancelled."""
    del t
    return Reject("Cannot transition flows that are cancelling to a state other than Cancelled.")


async def cancel_at_once(t: FlowTransition) -> Verdict | None:
    """Where there is no infrastructure to stop, a flow run need not be cancelling first."""
    assert t.initial
    scheduled = t.initial.type is StateType.SCHEDULED
    if (scheduled and not t.run.infrastructure_pid) or t.initial.name == "Resuming":
        reason = "Scheduled flow run has no infrastructure to terminate."
    elif not scheduled and t.initial.state_details.pause_reschedule:
        reason = "Suspended flow run has no infrastructure to terminate."
    else:
        return None
    return Reject(reason, new_state(StateType.CANCELLED))


async def mark_late_once(t: FlowTransition) -> Verdict | None:
    """Only a flow run that is scheduled can be late, and it becomes late once."""
    assert t.proposed
    if t.initial is None or t.proposed.name != "Late":
        return None
    if t.initial.type is not StateType.SCHEDULED:
        return Reject("Only scheduled flows can be marked late.")
    return Reject("This flow run is already marked late.") if t.initial.name == "Late" else None


async def pause(t: FlowTransition) -> Verdict | None:
    """A running flow run can be paused, once for each key; suspended, if a deployment can start it again."""
    assert t.proposed
    verb = "suspend" if t.proposed.name == "Suspended" else "pause"
    if t.initial is None:
        return Abort(f"Cannot {verb} flows with no state.")
    if t.initial.type is not StateType.RUNNING:
        return Reject(f"Cannot {verb} flows that are not currently running.")
    details = t.proposed.state_details
    key = str(uuid4()) if details.pause_key is None else details.pause_key
    keys = t.policy.get("pause_keys") or []
    if key in keys:
        return Reject(f"This {verb} has already fired.")
    if details.pause_reschedule and t.run.parent_task_run_id is not None:
        return Abort(f"Cannot {verb} subflows.")
    if details.pause_reschedule and t.run.deployment_id is None:
        return Abort(f"Cannot {verb} flows without a deployment.")
    t.changes |= t.policy_with(pause_keys=[*keys, key])
    if details.run_input_keyset:
        t.afterwards.append(partial(_forget_answers, t, tuple(details.run_input_keyset.values())))
    return None


async def _forget_answers(t: FlowTransition, keys: tuple[str, ...]) -> None:
    """What was answered under these keys was meant for an earlier attempt, in which the same pause took effect."""
    await t.tx.execute(delete_inputs(t.run.id, keys))


async def resume(t: FlowTransition) -> Verdict | None:
    """A paused flow run can go on, be cancelled or end, as long as its pause has not timed out.

    A process that waits within itself goes on by itself. If its run is scheduled instead, another process starts from
    the beginning, and meets the same pauses again.
    """
    assert t.initial
    assert t.proposed
    kind = t.proposed.type
    name = (t.proposed.name or kind).lower()
    if kind in {StateType.PENDING, StateType.PAUSED}:
        return Reject(f"This run cannot transition to the StateType.{kind} state from the StateType.PAUSED state.")
    details = t.initial.state_details
    if details.pause_reschedule and t.run.deployment_id is None:
        return Reject(f"Cannot reschedule a {name} flow run without a deployment.")
    timeout = details.pause_timeout
    if timeout is not None and timeout < utc_now() and kind is not StateType.CANCELLING:
        verb = "suspend" if t.proposed.name == "Suspended" else "pause"
        failed = new_state(StateType.FAILED, message=f"The flow was {name} and never resumed.")
        return Reject(f"The flow run {verb} has timed out and can no longer resume.", failed)

    anew = kind is StateType.SCHEDULED and not details.pause_reschedule
    policy = FROM_THE_BEGINNING | {"retry_type": "reschedule"} if anew else {"resuming": True}

    async def note() -> None:
        t.changes |= t.policy_with(**policy)

    t.afterwards.append(note)
    return None


async def retry(t: FlowTransition) -> Verdict | None:
    """A failed flow run is tried again as often as its policy says."""
    assert t.initial
    assert t.proposed
    policy = t.policy
    retries = policy.get("retries")
    if retries is None or t.run.run_count > retries:
        t.changes |= t.policy_with(retry_type=None)  # its infrastructure may still be started anew
        return None
    lease = t.initial.state_details.deployment_concurrency_lease_id
    due = after(utc_now(), policy.get("retry_delay") or 0)
    awaiting = new_state(
        StateType.SCHEDULED,
        "AwaitingRetry",
        message=t.proposed.message,
        data=t.proposed.data,
        state_details=StateDetails(scheduled_time=due, deployment_concurrency_lease_id=lease),
    )
    return Reject("Retrying", awaiting, t.policy_with(**FROM_THE_BEGINNING, retry_type="in_process"))


async def update_parent_task(t: FlowTransition, state: State) -> None:
    """The task run that stands for a subflow in its parent is in the same state as the subflow."""
    if t.run.parent_task_run_id is None:
        return
    details = state.state_details.model_copy(update={"child_flow_run_id": t.run.id})
    same = StateCreate(type=state.type, name=state.name, message=state.message, data=state.data, state_details=details)
    await set_task_run_state(t.tx, t.run.parent_task_run_id, same, force=True, settings=t.settings)


async def leave_children_to_cancel(t: FlowTransition, state: State) -> None:
    """What a cancelled run has left running is cancelled by a service, however much it is."""
    if state.type is StateType.CANCELLED:
        await t.tx.execute(note_cancellation(t.run.id, utc_now()))


async def hold_submission(t: FlowTransition, state: State) -> None:
    """A worker that was given a run has some time to start it; if it dies meanwhile, a service schedules it anew."""
    if t.run.work_queue_id is None or StateType.PENDING not in {t.initial_type, state.type}:
        return
    is_submitted = state.type is StateType.PENDING and t.client.labels_submissions
    if is_submitted and t.initial_type is StateType.SCHEDULED:
        await t.tx.execute(hold_for_submission(t.run.id, utc_now() + t.liveness.grace))
    elif not is_submitted:
        await t.tx.execute(end_claim(t.run.id))


async def tell_of_return(t: FlowTransition, state: State) -> None:
    """What a process reports whose run was taken for crashed counts: it knows better. The log says so."""
    initial = t.initial
    if initial is None or not (initial.message or "").startswith(THOUGHT_DEAD):
        return
    if initial.type is StateType.CRASHED and state.type in {StateType.RUNNING, StateType.COMPLETED, StateType.FAILED}:
        logger.warning(
            "Flow run %s, which the server gave up at %s, reports that it is %s: that counts",
            t.run.id,
            initial.timestamp,
            state.type,
        )


EFFECTS = (
    update_parent_task,
    release_slot,
    leave_children_to_cancel,
    hold_submission,
    tell_of_return,
    announce,
)

CANCEL_AT_ONCE = Rule(cancel_at_once, SCHEDULED | PAUSED, CANCELLING)

CORE = Policy[FlowTransition](
    rules=(
        Rule(keep_lease, ANY, ANY),
        Rule(prevent_repetition, ANY, ANY),
        Rule(leave_terminal_state, TERMINAL, ANY),
        Rule(end_cancelling, CANCELLING, ANY - {StateType.CANCELLED}),
        CANCEL_AT_ONCE,
        PREVENT_SECOND_SUBMISSION,
        Rule(refuse_old_list, TERMINAL | SCHEDULED, PENDING),
        Rule(start_with_lease, PENDING, RUNNING),
        Rule(secure_slot, ANY - HOLDING, PENDING),
        Rule(keep_for_good, PENDING, RUNNING | CANCELLING),
        Rule(mark_late_once, ANY, SCHEDULED),
        Rule(pause, ANY, PAUSED),
        Rule(resume, PAUSED, ANY),
        COPY_SCHEDULED_TIME,
        WAIT_FOR_SCHEDULED_TIME,
        Rule(retry, RUNNING, frozenset({StateType.FAILED})),
    ),
    effects=EFFECTS,
)

MINIMAL = Policy[FlowTransition](rules=(Rule(keep_result, TERMINAL, TERMINAL), CANCEL_AT_ONCE), effects=EFFECTS)

LATE = Policy[FlowTransition](rules=(Rule(keep_lease, ANY, ANY), Rule(mark_late_once, ANY, SCHEDULED)), effects=EFFECTS)
"""For the service that marks runs late."""


async def set_flow_run_state(
    tx: Transaction,
    flow_run_id: UUID,
    state: StateCreate,
    force: bool = False,
    settings: RunSettings = DEFAULTS,
    client: Client = UNKNOWN,
) -> OrchestrationResult:
    """Asks for a flow run to enter a state; by force, hardly any rule objects. Its first state is set by force."""
    run = await locked(tx, FlowTransition, flow_run_id)
    if run is None:
        raise ObjectNotFound(f"Flow run with id {flow_run_id} not found")
    return await move(tx, run, state, MINIMAL if force else CORE, settings, client)


async def move(
    tx: Transaction,
    run: sa.Row[Any],
    state: StateCreate,
    policy: Policy[FlowTransition],
    settings: RunSettings = DEFAULTS,
    client: Client = UNKNOWN,
) -> OrchestrationResult:
    """Asks for a flow run that is locked to enter a state, by the rules of a policy."""
    transition = FlowTransition(tx, run, proposed_by(state), settings.tasks)
    transition.client = client
    transition.deployments, transition.concurrency = settings.deployments, settings.concurrency
    transition.liveness = settings.liveness
    return await carry_out(transition, policy)
