"""Going on with paused flow runs."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from lictor.db.ids import uuid7
from lictor.resources.states.schemas import State, StateDetails, StateType
from tests.make import NOON, Make

NOBODY = "00000000-0000-4000-8000-000000000000"
SCHEMA = '{"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}'
KEYSET = {"schema": "a-schema", "response": "a-response"}

JSON = dict[str, Any]


async def paused(make: Make, **details: Any) -> UUID:
    state = State(id=uuid7(), type=StateType.PAUSED, timestamp=NOON, state_details=StateDetails(**details))
    deployment = await make.deployment() if details.get("pause_reschedule") else None
    return await make.flow_run(state=state, deployment_id=deployment)


async def waiting(api: httpx.AsyncClient, make: Make, schema: str | None = SCHEMA, keyset: JSON = KEYSET) -> UUID:
    """A run that waits for input of a schema."""
    run_id = await paused(make, run_input_keyset=keyset)
    if schema is not None:
        await api.post(f"/flow_runs/{run_id}/input", json={"key": "a-schema", "value": schema})
    return run_id


async def resume(api: httpx.AsyncClient, run_id: Any, **body: Any) -> tuple[str, str | None, str | None]:
    """The status and the reason of the answer, and the type of the state that the run then is in."""
    answer = (await api.post(f"/flow_runs/{run_id}/resume", json=body)).json()
    run = (await api.get(f"/flow_runs/{run_id}")).json()
    return answer["status"], answer["details"].get("reason"), run["state_type"]


async def told(api: httpx.AsyncClient, run_id: UUID) -> Any:
    reply = await api.get(f"/flow_runs/{run_id}/input/a-response")
    return reply.json() if reply.is_success else None


async def test_a_paused_run_goes_on(api: httpx.AsyncClient, make: Make) -> None:
    assert await resume(api, await paused(make)) == ("ACCEPT", None, "RUNNING")


async def test_a_suspended_run_is_scheduled(api: httpx.AsyncClient, make: Make) -> None:
    run_id = await paused(make, pause_reschedule=True)
    reply = await api.post(f"/flow_runs/{run_id}/resume")
    assert reply.status_code == 201
    state = reply.json()["state"]
    assert (state["type"], state["name"]) == ("SCHEDULED", "Resuming")
    assert datetime.now(UTC) - datetime.fromisoformat(state["state_details"]["scheduled_time"]) < timedelta(minutes=1)


async def test_a_run_that_is_not_paused(api: httpx.AsyncClient, make: Make) -> None:
    reason = "Cannot resume a flow run that is not paused."
    assert await resume(api, await make.flow_run(state="RUNNING")) == ("ABORT", reason, "RUNNING")
    assert await resume(api, await make.flow_run()) == ("ABORT", reason, None)
    assert (await api.post(f"/flow_runs/{NOBODY}/resume")).status_code == 404


async def test_a_pause_that_is_over(api: httpx.AsyncClient, make: Make) -> None:
    run_id = await paused(make, pause_timeout=NOON - timedelta(days=1000))
    status, reason, state = await resume(api, run_id)
    assert (status, state) == ("REJECT", "FAILED")
    assert "timed out" in (reason or "")


@pytest.mark.parametrize("given", [{"x": 1}, {"x": {"__prefect_kind": "json", "value": "1"}}])
async def test_input_of_the_schema_is_kept(api: httpx.AsyncClient, make: Make, given: JSON) -> None:
    run_id = await waiting(api, make)
    assert await resume(api, run_id, run_input=given) == ("ACCEPT", None, "RUNNING")
    assert await told(api, run_id) == {"x": 1}


@pytest.mark.parametrize(
    ("schema", "given", "message"),
    [
        (SCHEMA, {}, "'x' is a required property"),
        (SCHEMA, {"x": "1"}, "Reason: Validation failed for field 'x'."),
        (SCHEMA, {"x": {"__prefect_kind": "json", "value": "{"}}, "Error hydrating run input: Invalid JSON"),
        (None, {"x": 1}, "Run input schema not found."),
        ("no", {"x": 1}, "Run input schema is not valid JSON."),
        ("[]", {"x": 1}, "Invalid schema"),
        ('{"type": 5}', {"x": 1}, "Invalid schema"),
        ('{"$ref": "#"}', {"x": 1}, "Invalid schema"),
    ],
)
async def test_input_of_another_form(
    api: httpx.AsyncClient, make: Make, schema: str | None, given: JSON, message: str
) -> None:
    run_id = await waiting(api, make, schema)
    status, reason, state = await resume(api, run_id, run_input=given)
    assert (status, state) == ("REJECT", "PAUSED")
    assert message in (reason or "")
    assert await told(api, run_id) is None


@pytest.mark.parametrize("keyset", [{"response": "a"}, {"schema": "a-schema"}, {**KEYSET, "response": "No Key"}])
async def test_nowhere_to_keep_the_input(api: httpx.AsyncClient, make: Make, keyset: JSON) -> None:
    run_id = await waiting(api, make, keyset=keyset)
    assert (await resume(api, run_id, run_input={"x": 1}))[::2] == ("REJECT", "PAUSED")


async def test_input_that_is_there_already(api: httpx.AsyncClient, make: Make) -> None:
    run_id = await waiting(api, make)
    await api.post(f"/flow_runs/{run_id}/input", json={"key": "a-response", "value": json.dumps("mine")})
    assert (await api.post(f"/flow_runs/{run_id}/resume", json={"run_input": {"x": 1}})).status_code == 409
    assert (await api.get(f"/flow_runs/{run_id}")).json()["state_type"] == "PAUSED"
    assert await told(api, run_id) == "mine"
