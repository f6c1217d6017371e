"""Random streams of events against random triggers fire as in the real Prefect's evaluation of the same streams."""

import json
import random
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lictor.events.triggers.compiled import compile_trigger
from lictor.resources.automations.triggers import CompoundTrigger, EventTrigger, SequenceTrigger
from tests.resources.automations.streams import in_order, random_events, random_trigger

from . import servers

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
SCRIPT = Path(__file__).parent / "scripts" / "triggers.py"
CASES = 40
EVENTS = 20
MODELS = {"event": EventTrigger, "compound": CompoundTrigger, "sequence": SequenceTrigger}


def ours(case: dict[str, Any]) -> list[list[Any]]:
    """Which events and labels led to firings of ours."""
    end = datetime.fromisoformat(case["end"])
    fired = in_order(compile_trigger(case["trigger"]), case["events"], BEGIN, end)
    return [[one.event and one.event["id"], dict(one.labels)] for one in fired]


@pytest.mark.parametrize("seed", range(2))
def test_random_streams_fire_alike(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    cases = []
    for _ in range(CASES):
        trigger = random_trigger(chance)
        stored = MODELS[trigger["type"]].model_validate(trigger).model_dump(mode="json")
        events = random_events(chance, BEGIN, EVENTS)
        end = datetime.fromisoformat(events[-1]["occurred"]) + timedelta(seconds=90)
        cases.append({"trigger": stored, "events": events, "begin": BEGIN.isoformat(), "end": end.isoformat()})
    environment = servers.prefect_environment(tmp_path, f"sqlite+aiosqlite:///{tmp_path / 'prefect.db'}")
    answer = subprocess.run(
        [servers.PREFECT_PYTHON, SCRIPT],
        input="\n".join(map(json.dumps, cases)),
        check=False,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 0, answer.stderr[-3000:]
    theirs = [json.loads(line) for line in answer.stdout.splitlines() if line.startswith("[")]
    assert len(theirs) == len(cases)
    differing = [
        (json.dumps(case["trigger"]), found, expected)
        for case, expected in zip(cases, theirs, strict=True)
        if (found := ours(case)) != expected
    ]
    assert differing == []
    assert sum(map(len, theirs)) > CASES
