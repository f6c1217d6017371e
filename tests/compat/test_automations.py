"""Automations by Prefect's CLI, and by its SDK."""

import json
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
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


DEPLOYMENTS = """
deployments:
  - name: from-file
    entrypoint: triggered.py:triggered
    work_pool: {{name: yaml-pool}}
    pull: [{{prefect.deployments.steps.set_working_directory: {{directory: "."}}}}]
    triggers:
{triggers}
"""

FIRST_TRIGGERS = """
      - {name: replaced, type: event, expect: [yaml.old], parameters: {name: old}}
      - {name: silence, type: event, posture: Proactive, expect: [yaml.beat], within: 3600}
      - name: paired
        type: compound
        require: all
        within: 60
        triggers: [{type: event, expect: [yaml.one]}, {type: event, expect: [yaml.two]}]
"""

SECOND_TRIGGERS = """
      - name: replaced
        type: event
        expect: [yaml.new]
        match: {prefect.resource.id: "thing.*"}
        parameters: {name: "{{ event.resource.id }} {{ event.payload.size }}"}
        job_variables: {env: {COLOUR: red}}
        schedule_after: 600
      - name: in order
        type: sequence
        within: 60
        triggers: [{type: event, expect: [yaml.one]}, {type: event, expect: [yaml.two]}]
        parameters: {name: in order}
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


def test_automations_made_by_the_sdk_fire(lictor: Server, tmp_path: Path) -> None:
    """Reactive, proactive, compound, sequence and nested triggers."""
    found, expected = sdk.run(lictor, tmp_path, "automations")
    assert found == expected


def test_triggers_of_a_file_are_deployed_and_replaced(lictor: Server, tmp_path: Path) -> None:
    shutil.copy(sdk.SCRIPTS / "triggered.py", tmp_path)
    for name, triggers in (("prefect", FIRST_TRIGGERS), ("second", SECOND_TRIGGERS)):
        (tmp_path / f"{name}.yaml").write_text(DEPLOYMENTS.format(triggers=triggers))
    said = sdk.cli(
        lictor,
        tmp_path,
        ("work-pool", "create", "yaml-pool", "--type", "process"),
        ("--no-prompt", "deploy", "--all"),
        ("automation", "inspect", "replaced", "--json"),
        ("automation", "ls"),
        ("--no-prompt", "deploy", "--all", "--prefect-file", "second.yaml"),
        ("automation", "ls"),
        directory=tmp_path,
    )
    assert [code for code, _ in said] == [0] * len(said), said
    (before,) = json.loads(said[2][1])
    assert before["trigger"]["expect"] == ["yaml.old"]
    assert [name in said[3][1] for name in ("replaced", "silence", "paired", "in order")] == [True, True, True, False]
    assert [name in said[5][1] for name in ("replaced", "silence", "paired", "in order")] == [True, False, False, True]
    with httpx.Client(base_url=lictor.url, timeout=60) as client:
        deployment = client.get("/deployments/name/triggered/from-file").json()
        owned = client.get(f"/automations/related-to/prefect.deployment.{deployment['id']}").json()
        assert {each["name"] for each in owned} == {"replaced", "in order"}
        begin = datetime.now(UTC) - timedelta(seconds=1)
        events = [
            {
                "id": str(uuid4()),
                "occurred": (begin + timedelta(milliseconds=number)).isoformat(),
                "event": f"yaml.{name}",
                "resource": {"prefect.resource.id": "thing.7"},
                "payload": {"size": 5},
            }
            for number, name in enumerate(("old", "new", "one", "two"))
        ]
        assert client.post("/events", json=events).status_code == 204
        asked = {"deployments": {"id": {"any_": [deployment["id"]]}}}
        runs = _wait_for(lambda: client.post("/flow_runs/filter", json=asked).json(), 2)
    runs.sort(key=lambda run: run["parameters"]["name"])
    assert [run["parameters"] for run in runs] == [{"name": "in order"}, {"name": "thing.7 5"}]
    assert [run["created_by"]["display_value"] for run in runs] == ["in order", "replaced"]
    assert runs[1]["job_variables"] == {"env": {"COLOUR": "red"}}
    scheduled = datetime.fromisoformat(runs[1]["expected_start_time"]) - datetime.fromisoformat(runs[1]["created"])
    assert timedelta(seconds=590) < scheduled < timedelta(seconds=610)
