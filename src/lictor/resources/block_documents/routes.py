"""The API of block documents."""

from typing import Annotated
from uuid import UUID

from fastapi import Body, Depends, Path, Query, Response

from lictor.db.engine import Connection
from lictor.errors import NotFound
from lictor.http.dependencies import ReadDB, WriteTx
from lictor.http.fast_dependencies import through_fastapi
from lictor.http.list_response import list_response
from lictor.http.paging import PageParams
from lictor.http.routing import SecretRoute, StrictRouter
from lictor.http.rows import RowsResponse
from lictor.query.filter_key import Filters
from lictor.resources.block_documents import queries
from lictor.resources.block_documents.dependencies import Keys
from lictor.resources.block_documents.filters import BlockDocumentFilter
from lictor.resources.block_documents.reading import JSONObject, opened, read_documents
from lictor.resources.block_documents.schemas import (
    BlockDocument,
    BlockDocumentCreate,
    BlockDocumentSort,
    BlockDocumentUpdate,
)
from lictor.resources.block_documents.writes import change_document, drop_document, make_document
from lictor.resources.block_schemas.filters import BlockSchemaFilter
from lictor.resources.block_types.filters import BlockTypeFilter

router = StrictRouter(prefix="/block_documents", tags=["Block documents"], route_class=SecretRoute)

Id = Annotated[UUID, Path(description="The block document's id.")]
SHOW_SECRETS = "Whether to show secrets as they are."


async def _of_blocks(
    block_documents: BlockDocumentFilter | None = None,
    block_types: BlockTypeFilter | None = None,
    block_schemas: BlockSchemaFilter | None = None,
) -> Filters:
    return {"block_documents": block_documents, "block_types": block_types, "block_schemas": block_schemas}


BlockFilters = Annotated[Filters, Depends(_of_blocks)]
"""`block_documents`, `block_types` and `block_schemas`."""


@router.post("/", response_model=BlockDocument, status_code=201)
@through_fastapi
async def create_block_document(tx: WriteTx, keys: Keys, block_document: BlockDocumentCreate) -> Response:
    """Keep a block document."""
    id = await make_document(tx, keys, block_document)
    (document,) = await read_documents(tx, keys, queries.block_document_by_id(id), secrets=False)
    return RowsResponse(document, 201)


@router.post("/filter", response_model=list[BlockDocument])
async def read_block_documents(
    db: ReadDB,
    keys: Keys,
    page_params: PageParams,
    filters: BlockFilters,
    include_secrets: Annotated[bool, Body(description=SHOW_SECRETS)] = False,
    sort: Annotated[
        BlockDocumentSort | None, Body(description="In which order to list them.")
    ] = BlockDocumentSort.NAME_ASC,
) -> Response:
    """List the block documents that match; anonymous ones only if they are asked for."""

    async def complete(connection: Connection, documents: list[JSONObject]) -> list[JSONObject]:
        return await opened(connection, keys, documents, secrets=include_secrets)

    return await list_response(
        db, queries.block_document_list(filters, sort or BlockDocumentSort.NAME_ASC), page_params, complete
    )


@router.post("/count")
async def count_block_documents(db: ReadDB, filters: BlockFilters) -> int:
    """Count the block documents that match."""
    count: int = await db.scalar(queries.block_document_count(filters))
    return count


@router.get("/{id:uuid}", response_model=BlockDocument)
@through_fastapi
async def read_block_document_by_id(
    db: ReadDB, keys: Keys, id: Id, include_secrets: Annotated[bool, Query(description=SHOW_SECRETS)] = False
) -> Response:
    """Read a block document."""
    async with db.connection() as connection:
        found = await read_documents(connection, keys, queries.block_document_by_id(id), secrets=include_secrets)
    if not found:
        raise NotFound("Block document not found")
    return RowsResponse(found[0])


@router.delete("/{id:uuid}", status_code=204)
async def delete_block_document(tx: WriteTx, keys: Keys, id: Id) -> None:
    """Delete a block document, and the deployments and flow runs that need it."""
    await drop_document(tx, keys, id)


@router.patch("/{id:uuid}", status_code=204)
async def update_block_document_data(tx: WriteTx, keys: Keys, id: Id, block_document: BlockDocumentUpdate) -> None:
    """Change the values of a block document. Secrets that come back hidden stay what they are."""
    await change_document(tx, keys, id, block_document)
