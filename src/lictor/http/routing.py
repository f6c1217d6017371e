"""Routes that take nothing but sound requests, and a table that finds the right one at once."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Coroutine, Iterable
from contextlib import AsyncExitStack, nullcontext
from functools import cached_property, partial
from typing import Any, ClassVar, get_args
from urllib.parse import parse_qsl

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from starlette._utils import get_route_path
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route, WebSocketRoute, compile_path
from starlette.types import ASGIApp, Receive, Scope, Send

from lictor.db.failures import retry
from lictor.errors import InvalidRequest, TooLarge, problem
from lictor.http.api_version import HEADER, check_api_version
from lictor.http.dependencies import reader, write_tx
from lictor.http.disconnect import CancelOnDisconnect
from lictor.http.fast_dependencies import FastDependencies
from lictor.validation import strict_json
from lictor.validation.pieces import PIECE_ITEMS, pieces

VERSION = HEADER.encode()
STACKS = ("fastapi_middleware_astack", "fastapi_inner_astack", "fastapi_function_astack")
"""Where FastAPI looks for the stack that ends what a route depends on."""

THREAD_BYTES = 512 * 1024
"""Larger bodies are parsed and checked in a thread: that takes milliseconds."""


class StrictRequest(Request):
    """A request whose body was read within the limit, and parsed once and strictly."""

    def __init__(self, request: Request, body: bytes, content: Any, *, embedded: bool) -> None:
        super().__init__(request.scope, request.receive)
        self.content = content
        self._raw = b"" if content is None else body
        self.is_large = len(body) > THREAD_BYTES
        self._embedded = embedded
        self._checked: list[Any] | None = None

    @classmethod
    async def read(cls, request: Request, *, embedded: bool, sanitized: bool) -> "StrictRequest":
        """A request whose body is read now; a large one is parsed in a thread, where Python takes turns."""
        body = await _read_json(request)
        content = None
        if len(body) > THREAD_BYTES:
            content = await asyncio.to_thread(_parsed, request, body, sanitized=sanitized)
        elif body:
            content = _parsed(request, body, sanitized=sanitized)
        return cls(request, body, content, embedded=embedded)

    async def check_items(self, item: TypeAdapter[Any]) -> None:
        """Checks a body that is a long list some items at a time. Raises InvalidRequest."""
        if not isinstance(self.content, list) or len(self.content) <= PIECE_ITEMS:
            return
        checked: list[Any] = []
        async for some in pieces(self.content):
            try:
                checked += item.validate_python(some)
            except ValidationError as error:
                found = error.errors(include_url=False)
                moved = [
                    {**each, "loc": ("body", len(checked) + int(each["loc"][0]), *each["loc"][1:])} for each in found
                ]
                raise InvalidRequest(moved, self.content) from None
        self._checked = checked

    async def body(self) -> bytes:
        """The body, none if it says `null`: to Prefect that is the same."""
        return self._raw

    async def json(self) -> Any:
        """What the body says. Where it holds parameters, one that is null is one that is not given."""
        if self._checked is not None:
            return self._checked
        if self._embedded and isinstance(self.content, dict):
            return {name: value for name, value in self.content.items() if value is not None}
        return self.content


def _parsed(request: Request, body: bytes, *, sanitized: bool) -> Any:
    given = _header(request, b"content-type", b"application/json")
    if given == b"application/json":
        return strict_json.parse(body, sanitized=sanitized)
    media_type = (given.decode("latin-1") or "application/json").partition(";")[0].strip().lower()
    kind, _, subtype = media_type.partition("/")
    if kind != "application" or not (subtype == "json" or subtype.endswith("+json")) or "/" in subtype:
        # To take it for JSON would let any web page post here without the browser asking us first.
        found = problem("media_type", ("header", "content-type"), "Input should be 'application/json'", media_type)
        raise InvalidRequest([found], body.decode(errors="backslashreplace"))
    return strict_json.parse(body, sanitized=sanitized)


def _header(request: Request, name: bytes, otherwise: bytes) -> bytes:
    """The first header of this name, in lower case."""
    return next((value for key, value in request.scope["headers"] if key == name), otherwise)


async def read_body(request: Request, limit: int) -> bytes:
    """The body as it came. Raises TooLarge."""
    if int(_header(request, b"content-length", b"0")) > limit:
        raise _too_large(limit)
    chunks = []
    size = 0
    more = True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk = message.get("body", b"")
        more = message.get("more_body", False)
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        chunks.append(chunk)
    return b"".join(chunks)


async def _read_json(request: Request) -> bytes:
    body = await read_body(request, request.scope["state"]["settings"].server.max_body_bytes)
    if len(body) > strict_json.MAX_VALUES:
        await strict_json.refuse_too_many_values(body)
    return body


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The request body is larger than {limit} bytes, the most this server takes.")


def _refuse_nul(query: bytes) -> None:
    if b"%00" not in query:
        return
    parameters = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    raise InvalidRequest(
        [
            problem("string_nul", ("query", name), "Strings must not contain NUL characters", value)
            for name, value in parameters
            if "\0" in name + value
        ]
    )


class StrictRoute(APIRoute):
    """A route whose request is checked as a whole before its parts are."""

    checks_version: ClassVar[bool] = True
    sanitizes_text: ClassVar[bool] = False
    takes_secrets: ClassVar[bool] = False

    respond: Callable[[Request], Coroutine[Any, Any, Response]]
    """What answers a request: FastAPI puts it between exception handlers and exit stacks, which it can do without."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()
        embedded = self._embed_body_fields
        takes_body = self.body_field is not None
        fast = FastDependencies.of(self.dependant, has_one_body=takes_body and not embedded)
        only_reads = _needs(self.dependant, reader) and not _needs(self.dependant, write_tx)
        body = None if self.body_field is None else self.body_field.field_info.annotation
        items = None if embedded else _list_adapter(body)
        ours = _additions(body) if body is not None and embedded else ()

        async def answer_and_commit(request: Request) -> Response:
            # FastAPI ends what a route depends on only after the route's handler, where nothing can be tried again.
            async with AsyncExitStack() as stack:
                request.scope.update(dict.fromkeys(STACKS, stack))
                return await answer(request)

        async def handle(request: Request) -> Response:
            if self.checks_version:
                check_api_version(_header(request, VERSION, b"").decode("latin-1"))
            if request.scope["query_string"]:
                _refuse_nul(request.scope["query_string"])
            if takes_body:
                request = await StrictRequest.read(request, embedded=embedded, sanitized=self.sanitizes_text)
                if items is not None:
                    await request.check_items(items)
            try:
                with CancelOnDisconnect(request.receive) if only_reads else nullcontext():
                    if fast is not None:
                        content, is_large = _content(request)
                        if (response := await fast.answer(request, content, in_thread=is_large)) is not None:
                            return response
                    return await retry(partial(answer_and_commit, request))
            except (RequestValidationError, InvalidRequest) as error:
                raise _invalid(error, getattr(request, "content", None), ours) from None

        self.respond = _hiding_secrets(handle) if self.takes_secrets else handle
        return self.respond


