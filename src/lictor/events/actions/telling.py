"""The events that tell what has become of an action."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from lictor.db.base import utc_now
from lictor.db.ids import uuid7
from lictor.events.actions.attempt import Attempt
from lictor.events.batch_insert import PendingEvent
from lictor.events.schemas import ID, ROLE, Event

FOLLOWS_WITHIN = timedelta(minutes=5)
"""How soon after the event that led to it an action must come to be said to follow it."""


def outcome_events(attempt: Attempt, reason: str | None) -> list[PendingEvent]:
    """That an action was triggered, and that it was carried out, or why it was not."""
    triggered = datetime.fromisoformat(attempt.firing["triggered"])
    first, second = uuid7(), uuid7()
    details = {
        "action_index": attempt.row.position,
        "action_type": attempt.action.type,
        "invocation": str(attempt.id),
    }
    outcome = "executed" if reason is None else "failed"
    told = details | ({} if reason is None else {"reason": reason}) | attempt.result
    return [
        _event(attempt, "triggered", triggered, details, first, _follows(attempt, triggered)),
        _event(attempt, outcome, utc_now(), told, second, first),
    ]


def _follows(attempt: Attempt, triggered: datetime) -> UUID | None:
    if attempt.event is None:
        return None
    occurred = datetime.fromisoformat(attempt.event["occurred"])
    return UUID(attempt.event["id"]) if abs(triggered - occurred) < FOLLOWS_WITHIN else None


def _event(
    attempt: Attempt, outcome: str, occurred: datetime, payload: dict[str, Any], id: UUID, follows: UUID | None
) -> PendingEvent:
    automation = attempt.automation
    trigger = automation["trigger"]
    resource = {
        ID: f"prefect.automation.{automation['id']}",
        "prefect.resource.name": automation["name"],
        "prefect.trigger-type": trigger["type"],
    }
    if trigger["type"] == "event":
        resource["prefect.posture"] = trigger["posture"]
    related = [*attempt.related]
    if attempt.row.cause is not None:
        related.append({ID: f"prefect.event.{attempt.row.cause}", ROLE: "automation-triggered-event"})
    if attempt.event is not None:
        related.append({ID: f"prefect.event.{attempt.event['id']}", ROLE: "triggering-event"})
    event = Event.model_validate(
        {
            "occurred": occurred,
            "event": f"prefect.automation.action.{outcome}",
            "resource": resource,
            "related": related,
            "payload": payload,
            "id": id,
            "follows": follows,
        }
    )
    return PendingEvent.of(event, utc_now(), None, 0)
