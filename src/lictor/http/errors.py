"""What may go wrong with a request, and the one place that says how it looks.

Clients read these bodies: most errors carry `detail`, some `exception_message`, and a request that is not valid
carries `exception_message`, `exception_detail` and `request_body`.
"""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar

from pydantic_core import PydanticSerializationError, to_json
from sqlalchemy.exc import IntegrityError
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lictor.db.engine import DatabaseTooBusy, DatabaseUnavailable, TookTooLong
from lictor.observability.log_throttle import RateLimitedLogger

logger = logging.getLogger(__name__)


class ApiError(Exception):
    """An answer other than the one that was asked for. Raise it anywhere below a route."""

    status: ClassVar[HTTPStatus]
    key: ClassVar[str] = "detail"
    headers: Mapping[str, str] = {}

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def body(self) -> dict[str, Any]:
        return {self.key: self.message}


class BadRequest(ApiError):
    """The request makes no sense, whatever it asks for."""

    status = HTTPStatus.BAD_REQUEST


class Unauthorized(ApiError):
    """The caller did not say who they are, or nobody knows them."""

    status = HTTPStatus.UNAUTHORIZED
    key = "exception_message"


class Forbidden(ApiError):
    """The caller is known, and may not do this."""

    status = HTTPStatus.FORBIDDEN


class NotFound(ApiError):
    """What the caller named is not there."""

    status = HTTPStatus.NOT_FOUND


class ObjectNotFound(NotFound):
    """What the caller named is not there, said as Prefect says it where it lets its own exception through."""

    key = "exception_message"


class Conflict(ApiError):
    """It cannot be done beside what is there already."""

    status = HTTPStatus.CONFLICT


class Gone(ApiError):
    """What the caller named was there, and is not any more."""

    status = HTTPStatus.GONE


class Locked(ApiError):
    """Others have taken what there is; `seconds` tells when to ask again."""

    status = HTTPStatus.LOCKED

    def __init__(self, message: str = "Locked", seconds: float | None = None) -> None:
        super().__init__(message)
        if seconds is not None:
            self.headers = {"Retry-After": str(seconds)}


class TooLarge(ApiError):
    """The request body is longer than the server reads."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class Unprocessable(ApiError):
    """A valid request for something that cannot be."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


class InvalidRequest(ApiError):
    """Parts of the request are not what they must be; `problems` names each (see `problem`)."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, problems: Sequence[Mapping[str, Any]], request_body: Any = None) -> None:
        super().__init__("Invalid request received.")
        self.problems = problems
        self.request_body = request_body

    def body(self) -> dict[str, Any]:
        return {
            "exception_message": self.message,
            "exception_detail": self.problems,
            "request_body": self.request_body,
        }


class InternalError(ApiError):
    """Our fault."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR
    key = "exception_message"


class Unavailable(ApiError):
    """Not now; the same request may work in a moment."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    key = "exception_message"
    headers = {"Retry-After": "1"}


def problem(kind: str, where: Sequence[str | int], message: str, value: Any, **context: Any) -> dict[str, Any]:
    """One thing wrong with a request, as Pydantic would report it: `where` is ("body", "flows", ...)."""
    found = {"type": kind, "loc": where, "msg": message, "input": value}
    return found | {"ctx": context} if context else found


def render(error: ApiError) -> Response:
    """The answer that an error is."""
    return Response(as_json(error.body()), error.status, error.headers, media_type="application/json")


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
            request = f"{scope['method']} {scope['path']!r}"
            error = cause if isinstance(cause, ApiError) else self._explained(cause, request)
            await render(error)(scope, receive, send)

    def _explained(self, cause: Exception, request: str) -> ApiError:
        match cause:
            case DatabaseUnavailable():
                self.outages.warning(str(cause), "%s: %s", request, cause)
                return Unavailable(_told(cause))
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
            return "Service Unavailable: as many counts, histories and exports run as LICTOR_HEAVY_LANES allows."
        case _:
            return "Service Unavailable"
