"""Answers made of rows: written by orjson, past every model."""

from typing import Any

import orjson
from starlette.responses import Response


class RowsResponse(Response):
    """Anything orjson writes, with moments in UTC as `...Z`."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return orjson.dumps(content, option=orjson.OPT_UTC_Z)


def page_of(results: list[dict[str, Any]], *, count: int, limit: int, page: int) -> RowsResponse:
    """One page of `count` results in all, as the pagination routes answer."""
    pages = -(-count // limit) if limit > 0 else 0
    return RowsResponse({"results": results, "count": count, "limit": limit, "pages": pages, "page": page})