def _content(request: Request) -> tuple[Any, bool]:
    """What a body says, and whether it is large."""
    return (request.content, request.is_large) if isinstance(request, StrictRequest) else (None, False)


def _list_adapter(body: Any) -> TypeAdapter[Any] | None:
    """What checks a part of a body that is a list of models; None if it is none."""
    match get_args(body):
        case (type() as item,) if issubclass(item, BaseModel):
            return TypeAdapter(list[item])  # type: ignore[valid-type]
    return None


def _invalid(error: RequestValidationError | InvalidRequest, content: Any, ours: Collection[str]) -> InvalidRequest:
    """The error with the body that it is about."""
    if isinstance(error, InvalidRequest):
        if error.request_body is None:
            error.request_body = content
        return error
    # Of a body that is no object FastAPI reports every field as missing, even those nobody has to know.
    found = [e for e in error.errors() if e["type"] != "missing" or e["loc"][-1] not in ours]
    return InvalidRequest(found, content)


def _needs(dependant: Dependant, dependency: Callable[..., Any]) -> bool:
    return any(needed.call is dependency or _needs(needed, dependency) for needed in dependant.dependencies)


def _additions(body: Any) -> set[str]:
    """The parameters of a body that Prefect has not."""
    fields: dict[str, FieldInfo] = body.model_fields
    return {
        name
        for name, field in fields.items()
        if isinstance(field.json_schema_extra, dict) and "x-lictor" in field.json_schema_extra
    }


def _hiding_secrets(
    handle: Callable[[Request], Coroutine[Any, Any, Response]],
) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    async def hide(request: Request) -> Response:
        try:
            return await handle(request)
        except InvalidRequest as error:
            error.holds_secrets = True
            raise

    return hide


class SecretRoute(StrictRoute):
    """A route whose requests hold secrets: no error repeats what they say."""

    takes_secrets = True


class UnversionedRoute(StrictRoute):
    """A route for probes, which know nothing of API versions."""

    checks_version = False


class SanitizingRoute(StrictRoute):
    """A route for texts that people did not write as requests: what cannot be stored of them costs no more than itself.

    NUL characters are left out, and halves of surrogate pairs become U+FFFD.
    """

    sanitizes_text = True


