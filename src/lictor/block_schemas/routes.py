"""The API of block schemas, and of what blocks can do."""

from typing import Annotated
from uuid import UUID

from fastapi import Body, Path, Query, Response

from lictor import lists
from lictor.block_schemas import queries
from lictor.block_schemas.changes import drop_schema, record_schema
from lictor.block_schemas.filters import BlockSchemaFilter
from lictor.block_schemas.reading import JSONObject, read_schemas, with_blocks, written
from lictor.block_schemas.schemas import BlockSchema, BlockSchemaCreate
from lictor.db.engine import Connection
from lictor.db.functions import Statement
from lictor.http.dependencies import ReadDB, WriteTx
from lictor.http.errors import NotFound
from lictor.http.paging import Part
from lictor.http.routing import StrictRouter
from lictor.http.rows import RowsResponse

router = StrictRouter(prefix="/block_schemas", tags=["Block schemas"])
capabilities_router = StrictRouter(prefix="/block_capabilities", tags=["Block capabilities"])

Id = Annotated[UUID, Path(description="The block schema's id.")]


@router.post("/", response_model=BlockSchema, status_code=201)
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
    part: Part,
    block_schemas: Annotated[
        BlockSchemaFilter | None, Body(description="Which block schemas; any unless given.")
    ] = None,
) -> Response:
    """List the block schemas that match, the newest first."""

    async def complete(lane: Connection, schemas: list[JSONObject]) -> list[JSONObject]:
        return [written(schema) for schema in await with_blocks(lane, schemas)]

    return await lists.answer(db, queries.block_schema_list({"block_schemas": block_schemas}), part, complete)


@router.get("/{id:uuid}", response_model=BlockSchema)
async def read_block_schema_by_id(db: ReadDB, id: Id) -> Response:
    """Read a block schema."""
    async with db.connection() as lane:
        return await _only(lane, queries.block_schemas_by_id([id]))


@router.get("/checksum/{checksum}", response_model=BlockSchema)
async def read_block_schema_by_checksum(
    db: ReadDB,
    checksum: Annotated[str, Path(description="The block schema's checksum.")],
    version: Annotated[
        str | None, Query(description="Its version; unless given, the newest of that checksum is meant.")
    ] = None,
) -> Response:
    """Read the block schema of a checksum."""
    async with db.connection() as lane:
        return await _only(lane, queries.block_schema_by_checksum(checksum, version))


async def _only(lane: Connection, statement: Statement) -> Response:
    schemas = await read_schemas(lane, statement)
    if not schemas:
        raise NotFound("Block schema not found")
    return RowsResponse(written(schemas[0]))


@capabilities_router.get("/")
async def read_available_block_capabilities(db: ReadDB) -> list[str]:
    """Everything that a block of some schema can do."""
    rows = await db.all(queries.sets_of_capabilities())
    return sorted({capability for row in rows for capability in row.capabilities})
