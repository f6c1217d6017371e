"""What a new state changes about the clocks of its run."""

from datetime import timedelta
from typing import Any

from lictor.resources.states.schemas import State, StateType


def clocks(run: Any, initial: State | None, state: State) -> dict[str, Any]:
    """The columns of a run that tell its times, as they are once it has entered the state."""
    start, end = run.start_time, run.end_time
    if not state.is_terminal:
        # A run that leaves a terminal state is not over yet. It may have an end without having been in such a state.
        end = None if initial is not None and initial.is_terminal else end
    elif end is None:
        start, end = start or state.timestamp, state.timestamp
    if state.type is StateType.RUNNING:
        start = start or state.timestamp
    return {
        "start_time": start,
        "end_time": end,
        "total_run_time": _run_time(run, initial, state),
        "expected_start_time": run.expected_start_time or _expected(state),
        "next_scheduled_start_time": _next_scheduled(run, initial, state),
    }


def _run_time(run: Any, initial: State | None, state: State) -> Any:
    if initial is None or initial.type is not StateType.RUNNING:
        return run.total_run_time
    # One that was set back between the two must not make it run for less than no time.
    return run.total_run_time + max(state.timestamp - initial.timestamp, timedelta(0))


def _expected(state: State) -> Any:
    return state.state_details.scheduled_time if state.type is StateType.SCHEDULED else state.timestamp


def _next_scheduled(run: Any, initial: State | None, state: State) -> Any:
    if state.type is StateType.SCHEDULED:
        return state.state_details.scheduled_time
    if initial is not None and initial.type is StateType.SCHEDULED:
        return None
    return run.next_scheduled_start_time
