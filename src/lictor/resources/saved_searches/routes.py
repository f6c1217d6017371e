"""The API of saved searches."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Response

from lictor.db.ids import uuid7
from lictor.errors import NotFound
from lictor.http.dependencies import ReadDB, WriteTx
from lictor.http.fast_dependencies import through_fastapi
from lictor.http.list_response import list_response
from lictor.http.paging import PageParams
from lictor.http.routing import StrictRouter
from lictor.http.rows import RowsResponse
from lictor.resources.saved_searches import queries
from lictor.resources.saved_searches.schemas import SavedSearch, SavedSearchCreate

router = StrictRouter(prefix="/saved_searches", tags=["SavedSearches"])

Id = Annotated[UUID, Path(description="The saved search's id.")]


@router.put("/", response_model=SavedSearch, responses={201: {"model": SavedSearch}})
@through_fastapi
async def create_saved_search(tx: WriteTx, saved_search: SavedSearchCreate) -> Response:
    """Save a search. One of the same name gets its filters."""
    id = uuid7()
    await tx.execute(queries.save_search(id, saved_search))
    saved = await tx.object(queries.SAVED_SEARCH, queries.saved_search_by_name(saved_search.name))
    assert saved is not None
    return RowsResponse(saved, 201 if saved["id"] == str(id) else 200)


@router.get("/{id:uuid}", response_model=SavedSearch)
async def read_saved_search(db: ReadDB, id: Id) -> Response:
    """Read a saved search."""
    found = await db.object(queries.SAVED_SEARCH, queries.saved_search_by_id(id))
    if found is None:
        raise NotFound("Saved search not found")
    return RowsResponse(found)


@router.post("/filter", response_model=list[SavedSearch])
async def read_saved_searches(db: ReadDB, page_params: PageParams) -> Response:
    """List the saved searches by name."""
    return await list_response(db, queries.saved_search_list(), page_params)


@router.delete("/{id:uuid}", status_code=204)
async def delete_saved_search(tx: WriteTx, id: Id) -> None:
    """Delete a saved search."""
    if not await tx.changed(queries.delete_saved_search(id)):
        raise NotFound("Saved search not found")
