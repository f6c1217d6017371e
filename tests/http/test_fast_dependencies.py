"""Which path a route takes is declared, and a false declaration fails when the route is made."""

from typing import Annotated, Any

import pytest
from fastapi import Query
from pydantic import BaseModel
from starlette.responses import Response

from lictor.http.fast_dependencies import NotFast, through_fastapi
from lictor.http.routing import DeclaredRoute, StrictRouter


class Thing(BaseModel):
    name: str


async def with_a_query(name: Annotated[str, Query()]) -> Response:
    return Response(name)


async def with_one_body(thing: Thing) -> Response:
    return Response(thing.name)


async def with_a_path(name: str) -> Response:
    return Response(name)


async def with_a_result(thing: Thing) -> str:
    return thing.name


def add(path: str, route: Any) -> None:
    router = StrictRouter(tags=["Things"])
    router.add_api_route(path, route, methods=["POST"])
    (declared,) = router.routes
    assert isinstance(declared, DeclaredRoute)
    assert declared.route.path == path


@pytest.mark.parametrize("route", [with_a_query, with_one_body])
def test_a_route_that_cannot_be_fast_must_say_so(route: Any) -> None:
    with pytest.raises(NotFast, match=f"{route.__name__} takes parameters that need FastAPI"):
        add("/", route)


def test_a_route_that_can_be_fast_must_not_deny_it() -> None:
    async def denied(name: str) -> Response:
        return Response(name)

    with pytest.raises(NotFast, match="denied can take the fast path"):
        add("/{name}", through_fastapi(denied))


def test_routes_that_say_the_truth() -> None:
    add("/{name}", with_a_path)
    add("/", with_a_result)
