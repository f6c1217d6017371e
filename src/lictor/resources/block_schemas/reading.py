"""Block schemas with the blocks within them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from lictor.db.engine import Connection
from lictor.db.functions import Statement
from lictor.db.types import dump_json, load_json
from lictor.resources.block_schemas import queries

JSONObject = dict[str, Any]


@dataclass(frozen=True)
class Within:
    """A block schema that a field of another one refers to."""

    name: str
    id: str
    checksum: str
    slug: str
    fields: JSONObject

    @property
    def reference(self) -> JSONObject:
        return {"block_schema_checksum": self.checksum, "block_type_slug": self.slug}


Tree = dict[str, list[Within]]
"""What each schema refers to, by its id."""


async def with_blocks(connection: Connection, schemas: list[JSONObject]) -> list[JSONObject]:
    """The same schemas, which `BLOCK_SCHEMA` made, with the blocks within them."""
    tree = await _tree(connection, [UUID(schema["id"]) for schema in schemas])
    for schema in schemas:
        schema["fields"] = full_fields(schema["fields"], schema["id"], tree)
    return schemas


async def read_schemas(connection: Connection, statement: Statement) -> list[JSONObject]:
    """The schemas that a statement finds, with their fields as objects."""
    return await with_blocks(connection, await connection.objects(queries.BLOCK_SCHEMA, statement))


def written(schema: JSONObject) -> JSONObject:
    """A schema as it goes into an answer: integers of any size are written as they are."""
    return {**schema, "fields": orjson.Fragment(dump_json(schema["fields"]))}


async def _tree(connection: Connection, ids: Sequence[UUID]) -> Tree:
    tree: Tree = defaultdict(list)
    if ids:
        for row in await connection.all(queries.schemas_within(ids)):
            within = Within(row.name, str(row.id), row.checksum, row.slug, load_json(row.fields))
            tree[str(row.parent)].append(within)
    return tree


def full_fields(stored: JSONObject, id: str, tree: Tree) -> JSONObject:
    """The fields of a schema, which blocks are within it, and the definitions of those."""
    fields = {**stored, "block_schema_references": _references(tree.get(id, []))}
    definitions = dict(stored.get("definitions") or {})
    met = {id}
    left = list(reversed(tree.get(id, [])))
    while left:
        block = left.pop()
        title = block.fields.get("title")
        if not isinstance(title, str) or block.id in met:
            continue
        met.add(block.id)
        own = {name: value for name, value in block.fields.items() if name != "definitions"}
        definitions[title] = {**own, "block_schema_references": _references(tree.get(block.id, []))}
        definitions |= block.fields.get("definitions") or {}
        left += reversed(tree.get(block.id, []))
    return {**fields, "definitions": definitions} if definitions else fields


def _references(blocks: list[Within]) -> JSONObject:
    """The fields that hold blocks: which block, or a list of those that it may be."""
    named: dict[str, list[JSONObject]] = defaultdict(list)
    for block in blocks:
        if block.reference not in named[block.name]:
            named[block.name].append(block.reference)
    return {name: found[0] if len(found) == 1 else found for name, found in named.items()}
