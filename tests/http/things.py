"""Routes that do what tests of the HTTP layer need, and no more."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import Body, Depends, Query
from pydantic import BaseModel, ConfigDict, field_validator
from starlette.responses import Response, StreamingResponse

from lictor import errors
from lictor.db.base import utc_now
from lictor.http.dependencies import ReadDB, WriteTx
from lictor.http.errors import as_json
from lictor.http.fast_dependencies import through_fastapi
from lictor.http.paging import Limit, Offset, Page, offset_of
from lictor.http.routing import StrictRouter
from lictor.resources.csrf_tokens.table import csrf_token

router = StrictRouter(prefix="/things", tags=["Things"])


class Filter(BaseModel):
    model_config = ConfigDict(extra="forbid")

    any_: list[str] | None = None


class Thing(BaseModel):
    name: str
    ratio: float | None = None
    count: int = 0
    even: int = 0
    data: Any = None

    @field_validator("even")
    @classmethod
    def _is_even(cls, even: int) -> int:
        if even % 2:
            raise ValueError("must be even")
        return even


@router.post("/filter")
async def read_things(
    limit: Limit,
    offset: Offset = 0,
    names: Filter | None = None,
    sort: Annotated[str, Body()] = "NAME_ASC",
) -> dict[str, Any]:
    return {"limit": limit, "offset": offset, "names": names, "sort": sort}


@router.post("/paginate")
async def paginate_things(limit: Limit, page: Page = 1) -> dict[str, Any]:
    return {"page": page, "limit": limit, "offset": offset_of(page, limit)}


fast_router = StrictRouter(prefix="/things", tags=["Things"])
"""The first routes once more, on the fast path past FastAPI."""


@fast_router.post("/filter")
async def read_things_fast(things: Annotated[dict[str, Any], Depends(read_things)]) -> Response:
    return Response(as_json(things), media_type="application/json")


@fast_router.post("/paginate")
async def paginate_things_fast(things: Annotated[dict[str, Any], Depends(paginate_things)]) -> Response:
    return Response(as_json(things), media_type="application/json")


@router.post("/", status_code=201)
@through_fastapi
async def create_thing(thing: Thing) -> Response:
    return Response(as_json(thing.model_dump()), 201, media_type="application/json")


@router.post("/json")
@through_fastapi
async def echo(content: Annotated[Any, Body()]) -> Response:
    return Response(as_json(content), media_type="application/json")


@router.get("/")
async def find_things(name: Annotated[str, Query()]) -> str:
    return name


@router.get("/name/{name}")
async def read_thing(name: str) -> str:
    return name


@router.get("/long")
async def read_long() -> Response:
    return Response(b'"' + b"long " * 1000 + b'"', media_type="application/json")


@router.get("/broken")
async def read_broken() -> Response:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x"
        raise RuntimeError("boom")

    return StreamingResponse(broken(), headers={"content-length": "2"})


FAULTS: dict[str, Exception] = {
    "not-found": errors.NotFound("Thing not found"),
    "object-not-found": errors.ObjectNotFound("Thing not found"),
    "conflict": errors.Conflict("Thing exists"),
    "bad": errors.BadRequest("Thing is bad"),
    "forbidden": errors.Forbidden("Thing is forbidden"),
    "surprise": RuntimeError("boom"),
}


@router.post("/raise/{fault}")
async def fail(fault: str) -> None:
    raise FAULTS[fault]


@router.get("/stored")
async def read_stored(db: ReadDB) -> list[str]:
    return [row.client for row in await db.all(sa.select(csrf_token.c.client).order_by(csrf_token.c.client))]


@router.post("/stored/{client}", status_code=204)
async def store(client: str, tx: WriteTx, fault: str | None = None) -> None:
    await tx.execute(sa.insert(csrf_token).values(client=client, token="t", expiration=utc_now()))
    if fault:
        raise FAULTS[fault]
