"""Automations by Prefect's CLI, and by its SDK."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from . import sdk
from .servers import Server

AUTOMATION = """
automations:
  - name: by-file
    trigger: {type: event, posture: Reactive, expect: [x.happened]}
    actions: [{type: do-nothing}]
"""


def test_automations_are_created_paused_and_deleted(lictor: Server, tmp_path: Path) -> None:
    file = tmp_path / "automation.yaml"
    file.write_text(AUTOMATION)
    created, listed, paused, inspected, resumed = sdk.cli(
        lictor,
        tmp_path,
        ("automation", "create", "--from-file", str(file)),
        ("automation", "ls"),
        ("automation", "pause", "by-file"),
        ("automation", "inspect", "by-file", "--json"),
        ("automation", "resume", "by-file"),
    )
    assert [code for code, _ in (created, listed, paused, inspected, resumed)] == [0] * 5, created
    assert "by-file" in listed[1]
    [automation] = json.loads(inspected[1])
    assert automation["enabled"] is False
    assert automation["trigger"]["expect"] == ["x.happened"]
    with httpx.Client(base_url=lictor.url) as client:
        [found] = client.post("/automations/filter", json={"automations": {"name": {"any_": ["by-file"]}}}).json()
        event = {
            "id": str(uuid4()),
            "occurred": "2026-01-01T00:00:00Z",
            "event": "x.happened",
            "resource": {"prefect.resource.id": "r"},
        }
        assert client.post("/events", json=[event]).status_code == 204
        assert _status(client, found["id"]) == "SUCCEEDED"
    [(code, _)] = sdk.cli(lictor, tmp_path, ("automation", "delete", "by-file"))
    assert code == 0


def test_a_served_flow_runs_when_events_happen(lictor: Server, tmp_path: Path) -> None:
    """`flow.serve(triggers=[...])` makes automations, and `emit_event` lets them run the deployment."""
    with sdk.running(lictor, tmp_path, "triggered"), httpx.Client(base_url=lictor.url, timeout=60) as client:
        named = {"automations": {"name": {"any_": ["one", "both"]}}, "sort": "NAME_ASC"}
        both, one = _wait_for(lambda: client.post("/automations/filter", json=named).json(), 2)
        [deployment] = client.post(
            "/deployments/filter", json={"deployments": {"name": {"any_": ["by-events"]}}}
        ).json()
        owned = client.get(f"/automations/related-to/prefect.deployment.{deployment['id']}").json()
        assert {each["id"] for each in owned} == {one["id"], both["id"]}
        assert both["trigger"]["type"] == "compound"
        assert one["actions"][0]["parameters"] == {"name": "{{ event.resource.id }}"}
        sdk.run(lictor, tmp_path, "triggered", "sdk.one", "sdk.first", "sdk.second")
        completed = {
            "deployments": {"id": {"any_": [deployment["id"]]}},
            "flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}},
        }
        runs = _wait_for(lambda: client.post("/flow_runs/filter", json=completed).json(), 2)
        assert sorted(run["parameters"]["name"] for run in runs) == ["both", "thing.1"]
        assert {run["created_by"]["type"] for run in runs} == {"AUTOMATION"}


def _wait_for(ask: Callable[[], list[Any]], many: int) -> list[Any]:
    deadline = time.monotonic() + 120
    while len(found := ask()) < many and time.monotonic() < deadline:
        time.sleep(0.3)
    assert len(found) == many
    return found


def _status(client: httpx.Client, automation_id: str) -> str | None:
    """What became of the only action of the only firing, once it is over."""
    for _ in range(100):
        firings = client.get(f"/automations/{automation_id}/firings").json()
        if firings and firings[0]["actions"][0]["due"] is None:
            status: str = firings[0]["actions"][0]["status"]
            return status
        time.sleep(0.2)
    return None
