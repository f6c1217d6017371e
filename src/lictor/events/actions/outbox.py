"""The outbox: firings and their actions, written in the transaction that works them out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.bulk import Insertion
from lictor.db.engine import Transaction
from lictor.db.functions import value_in
from lictor.db.ids import uuid7
from lictor.db.types import dump_json, load_json
from lictor.events.emit import emit, own_event, resource
from lictor.events.schemas import Event
from lictor.events.triggers.evaluation import Firing
from lictor.resources.automations.events import automation_json
from lictor.resources.automations.firing_tables import ActionStatus, action, firing

FIRINGS = Insertion(
    firing,
    ("id", "automation_id", "key", "fired", "created", "is_test", "automation", "firing"),
    "(key) DO NOTHING",
)
ACTIONS = Insertion(
    action,
    ("id", "firing_id", "position", "action", "event", "cause", "status", "attempts", "due"),
    announced=True,
)


@dataclass(frozen=True)
class FiredAutomation:
    """A firing of an automation, whose row says what is to be done."""

    automation: sa.Row[Any]
    firing: Firing
    is_test: bool = False


async def put(tx: Transaction, fired: Sequence[FiredAutomation], now: datetime) -> list[UUID]:
    """Writes firings that are new, with their actions and the events that tell of them; the ids of those firings."""
    if not fired:
        return []
    known = {row.key for row in await tx.all(_known([each.firing.key for each in fired]))}
    new = list({each.firing.key: each for each in fired if each.firing.key not in known}.values())
    firings, actions, events = [], [], []
    for each in new:
        told = state_event(each)
        firings.append(_firing_row(each, now))
        actions += _action_rows(each, told, now)
        events.append(told)
    await FIRINGS.run(tx, firings)
    await ACTIONS.run(tx, actions)
    await emit(tx, *events)
    return [each.firing.id for each in new]


def _known(keys: Sequence[str]) -> sa.Select[Any]:
    return sa.select(firing.c.key).where(value_in(firing.c.key, list(keys)))


def state_event(fired: FiredAutomation) -> Event:
    """The event that tells of an automation's new state."""
    shown = fired.firing.event
    posture = fired.firing.trigger.stored.get("posture")
    labels = {} if posture is None else {"prefect.posture": posture}
    related = [] if shown is None else [resource("event", shown["id"], role="triggering-event")]
    return own_event(
        "prefect.automation.triggered",
        resource("automation", fired.automation.id, fired.automation.name, labels=labels),
        related=related,
        payload={"triggering_labels": dict(fired.firing.labels), "triggering_event": shown},
    )


def _firing_row(fired: FiredAutomation, now: datetime) -> tuple[Any, ...]:
    one = fired.firing
    return (
        one.id,
        fired.automation.id,
        one.key,
        one.fired,
        now,
        fired.is_test,
        dump_json(automation_json(fired.automation)),
        dump_json(one.shown()),
    )


def _action_rows(fired: FiredAutomation, event_: Event, now: datetime) -> list[tuple[Any, ...]]:
    own = None if fired.firing.event is None else dump_json(fired.firing.event)
    of_state = dump_json(event_.model_dump(mode="json") | {"received": now.isoformat()})
    listed: list[tuple[Mapping[str, Any], str | None]] = [
        *((one, own) for one in load_json(fired.automation.actions)),
        *((one, of_state) for one in load_json(fired.automation.actions_on_trigger)),
    ]
    return [
        (uuid7(), fired.firing.id, position, dump_json(one), event, event_.id, ActionStatus.PENDING, 0, now)
        for position, (one, event) in enumerate(listed)
    ]
