"""The events that tell what has become of an action."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from lictor.db.base import utc_now
from lictor.events.actions.attempt import Attempt
from lictor.events.emit import own_event, resource
from lictor.events.schemas import Event

FOLLOWS_WITHIN = timedelta(minutes=5)
"""How soon after the event that led to it an action must come to be said to follow it."""


def outcome_events(attempt: Attempt, reason: str | None) -> list[Event]:
    """That an action was triggered, and that it was carried out, or why it was not."""
    fired = datetime.fromisoformat(attempt.firing["triggered"])
    details = {
        "action_index": attempt.row.position,
        "action_type": attempt.action.type,
        "invocation": str(attempt.id),
    }
    triggered = _event(attempt, "triggered", fired, details, _follows(attempt, fired))
    outcome, more = ("executed", {}) if reason is None else ("failed", {"reason": reason})
    return [triggered, _event(attempt, outcome, utc_now(), details | more | attempt.result, triggered.id)]


def _follows(attempt: Attempt, fired: datetime) -> UUID | None:
    if attempt.event is None:
        return None
    occurred = datetime.fromisoformat(attempt.event["occurred"])
    return UUID(attempt.event["id"]) if abs(fired - occurred) < FOLLOWS_WITHIN else None


def _event(attempt: Attempt, outcome: str, occurred: datetime, payload: dict[str, Any], follows: UUID | None) -> Event:
    automation = attempt.automation
    trigger = automation["trigger"]
    labels = {"prefect.trigger-type": trigger["type"]}
    if trigger["type"] == "event":
        labels["prefect.posture"] = trigger["posture"]
    related = [*attempt.related]
    if attempt.row.cause is not None:
        related.append(resource("event", attempt.row.cause, role="automation-triggered-event"))
    if attempt.event is not None:
        related.append(resource("event", attempt.event["id"], role="triggering-event"))
    return own_event(
        f"prefect.automation.action.{outcome}",
        resource("automation", automation["id"], automation["name"], labels=labels),
        related=related,
        payload=payload,
        occurred=occurred,
        follows=follows,
    )
