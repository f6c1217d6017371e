"""Random streams of events against random triggers fire as in the real Prefect's evaluation of the same streams."""

import json
import random
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from lictor.events.triggers.compiled import Node, compile_trigger
from lictor.events.triggers.evaluation import Bucket, Evaluation, Happening, Memory
from lictor.resources.automations.triggers import CompoundTrigger, EventTrigger, SequenceTrigger

from . import servers

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
SCRIPT = Path(__file__).parent / "scripts" / "triggers.py"
CASES = 40
EVENTS = 20
NAMES = ("a", "b", "c", "a.x", "b.x")
MODELS = {"event": EventTrigger, "compound": CompoundTrigger, "sequence": SequenceTrigger}


def random_event_trigger(chance: random.Random) -> dict[str, Any]:
    is_proactive = chance.random() < 0.35
    for_each = chance.choice([[], ["prefect.resource.id"], ["prefect.resource.id", "related:flow:prefect.resource.id"]])
    after = chance.sample(NAMES, 1) if chance.random() < 0.3 and (for_each or not is_proactive) else []
    return {
        "type": "event",
        "posture": "Proactive" if is_proactive else "Reactive",
        "expect": chance.sample((*NAMES, "a.*", "b*"), chance.choice([1, 1, 2])) if chance.random() < 0.9 else [],
        "after": after,
        "for_each": for_each,
        "threshold": chance.choice([1, 1, 2, 3]),
        "within": chance.choice([10, 20, 60]) if is_proactive or after else chance.choice([0, 5, 20, 60]),
        "match": chance.choice([{}, {"prefect.resource.id": "r.*"}, {"prefect.resource.id": ["r.1", "s.1"]}]),
        "match_related": chance.choice([{}, {}, {"prefect.resource.id": "f.1"}, [{"prefect.resource.role": "flow"}]]),
    }


def random_trigger(chance: random.Random, depth: int = 0) -> dict[str, Any]:
    kind = chance.choice(["event", "event", "compound", "sequence"]) if depth < 2 else "event"
    if kind == "event":
        trigger = random_event_trigger(chance)
        # Without a window, Prefect counts until a service sweeps, which it does a minute later here.
        return trigger if trigger["within"] else trigger | {"threshold": 1}
    children = [random_trigger(chance, depth + 1) for _ in range(chance.choice([2, 2, 3]))]
    composite = {"type": kind, "within": chance.choice([None, 10, 60]), "triggers": children}
    return composite | ({"require": chance.choice(["any", "all", 2])} if kind == "compound" else {})


def random_events(chance: random.Random) -> list[dict[str, Any]]:
    moment, events = BEGIN, []
    for _ in range(EVENTS):
        moment += timedelta(seconds=chance.choice([0.5, 1, 3, 7, 15]), microseconds=chance.randrange(1, 999))
        related = [{"prefect.resource.id": chance.choice(["f.1", "f.2"]), "prefect.resource.role": "flow"}]
        events.append(
            {
                "id": str(uuid4()),
                "occurred": moment.isoformat(),
                "received": moment.isoformat(),
                "event": chance.choice(NAMES),
                "resource": {"prefect.resource.id": chance.choice(["r.1", "r.2", "s.1"])},
                "related": related if chance.random() < 0.8 else [],
                "payload": {},
            }
        )
    return events


def ours(root: Node, events: list[dict[str, Any]], end: datetime) -> list[list[Any]]:
    """What Lictor's evaluation makes of a stream, taken one event at a time, and looked at whenever a window ends."""
    memory = Memory()
    for leaf in root.leaves():
        if leaf.has_lasting_window:
            memory.buckets[leaf.id, ()] = Bucket(BEGIN, BEGIN + leaf.within)
    fired: list[list[Any]] = []

    def run(happenings: list[Happening], until: datetime) -> None:
        evaluation = Evaluation(root, memory)
        evaluation.run(happenings, until)
        fired.extend([one.event and one.event["id"], dict(one.labels)] for one in evaluation.firings)

    def look(until: datetime) -> None:
        moment = BEGIN
        while moment < until:
            moment = min([until, *(bucket.end for bucket in memory.buckets.values() if bucket.end > moment)])
            run([], moment)

    for event in events:
        occurred = datetime.fromisoformat(event["occurred"])
        look(occurred)
        resources = [event["resource"], *event["related"]]
        run([Happening(UUID(event["id"]), occurred, event["event"], resources, event)], occurred)
    look(end)
    return fired


@pytest.mark.parametrize("seed", range(2))
def test_random_streams_fire_alike(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    cases = []
    for _ in range(CASES):
        trigger = random_trigger(chance)
        stored = MODELS[trigger["type"]].model_validate(trigger).model_dump(mode="json")
        events = random_events(chance)
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
        if (found := ours(compile_trigger(case["trigger"]), case["events"], datetime.fromisoformat(case["end"])))
        != expected
    ]
    assert differing == []
    assert sum(map(len, theirs)) > CASES
