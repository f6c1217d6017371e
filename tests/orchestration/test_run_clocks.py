"""What states change about the clocks of their run: in the database, and by themselves."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from lictor.db.ids import uuid7
from lictor.orchestration.run_clocks import clocks
from lictor.resources.states.schemas import State, StateDetails

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def minutes(count: int) -> datetime:
    return NOON + timedelta(minutes=count)


def state(type: str, minute: int = 0, scheduled: int | None = None) -> State:
    details = StateDetails(scheduled_time=None if scheduled is None else minutes(scheduled))
    return State(id=uuid7(), type=type, timestamp=minutes(minute), state_details=details)


def after(*states: State) -> SimpleNamespace:
    """A new run's clocks once it has been in these states."""
    run = SimpleNamespace(
        start_time=None,
        end_time=None,
        total_run_time=timedelta(0),
        expected_start_time=None,
        next_scheduled_start_time=None,
    )
    previous = None
    for entered in states:
        run = SimpleNamespace(**clocks(run, previous, entered))
        previous = entered
    return run


@pytest.mark.parametrize(
    ("states", "start", "end"),
    [
        pytest.param([state("PENDING", 1)], None, None, id="not started"),
        pytest.param([state("PENDING", 1), state("RUNNING", 2)], 2, None, id="running"),
        pytest.param([state("RUNNING", 1), state("RUNNING", 2)], 1, None, id="running again"),
        pytest.param([state("RUNNING", 1), state("COMPLETED", 2)], 1, 2, id="ended"),
        pytest.param([state("CRASHED", 1)], 1, 1, id="ended without having run"),
        pytest.param([state("FAILED", 1), state("CANCELLED", 2)], 1, 1, id="ended twice"),
        pytest.param([state("RUNNING", 1), state("FAILED", 2), state("SCHEDULED", 3)], 1, None, id="to run again"),
        pytest.param([state("CANCELLED", 1), state("RUNNING", 2)], 1, None, id="running after all"),
    ],
)
def test_start_and_end(states, start, end):
    run = after(*states)
    assert run.start_time == (None if start is None else minutes(start))
    assert run.end_time == (None if end is None else minutes(end))


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        pytest.param([state("PENDING", 1), state("COMPLETED", 5)], 0, id="never ran"),
        pytest.param([state("RUNNING", 1), state("COMPLETED", 5)], 4, id="ran"),
        pytest.param([state("RUNNING", 1), state("RUNNING", 3), state("PAUSED", 4)], 3, id="started twice"),
        pytest.param(
            [state("RUNNING", 1), state("FAILED", 2), state("RUNNING", 5), state("FAILED", 7)], 3, id="retried"
        ),
    ],
)
def test_total_run_time_is_what_was_spent_running(states, expected):
    assert after(*states).total_run_time == timedelta(minutes=expected)


@pytest.mark.parametrize(
    ("states", "expected", "next_scheduled"),
    [
        pytest.param([state("PENDING", 1)], 1, None, id="from the first state"),
        pytest.param([state("SCHEDULED", 1, 9)], 9, 9, id="as scheduled"),
        pytest.param([state("SCHEDULED", 1, 9), state("SCHEDULED", 2, 5)], 9, 5, id="scheduled anew"),
        pytest.param([state("SCHEDULED", 1, 9), state("PENDING", 2)], 9, None, id="no longer scheduled"),
        pytest.param([state("RUNNING", 1), state("SCHEDULED", 2, 5)], 1, 5, id="to be retried"),
    ],
)
def test_expected_and_next_scheduled_start(states, expected, next_scheduled):
    run = after(*states)
    assert run.expected_start_time == minutes(expected)
    assert run.next_scheduled_start_time == (None if next_scheduled is None else minutes(next_scheduled))


async def test_a_run_tells_them(task):
    run = await task(expected_start_time=None)
    created = (await run.row()).state_timestamp
    started = (await run.set("RUNNING")).state.timestamp
    ended = (await run.set("COMPLETED", message="done")).state.timestamp
    row = await run.row()
    assert (row.expected_start_time, row.start_time, row.end_time) == (created, started, ended)
    assert row.total_run_time == ended - started
    assert (row.state_timestamp, row.state_message, row.run_count) == (ended, "done", 1)
    assert [state.timestamp for state in await run.states()] == [created, started, ended]
