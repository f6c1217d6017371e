"""What may go wrong, in one hierarchy: each error says what happened, not how it is answered.

`lictor.http.errors` renders a `RequestError`. The command line prints any `LictorError` and exits with 1.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar


class LictorError(Exception):
    """What went wrong, in words for the user."""


class RequestError(LictorError):
    """A request that cannot be answered as it was meant. Raise it anywhere below a route."""

    status: ClassVar[HTTPStatus]
    """How the API classifies it."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class BadRequest(RequestError):
    """The request makes no sense, whatever it asks for."""

    status = HTTPStatus.BAD_REQUEST


class Unauthorized(RequestError):
    """The caller did not say who they are, or nobody knows them."""

    status = HTTPStatus.UNAUTHORIZED

    challenge: str | None = None
    """How they may say it, as HTTP tells it."""


class Forbidden(RequestError):
    """The caller is known, and may not do this."""

    status = HTTPStatus.FORBIDDEN


class NotFound(RequestError):
    """What the caller named is not there."""

    status = HTTPStatus.NOT_FOUND


class ObjectNotFound(NotFound):
    """What the caller named is not there, where Prefect lets its own exception through."""


class Conflict(RequestError):
    """It cannot be done beside what is there already."""

    status = HTTPStatus.CONFLICT


class Gone(RequestError):
    """What the caller named was there, and is not any more."""

    status = HTTPStatus.GONE


class Locked(RequestError):
    """Others have taken what there is; `seconds` tells when to ask again."""

    status = HTTPStatus.LOCKED

    def __init__(self, message: str = "Locked", seconds: float | None = None) -> None:
        super().__init__(message)
        self.seconds = seconds


class TooManyRequests(RequestError):
    """More requests than may come; `seconds` tells when the next one may."""

    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class TooLarge(RequestError):
    """The request body is longer than the server reads."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class Unprocessable(RequestError):
    """A valid request for something that cannot be."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


class InvalidRequest(RequestError):
    """Parts of the request are not what they must be; `problems` names each (see `problem`).

    `request_body` is filled in by the route where whoever raises it does not know the body.
    """

    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, problems: Sequence[Mapping[str, Any]], request_body: Any = None) -> None:
        super().__init__("Invalid request received.")
        self.problems = problems
        self.request_body = request_body
        self.holds_secrets = False


class InternalError(RequestError):
    """Our fault."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR


class Unavailable(RequestError):
    """Not now; the same request may work in a moment."""

    status = HTTPStatus.SERVICE_UNAVAILABLE


def problem(kind: str, where: Sequence[str | int], message: str, value: Any, **context: Any) -> dict[str, Any]:
    """One thing wrong with a request, as Pydantic would report it: `where` is ("body", "flows", ...)."""
    found = {"type": kind, "loc": where, "msg": message, "input": value}
    return found | {"ctx": context} if context else found


def field_problem(where: Sequence[str | int], message: str, value: Any) -> dict[str, Any]:
    """A field whose value is wrong, as Pydantic reports a validator that raises ValueError."""
    return problem("value_error", where, f"Value error, {message}", value, error={})


def invalid_field(where: Sequence[str | int], message: str, value: Any) -> InvalidRequest:
    """The one error for "this field is wrong", from anywhere below a route."""
    return InvalidRequest([field_problem(where, message, value)])
