"""Calling webhooks, those that notify included."""

import re
from typing import Any, Literal

import httpcore
import httpx
from pydantic import BaseModel, Field, ValidationError

from lictor.events.actions.addresses import ForbiddenAddress
from lictor.events.actions.attempt import ActionFailed, Attempt
from lictor.events.actions.outgoing import SHOWN_CHARACTERS, Answer, Limits, send

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

_PASSING = frozenset({408, 425, 429})
"""Answers besides 5xx after which another attempt may end better."""

_REDACTED = re.compile("authorization|cookie|token|secret|key|password", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\{\{\s*([\w.\-\[\]$]+)\s*\}\}")


class WebhookBlock(BaseModel):
    """A webhook, as its block holds it."""

    url: str
    method: Method = "POST"
    headers: dict[str, str] = Field(default_factory=dict)
    allow_private_urls: bool = True
    verify: bool = True


class CustomWebhookBlock(BaseModel):
    """A webhook that notifies, as its block holds it: texts with placeholders."""

    name: str
    url: str
    method: Method = "POST"
    params: dict[str, str] | None = None
    json_data: dict[str, Any] | None = None
    form_data: dict[str, str] | str | None = None
    headers: dict[str, str] | None = None
    cookies: dict[str, str] | None = None
    timeout: float = 10.0
    allow_private_urls: bool = True
    secrets: dict[str, Any] = Field(default_factory=dict)


async def call(attempt: Attempt, data: dict[str, Any], payload: str) -> None:
    """Calls a webhook with a body."""
    block = read(WebhookBlock, data)
    # Whoever is called may tell by the key that an attempt is another one of the same action.
    headers = {"idempotency-key": str(attempt.id), **block.headers}
    request = _request(block.method, block.url, headers=headers, content=payload.encode())
    await _send(attempt, request, allow_private=block.allow_private_urls, verify=block.verify)


async def notify(attempt: Attempt, data: dict[str, Any], subject: str, body: str) -> None:
    """Calls a webhook that notifies, its placeholders filled in."""
    block = read(CustomWebhookBlock, data)
    values = {**block.secrets, "subject": subject, "body": body, "name": block.name}
    form = _filled(block.form_data, values)
    request = _request(
        block.method,
        _filled(block.url, values),
        params=_filled(block.params, values),
        json=_filled(block.json_data, values),
        data=form if isinstance(form, dict) else None,
        content=form if isinstance(form, str) else None,
        headers={"user-agent": "Lictor", **(_filled(block.headers, values) or {})},
        cookies=_filled(block.cookies, values),
    )
    await _send(attempt, request, allow_private=block.allow_private_urls, seconds=block.timeout)


def read(model: type[Any], data: dict[str, Any]) -> Any:
    """A block of its document's data. Raises ActionFailed, which repeats no secret."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, found['loc']))}: {found['msg']}" for found in error.errors())
        raise ActionFailed(f"The block was invalid: {problems}") from None


def _filled(value: Any, values: dict[str, Any]) -> Any:
    match value:
        case str():
            whole = _PLACEHOLDER.fullmatch(value)
            if whole is not None and whole[1] in values:
                return values[whole[1]]
            return _PLACEHOLDER.sub(lambda found: str(values.get(found[1], found[0])), value)
        case dict():
            return {key: _filled(item, values) for key, item in value.items()}
        case list():
            return [_filled(item, values) for item in value]
        case _:
            return value


def _request(method: str, url: str, **parts: Any) -> httpx.Request:
    given = {name: part for name, part in parts.items() if part is not None}
    try:
        request = httpx.Request(method, url, **given)
    except (httpx.InvalidURL, TypeError, ValueError) as error:
        raise ActionFailed(f"Webhook call failed: {error!r}") from None
    if request.url.scheme not in {"http", "https"} or not request.url.host:
        raise ActionFailed("Webhook call failed: the URL must begin with http:// or https:// and name a host")
    return request


async def _send(
    attempt: Attempt, request: httpx.Request, *, allow_private: bool, verify: bool = True, seconds: float | None = None
) -> None:
    settings = attempt.settings.automations
    longest = settings.action_timeout.total_seconds()
    limits = Limits(
        allow_private=allow_private and settings.allow_private_addresses,
        seconds=longest if seconds is None else min(seconds, longest),
        verify=verify,
    )
    try:
        answer = await send(request, limits)
    except ForbiddenAddress as error:
        raise ActionFailed(f"Webhook call failed: {error}") from None
    except (TimeoutError, httpcore.TimeoutException):
        raise ActionFailed(f"Webhook call failed: no answer within {limits.seconds:g} s", may_pass=True) from None
    except (OSError, httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise ActionFailed(f"Webhook call failed: {error!r}", may_pass=True) from None
    _note(attempt, answer)


def _note(attempt: Attempt, answer: Answer) -> None:
    attempt.result |= {
        "status_code": answer.status,
        "response_body": answer.text[:SHOWN_CHARACTERS],
        "response_headers": {n: "REDACTED" if _REDACTED.search(n) else v for n, v in answer.headers.items()},
    }
    if answer.status >= 300:
        more = "; redirects are not followed" if answer.status < 400 else ""
        may_pass = answer.status >= 500 or answer.status in _PASSING
        raise ActionFailed(f"Webhook call failed: the answer was {answer.status}{more}", may_pass=may_pass)
