"""Registering and deleting block schemas."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from lictor.db.engine import Transaction
from lictor.db.ids import uuid7
from lictor.db.types import dump_json
from lictor.errors import Conflict, Forbidden, NotFound, Unprocessable
from lictor.resources.block_documents.table import block_document
from lictor.resources.block_documents.writes import drop_what_needs
from lictor.resources.block_schemas import queries
from lictor.resources.block_schemas.checksums import checksum, plain_definitions, used_definitions
from lictor.resources.block_schemas.placeholders import give_way, is_placeholder
from lictor.resources.block_schemas.reading import read_schemas
from lictor.resources.block_schemas.schemas import UNVERSIONED, BlockSchemaCreate
from lictor.resources.block_types.queries import id_of_slug
from lictor.resources.block_types.queries import protection as protection_of_type

JSONObject = dict[str, Any]

MAX_NESTING_LEVELS = 50
"""How many levels of blocks within blocks one schema may bring along."""


async def record_schema(tx: Transaction, body: BlockSchemaCreate) -> tuple[JSONObject, bool]:
    """Registers a schema and the blocks within it, unless there is one of its checksum and version; whether it did.

    The answer to a new one speaks of the blocks within it as the request does.
    """
    if await tx.scalar(protection_of_type(body.block_type_id)) is None:
        raise NotFound(f"Block type {body.block_type_id} not found.")
    known = await tx.scalar(queries.id_of_checksum(checksum(body.fields), body.version))
    if known is not None and not await is_placeholder(tx, known):
        return (await read_schemas(tx, queries.block_schemas_by_id([known])))[0], False
    await tx.lock("block schemas")  # two that bring the same blocks along would wait for each other
    adding = _Adding(tx, body.fields.get("definitions") or {})
    if known is not None:
        await tx.execute(queries.update_fields(known, dump_json(adding.stored(body.fields))))
        return (await read_schemas(tx, queries.block_schemas_by_id([known])))[0], False
    id = await adding.add(body.block_type_id, body.fields, body.version, body.capabilities)
    await give_way(tx)
    (schema,) = await read_schemas(tx, queries.block_schemas_by_id([id]))
    schema["fields"]["block_schema_references"] = body.fields.get("block_schema_references") or {}
    if adding.definitions:
        schema["fields"]["definitions"] = adding.definitions
    return schema, True


class _Adding:
    """Schemas that one request brings; those of blocks within others stand among its definitions."""

    def __init__(self, tx: Transaction, definitions: JSONObject) -> None:
        self._tx = tx
        self.definitions = definitions

    async def add(
        self, type_id: UUID, fields: JSONObject, version: str, capabilities: list[str], depth: int = 0
    ) -> UUID:
        """Adds a schema, unless it is there, and those of the blocks within it; its id."""
        if depth > MAX_NESTING_LEVELS:
            raise Unprocessable(f"Blocks may be nested at most {MAX_NESTING_LEVELS} levels deep.")
        if self.definitions:
            fields = {**fields, "definitions": self.definitions}
        sum_of_fields = checksum(fields)
        id = uuid7()
        row = {
            "id": id,
            "checksum": sum_of_fields,
            "fields": dump_json(self.stored(fields)),
            "capabilities": capabilities,
            "version": version,
            "block_type_id": type_id,
        }
        if not await self._tx.changed(queries.insert_block_schema(row)):
            known: UUID = await self._tx.scalar(queries.id_of_checksum(sum_of_fields, version))
            return known
        for name, reference in references(fields):
            within = await self._block_within(fields, name, reference, depth)
            await self._tx.execute(queries.insert_reference(id, name, within))
        return id

    def stored(self, fields: JSONObject) -> JSONObject:
        """The fields without the blocks within, which are schemas of their own."""
        stored = {
            name: value for name, value in fields.items() if name not in {"block_schema_references", "definitions"}
        }
        plain = plain_definitions(fields, self.definitions)
        return {**stored, "definitions": plain} if plain else stored

    async def _block_within(self, fields: JSONObject, name: str, reference: JSONObject, depth: int) -> UUID:
        slug = reference["block_type_slug"]
        type_id = await self._tx.scalar(id_of_slug(slug))
        if type_id is None:
            raise Conflict(
                f"Cannot create block schema because block type {slug!r} was not found.Did you forget to register"
                " the block type?"
            )
        known: UUID | None = await self._tx.scalar(queries.id_of_checksum(reference["block_schema_checksum"]))
        if known is not None:
            return known
        return await self.add(type_id, self._definition(fields, name, slug), UNVERSIONED, [], depth + 1)

    def _definition(self, fields: JSONObject, name: str, slug: str) -> JSONObject:
        """What the definitions say of the block in a field; they may say it of several, one for each type."""
        properties = fields.get("properties")
        part = properties.get(name) if isinstance(properties, dict) else None
        found = [self.definitions[key] for key in used_definitions(part) if key in self.definitions]
        if len(found) > 1:
            found = [definition for definition in found if definition.get("block_type_slug") == slug]
        if not found:
            raise Unprocessable(f"fields.definitions: there is none of the block {slug!r} in the field {name!r}.")
        definition: JSONObject = found[0]
        return definition


def references(fields: JSONObject) -> Iterator[tuple[str, JSONObject]]:
    """The fields that hold blocks, and which: one may hold blocks of several kinds."""
    for name, reference in (fields.get("block_schema_references") or {}).items():
        for each in reference if isinstance(reference, list) else [reference]:
            yield name, each


async def drop_schema(tx: Transaction, id: UUID) -> None:
    """Deletes a block schema with its documents."""
    is_protected = await tx.scalar(queries.protection(id))
    if is_protected is None:
        raise NotFound("Block schema not found")
    if is_protected:
        raise Forbidden("Block schemas for protected block types cannot be deleted.")
    await drop_what_needs(tx, block_document.c.block_schema_id == id)
    await tx.execute(queries.delete_block_schema(id))
