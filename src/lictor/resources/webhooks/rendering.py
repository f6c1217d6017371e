"""From a request to the event that a webhook's template makes of it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from lictor import sandbox
from lictor.db.base import utc_now
from lictor.db.ids import uuid7
from lictor.errors import RequestError, Unprocessable
from lictor.events.emit import resource
from lictor.resources.webhooks.schemas import texts_in
from lictor.sandbox import OverBudget, SandboxError
from lictor.templates import as_expression, is_template
from lictor.validation import strict_json

FORM = "application/x-www-form-urlencoded"
HIDDEN_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})
RESERVED_PREFIX = "prefect."
"""Names that only the server and its clients give to events."""


@dataclass(frozen=True)
class Received:
    """A request, as far as templates see it."""

    body: bytes
    headers: Mapping[str, str]
    query: Mapping[str, str]

    def read_body(self) -> Any:
        """Its body: JSON if it is that, a form if it says so, text otherwise."""
        text = self.body.decode("utf-8", "replace").replace("\0", "\ufffd")
        if self.headers.get("content-type", "").partition(";")[0].strip().lower() == FORM:
            return dict(parse_qsl(text, keep_blank_values=True))
        try:
            return strict_json.parse(self.body, sanitized=True) if self.body else None
        except RequestError:
            return text


async def render_event(webhook: Any, template: Mapping[str, Any], received: Received) -> dict[str, Any]:
    """The event as a client would send it. Raises Unprocessable."""
    body = received.read_body()
    context = {
        "body": body,
        "headers": {name: value for name, value in received.headers.items() if name not in HIDDEN_HEADERS},
        "query": dict(received.query),
        "webhook": {"id": str(webhook.id), "name": webhook.name},
    }
    parts = {name: value for name, value in template.items() if value is not None}
    payload = parts.pop("payload", None)
    texts = [text for _, text in texts_in(parts)] + [as_expression(text) or text for _, text in texts_in(payload)]
    rendered = await _render([text for text in dict.fromkeys(texts) if is_template(text)], context)
    made: dict[str, Any] = _filled(parts, lambda text: rendered.get(text, text))
    if made["event"].startswith(RESERVED_PREFIX):
        raise Unprocessable(f"The event cannot be called {made['event']!r}: such names are the server's own.")
    if payload is not None:
        made["payload"] = _filled(payload, lambda text: _typed(text, rendered))
    else:
        made["payload"] = body if isinstance(body, dict) else {} if body is None else {"body": body}
    made.setdefault("id", str(uuid7()))
    made.setdefault("occurred", utc_now().isoformat())
    made["related"] = [*made.get("related", ()), resource("webhook", webhook.id, webhook.name, role="webhook")]
    return made


async def _render(templates: list[str], context: Mapping[str, Any]) -> dict[str, str]:
    if not templates:
        return {}
    try:
        texts: list[str] = await sandbox.call("templates.render_all", templates, context, None)
    except (SandboxError, OverBudget) as error:
        raise Unprocessable(f"The template cannot be rendered: {error}") from None
    return dict(zip(templates, texts, strict=True))


def _filled(value: Any, fill: Callable[[str], Any]) -> Any:
    match value:
        case str():
            return fill(value)
        case dict():
            return {name: _filled(item, fill) for name, item in value.items()}
        case list():
            return [_filled(item, fill) for item in value]
        case _:
            return value


def _typed(text: str, rendered: Mapping[str, str]) -> Any:
    """What a text of the payload becomes: a value of any type, if it is one expression."""
    expression = as_expression(text)
    return rendered.get(text, text) if expression is None else json.loads(rendered[expression])
