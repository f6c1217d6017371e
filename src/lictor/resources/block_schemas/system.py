"""The blocks that every server has: types and schemas that clients count on.

What they are is told by `system_blocks.json`, and in words by `lictor.resources.block_schemas.descriptions`.
"""

import json
from collections.abc import AsyncIterator, Container, Iterable, Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import Database, Transaction
from lictor.db.functions import insert_unless
from lictor.db.types import MICROSECOND, dump_json
from lictor.resources.block_schemas.descriptions import DESCRIPTIONS, code_example
from lictor.resources.block_schemas.table import block_schema, block_schema_reference
from lictor.resources.block_types.table import block_type

JSONObject = dict[str, Any]

FACTS = Path(__file__).with_name("system_blocks.json")

PROTECTED = frozenset({"local-file-system", "secret", "webhook"})
"""What no server does without."""


@cache
def system_facts() -> JSONObject:
    """What the system's blocks are, without the prose."""
    facts: JSONObject = json.loads(FACTS.read_text())
    return facts


@cache
def system_blocks() -> JSONObject:
    """The system's types of blocks by their slugs, each with its newest schema."""
    schemas = {each["slug"]: _schema(each) for each in system_facts()["block_schemas"]}
    rows = (_type_row(each) for each in system_facts()["block_types"])
    return {row["slug"]: {**row, "block_schema": schemas.get(row["slug"])} for row in rows}


def _schema(facts: JSONObject) -> JSONObject:
    fields = {**facts["fields"], "description": DESCRIPTIONS[facts["slug"]]}
    return {name: facts[name] for name in ("checksum", "capabilities", "version")} | {"fields": fields}


async def register(db: Database) -> None:
    """Adds what a server at its start lacks of the system's blocks. What is there stays as it is."""
    async with db.read.connection() as connection:
        there = {row.checksum for row in await connection.all(sa.select(block_schema.c.checksum))}
        slugs = {row.slug for row in await connection.all(sa.select(block_type.c.slug))}
    facts = system_facts()
    if slugs >= {each["slug"] for each in facts["block_types"]} and there >= {
        each["checksum"] for each in facts["block_schemas"]
    }:
        return
    async with db.write() as tx:
        await install(tx)


async def install(tx: Transaction, slugs: Container[str] | None = None) -> None:
    """Adds those of the system's blocks that are not there: all, or those of some types."""
    await tx.lock("block schemas")
    await tx.execute(insert_unless(block_type, [_type_row(each) for each in _chosen("block_types", slugs)], "slug"))
    ids = {row.slug: row.id for row in await tx.all(sa.select(block_type.c.slug, block_type.c.id))}
    there = {row.checksum for row in await tx.all(sa.select(block_schema.c.checksum))}
    chosen = list(_chosen("block_schemas", slugs))
    schemas = [each for each in chosen if each["checksum"] not in there]
    if not schemas:
        return
    # One after the other in the order of the file: the newest of a checksum is the last one.
    first = utc_now() - len(schemas) * MICROSECOND
    rows = [_schema_row(each, ids[each["slug"]], first + number * MICROSECOND) for number, each in enumerate(schemas)]
    await tx.execute(insert_unless(block_schema, rows, "checksum", "version"))
    # Of all: what refers to a schema that was deleted, and is here again, refers to it again.
    if references := [row async for row in _references(tx, chosen)]:
        await tx.execute(insert_unless(block_schema_reference, references, *references[0]))


def made_here() -> dict[str, set[str]]:
    """What the rows of schemas say that this server makes, by checksum."""
    made: dict[str, set[str]] = {}
    for facts in system_facts()["block_schemas"]:
        made.setdefault(facts["checksum"], set()).add(_fields(facts))
    return made


def made_types() -> dict[str, str]:
    """How this server describes the types that it makes, by slug."""
    return {facts["slug"]: DESCRIPTIONS[facts["slug"]] for facts in system_facts()["block_types"]}


def _fields(facts: JSONObject) -> str:
    return dump_json({**facts["fields"], "description": DESCRIPTIONS[facts["slug"]]})


def _chosen(kind: str, slugs: Container[str] | None) -> Iterator[JSONObject]:
    return (each for each in system_facts()[kind] if slugs is None or each["slug"] in slugs)


def _type_row(facts: JSONObject) -> JSONObject:
    slug = facts["slug"]
    return {**facts, "description": DESCRIPTIONS[slug], "code_example": code_example(slug)}


def _schema_row(facts: JSONObject, type_id: UUID, created: datetime) -> JSONObject:
    return {
        "created": created,
        "updated": created,
        "checksum": facts["checksum"],
        "fields": _fields(facts),
        "capabilities": facts["capabilities"],
        "version": facts["version"],
        "block_type_id": type_id,
    }


async def _references(tx: Transaction, schemas: Iterable[JSONObject]) -> AsyncIterator[JSONObject]:
    columns = (block_schema.c.id, block_schema.c.checksum, block_schema.c.version)
    there = await tx.all(sa.select(*columns).order_by(block_schema.c.created, block_schema.c.id))
    ids = {(row.checksum, row.version): row.id for row in there}
    oldest = {row.checksum: row.id for row in reversed(there)}
    for schema in schemas:
        parent = ids.get((schema["checksum"], schema["version"]))
        if parent is None:  # a client's, of another version: its references are its own
            continue
        for name, checksums in schema["references"].items():
            for checksum in checksums:
                yield {
                    "parent_block_schema_id": parent,
                    "name": name,
                    "reference_block_schema_id": oldest[checksum],
                }
