"""The API of collections: kinds of workers and blocks that are known without being installed."""

from typing import Annotated, Any

from fastapi import Path

from lictor.errors import NotFound
from lictor.http.routing import StrictRouter
from lictor.resources.work_pools.collections import view as read_view

router = StrictRouter(prefix="/collections", tags=["Collections"])


@router.get("/views/{view}")
async def read_view_content(view: Annotated[str, Path(description="The view's name.")]) -> dict[str, Any]:
    """Read what is known of the kinds of workers or of blocks."""
    content = read_view(view)
    if content is None:
        raise NotFound(f"View {view} not found in registry")
    return content
