"""Streams that are shuffled within the grace, repeated and shared by replicas that die fire as the ordered stream does.

What the ordered stream fires is compared with the real Prefect in `tests/compat/test_triggers.py`.
"""

import asyncio
import os
import random
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from lictor.db.base import utc_now
from lictor.db.engine import Database, Transaction, open_database
from lictor.db.types import load_json
from lictor.events.triggers import evaluator
from lictor.events.triggers.compiled import compile_trigger
from lictor.events.triggers.evaluation import Evaluation
from lictor.events.triggers.evaluator import NEXT_BUCKET, NEXT_EVENT, Evaluator
from lictor.events.triggers.grace import set_grace
from lictor.resources.automations.firing_tables import firing
from lictor.resources.automations.trigger_tables import trigger_bucket
from lictor.resources.automations.triggers import CompoundTrigger, EventTrigger, SequenceTrigger
from lictor.settings import AutomationSettings, Settings
from tests.databases import settings_for
from tests.resources.automations.streams import (
    Json,
    happening,
    in_order,
    new_memory,
    occurred,
    random_events,
    random_trigger,
    shown,
)

SOAK = int(os.environ.get("SOAK", "1"))
EXAMPLES = 60 * SOAK
STREAMS = 2 * SOAK
TRIGGERS = 8
EVENTS = 20
GRACE = timedelta(seconds=20)
STEPS_BEFORE_DEATH = 60
"""Uses of a transaction, at most: about as many as an evaluation makes."""

MODELS = {"event": EventTrigger, "compound": CompoundTrigger, "sequence": SequenceTrigger}
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


@given(chance=st.randoms(use_true_random=False))
@hypothesis_settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None)
def test_however_many_events_are_taken_at_once(chance: random.Random) -> None:
    """In batches of any size, each shuffled, as in one by one."""
    trigger = random_trigger(chance)
    root = compile_trigger(MODELS[trigger["type"]].model_validate(trigger).model_dump(mode="json"))
    events = random_events(chance, BEGIN, EVENTS)
    end = occurred(events[-1]) + timedelta(seconds=90)
    expected = in_order(root, events, BEGIN, end)
    memory, fired, left = new_memory(root, BEGIN), [], events
    moment = BEGIN
    while left or moment < end:
        size = chance.randint(1, len(left)) if left else 0
        batch, left = left[:size], left[size:]
        until = occurred(left[0]) - timedelta(microseconds=1) if left else end
        # A window is looked at when it ends, or with the events that come after it.
        moment = min([until, *(bucket.end for bucket in memory.buckets.values() if bucket.end > moment)])
        if batch and moment < occurred(batch[-1]):
            later = [event for event in batch if occurred(event) > moment]
            batch, left = batch[: len(batch) - len(later)], [*later, *left]
        evaluation = Evaluation(root, memory)
        evaluation.run(chance.sample([happening(event) for event in batch], len(batch)), moment)
        fired += evaluation.firings
    assert shown(fired) == shown(expected)
    assert [one.key for one in fired] == [one.key for one in expected]
    assert len({one.key for one in fired}) == len(fired)


@pytest.fixture
def settings(database_url: str) -> Settings:
    return settings_for(database_url, automations=AutomationSettings(triggers_enabled=False, grace=GRACE))


