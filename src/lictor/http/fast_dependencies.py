"""A fast path past FastAPI for routes whose dependencies are simple (docs/decisions/fastapi.md).

FastAPI walks the tree of a route's dependencies for each request, ready for all that a dependency may be. A
`FastDependencies` does the same walk once, when the route is made, for routes whose dependencies are coroutines that take
members of the body, parts of the path and the connection. For a valid request it then calls them in order. An invalid
request goes through FastAPI, which says what is wrong.

A route takes this path if its function is annotated to return a `Response`. Where that is not possible, the function is
marked `@through_fastapi`; a route that is neither possible nor marked, or marked without need, fails at import.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar, get_type_hints

from fastapi.dependencies.models import Dependant
from pydantic import TypeAdapter, ValidationError
from starlette.requests import HTTPConnection
from starlette.responses import Response

UNSUPPORTED = (
    *("query_params", "header_params", "cookie_params", "request_param_name", "websocket_param_name"),
    *("response_param_name", "background_tasks_param_name", "security_scopes_param_name", "own_oauth_scopes"),
    "concurrency",
)
"""Kinds of parameters that have no step here."""

MISSING = object()

Route = TypeVar("Route", bound=Callable[..., Any])


class NotFast(TypeError):
    """A route does not say truly which path it takes."""


def through_fastapi(route: Route) -> Route:
    """Marks a function that makes its own response, but takes parameters that only FastAPI knows how to give."""
    route.through_fastapi = True  # type: ignore[attr-defined]
    return route


@dataclass(frozen=True)
class Field:
    """A part of the body or of the path."""

    name: str
    alias: str
    check: Callable[[Any], Any]
    default: Any

    @classmethod
    def of(cls, field: Any) -> "Field | None":
        info = field.field_info
        default = MISSING if info.is_required() else info.default
        names = {field.alias, info.alias or field.alias, info.validation_alias or field.alias}
        # A value that cannot change serves all requests.
        cacheable = default is MISSING or default is None or isinstance(default, (str, int, float, Enum))
        if len(names) > 1 or info.default_factory is not None or info.validate_default or not cacheable:
            return None
        adapter: TypeAdapter[Any] = field._type_adapter  # noqa: SLF001  # what FastAPI validates with
        return cls(field.name, field.alias, adapter.validator.validate_python, default)


@dataclass(frozen=True)
class Step:
    """A function to await, and what it takes: results of earlier steps, fields, the connection."""

    call: Callable[..., Awaitable[Any]]
    results: tuple[tuple[str, int], ...]
    path: tuple[Field, ...]
    body: tuple[Field, ...]
    connection: str | None


class FastDependencies:
    """The steps that answer a request; the last one is the route's own function."""

    def __init__(self, steps: list[Step]) -> None:
        self._steps = steps

    @classmethod
    def of(cls, route: Dependant, *, has_one_body: bool) -> "FastDependencies | None":
        """The steps of a route that takes the fast path. Raises NotFast.

        `has_one_body` says that the body is one parameter, and not an object whose members are parameters.
        """
        if route.call is None or get_type_hints(route.call).get("return") is not Response:
            return None
        steps: list[Step] = []
        is_possible = not has_one_body and _lay_out(route, steps, {}) is not None
        is_marked = getattr(route.call, "through_fastapi", False)
        if is_possible is is_marked:
            name = f"{route.call.__module__}.{getattr(route.call, '__qualname__', route.call)}"
            raise NotFast(
                f"{name} takes parameters that need FastAPI: mark it @through_fastapi"
                if not is_possible
                else f"{name} can take the fast path: it needs no @through_fastapi"
            )
        return cls(steps) if is_possible else None

    async def answer(self, connection: HTTPConnection, content: Any, *, in_thread: bool = False) -> Response | None:
        """The response to a request whose body says this; None where something is amiss.

        A large body is checked `in_thread`, where Python takes turns.
        """
        if content is None:
            content = {}
        elif type(content) is not dict:
            return None
        results: list[Any] = []
        for step in self._steps:
            values = {name: results[number] for name, number in step.results}
            try:
                if not _take(step.path, connection.path_params, values):
                    return None
                if in_thread and step.body:
                    if not await asyncio.to_thread(_take, step.body, content, values):
                        return None
                elif not _take(step.body, content, values):
                    return None
            except ValidationError:
                return None
            if step.connection is not None:
                values[step.connection] = connection
            results.append(await step.call(**values))
        response: Response = results[-1]
        return response


def _take(fields: tuple[Field, ...], given: Mapping[str, Any], values: dict[str, Any]) -> bool:
    for field in fields:
        value = given.get(field.alias)  # null is the same as absent
        if value is not None:
            values[field.name] = field.check(value)
        elif field.default is MISSING:
            return False
        else:
            values[field.name] = field.default
    return True


def _lay_out(dependant: Dependant, steps: list[Step], made: dict[Any, int]) -> int | None:
    """Adds the steps of a dependency; the number of its own, or None where it needs FastAPI."""
    call = dependant.call
    if call in made and dependant.use_cache:
        return made[call]
    if call is None or not inspect.iscoroutinefunction(call) or any(getattr(dependant, part) for part in UNSUPPORTED):
        return None
    results = []
    for needed in dependant.dependencies:
        if (number := _lay_out(needed, steps, made)) is None:
            return None
        if needed.name is not None:
            results.append((needed.name, number))
    path = [Field.of(field) for field in dependant.path_params]
    body = [Field.of(field) for field in dependant.body_params]
    if None in path or None in body:
        return None
    known = (tuple(filter(None, path)), tuple(filter(None, body)))
    steps.append(Step(call, tuple(results), *known, dependant.http_connection_param_name))
    made[call] = len(steps) - 1
    return made[call]
