"""What flow runs are told, and how they go on with it, written to both servers alike."""

import json
from typing import Any

from .asking import Pair
from .scenario import Scenario, soon

Json = Any

NOWHERE = "00000000-0000-4000-8000-000000000000"
SCHEMA = {
    "type": "object",
    "properties": {"x": {"type": "integer"}, "name": {"type": "string", "default": "q"}},
    "required": ["x"],
}
KEYSET = {"schema": "a-schema", "response": "a-response"}


async def _run(s: Scenario, name: str, **fields: Json) -> None:
    await s.post("/flow_runs/", {"flow_id": "{flow}", "name": name, **fields}, saved="run")


async def _told(s: Scenario, **options: Json) -> None:
    await s.post("/flow_runs/{run}/input/filter", {"prefix": "", "limit": 20}, **options)


async def test_inputs(writers: Pair) -> None:
    s = Scenario(writers)
    await s.post("/flows/", {"name": "told"}, saved="flow")
    await _run(s, "told")
    for body in (
        {"key": "a", "value": "1"},
        {"key": "a", "value": "2"},
        {"key": "", "value": ""},
        {"key": "a-b", "value": "ü", "sender": "me"},
        {"key": "a-c", "value": 5},
        {"key": "a-d", "value": None},
        {"value": "x"},
        {"key": 5, "value": "x"},
        {"key": "a-e", "value": "x", "sender": 5},
        {"key": "x" * 300, "value": "x"},
        {},
    ):
        await s.post("/flow_runs/{run}/input", body)
    for key in ("b c", "ü", "a_b", "A", "a/b"):
        unlike = (422, "Prefect fails")
        await s.post("/flow_runs/{run}/input", {"key": key, "value": "x"}, unlike=unlike)
    await s.post(f"/flow_runs/{NOWHERE}/input", {"key": "a", "value": "1"})
    for key in ("a", "A", "a-b", "nope", "a%20b", "%C3%BC", "a%2Fb"):
        await s.get(f"/flow_runs/{{run}}/input/{key}")
    await s.get(f"/flow_runs/{NOWHERE}/input/a")
    for body in (
        {"prefix": "a"},
        {"prefix": "a", "limit": 10},
        {"prefix": "a-", "limit": 10},
        {"prefix": "b", "limit": 10},
        {"prefix": "", "limit": 10},
        {"prefix": "a", "limit": 0},
        {"prefix": "a", "limit": 10, "exclude_keys": ["a", "b"]},
        {"prefix": "a", "limit": 10, "exclude_keys": []},
        {"prefix": "a", "limit": None, "exclude_keys": None},
        {"prefix": "a", "exclude_keys": [1]},
        {"prefix": None},
        {},
    ):
        await s.post("/flow_runs/{run}/input/filter", body)
    await s.post("/flow_runs/{run}/input/filter", {"prefix": "a", "limit": 2**63}, unlike=(422, "Prefect fails"))
    await s.post(f"/flow_runs/{NOWHERE}/input/filter", {"prefix": ""})
    for key in ("a", "a", "nope"):
        await s.delete(f"/flow_runs/{{run}}/input/{key}")
    await s.delete(f"/flow_runs/{NOWHERE}/input/a")
    await s.delete("/flow_runs/{run}")
    await _told(s)
    s.end()


async def _paused(s: Scenario, schema: str | None = None, **details: Json) -> None:
    await _run(s, "paused", state={"type": "RUNNING"})
    details.setdefault("pause_timeout", soon(3600))
    await s.post("/flow_runs/{run}/set_state", {"state": {"type": "PAUSED", "state_details": details}})
    if schema is not None:
        await s.post("/flow_runs/{run}/input", {"key": "a-schema", "value": schema})


async def _resumed(s: Scenario, body: Json = None, *, in_vain: bool = False) -> None:
    await s.post("/flow_runs/{run}/resume", body)
    await s.get("/flow_runs/{run}", unlike=(200, "Prefect notes that the run resumes") if in_vain else None)
    await _told(s)


