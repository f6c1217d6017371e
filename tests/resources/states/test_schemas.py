"""States as they are asked for, shown and stored."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from lictor.db.base import utc_now
from lictor.db.ids import uuid7
from lictor.resources.states.rows import on_run, state_of, state_row
from lictor.resources.states.schemas import TERMINAL, State, StateCreate, StateDetails, StateType


@pytest.mark.parametrize("kind", StateType)
def test_a_state_is_called_as_its_type(kind):
    assert StateCreate(type=kind).name == kind.value.capitalize()


@pytest.mark.parametrize("name", ["", "AwaitingRetry"])
def test_unless_it_has_a_name(name):
    assert StateCreate(type="SCHEDULED", name=name).name == name


def test_what_is_scheduled_for_no_time_is_due_now():
    before = utc_now()
    due = StateCreate(type="SCHEDULED").state_details.scheduled_time
    assert due is not None
    assert before <= due <= utc_now()
    assert StateCreate(type="PENDING").state_details.scheduled_time is None


def test_terminal_types():
    terminal = {kind for kind in StateType if State(id=uuid7(), type=kind).is_terminal}
    assert terminal == TERMINAL == {"COMPLETED", "FAILED", "CANCELLED", "CRASHED"}


@pytest.mark.parametrize("data", [None, 0, False, "", {}, {"x": [1.5, None, 10**30]}])
def test_a_run_holds_its_state_in_full(data):
    details = StateDetails(scheduled_time=datetime(2026, 1, 1, tzinfo=UTC), cache_key="key", transition_id=uuid7())
    state = State(id=uuid7(), type="FAILED", name="Lost", message="gone", data=data, state_details=details)
    assert state_of(SimpleNamespace(**on_run(state_row(state)))) == state


def test_a_run_without_a_state():
    assert state_of(SimpleNamespace(state_id=uuid7(), state_details=None)) is None