class DeclaredRoute(BaseRoute):
    """A route as it was declared; what answers its requests is made for the first of them.

    Validators take most of the time and memory of a start that made them all, and few servers need them all.
    """

    def __init__(self, route_class: type[StrictRoute], path: str, *, methods: list[str], **options: Any) -> None:
        self.path = path
        self.methods = {method.upper() for method in methods}
        self.path_regex, _, self.param_convertors = compile_path(path)
        self._make = partial(route_class, path, methods=methods, **options)

    @cached_property
    def route(self) -> StrictRoute:
        """What answers."""
        return self._make()

    def parameters(self, path: str) -> dict[str, Any] | None:
        """The parameters in a path; None if it is not one of this route's."""
        if (found := self.path_regex.match(path)) is None:
            return None
        return {name: self.param_convertors[name].convert(text) for name, text in found.groupdict().items()}

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if self.path_regex.match(get_route_path(scope)) is None:
            return Match.NONE, {}
        return self.route.matches(scope)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.route.handle(scope, receive, send)


class StrictRouter(APIRouter):
    """The router of a resource, which declares its routes."""

    def __init__(self, *, prefix: str = "", tags: list[str], route_class: type[StrictRoute] = StrictRoute) -> None:
        declared: Any = partial(DeclaredRoute, route_class)  # FastAPI takes whatever makes a route
        # Older clients send JSON without saying so; what says it is something else is refused.
        super().__init__(prefix=prefix, tags=[*tags], route_class=declared, strict_content_type=False)


class RouteTable(BaseRoute):
    """Many routes under one prefix, found by the first segment of their paths.

    Trying a hundred routes one after the other takes longer than all else that is done to find out what is asked.
    """

    CHOSEN = "lictor.route"  # where the scope keeps the route that matched

    def __init__(self, prefix: str, routes: Iterable[BaseRoute]) -> None:
        self.prefix = prefix
        self.routes = list(routes)
        self._by_segment: defaultdict[str, list[BaseRoute]] = defaultdict(list)
        self._by_method: defaultdict[tuple[str, str], list[DeclaredRoute]] = defaultdict(list)
        fixed = []
        for route in self.routes:
            assert isinstance(route, DeclaredRoute | Route | WebSocketRoute)
            segment = route.path.split("/")[1]
            assert "{" not in segment, f"{route.path} starts with a parameter"
            self._by_segment[segment].append(route)
            if isinstance(route, DeclaredRoute):
                for method in route.methods:
                    self._by_method[method, segment].append(route)
                    if "{" not in route.path:
                        fixed.append((method, route.path))
        self._fixed = {(method, f"{prefix}{path}"): self._search(method, path) for method, path in fixed}

    def _in_segment(self, path: str) -> list[BaseRoute]:
        """The routes whose paths may be this one, which stands below the prefix."""
        return self._by_segment.get(path.split("/", 2)[1], [])

    def find(self, method: str, path: str) -> tuple[StrictRoute, dict[str, Any]] | None:
        """The route that answers such a request in full, and the parameters in its path."""
        if (found := self._fixed.get((method, path))) is None:
            if not path.startswith(f"{self.prefix}/") or "\0" in path:  # nothing has a name with a NUL in it
                return None
            found = self._search(method, path[len(self.prefix) :])
        return None if found is None else (found[0].route, found[1])

    def _search(self, method: str, path: str) -> tuple[DeclaredRoute, dict[str, Any]] | None:
        for route in self._by_method.get((method, path.split("/", 2)[1]), ()):
            if (parameters := route.parameters(path)) is not None:
                return route, parameters
        return None

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        path = get_route_path(scope)
        if not path.startswith(f"{self.prefix}/") or "\0" in path:
            return Match.NONE, {}
        root_path = scope.get("root_path", "") + self.prefix
        inner = {**scope, "root_path": root_path}
        partial: tuple[Match, Scope] = Match.NONE, {}
        for route in self._in_segment(path[len(self.prefix) :]):
            match, found = route.matches(inner)
            if match is not Match.NONE:
                found = {**found, "root_path": root_path, self.CHOSEN: route}
            if match is Match.FULL:
                return match, found
            if match is Match.PARTIAL and partial[0] is Match.NONE:
                partial = match, found
        return partial

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await scope[self.CHOSEN].handle(scope, receive, send)


class FastRouter:
    """Where requests come in: those that a table has a route for go straight to it, all others FastAPI's way."""

    def __init__(self, table: RouteTable, others: ASGIApp) -> None:
        self._table = table
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = None
        if scope["type"] == "http":
            found = self._table.find(scope["method"], get_route_path(scope))
        if found is None:
            await self._others(scope, receive, send)
            return
        route, parameters = found
        scope["path_params"] = parameters
        scope[RouteTable.CHOSEN] = route
        response = await route.respond(Request(scope, receive, send))
        await response(scope, receive, send)
