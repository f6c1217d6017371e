"""Automations made by the SDK, events sent by it, and what fired: for each automation, how many events and of which kind."""

import asyncio
import json
import time
from datetime import timedelta

from prefect.automations import Automation
from prefect.client.orchestration import get_client
from prefect.events import (
    CompoundTrigger,
    EventTrigger,
    Posture,
    SequenceTrigger,
    emit_event,
)
from prefect.events.actions import DoNothing
from prefect.events.worker import EventsWorker

PATIENCE_SECONDS = 120


def event(name, **more):
    return EventTrigger(expect={name}, match={"prefect.resource.id": "made.by.sdk"}, **more)


def proactive(name, threshold):
    within = timedelta(seconds=10)
    each = {"prefect.resource.id"}
    return event(name, posture=Posture.Proactive, threshold=threshold, within=within, for_each=each)


TRIGGERS = {
    "reactive": event("s.a", threshold=3, within=timedelta(seconds=60)),
    "missing": proactive("s.a", 10),
    "enough": proactive("s.a", 3),
    "any": CompoundTrigger(require="any", within=timedelta(seconds=60), triggers=[event("s.b"), event("s.never")]),
    "all": CompoundTrigger(require="all", within=timedelta(seconds=60), triggers=[event("s.c"), event("s.b")]),
    "two": CompoundTrigger(
        require=2, within=timedelta(seconds=60), triggers=[event("s.b"), event("s.never"), event("s.c")]
    ),
    "in order": SequenceTrigger(within=timedelta(seconds=60), triggers=[event("s.b"), event("s.c")]),
    "out of order": SequenceTrigger(within=timedelta(seconds=60), triggers=[event("s.c"), event("s.b")]),
    "nested": SequenceTrigger(
        within=timedelta(seconds=60),
        triggers=[CompoundTrigger(require="all", within=None, triggers=[event("s.a"), event("s.b")]), event("s.c")],
    ),
}


async def told(names):
    """How many firings events tell of, by the names of automations."""
    wanted = {"event": {"name": ["prefect.automation.action.triggered"]}, "order": "ASC"}
    async with get_client() as client:
        found = await client._client.post("/events/filter", json={"filter": wanted, "limit": 50})
    count = dict.fromkeys(names, 0)
    for each in found.json()["events"]:
        name = each["resource"]["prefect.resource.name"]
        if name in count:
            count[name] += 1
    return count


def wait_for(expected):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (found := asyncio.run(told(expected))) != expected and time.monotonic() < deadline:
        time.sleep(0.5)
    return found


def main():
    made = [
        Automation(name=name, trigger=trigger, actions=[DoNothing()]).create() for name, trigger in TRIGGERS.items()
    ]
    assert [Automation.read(name=each.name).trigger for each in made] == [each.trigger for each in made]
    for name in ("s.a", "s.a", "s.a", "s.b", "s.c"):
        emit_event(name, resource={"prefect.resource.id": "made.by.sdk"})
        time.sleep(0.01)  # so that each has a moment of its own
    EventsWorker.instance().drain()
    expected = dict.fromkeys(TRIGGERS, 1) | {"enough": 0, "out of order": 0}
    found = wait_for(expected)
    for each in made:
        each.disable()
    assert not any(Automation.read(id=each.id).enabled for each in made)
    assert all(each.delete() for each in made)
    print(json.dumps([found, expected]))


main()
