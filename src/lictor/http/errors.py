"""How each error looks to a client: the one place that renders `lictor.errors`.

Clients read these bodies: most errors carry `detail`, some `exception_message`, and a request that is not valid
carries `exception_message`, `exception_detail` and `request_body`.
"""

import logging
import math
from collections.abc import Mapping
from typing import Any

from pydantic_core import PydanticSerializationError, to_json
from sqlalchemy.exc import IntegrityError
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lictor.db.failures import DatabaseTooBusy, DatabaseUnavailable, TookTooLong
from lictor.errors import (
    Conflict,
    InternalError,
    InvalidRequest,
    Locked,
    ObjectNotFound,
    RequestError,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    Unprocessable,
)
from lictor.http.echo import cut
from lictor.observability.log_throttle import RateLimitedLogger
from lictor.observability.tokens import without_tokens
from lictor.sandbox import OverBudget, SandboxBusy
from lictor.validation.fields import HIDDEN
from lictor.validation.strict_json import MAX_PROBLEMS

logger = logging.getLogger(__name__)


WITH_EXCEPTION_MESSAGE = (Unauthorized, ObjectNotFound, InternalError, Unavailable)
"""Errors that Prefect tells of by `exception_message` instead of `detail`."""


def render(error: RequestError) -> Response:
    """The response that an error is."""
    return Response(as_json(_body(error)), error.status, _headers(error), media_type="application/json")


def _headers(error: RequestError) -> dict[str, str]:
    match error:
        case Locked(seconds=float() | int() as seconds):
            return {"Retry-After": str(seconds)}
        case TooManyRequests():
            return {"Retry-After": str(math.ceil(error.seconds))}
        case Unauthorized(challenge=str() as challenge):
            return {"WWW-Authenticate": challenge}
        case Unavailable():
            return {"Retry-After": "1"}
        case _:
            return {}


def _body(error: RequestError) -> dict[str, Any]:
    if isinstance(error, InvalidRequest):
        repeat = _hide if error.holds_secrets else cut
        return {
            "exception_message": error.message,
            "exception_detail": [
                {**found, "input": repeat(found.get("input"))} for found in error.problems[:MAX_PROBLEMS]
            ],
            "request_body": repeat(error.request_body),
        }
    return {"exception_message" if isinstance(error, WITH_EXCEPTION_MESSAGE) else "detail": error.message}


def _hide(value: Any) -> Any:
    return None if value is None else HIDDEN


def as_json(content: Any) -> bytes:
    """Any content as JSON: what JSON cannot hold becomes text, or an empty object."""
    try:
        return to_json(content, inf_nan_mode="strings", fallback=lambda _: {})
    except PydanticSerializationError:  # text that is not Unicode
        return to_json(_printable(content), inf_nan_mode="strings", fallback=lambda _: {})


def _printable(content: Any) -> Any:
    match content:
        case str():
            return content.encode(errors="backslashreplace").decode()
        case bytes():
            return content.decode(errors="backslashreplace")
        case Mapping():
            return {_printable(key): _printable(value) for key, value in content.items()}
        case list() | tuple():
            return [_printable(item) for item in content]
        case _:
            return content


class ErrorMiddleware:
    """Turns what routes raise into answers, and logs what nobody foresaw."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.outages = RateLimitedLogger(logger)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answering = False

        async def watched_send(message: Message) -> None:
            nonlocal answering
            answering = True
            await send(message)

        try:
            await self.app(scope, receive, watched_send)
        except ClientDisconnect:
            return
        except Exception as cause:
            if answering:
                raise  # too late for another answer: the server logs it and closes the connection
            request = f"{scope['method']} {without_tokens(scope['path'])!r}"
            error = cause if isinstance(cause, RequestError) else self._explained(cause, request)
            await render(error)(scope, receive, send)

    def _explained(self, cause: Exception, request: str) -> RequestError:
        match cause:
            case DatabaseUnavailable():
                self.outages.warning(str(cause), "%s: %s", request, cause)
                return Unavailable(_told(cause))
            case OverBudget():
                return Unprocessable(f"The schema or template of this request cannot be evaluated: {cause}.")
            case SandboxBusy():
                self.outages.warning(str(cause), "%s: %s", request, cause)
                return Unavailable(
                    "Service Unavailable: as many schemas and templates are evaluated as may be at once."
                )
            case IntegrityError():
                logger.warning("%s: %s", request, cause.orig)
                return Conflict("A unique or foreign key constraint of the database does not allow this.")
            case _:
                logger.error("%s failed", request, exc_info=cause)
                return InternalError("Internal Server Error")


def _told(cause: DatabaseUnavailable) -> str:
    match cause:
        case TookTooLong():
            return "Service Unavailable: the database took longer than PREFECT_SERVER_DATABASE_TIMEOUT allows."
        case DatabaseTooBusy():
            return "Service Unavailable: as many counts, histories and exports run as LICTOR_SLOW_READS allows."
        case _:
            return "Service Unavailable"
