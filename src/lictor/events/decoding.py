"""What clients send, read strictly: an event that is taken can be stored."""

import re
from collections.abc import Iterator
from datetime import datetime

from pydantic import ValidationError

from lictor.db.types import dump_json
from lictor.errors import InvalidRequest, RequestError
from lictor.events.batch_insert import PendingEvent
from lictor.events.fast_decoder import decode_fast
from lictor.events.schemas import Event
from lictor.events.task_runs import task_run_update
from lictor.settings.events import EventSettings
from lictor.validation import strict_json

INFINITY = "Infinity"
"""How `dump_json` writes one."""

_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


class BadEvent(ValueError):
    """What came is no event that can be stored; it says why."""


def decode_event(text: str, received: datetime, settings: EventSettings) -> PendingEvent:
    """An event from its JSON. Raises BadEvent."""
    usual = decode_fast(text.encode(), received, settings)
    return decode_any_event(text, received, settings) if usual is None else usual


def decode_any_event(text: str, received: datetime, settings: EventSettings) -> PendingEvent:
    """An event from its JSON, whatever it looks like. Raises BadEvent.

    A NUL character, which PostgreSQL cannot store, becomes U+FFFD: no task run is to be lost for what it printed.
    """
    if "\\u0000" in text:
        text = _NUL.sub(r"\1\\ufffd", text)
    try:
        encoded = text.encode()
        event = Event.model_validate(strict_json.parse_without_nul(encoded))
        if INFINITY in (payload := dump_json(event.payload)):
            strict_json.parse(encoded)  # which has something against it, unless it is part of a text
    except InvalidRequest as error:
        raise BadEvent("; ".join(f"{problem['loc']}: {problem['msg']}" for problem in error.problems)) from None
    except ValidationError as error:
        raise BadEvent("; ".join(f"{found['loc']}: {found['msg']}" for found in error.errors())) from None
    except (RequestError, ValueError) as error:
        raise BadEvent(str(error)) from None
    if (excess := next(excesses(event, settings), None)) is not None:
        raise BadEvent(excess[1])
    return pending_event(event, received, len(encoded), payload)


def pending_event(event: Event, received: datetime, size: int, payload: str | None = None) -> PendingEvent:
    """An event that has been received, with what it tells of a task run, if that can be understood."""
    try:
        observed, error_message = task_run_update(event), None
    except ValueError as error:
        observed, error_message = None, str(error)
    return PendingEvent.of(event, received, observed, size, payload=payload, error_message=error_message)


def excesses(event: Event, settings: EventSettings) -> Iterator[tuple[str, str]]:
    """Where an event has more of something than the settings allow: the field, and what there is to say."""
    if len(event.event) > settings.maximum_event_name_length:
        yield "event", f"Event name must be at most {settings.maximum_event_name_length} characters"
    if len(event.related) > settings.maximum_related_resources:
        yield "related", f"The maximum number of related resources is {settings.maximum_related_resources}"
    most = settings.maximum_labels_per_resource
    for field, resources in (("resource", [event.resource]), ("related", event.related)):
        if any(len(resource.root) > most for resource in resources):
            yield field, f"The maximum number of labels per resource is {most}"
