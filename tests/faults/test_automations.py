"""Automations fire as the ordered stream says, once, whatever happens to the servers that evaluate them."""

import asyncio
import random
import signal
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import Database
from lictor.events.triggers.compiled import Node, compile_trigger
from lictor.resources.automations.firing_tables import ActionStatus, action
from lictor.resources.automations.trigger_tables import trigger_event
from lictor.resources.automations.triggers import CompoundTrigger, EventTrigger, SequenceTrigger
from lictor.resources.flow_runs.table import flow_run
from tests.faults.world import PATIENCE, SOAK, Place, running, tell
from tests.resources.automations.streams import Json, in_order, occurred, random_events, random_trigger, shown
from tests.resources.automations.test_properties import fired_by

EVENTS = 150 * SOAK
TRIGGERS = 10
KILLS = 1 + SOAK
MODELS = {"event": EventTrigger, "compound": CompoundTrigger, "sequence": SequenceTrigger}


async def test_replicas_are_killed_while_they_record_evaluate_and_act(
    database_url: str, db: Database, dialect: str, tmp_path: Path
) -> None:
    chance = random.Random(SOAK)
    replicas = 2 if dialect == "postgresql" else 1
    recording = Place(tmp_path, database_url, PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED="false")
    with recording.running():
        with httpx.Client(base_url=recording.api, timeout=60) as api:
            automations = create(api, chance)
        begin = utc_now()
        events = stream(chance)
        telling = asyncio.create_task(tell([recording.port], shuffled(chance, events)))
        await asyncio.sleep(0.3)
    with recording.running() as server:
        await asyncio.sleep(chance.uniform(0.1, 0.6))
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
    with recording.running():
        await telling
    places = [Place(tmp_path, database_url, LICTOR_AUTOMATIONS_GRACE="0") for _ in range(replicas)]
    for _ in range(KILLS):
        with running(*places) as servers:
            await asyncio.sleep(chance.uniform(0.0, 0.5))
            for server in servers:
                server.process.send_signal(signal.SIGKILL)
                server.process.wait()
                await asyncio.sleep(chance.uniform(0.0, 0.2))
    with running(*places):
        await all_is_done(db)
    fired = 0
    for id, root in automations.items():
        expected = sorted(shown(in_order(root, events, begin, utc_now())), key=str)
        assert await fired_by(db, id) == expected, root.stored
        fired += len(expected)
    assert fired > TRIGGERS
    statuses = [row.status for row in await db.read.all(sa.select(action.c.status))]
    assert statuses == [ActionStatus.SUCCEEDED] * fired
    assert await db.read.scalar(sa.select(sa.func.count()).select_from(flow_run)) == fired


def create(api: httpx.Client, chance: random.Random) -> dict[str, Node]:
    """Automations that run a deployment, by their ids."""
    flow = api.post("/flows/", json={"name": "f"}).json()["id"]
    deployment = api.post("/deployments/", json={"name": "d", "flow_id": flow}).json()["id"]
    automations: dict[str, Node] = {}
    while len(automations) < TRIGGERS:
        trigger = random_trigger(chance)
        root = compile_trigger(MODELS[trigger["type"]].model_validate(trigger).model_dump(mode="json"))
        # Windows that end while nobody looks are not made up for, if others begin where they end.
        if all(leaf.after or not leaf.is_proactive for leaf in root.leaves()):
            run = {"type": "run-deployment", "deployment_id": deployment}
            reply = api.post("/automations/", json={"name": f"{uuid4()}", "trigger": trigger, "actions": [run]})
            assert reply.status_code == 201, reply.text
            automations[reply.json()["id"]] = compile_trigger(reply.json()["trigger"])
    return automations


def stream(chance: random.Random) -> list[Json]:
    """Events that have happened already."""
    events = random_events(chance, utc_now(), EVENTS)
    back = occurred(events[-1]) - utc_now() + timedelta(minutes=10)
    return [event | {"occurred": (occurred(event) - back).isoformat()} for event in events]


def shuffled(chance: random.Random, events: list[Json]) -> list[Any]:
    """In any order, and a fifth of them twice."""
    sent = [{name: value for name, value in event.items() if name != "received"} for event in events]
    sent += chance.sample(sent, len(sent) // 5)
    return chance.sample(sent, len(sent))


async def all_is_done(db: Database) -> None:
    """Waits until nothing is left to evaluate or to do; claims of the dead run out at once."""
    claims = sa.update(action).where(action.c.status == ActionStatus.RUNNING, action.c.due > utc_now())
    await db.try_write(lambda tx: tx.execute(claims.values(due=utc_now())))
    deadline = time.monotonic() + PATIENCE
    waiting = sa.select(sa.func.count()).select_from(trigger_event).where(trigger_event.c.evaluated.is_(None))
    undone = sa.select(sa.func.count()).select_from(action).where(action.c.due.is_not(None))
    while left := [await db.read.scalar(waiting), await db.read.scalar(undone)]:
        if left == [0, 0]:
            return
        assert time.monotonic() < deadline, left
        await asyncio.sleep(0.2)
