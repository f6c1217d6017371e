"""The API of block types."""

from typing import Annotated
from uuid import UUID

from fastapi import Body, Path, Query, Response

from lictor.errors import Conflict, Forbidden, NotFound
from lictor.http.dependencies import ReadDB, WriteTx
from lictor.http.fast_dependencies import through_fastapi
from lictor.http.list_response import list_response
from lictor.http.paging import PageParams
from lictor.http.routing import StrictRouter
from lictor.http.rows import RowsResponse
from lictor.resources.block_documents import queries as documents
from lictor.resources.block_documents.dependencies import Keys
from lictor.resources.block_documents.reading import read_documents
from lictor.resources.block_documents.schemas import BlockDocument
from lictor.resources.block_documents.table import block_document
from lictor.resources.block_documents.writes import drop_what_needs
from lictor.resources.block_schemas.filters import BlockSchemaFilter
from lictor.resources.block_schemas.system import PROTECTED, install
from lictor.resources.block_types import queries
from lictor.resources.block_types.events import emit_block_type_event
from lictor.resources.block_types.filters import BlockTypeFilter
from lictor.resources.block_types.schemas import BlockType, BlockTypeCreate, BlockTypeUpdate

router = StrictRouter(prefix="/block_types", tags=["Block types"])

Id = Annotated[UUID, Path(description="The block type's id.")]
Slug = Annotated[str, Path(description="The block type's slug.")]
Secrets = Annotated[bool, Query(description="Whether to show secrets as they are.")]


def _found(found: dict[str, object] | None) -> Response:
    if found is None:
        raise NotFound("Block type not found")
    return RowsResponse(found)


@router.post("/", response_model=BlockType, status_code=201)
@through_fastapi
async def create_block_type(tx: WriteTx, block_type: BlockTypeCreate) -> Response:
    """Register a block type. Names that begin with `Prefect` are the system's."""
    if block_type.name.lower().startswith("prefect"):
        raise Forbidden("Block type names beginning with 'Prefect' are reserved.")
    if not await tx.changed(queries.insert_block_type(block_type)):
        raise Conflict(f'Block type with name "{block_type.name}" already exists')
    for made in await tx.all(queries.block_type_row(block_type.slug)):
        await emit_block_type_event(tx, "created", made)
    return RowsResponse(await tx.object(queries.BLOCK_TYPE, queries.block_type_by_slug(block_type.slug)), 201)


@router.get("/{id:uuid}", response_model=BlockType)
async def read_block_type_by_id(db: ReadDB, id: Id) -> Response:
    """Read a block type."""
    return _found(await db.object(queries.BLOCK_TYPE, queries.block_type_by_id(id)))


@router.get("/slug/{slug}", response_model=BlockType)
async def read_block_type_by_slug(db: ReadDB, slug: Slug) -> Response:
    """Read the block type of a slug."""
    return _found(await db.object(queries.BLOCK_TYPE, queries.block_type_by_slug(slug)))


@router.post("/filter", response_model=list[BlockType])
async def read_block_types(
    db: ReadDB,
    page_params: PageParams,
    block_types: Annotated[BlockTypeFilter | None, Body(description="Which block types; any unless given.")] = None,
    block_schemas: Annotated[
        BlockSchemaFilter | None, Body(description="Those that have such a schema; any unless given.")
    ] = None,
) -> Response:
    """List the block types that match, by name."""
    filters = {"block_types": block_types, "block_schemas": block_schemas}
    return await list_response(db, queries.block_type_list(filters), page_params)


@router.patch("/{id:uuid}", status_code=204)
async def update_block_type(tx: WriteTx, id: Id, block_type: BlockTypeUpdate) -> None:
    """Change a block type."""
    changed = await tx.first(queries.update_block_type(id, block_type))
    if changed is None:
        raise NotFound("Block type not found")
    await emit_block_type_event(tx, "updated", changed)


@router.delete("/{id:uuid}", status_code=204)
async def delete_block_type(tx: WriteTx, id: Id) -> None:
    """Delete a block type with its schemas and documents."""
    is_protected = await tx.scalar(queries.protection(id))
    if is_protected is None:
        raise NotFound("Block type not found")
    if is_protected:
        raise Forbidden("protected block types cannot be deleted.")
    await drop_what_needs(tx, block_document.c.block_type_id == id)
    for deleted in await tx.all(queries.delete_block_type(id)):
        await emit_block_type_event(tx, "deleted", deleted)


@router.get("/slug/{slug}/block_documents", response_model=list[BlockDocument], tags=["Block documents"])
@through_fastapi
async def read_block_documents_for_block_type(
    db: ReadDB, keys: Keys, slug: Slug, include_secrets: Secrets = False
) -> Response:
    """List the documents of a block type, by name."""
    async with db.connection() as connection:
        type_id = await connection.scalar(queries.id_of_slug(slug))
        if type_id is None:
            raise NotFound("Block type not found")
        page = documents.block_documents_of(type_id)
        return RowsResponse(await read_documents(connection, keys, page, secrets=include_secrets))


@router.get(
    "/slug/{slug}/block_documents/name/{block_document_name}", response_model=BlockDocument, tags=["Block documents"]
)
@through_fastapi
async def read_block_document_by_name_for_block_type(
    db: ReadDB,
    keys: Keys,
    slug: Slug,
    block_document_name: Annotated[str, Path(description="The block document's name.")],
    include_secrets: Secrets = False,
) -> Response:
    """Read the document of a name among those of a block type."""
    async with db.connection() as connection:
        statement = documents.block_document_by_name(slug, block_document_name)
        found = await read_documents(connection, keys, statement, secrets=include_secrets)
    if not found:
        raise NotFound("Block document not found")
    return RowsResponse(found[0])


@router.post("/install_system_block_types")
async def install_system_block_types(tx: WriteTx) -> None:
    """Put the block types in place that no server does without."""
    await install(tx, PROTECTED)
