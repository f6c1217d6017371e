"""The states of runs over HTTP, and asking for new ones."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from lictor.resources.states.schemas import State

NOBODY = UUID("00000000-0000-4000-8000-000000000000")
KINDS = ["task_run", "flow_run"]


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
async def run(api, make, kind):
    """The path of a run in the state `Pending`."""
    run_id = await getattr(make, kind)()
    path = f"/{kind}s/{run_id}"
    reply = await api.post(f"{path}/set_state", json={"state": {"type": "PENDING"}})
    assert reply.status_code == 201
    return path


def id_of(path: str) -> str:
    return path.rpartition("/")[2]


async def test_a_run_tells_its_states_in_their_order(api, run, kind):
    for state in (
        {"type": "RUNNING"},
        {"type": "COMPLETED", "name": "Done", "message": "ok", "data": {"x": [1, None]}},
    ):
        await api.post(f"{run}/set_state", json={"state": state})
    states = (await api.get(f"/{kind}_states/", params={f"{kind}_id": id_of(run)})).json()
    assert [state["name"] for state in states] == ["Pending", "Running", "Done"]
    assert states[-1] == (await api.get(run)).json()["state"]
    assert (states[-1]["message"], states[-1]["data"]) == ("ok", {"x": [1, None]})
    assert [state["timestamp"] for state in states] == sorted(state["timestamp"] for state in states)


async def test_a_state_is_read_as_it_was_entered(api, run, kind):
    details = {"scheduled_time": "2026-01-02T03:04:05.678901+02:00", "run_input_keyset": {"keyset": "k"}}
    asked = {"type": "SCHEDULED", "message": "later", "data": 10**30, "state_details": details}
    entered = (await api.post(f"{run}/set_state", json={"state": asked})).json()["state"]
    read = (await api.get(f"/{kind}_states/{entered['id']}")).json()
    assert read == entered
    assert read["state_details"]["scheduled_time"] == "2026-01-02T01:04:05.678901Z"
    assert read["state_details"]["run_input_keyset"] == {"keyset": "k"}
    assert read["data"] == 10**30


async def test_the_model_describes_what_is_written(api, run, kind):
    (state,) = (await api.get(f"/{kind}_states/", params={f"{kind}_id": id_of(run)})).json()
    assert State.model_validate(state, extra="forbid").model_dump(mode="json") == state


async def test_an_unknown_state(api, kind):
    reply = await api.get(f"/{kind}_states/{NOBODY}")
    assert (reply.status_code, reply.json()) == (
        404,
        {"detail": f"{kind.replace('_', ' ').capitalize()} state not found"},
    )


async def test_an_unknown_run_has_no_states(api, kind):
    reply = await api.get(f"/{kind}_states/", params={f"{kind}_id": str(NOBODY)})
    assert (reply.status_code, reply.json()) == (200, [])


@pytest.mark.parametrize("params", [{}, {"run": "x"}])
async def test_states_are_those_of_one_run(api, kind, params):
    reply = await api.get(f"/{kind}_states/", params=params | ({f"{kind}_id": "x"} if params else {}))
    assert reply.status_code == 422
    assert reply.json()["exception_detail"][0]["loc"] == ["query", f"{kind}_id"]


async def test_asking_an_unknown_run_for_a_state(api, kind):
    reply = await api.post(f"/{kind}s/{NOBODY}/set_state", json={"state": {"type": "RUNNING"}})
    name = kind.replace("_", " ").capitalize()
    assert (reply.status_code, reply.json()) == (404, {"exception_message": f"{name} with id {NOBODY} not found"})


async def test_a_new_state_is_answered_201_and_an_old_one_200(api, run):
    accepted = await api.post(f"{run}/set_state", json={"state": {"type": "CRASHED"}})
    aborted = await api.post(f"{run}/set_state", json={"state": {"type": "PAUSED"}})
    assert (accepted.status_code, aborted.status_code) == (201, 200)
    assert accepted.json()["details"] == {"type": "accept_details"}
    assert aborted.json()["state"] == accepted.json()["state"]
    assert (aborted.json()["status"], aborted.json()["details"]["type"]) == ("ABORT", "abort_details")


async def test_a_wait_says_how_long(api, run):
    due = datetime.now(UTC).replace(year=datetime.now(UTC).year + 1)
    state = {"type": "SCHEDULED", "state_details": {"scheduled_time": due.isoformat()}}
    await api.post(f"{run}/set_state", json={"state": state})
    reply = (await api.post(f"{run}/set_state", json={"state": {"type": "RUNNING"}})).json()
    assert reply["details"] == {
        "type": "wait_details",
        "delay_seconds": pytest.approx((due - datetime.now(UTC)).total_seconds(), abs=5),
        "reason": "Scheduled time is in the future",
    }


async def test_by_force(api, run):
    await api.post(f"{run}/set_state", json={"state": {"type": "CRASHED"}})
    reply = await api.post(f"{run}/set_state", json={"state": {"type": "PAUSED"}, "force": True})
    assert (reply.status_code, reply.json()["state"]["name"]) == (201, "Paused")


@pytest.mark.parametrize(
    ("state", "where"),
    [
        pytest.param({"type": "DONE"}, ["type"], id="no such type"),
        pytest.param({"type": "running"}, ["type"], id="lower case"),
        pytest.param({"name": "Running"}, ["type"], id="no type"),
        pytest.param({"type": "RUNNING", "timestamp": "2026-01-01T00:00:00Z"}, ["timestamp"], id="timestamp"),
        pytest.param({"type": "RUNNING", "id": str(NOBODY)}, ["id"], id="id"),
        pytest.param({"type": "RUNNING", "name": 3}, ["name"], id="name that is no text"),
        pytest.param({"type": "RUNNING", "name": "a\0b"}, ["name"], id="NUL"),
        pytest.param({"type": "RUNNING", "state_details": None}, ["state_details"], id="no details"),
        pytest.param(
            {"type": "RUNNING", "state_details": {"flow_run_id": "x"}}, ["state_details", "flow_run_id"], id="no UUID"
        ),
        pytest.param(
            {"type": "SCHEDULED", "state_details": {"scheduled_time": "0001-01-01T00:00:00+14:00"}},
            ["state_details", "scheduled_time"],
            id="before the first year",
        ),
        pytest.param(
            {"type": "SCHEDULED", "state_details": {"scheduled_time": "9999-12-31T23:59:59-14:00"}},
            ["state_details", "scheduled_time"],
            id="after the last year",
        ),
    ],
)
async def test_what_is_no_state_is_refused_by_name(api, run, kind, state, where):
    reply = await api.post(f"{run}/set_state", json={"state": state})
    assert reply.status_code == 422
    assert reply.json()["exception_detail"][0]["loc"] == ["body", "state", *where]
    states = (await api.get(f"/{kind}_states/", params={f"{kind}_id": id_of(run)})).json()
    assert len(states) == 1


@pytest.mark.parametrize(
    ("moment", "kept"),
    [
        pytest.param("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000001Z", id="first"),
        pytest.param("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999998Z", id="last"),
    ],
)
async def test_the_ends_of_the_calendar_are_a_microsecond_closer(api, run, moment, kept):
    state = {"type": "SCHEDULED", "state_details": {"scheduled_time": moment}}
    reply = await api.post(f"{run}/set_state", json={"state": state})
    assert reply.status_code == 201
    read = (await api.get(run)).json()
    assert read["next_scheduled_start_time"] == kept
    assert read["state"]["state_details"]["scheduled_time"] == moment


async def test_details_that_nobody_knows_are_ignored(api, run):
    state = {"type": "RUNNING", "state_details": {"tomorrow": 1}}
    details = (await api.post(f"{run}/set_state", json={"state": state})).json()["state"]["state_details"]
    assert "tomorrow" not in details


async def test_a_transition_costs_three_statements(api, run, kind, statements):
    statements.clear()
    await api.post(f"{run}/set_state", json={"state": {"type": "RUNNING"}})
    taken = [statement.split()[0] for statement in statements if statement != "BEGIN IMMEDIATE"]
    assert taken[:3] == ["SELECT", "INSERT", "UPDATE"]
    # A flow run tells of it: what it is related to is read, the event and its resources are written, and whether the
    # automations are still those that are known is asked.
    assert len(taken) == (7 if kind == "flow_run" else 3), taken


async def test_reading_states_costs_one_statement(api, run, kind, statements):
    statements.clear()
    await api.get(f"/{kind}_states/", params={f"{kind}_id": id_of(run)})
    assert len(statements) == 1, statements
