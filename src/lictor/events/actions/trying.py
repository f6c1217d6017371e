"""Letting an automation fire to try it."""

from typing import Any
from uuid import UUID

from lictor.db.base import utc_now
from lictor.db.engine import Transaction
from lictor.db.ids import uuid7
from lictor.db.types import load_json
from lictor.errors import ObjectNotFound
from lictor.events.actions.outbox import FiredAutomation, put
from lictor.events.schemas import ID, ROLE, Event
from lictor.events.triggers.compiled import CompositeNode, EventNode, Node, compile_trigger
from lictor.events.triggers.evaluation import Firing
from lictor.resources.automations import queries

NO_ID = "00000000-0000-0000-0000-000000000000"


async def fire_to_try(tx: Transaction, automation_id: UUID, event: Event | None) -> UUID:
    """Lets an automation fire for an event, whatever its trigger makes of it; the firing's id."""
    row = await tx.first(queries.locked_automation(automation_id))
    if row is None:
        raise ObjectNotFound("Automation not found")
    root = compile_trigger(load_json(row.trigger))
    shown = _sample(root) if event is None else event.model_dump(mode="json")
    now = utc_now()
    shown["received"] = now.isoformat().replace("+00:00", "Z")
    firing = Firing(root, now, f"test/{uuid7()}", _labels(root, shown), shown)
    (id,) = await put(tx, [FiredAutomation(row, firing, is_test=True)], now)
    return id


def _sample(root: Node) -> dict[str, Any]:
    """An event that a trigger would have something to do with; wildcards stand for an id of zeros, or for `any`."""
    leaf = next(root.leaves(), None)
    names = () if leaf is None else (*leaf.expect, *leaf.after)
    return {
        "id": str(uuid7()),
        "occurred": utc_now().isoformat().replace("+00:00", "Z"),
        "event": _fill(next(iter(names), "lictor.automation.test"), "any"),
        "resource": {ID: f"lictor.test.{NO_ID}"} | ({} if leaf is None else _resource(leaf.match.labels)),
        "related": []
        if leaf is None
        else [
            {ID: f"lictor.test.{NO_ID}", ROLE: "test"} | _resource(each.labels)
            for each in leaf.match_related
            if each.labels
        ],
        "payload": {},
        "follows": None,
    }


def _resource(labels: Any) -> dict[str, str]:
    chosen = {}
    for label, patterns in labels.items():
        listed = [patterns] if isinstance(patterns, str) else patterns
        positive = next((pattern for pattern in listed if not pattern.startswith("!")), None)
        if positive is not None:
            chosen[label] = _fill(positive, NO_ID)
    return chosen


def _fill(pattern: str, text: str) -> str:
    return pattern.replace("*", text)


def _labels(root: Node, shown: dict[str, Any]) -> dict[str, str]:
    if isinstance(root, CompositeNode):
        return {}
    assert isinstance(root, EventNode)
    return dict(zip(root.for_each, root.key([shown["resource"], *shown["related"]]), strict=True))
