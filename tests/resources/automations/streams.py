"""Random triggers and streams of events, and what an evaluation makes of a stream in its order."""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from lictor.db.ids import uuid7
from lictor.events.triggers.compiled import Node
from lictor.events.triggers.evaluation import Bucket, Evaluation, Firing, Happening, Memory

NAMES = ("a", "b", "c", "a.x", "b.x")
RESOURCES = ("r.1", "r.2", "s.1")
ANY_RESOURCE: Mapping[str, Any] = {"prefect.resource.id": ["r.*", "s.*"]}

Json = dict[str, Any]


def random_event_trigger(chance: random.Random) -> Json:
    is_proactive = chance.random() < 0.35
    for_each = chance.choice([[], ["prefect.resource.id"], ["prefect.resource.id", "related:flow:prefect.resource.id"]])
    after = chance.sample(NAMES, 1) if chance.random() < 0.3 and (for_each or not is_proactive) else []
    trigger = {
        "type": "event",
        "posture": "Proactive" if is_proactive else "Reactive",
        "expect": chance.sample((*NAMES, "a.*", "b*"), chance.choice([1, 1, 2])) if chance.random() < 0.9 else [],
        "after": after,
        "for_each": for_each,
        "threshold": chance.choice([1, 1, 2, 3]),
        "within": chance.choice([10, 20, 60]) if is_proactive or after else chance.choice([0, 5, 20, 60]),
        "match": chance.choice([ANY_RESOURCE, {"prefect.resource.id": "r.*"}, {"prefect.resource.id": ["r.1", "s.1"]}]),
        "match_related": chance.choice([{}, {}, {"prefect.resource.id": "f.1"}, [{"prefect.resource.role": "flow"}]]),
    }
    # Without a window, Prefect counts until a service sweeps, which it does a minute later here.
    return trigger if trigger["within"] else trigger | {"threshold": 1}


def random_trigger(chance: random.Random, depth: int = 0) -> Json:
    kind = chance.choice(["event", "event", "compound", "sequence"]) if depth < 2 else "event"
    if kind == "event":
        return random_event_trigger(chance)
    children = [random_trigger(chance, depth + 1) for _ in range(chance.choice([2, 2, 3]))]
    composite = {"type": kind, "within": chance.choice([None, 10, 60]), "triggers": children}
    return composite | ({"require": chance.choice(["any", "all", 2])} if kind == "compound" else {})


def random_events(chance: random.Random, begin: datetime, many: int) -> list[Json]:
    """A stream in its order; no two events are of one moment."""
    moment, events = begin, []
    for _ in range(many):
        moment += timedelta(seconds=chance.choice([0.5, 1, 3, 7, 15]), microseconds=chance.randrange(1, 999))
        related = [{"prefect.resource.id": chance.choice(["f.1", "f.2"]), "prefect.resource.role": "flow"}]
        events.append(
            {
                "id": str(uuid7()),
                "occurred": moment.isoformat(),
                "received": moment.isoformat(),
                "event": chance.choice(NAMES),
                "resource": {"prefect.resource.id": chance.choice(RESOURCES)},
                "related": related if chance.random() < 0.8 else [],
                "payload": {},
            }
        )
    return events


def happening(event: Json) -> Happening:
    resources = [event["resource"], *event["related"]]
    return Happening(UUID(event["id"]), occurred(event), event["event"], resources, event)


def occurred(event: Json) -> datetime:
    return datetime.fromisoformat(event["occurred"])


def new_memory(root: Node, begin: datetime) -> Memory:
    """What a trigger remembers when it begins to wait."""
    memory = Memory()
    for leaf in root.leaves():
        if leaf.has_lasting_window:
            memory.buckets[leaf.id, ()] = Bucket(begin, begin + leaf.within)
    return memory


def in_order(root: Node, events: Sequence[Json], begin: datetime, end: datetime) -> list[Firing]:
    """The firings of a stream that is taken one event at a time, and looked at whenever a window ends."""
    memory = new_memory(root, begin)
    fired: list[Firing] = []

    def run(happenings: Sequence[Happening], until: datetime) -> None:
        evaluation = Evaluation(root, memory)
        evaluation.run(happenings, until)
        fired.extend(evaluation.firings)

    def look(until: datetime) -> None:
        moment = begin
        while moment < until:
            moment = min([until, *(bucket.end for bucket in memory.buckets.values() if bucket.end > moment)])
            run([], moment)

    for event in events:
        look(occurred(event))
        run([happening(event)], occurred(event))
    look(end)
    return fired


def shown(firings: Sequence[Firing]) -> list[Any]:
    """What is compared of firings: when, of which labels, by which event."""
    return [[one.fired, dict(one.labels), one.event and one.event["id"]] for one in firings]
