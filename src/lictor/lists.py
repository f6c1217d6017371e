"""Answers that are lists: the part that a request asks for, by offset or by cursor."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.engine import Dialect

from lictor.db.engine import Connection, ReadLane
from lictor.db.forms import Runnable
from lictor.filters.cursor import BadCursor, Listing
from lictor.http.errors import problem
from lictor.http.paging import NEXT_CURSOR, PartOfList
from lictor.http.rows import RowsResponse

Objects = list[dict[str, Any]]


async def answer(
    db: ReadLane,
    listing: Listing,
    part: PartOfList,
    complete: Callable[[Connection, Objects], Awaitable[Objects]] | None = None,
) -> Response:
    """A part of a list; `complete` adds to its objects what other statements read."""
    headers = {}
    async with db.connection() as lane:
        if part.cursor is None:
            objects = await lane.objects(listing.shape, listing.part(part.limit, part.offset))
        else:
            with _refusing(part.cursor):
                objects, following = await listing.page(lane, part.limit, part.cursor)
            if following is not None:
                headers[NEXT_CURSOR] = following
        if complete is not None:
            objects = await complete(lane, objects)
    return RowsResponse(objects, headers=headers)


def statements(listing: Listing, part: PartOfList, dialect: Dialect) -> list[Runnable]:
    """What `answer` asks of the database, the first of them always, the others if that found too few rows."""
    if part.cursor is None:
        return [listing.part(part.limit, part.offset)]
    with _refusing(part.cursor):
        return [*listing.parts(part.limit + 1, listing.position(part.cursor), dialect)]


@contextmanager
def _refusing(cursor: str) -> Iterator[None]:
    try:
        yield
    except BadCursor as error:
        raise RequestValidationError(
            [problem("value_error", ("body", "cursor"), f"Value error, {error}", cursor, error={})]
        ) from None
