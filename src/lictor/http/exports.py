"""Lists as files: every object that matches, streamed."""

import csv
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Body, Depends, Response
from starlette.responses import StreamingResponse

from lictor.db.engine import Reader
from lictor.errors import Unprocessable
from lictor.http.dependencies import ReadDB
from lictor.http.routing import StrictRouter
from lictor.query.cursor import ListQuery, Position

BATCH_OBJECTS = 500
"""So many are in memory, however many there are; other requests wait while they are written."""

Objects = list[dict[str, Any]]


class ExportFormat(StrEnum):
    """What a file looks like."""

    ndjson = "ndjson"
    csv = "csv"


MEDIA_TYPES = {ExportFormat.ndjson: "application/x-ndjson", ExportFormat.csv: "text/csv; charset=utf-8"}
OPTION = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE


def add_export(router: StrictRouter, name: str, list_query: Callable[..., Awaitable[ListQuery]]) -> None:
    """Gives a router `POST /export`, for the list that a dependency makes of a request."""

    async def export(
        db: ReadDB,
        list_query: Annotated[ListQuery, Depends(list_query)],
        format: Annotated[
            ExportFormat, Body(description="Whether to write a line of JSON for each, or a table.")
        ] = ExportFormat.ndjson,
    ) -> Response:
        if list_query.order.moves:
            raise Unprocessable(f"sort: {list_query.sort} is no order for an export: rows change places meanwhile.")
        return await exported(db, list_query, format, name)

    router.add_api_route(
        "/export",
        export,
        methods=["POST"],
        name=f"export_{name}",
        description=f"All {name.replace('_', ' ')} that match, in order, as a file.",
        response_class=StreamingResponse,
        responses={200: {"content": {media_type.partition(";")[0]: {} for media_type in MEDIA_TYPES.values()}}},
        openapi_extra={"x-lictor": True},
    )


async def exported(db: Reader, list_query: ListQuery, format: ExportFormat, name: str) -> Response:
    """All objects of a list. What is wrong with the request, or goes wrong at its start, is told by the status."""
    batches = _batches(db, list_query)
    first = await anext(batches)
    pieces = _as_ndjson if format is ExportFormat.ndjson else _as_csv(list_query)

    async def written() -> AsyncIterator[bytes]:
        yield pieces(first)
        async for objects in batches:
            yield pieces(objects)

    headers = {"Content-Disposition": f'attachment; filename="{name}.{format}"'}
    return StreamingResponse(written(), media_type=MEDIA_TYPES[format], headers=headers)


async def _batches(db: Reader, list_query: ListQuery) -> AsyncIterator[Objects]:
    """Each batch begins behind the last one: nothing is held in the database while the client reads."""
    after, rows = None, BATCH_OBJECTS
    while True:

        async def behind(reader: Reader, rows: int, after: Position | None = after) -> tuple[Objects, Position | None]:
            async with reader.slow.connection(however_long=after is not None) as connection:
                return await list_query.behind(connection, rows, after)

        (objects, after), rows = await db.batch(behind, rows)
        yield objects
        if after is None:
            return


def _as_ndjson(objects: Objects) -> bytes:
    return b"".join([orjson.dumps(each, option=OPTION) for each in objects])


def _as_csv(list_query: ListQuery) -> Callable[[Objects], bytes]:
    """What writes rows, and the names of the columns before the first of them."""
    names = list(list_query.shape.fields)
    rows: list[Iterable[Any]] = [names]

    def write(objects: Objects) -> bytes:
        rows.extend([_cell(each[name]) for name in names] for each in objects)
        buffer = io.StringIO()
        csv.writer(buffer).writerows(rows)
        rows.clear()
        return buffer.getvalue().encode()

    return write


def _cell(value: Any) -> Any:
    """Text and numbers as they are; of what is more than that its JSON."""
    if value is None or isinstance(value, str):
        return value
    text = orjson.dumps(value, option=orjson.OPT_UTC_Z).decode()
    return text[1:-1] if isinstance(value, (datetime, UUID)) else text
