"""The rules for task runs, and the order in which they apply."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import Transaction
from lictor.errors import ObjectNotFound
from lictor.orchestration.backoff import after, retry_delay
from lictor.orchestration.cache import insert_into_cache, retrieve_from_cache
from lictor.orchestration.engine import (
    ANY,
    Abort,
    Policy,
    Reject,
    Rule,
    Transition,
    Verdict,
    carry_out,
    locked,
    new_state,
    proposed_by,
)
from lictor.orchestration.rules import (
    COPY_SCHEDULED_TIME,
    NAME_RERUNS,
    PENDING,
    PREVENT_SECOND_SUBMISSION,
    RUNNING,
    SCHEDULED,
    WAIT_FOR_SCHEDULED_TIME,
    has_result,
)
from lictor.orchestration.schemas import OrchestrationResult
from lictor.orchestration.slots import release_slots, secure_slots
from lictor.resources.flow_runs.table import flow_run
from lictor.resources.states.schemas import TERMINAL, State, StateCreate, StateDetails, StateType
from lictor.resources.task_runs.table import task_run, task_run_state
from lictor.settings import TaskSettings

DEFAULTS = TaskSettings()


class TaskTransition(Transition):
    """A task run on its way to another state."""

    runs = task_run
    states = task_run_state
    owner = "task_run_id"
    needs = ("flow_run_id", "flow_run_run_count", "tags")

    _flow_run: sa.Row[Any] | None = None

    def label(self, details: StateDetails) -> None:
        details.flow_run_id = self.run.flow_run_id
        details.task_run_id = self.run.id

    def count(self, state: State) -> None:
        if state.type is StateType.RUNNING:
            self.changes["run_count"] = self.now_of("run_count") + 1

    async def flow_run(self) -> sa.Row[Any] | None:
        """The state and the run count of the flow run around it, if there is one."""
        if self._flow_run is None and self.run.flow_run_id is not None:
            columns = flow_run.c.id, flow_run.c.state_type, flow_run.c.state_details, flow_run.c.run_count
            self._flow_run = await self.tx.first(sa.select(*columns).where(flow_run.c.id == self.run.flow_run_id))
        return self._flow_run


async def leave_terminal_state(t: TaskTransition) -> Verdict | None:
    """A task run that is over can start anew, but not if its result is kept, and not to end in another way."""
    assert t.initial
    assert t.proposed
    if t.proposed.type in {StateType.CANCELLING, StateType.PAUSED, StateType.CRASHED}:
        return Abort(f"Run is already {t.initial.type}.")
    if t.initial.type is StateType.COMPLETED and has_result(t.initial):
        return Reject("This run is already completed.")
    if not t.proposed.is_terminal:
        t.changes["run_count"] = 0  # it may be retried as often as before
    if t.proposed.type is StateType.RUNNING:
        flow = await t.flow_run()
        if flow is not None and t.run.flow_run_run_count < flow.run_count:
            t.proposed.name = "Retrying"
    return None


async def need_running_flow(t: TaskTransition) -> Verdict | None:
    """A task of a flow runs only while the flow does, and waits while it is paused."""
    flow = await t.flow_run()
    if flow is None or (flow.state_details is not None and flow.state_type == StateType.RUNNING):
        return None
    if flow.state_details is None or flow.state_type != StateType.PAUSED:
        return Abort("The enclosing flow must be running to begin task execution.")
    pause = StateDetails.model_validate_json(flow.state_details)
    details = StateDetails(pause_timeout=pause.pause_timeout, pause_reschedule=pause.pause_reschedule)
    reason = f"The flow is paused, new tasks can execute after resuming flow run: {flow.id}."
    return Reject(reason, new_state(StateType.PAUSED, "NotReady", state_details=details))


async def retry(t: TaskTransition) -> Verdict | None:
    """A failed task run is tried again as often as its policy says."""
    assert t.proposed
    retries = t.policy.get("retries")
    if t.proposed.state_details.retriable is False or retries is None or t.run.run_count > retries:
        return None
    due = after(utc_now(), retry_delay(t.policy, t.run.run_count))
    awaiting = new_state(
        StateType.SCHEDULED,
        "AwaitingRetry",
        message=t.proposed.message,
        data=t.proposed.data,
        state_details=StateDetails(scheduled_time=due),
    )
    return Reject("Retrying", awaiting)


async def track_flow_attempt(t: TaskTransition) -> Verdict | None:
    """A task run remembers in which attempt of its flow run it ran."""
    flow = await t.flow_run()
    if flow is not None:
        t.changes["flow_run_run_count"] = flow.run_count
    return None


async def copy_parameters_id(t: TaskTransition) -> Verdict | None:
    """A deferred task run keeps its parameters until it runs, unless it is given others."""
    assert t.initial
    assert t.proposed
    details = t.proposed.state_details
    details.task_parameters_id = details.task_parameters_id or t.initial.state_details.task_parameters_id
    return None


RETRIEVE_FROM_CACHE = Rule(retrieve_from_cache, ANY, RUNNING)
LEAVE_TERMINAL_STATE = Rule(leave_terminal_state, TERMINAL, ANY)
RETRY = Rule(retry, RUNNING, frozenset({StateType.FAILED}))
TRACK_FLOW_ATTEMPT = Rule(track_flow_attempt, ANY, RUNNING)
INSERT_INTO_CACHE = Rule(insert_into_cache, ANY, frozenset({StateType.COMPLETED}))

CORE = Policy[TaskTransition](
    rules=(
        RETRIEVE_FROM_CACHE,  # a known result needs no slot
        LEAVE_TERMINAL_STATE,
        Rule(need_running_flow, ANY, RUNNING),
        Rule(secure_slots, ANY, RUNNING),
        COPY_SCHEDULED_TIME,
        WAIT_FOR_SCHEDULED_TIME,
        RETRY,
        NAME_RERUNS,
        TRACK_FLOW_ATTEMPT,
        INSERT_INTO_CACHE,
    ),
    effects=(release_slots,),
)

BACKGROUND = Policy[TaskTransition](
    rules=(
        PREVENT_SECOND_SUBMISSION,
        RETRIEVE_FROM_CACHE,
        LEAVE_TERMINAL_STATE,
        COPY_SCHEDULED_TIME,
        Rule(copy_parameters_id, SCHEDULED | PENDING, PENDING | RUNNING),
        WAIT_FOR_SCHEDULED_TIME,
        RETRY,
        NAME_RERUNS,
        TRACK_FLOW_ATTEMPT,
        INSERT_INTO_CACHE,
    ),
    effects=(release_slots,),
)
"""For task runs that a worker picks up, be their flow run still running or not."""

MINIMAL = Policy[TaskTransition](effects=(release_slots,))


async def set_task_run_state(
    tx: Transaction, task_run_id: UUID, state: StateCreate, force: bool = False, settings: TaskSettings = DEFAULTS
) -> OrchestrationResult:
    """Asks for a task run to enter a state; by force, no rule objects. The first state of a run is set by force."""
    run = await locked(tx, TaskTransition, task_run_id)
    if run is None:
        raise ObjectNotFound(f"Task run with id {task_run_id} not found")
    policy = MINIMAL if force else CORE
    if state.state_details.deferred:  # even by force: two workers must never get the same task run
        policy = BACKGROUND
    return await carry_out(TaskTransition(tx, run, proposed_by(state), settings), policy)
