"""Answers that are lists: the part that a request asks for, by offset or by cursor."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import Response
from sqlalchemy.engine import Dialect

from lictor.db.compiled_query import Runnable
from lictor.db.engine import Connection, Reader
from lictor.errors import invalid_field
from lictor.http.paging import NEXT_CURSOR, PageRange
from lictor.http.rows import RowsResponse
from lictor.query.cursor import InvalidCursor, ListQuery

Objects = list[dict[str, Any]]


async def list_response(
    db: Reader,
    list_query: ListQuery,
    page_params: PageRange,
    complete: Callable[[Connection, Objects], Awaitable[Objects]] | None = None,
) -> Response:
    """A part of a list; `complete` adds to its objects what other statements read."""
    headers = {}
    async with db.connection() as connection:
        if page_params.cursor is None:
            objects = await connection.objects(list_query.shape, list_query.part(page_params.limit, page_params.offset))
        else:
            with _refusing(page_params.cursor):
                objects, following = await list_query.page(connection, page_params.limit, page_params.cursor)
            if following is not None:
                headers[NEXT_CURSOR] = following
        if complete is not None:
            objects = await complete(connection, objects)
    return RowsResponse(objects, headers=headers)


def statements(list_query: ListQuery, page_params: PageRange, dialect: Dialect) -> list[Runnable]:
    """What `list_response` asks of the database, the first of them always, the others if that found too few rows."""
    if page_params.cursor is None:
        return [list_query.part(page_params.limit, page_params.offset)]
    with _refusing(page_params.cursor):
        return [*list_query.parts(page_params.limit + 1, list_query.position(page_params.cursor), dialect)]


@contextmanager
def _refusing(cursor: str) -> Iterator[None]:
    try:
        yield
    except InvalidCursor as error:
        raise invalid_field(("body", "cursor"), str(error), cursor) from None
