"""The API of block schemas, and of what blocks can do."""

from typing import Annotated
from uuid import UUID

from fastapi import Body, Path, Query, Response

from lictor.db.engine import Connection
from lictor.db.functions import Statement
from lictor.errors import NotFound
from lictor.http.dependencies import ReadDB, WriteTx
from lictor.http.fast_dependencies import through_fastapi
from lictor.http.list_response import list_response
from lictor.http.paging import PageParams
from lictor.http.routing import StrictRouter
from lictor.http.rows import RowsResponse
from lictor.resources.block_schemas import queries
from lictor.resources.block_schemas.filters import BlockSchemaFilter
from lictor.resources.block_schemas.reading import JSONObject, read_schemas, with_blocks, written
from lictor.resources.block_schemas.schemas import BlockSchema, BlockSchemaCreate
from lictor.resources.block_schemas.writes import drop_schema, record_schema

router = StrictRouter(prefix="/block_schemas", tags=["Block schemas"])
capabilities_router = StrictRouter(prefix="/block_capabilities", tags=["Block capabilities"])

Id = Annotated[UUID, Path(description="The block schema's id.")]


@router.post("/", response_model=BlockSchema, status_code=201)
@through_fastapi
async def create_block_schema(tx: WriteTx, block_schema: BlockSchemaCreate) -> Response:
    """Register a block schema, and those of the blocks within it. One that is there already is returned as it is."""
    schema, is_new = await record_schema(tx, block_schema)
    return RowsResponse(written(schema), 201 if is_new else 200)


@router.delete("/{id:uuid}", status_code=204)
async def delete_block_schema(tx: WriteTx, id: Id) -> None:
    """Delete a block schema with its documents."""
    await drop_schema(tx, id)


@router.post("/filter", response_model=list[BlockSchema])
async def read_block_schemas(
    db: ReadDB,
    page_params: PageParams,
    block_schemas: Annotated[
        BlockSchemaFilter | None, Body(description="Which block schemas; any unless given.")
    ] = None,
) -> Response:
    """List the block schemas that match, the newest first."""

    async def complete(connection: Connection, schemas: list[JSONObject]) -> list[JSONObject]:
        return [written(schema) for schema in await with_blocks(connection, schemas)]

    return await list_response(db, queries.block_schema_list({"block_schemas": block_schemas}), page_params, complete)


@router.get("/{id:uuid}", response_model=BlockSchema)
async def read_block_schema_by_id(db: ReadDB, id: Id) -> Response:
    """Read a block schema."""
    async with db.connection() as connection:
        return await _only(connection, queries.block_schemas_by_id([id]))


@router.get("/checksum/{checksum}", response_model=BlockSchema)
@through_fastapi
async def read_block_schema_by_checksum(
    db: ReadDB,
    checksum: Annotated[str, Path(description="The block schema's checksum.")],
    version: Annotated[
        str | None, Query(description="Its version; unless given, the newest of that checksum is meant.")
    ] = None,
) -> Response:
    """Read the block schema of a checksum."""
    async with db.connection() as connection:
        return await _only(connection, queries.block_schema_by_checksum(checksum, version))


async def _only(connection: Connection, statement: Statement) -> Response:
    schemas = await read_schemas(connection, statement)
    if not schemas:
        raise NotFound("Block schema not found")
    return RowsResponse(written(schemas[0]))


@capabilities_router.get("/")
async def read_available_block_capabilities(db: ReadDB) -> list[str]:
    """Everything that a block of some schema can do."""
    rows = await db.all(queries.sets_of_capabilities())
    return sorted({capability for row in rows for capability in row.capabilities})