class Clock:
    """The time that evaluators see, which the test sets."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


class Died(Exception):
    """What a transaction ends with as if its process had been killed: nothing of it is there."""


class MortalTransaction:
    """A transaction that is of use so many times."""

    def __init__(self, tx: Transaction, steps: int) -> None:
        self._tx = tx
        self._steps = steps

    def __getattr__(self, name: str) -> Any:
        if self._steps == 0:
            raise Died
        self._steps -= 1
        return getattr(self._tx, name)


class Mortal(Evaluator):
    """Dies in its first transaction, at the latest when that is to be committed."""

    def __init__(self, db: Database, steps: int) -> None:
        super().__init__(db)
        self._steps = steps

    async def _evaluate(self, tx: Any, ids: Sequence[UUID]) -> bool:
        await super()._evaluate(MortalTransaction(tx, self._steps), ids)  # type: ignore[arg-type]
        raise Died


class Replicas:
    """Evaluators on connections of their own, of which any may die at any time."""

    def __init__(self, databases: Sequence[Database], chance: random.Random, clock: Clock) -> None:
        self.databases = databases
        self.chance = chance
        self.clock = clock
        self.deaths = 0

    async def evaluate(self) -> None:
        """What is due is evaluated: by one or by both, the last of whom lives."""
        while self.chance.random() < 0.4:
            steps = self.chance.randrange(STEPS_BEFORE_DEATH)
            with suppress(Died):
                await Mortal(self.chance.choice(self.databases), steps).evaluate_all()
                continue
            self.deaths += 1
        if self.chance.random() < 0.3:
            await asyncio.gather(*(Evaluator(db).evaluate_all() for db in self.databases))
        await Evaluator(self.chance.choice(self.databases)).evaluate_all()

    async def look_until(self, moment: datetime) -> None:
        """Evaluates whenever something is due, or a little later."""
        while (due := await self._next_due()) is not None and due <= moment:
            late = timedelta(seconds=self.chance.choice([0, 0, 0.5, 3]))
            self.clock.now = max(self.clock.now, min(moment, due + late))
            await self.evaluate()
        self.clock.now = max(self.clock.now, moment)

    async def _next_due(self) -> datetime | None:
        reader = self.databases[0].read
        moments = [await reader.scalar(NEXT_EVENT), await reader.scalar(NEXT_BUCKET)]
        return min((moment for moment in moments if moment is not None), default=None)


@pytest.mark.parametrize("seed", range(STREAMS))
async def test_shuffled_repeated_shared_and_killed(
    api: httpx.AsyncClient, db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    monkeypatch.setattr(evaluator, "EVENTS_AT_ONCE", chance.choice([3, 10, 500]))
    # It has all happened already: what arrives when is up to the test.
    events = random_events(chance, BEGIN, EVENTS)
    begin = utc_now() - (occurred(events[-1]) - BEGIN) - timedelta(seconds=90) - GRACE
    for event in events:
        event["occurred"] = (occurred(event) - BEGIN + begin).isoformat()
    automations = {}
    for number in range(TRIGGERS):
        body = {"name": f"{number}", "trigger": random_trigger(chance), "actions": []}
        reply = await api.post("/automations/", json=body)
        assert reply.status_code == 201, reply.text
        automations[reply.json()["id"]] = compile_trigger(reply.json()["trigger"])
    await db.try_write(lambda tx: move_windows(tx, begin))
    clock = Clock(begin)
    monkeypatch.setattr(evaluator, "utc_now", clock)
    async with open_database(settings.database) as other:
        for each in (db, other):
            set_grace(each, GRACE)
        replicas = Replicas((db, other), chance, clock)
        for moment, event in arrivals(chance, events):
            await replicas.look_until(moment)
            sent = {name: value for name, value in event.items() if name != "received"}
            assert (await api.post("/events", json=[sent] * chance.choice([1, 1, 2]))).status_code == 204
        await replicas.look_until(utc_now())
    end = clock.now - GRACE
    for id, root in automations.items():
        expected = in_order(root, events, begin, end)
        assert await fired_by(db, id) == sorted(shown(expected), key=str), (seed, root.stored)
    assert replicas.deaths
    assert len(await db.read.all(sa.select(firing.c.id))) > TRIGGERS


async def test_what_piled_up_is_evaluated_in_its_order(
    api: httpx.AsyncClient, db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More events than are evaluated at once, as after a time without any server."""
    chance = random.Random(7)
    monkeypatch.setattr(evaluator, "EVENTS_AT_ONCE", 7)
    events = random_events(chance, BEGIN, 3 * EVENTS)
    begin = utc_now() - (occurred(events[-1]) - BEGIN) - timedelta(minutes=20)
    for event in events:
        event["occurred"] = (occurred(event) - BEGIN + begin).isoformat()
    automations = {}
    while len(automations) < TRIGGERS:
        trigger = random_trigger(chance)
        root = compile_trigger(MODELS[trigger["type"]].model_validate(trigger).model_dump(mode="json"))
        if not any(leaf.is_proactive for leaf in root.leaves()):  # of which some windows would have gone by
            reply = await api.post("/automations/", json={"name": "x", "trigger": trigger, "actions": []})
            automations[reply.json()["id"]] = compile_trigger(reply.json()["trigger"])
    sent = [{name: value for name, value in event.items() if name != "received"} for event in events]
    assert (await api.post("/events", json=chance.sample(sent, len(sent)))).status_code == 204
    set_grace(db, GRACE)
    await Replicas((db,), chance, Clock(begin)).evaluate()
    for id, root in automations.items():
        assert await fired_by(db, id) == sorted(shown(in_order(root, events, begin, utc_now())), key=str), root.stored
    assert len(await db.read.all(sa.select(firing.c.id))) > TRIGGERS


def arrivals(chance: random.Random, events: Sequence[Json]) -> list[tuple[datetime, Json]]:
    """When each event arrives: up to the grace late, some of them again."""
    twice = chance.sample(events, len(events) // 4)
    seconds = GRACE.total_seconds() - 0.01
    late = [(occurred(event) + timedelta(seconds=chance.uniform(0, seconds)), event) for event in (*events, *twice)]
    return sorted(late, key=lambda each: each[0])


async def move_windows(tx: Any, begin: datetime) -> None:
    """As if the automations had begun to wait then."""
    for row in await tx.all(sa.select(trigger_bucket)):
        end = begin + (row.end - row.start)
        which = (trigger_bucket.c.trigger_id == row.trigger_id) & (trigger_bucket.c.key_digest == row.key_digest)
        await tx.execute(sa.update(trigger_bucket).where(which).values(start=begin, end=end, due=end + GRACE))


async def fired_by(db: Database, automation_id: str) -> list[Any]:
    rows = await db.read.all(sa.select(firing.c.automation_id, firing.c.fired, firing.c.firing))
    found = [
        [row.fired, shown["triggering_labels"], shown["triggering_event"] and shown["triggering_event"]["id"]]
        for row in rows
        if str(row.automation_id) == automation_id
        for shown in [load_json(row.firing)]
    ]
    return sorted(found, key=str)