async def test_resume(writers: Pair) -> None:
    s = Scenario(writers)
    await s.post("/flows/", {"name": "resumed"}, saved="flow")
    await s.post(f"/flow_runs/{NOWHERE}/resume", unlike=(404, "Prefect fails"))
    await _run(s, "running", state={"type": "RUNNING"})
    await _resumed(s)
    for body in (None, {}, {"run_input": None}, {"run_input": {"x": 1}}):
        await _paused(s)
        await _resumed(s, body)
    await s.post("/flow_runs/{run}/set_state", {"state": {"type": "RUNNING"}})
    await s.get("/flow_runs/{run}")
    await _paused(s, pause_timeout=soon(-5))
    await _resumed(s, in_vain=True)
    await _resumed(s, in_vain=True)
    suspended = {"type": "PAUSED", "name": "Suspended", "state_details": {"pause_reschedule": True}}
    await _run(s, "suspended without a deployment", state={"type": "RUNNING"})
    await s.post("/flow_runs/{run}/set_state", {"state": suspended, "force": True})
    await s.post("/flow_runs/{run}/resume", {})
    deployment = {"name": "d", "flow_id": "{flow}"}
    await s.post("/deployments/", deployment, saved="deployment")
    for timeout in (3600, -5):
        await _run(s, "suspended", deployment_id="{deployment}", state={"type": "RUNNING"})
        details = {**suspended["state_details"], "pause_timeout": soon(timeout)}
        await s.post("/flow_runs/{run}/set_state", {"state": {**suspended, "state_details": details}})
        await _resumed(s, in_vain=timeout < 0)
    await s.get("/flow_run_states/?flow_run_id={run}")
    s.end()


async def test_resume_with_input(writers: Pair) -> None:
    s = Scenario(writers)
    await s.post("/flows/", {"name": "answered"}, saved="flow")
    for run_input in (
        None,
        {},
        {"x": 1},
        {"x": "a"},
        {"x": 1, "name": "n", "more": [1.5, None]},
        {"x": 1, "name": None},
        {"x": {"__prefect_kind": "json", "value": "5"}},
        {"x": {"__prefect_kind": "none", "value": 5}},
        {"x": {"__prefect_kind": "workspace_variable", "variable_name": "nope"}},
        [1],
    ):
        await _paused(s, json.dumps(SCHEMA), run_input_keyset=KEYSET)
        await _resumed(s, {"run_input": run_input})
    for schema in (None, "no json", "{}", '{"$ref": "#"}', '{"$ref": "#/nope"}'):
        await _paused(s, schema, run_input_keyset=KEYSET)
        await _resumed(s, {"run_input": {"x": 1}})
    for schema in ("[1]", "5", '{"type": 5}'):
        await _paused(s, schema, run_input_keyset=KEYSET)
        await s.post("/flow_runs/{run}/resume", {"run_input": {"x": 1}}, unlike=(200, "Prefect fails"))
    for keyset in ({"response": "a"}, {"schema": "a-schema"}, {"schema": "a-schema", "response": "No key"}):
        await _paused(s, json.dumps(SCHEMA), run_input_keyset=keyset)
        await s.post("/flow_runs/{run}/resume", {"run_input": {"x": 1}}, unlike=(200, "Prefect fails"))
    await _paused(s, json.dumps(SCHEMA), run_input_keyset={})
    await _resumed(s, {"run_input": {"x": 1}})
    await _paused(s, json.dumps(SCHEMA), run_input_keyset=KEYSET)
    await s.post("/flow_runs/{run}/input", {"key": "a-response", "value": "{}"})
    await _resumed(s, {"run_input": {"x": 1}})
    s.end()


async def test_a_pause_forgets_answers_to_an_earlier_one(writers: Pair) -> None:
    s = Scenario(writers)
    await s.post("/flows/", {"name": "asks again"}, saved="flow")
    await _run(s, "asks again", state={"type": "RUNNING"})
    for key in ("a-schema", "a-response", "another"):
        await s.post("/flow_runs/{run}/input", {"key": key, "value": "{}"})
    details = {"pause_timeout": soon(3600), "run_input_keyset": KEYSET, "pause_key": "k"}
    paused = {"state": {"type": "PAUSED", "state_details": details}}
    await s.post("/flow_runs/{run}/set_state", paused)
    await _told(s)
    await s.post("/flow_runs/{run}/input", {"key": "a-response", "value": "{}"})
    await s.post("/flow_runs/{run}/set_state", {"state": {"type": "RUNNING"}})
    await s.post("/flow_runs/{run}/set_state", paused)
    await _told(s)
    s.end()
