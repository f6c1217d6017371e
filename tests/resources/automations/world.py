"""Automations at work, with a clock of the test's own."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx
import sqlalchemy as sa

from lictor.db.engine import Database
from lictor.db.ids import uuid7
from lictor.db.types import load_json
from lictor.events.triggers.evaluator import Evaluator
from lictor.events.triggers.grace import set_grace
from lictor.resources.automations.firing_tables import action, firing
from lictor.settings import AutomationSettings, Settings
from tests.databases import settings_for

NO_GRACE = timedelta(0)


def acting_settings(database_url: str, **more: Any) -> Settings:
    """Settings of a server whose actions reach this machine."""
    automations = AutomationSettings(
        triggers_enabled=False,
        grace=NO_GRACE,
        allow_private_addresses=True,
        action_timeout=timedelta(seconds=20),
        ui_url="http://ui",
        **more,
    )
    return settings_for(database_url, automations=automations)


def event(
    name: str, at: datetime, resource: str = "r.1", labels: dict[str, str] | None = None, **more: Any
) -> dict[str, Any]:
    """An event as clients send it."""
    return {
        "id": str(uuid7()),
        "occurred": at.isoformat(),
        "event": name,
        "resource": {"prefect.resource.id": resource} | (labels or {}),
        "related": [],
        "payload": {},
    } | more


def related(id: str, role: str = "flow") -> dict[str, str]:
    return {"prefect.resource.id": id, "prefect.resource.role": role}


async def create(api: httpx.AsyncClient, trigger: dict[str, Any], **more: Any) -> str:
    """An automation with this trigger; its id."""
    body = {"name": "x", "trigger": {"type": "event", "posture": "Reactive"} | trigger, "actions": []} | more
    reply = await api.post("/automations/", json=body)
    assert reply.status_code == 201, reply.text
    return reply.json()["id"]


async def send(api: httpx.AsyncClient, *events: dict[str, Any]) -> None:
    reply = await api.post("/events", json=list(events))
    assert reply.status_code == 204, reply.text


async def evaluate(db: Database) -> None:
    """Evaluates what is due, by one of any number of replicas."""
    set_grace(db, NO_GRACE)
    await Evaluator(db).evaluate_all()


async def firings(db: Database) -> Sequence[dict[str, Any]]:
    """All firings, oldest first."""
    rows = await db.read.all(sa.select(firing).order_by(firing.c.fired, firing.c.id))
    return [load_json(row.firing) for row in rows]


async def events_of(db: Database) -> list[str | None]:
    """The names of the events that led to each firing."""
    return [found["triggering_event"] and found["triggering_event"]["event"] for found in await firings(db)]


async def actions(db: Database) -> Sequence[Any]:
    return await db.read.all(sa.select(action).order_by(action.c.firing_id, action.c.position))
