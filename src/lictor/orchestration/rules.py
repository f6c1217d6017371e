"""The rules that flow runs and task runs share."""

from lictor.db.base import utc_now
from lictor.orchestration.engine import ANY, Abort, Rule, Transition, Verdict, Wait
from lictor.resources.states.rows import is_unpersisted
from lictor.resources.states.schemas import State, StateType

PENDING = frozenset({StateType.PENDING})
RUNNING = frozenset({StateType.RUNNING})
SCHEDULED = frozenset({StateType.SCHEDULED})


async def copy_scheduled_time(t: Transition) -> Verdict | None:
    """A pending run is due when it was due as a scheduled one, unless it says otherwise."""
    assert t.initial
    assert t.proposed
    details = t.proposed.state_details
    details.scheduled_time = details.scheduled_time or t.initial.state_details.scheduled_time
    return None


async def wait_for_scheduled_time(t: Transition) -> Verdict | None:
    """No run starts before it is due, by the clock of the server."""
    assert t.initial
    due = t.initial.state_details.scheduled_time
    if due is not None and (seconds := round((due - utc_now()).total_seconds())) > 0:
        return Wait(seconds, "Scheduled time is in the future")
    return None


async def name_reruns(t: Transition) -> Verdict | None:
    """The state's name tells that the run has been running before."""
    assert t.proposed
    if t.initial is not None and t.now_of("run_count") > 0:
        t.proposed.name = "Retrying" if t.initial.name == "AwaitingRetry" else "Rerunning"
    return None


async def prevent_second_submission(t: Transition) -> Verdict | None:
    """Of several workers that submit the same run, the first one gets it.

    Whoever has it may go from one pending state to another that has a name of its own.
    """
    assert t.initial
    assert t.proposed
    kind, name = t.initial.type, t.proposed.name
    if kind is StateType.PENDING and name not in {t.initial.name, "Pending"}:
        earlier, details = t.initial.state_details, t.proposed.state_details
        details.scheduled_time = earlier.scheduled_time
        details.deployment_concurrency_lease_id = earlier.deployment_concurrency_lease_id
        return None
    return Abort(f"This run is in a {kind} state and cannot transition to a PENDING state.")


def has_result(state: State) -> bool:
    """Whether a state tells where its result is kept, or holds it itself, under a type."""
    return isinstance(state.data, dict) and bool(state.data) and not is_unpersisted(state.data)


COPY_SCHEDULED_TIME = Rule(copy_scheduled_time, SCHEDULED, PENDING)
WAIT_FOR_SCHEDULED_TIME = Rule(wait_for_scheduled_time, SCHEDULED | PENDING, RUNNING)
NAME_RERUNS = Rule(name_reruns, ANY, RUNNING)
PREVENT_SECOND_SUBMISSION = Rule(
    prevent_second_submission,
    frozenset({StateType.PENDING, StateType.CANCELLING, StateType.RUNNING, StateType.CANCELLED}),
    PENDING,
)
