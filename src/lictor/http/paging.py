"""How many objects, and from which on."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Body, Depends
from fastapi.requests import HTTPConnection
from pydantic import WithJsonSchema

from lictor.errors import Unprocessable, invalid_field
from lictor.http.dependencies import state_of

MAX_OFFSET = 2**63 - 1  # what both databases count to

MAX_IDS = 200
"""How many ids one request may count by."""


async def page_limit(
    connection: HTTPConnection,
    limit: Annotated[
        int | None,
        WithJsonSchema({"type": "integer"}),
        Body(description="How many objects to return at most; PREFECT_SERVER_API_DEFAULT_LIMIT unless given."),
    ] = None,
) -> int:
    largest = state_of(connection)["settings"].server.default_limit
    if limit is None:
        return largest
    if limit < 0:
        raise Unprocessable("Invalid limit: must be greater than or equal to 0.")
    if limit > largest:
        raise Unprocessable(f"Invalid limit: must be less than or equal to {largest}.")
    return limit


Limit = Annotated[int, Depends(page_limit)]
"""`limit` of the request body: between 0 and the setting, which is also the default."""

Offset = Annotated[int, Body(ge=0, le=MAX_OFFSET, description="How many objects to skip.")]
"""`offset` of the request body; the default is 0."""

Page = Annotated[int, Body(ge=1, le=MAX_OFFSET, description="Which page, the first is 1.")]
"""`page` of the request body; the default is 1."""


NEXT_CURSOR = "X-Lictor-Next-Cursor"
"""The header that an answer to a request with a cursor bears unless it is the last."""

Cursor = Annotated[
    str | None,
    Body(
        description="Where to go on: empty for the first objects, then what the last answer's header "
        f"`{NEXT_CURSOR}` says. It goes without `offset`.",
        json_schema_extra={"x-lictor": True},
    ),
]


@dataclass(frozen=True)
class PageRange:
    """How many objects of a list, and from where on: behind a cursor, or else from an offset."""

    limit: int
    offset: int
    cursor: str | None


async def _part(limit: Limit, offset: Offset = 0, cursor: Cursor = None) -> PageRange:
    if cursor is not None:
        if offset:
            raise invalid_field(("body", "cursor"), "goes without an offset", cursor)
        if not limit:
            raise invalid_field(("body", "limit"), "must be at least 1 where there is a cursor", limit)
    return PageRange(limit, offset, cursor)


PageParams = Annotated[PageRange, Depends(_part)]
"""`limit`, `offset` and `cursor` of the request body."""


def offset_of(page: int, limit: int) -> int:
    """How many objects lie before a page; a page beyond what databases can count is empty all the same."""
    return min((page - 1) * limit, MAX_OFFSET)
