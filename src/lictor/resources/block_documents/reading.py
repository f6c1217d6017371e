"""Block documents with all that is within them."""

from collections import defaultdict
from typing import Any
from uuid import UUID

import orjson

from lictor.db.engine import Connection
from lictor.db.functions import Statement
from lictor.db.types import dump_json
from lictor.errors import InternalError
from lictor.resources.block_documents import queries
from lictor.resources.block_documents.encryption import Unreadable, Vault, vault_to_read
from lictor.resources.block_documents.secrets import hide, paths
from lictor.resources.block_schemas.queries import block_schemas_by_id
from lictor.resources.block_schemas.reading import read_schemas, written

JSONObject = dict[str, Any]

MAX_NESTING_LEVELS = 50
"""How many levels of documents may be within one; an import may bring more, which are left out."""

OF_REFERENCE = ("id", "name", "block_type", "is_anonymous", "block_document_references")
"""What a document tells of those within it, besides their data."""


async def read_documents(
    connection: Connection, keys: tuple[str, ...], statement: Statement, *, secrets: bool
) -> list[JSONObject]:
    """The documents that a statement on their shape finds, ready for an answer."""
    return await opened(connection, keys, await connection.objects(queries.BLOCK_DOCUMENT, statement), secrets=secrets)


async def opened(
    connection: Connection, keys: tuple[str, ...], found: list[JSONObject], *, secrets: bool
) -> list[JSONObject]:
    """Documents as their shape has them, made ready for an answer."""
    return [
        {**document, "data": orjson.Fragment(dump_json(document["data"])), "block_schema": written(schema)}
        for document, schema in await _opened(connection, keys, found, secrets=secrets)
    ]


async def read_data(connection: Connection, keys: tuple[str, ...], id: UUID) -> JSONObject | None:
    """The data of a document with its secrets hidden, if there is one of this id."""
    found = await connection.objects(queries.BLOCK_DOCUMENT, queries.block_document_by_id(id))
    for document, _ in await _opened(connection, keys, found, secrets=False):
        data: JSONObject = document["data"]
        return data
    return None


async def read_whole(connection: Connection, keys: tuple[str, ...], id: UUID) -> tuple[JSONObject, JSONObject] | None:
    """A document with its secrets hidden, and its schema; without data if no key of this server opens it."""
    found = await connection.objects(queries.BLOCK_DOCUMENT, queries.block_document_by_id(id))
    try:
        opened = await _opened(connection, keys, found, secrets=False)
    except InternalError:
        schemas = await read_schemas(connection, block_schemas_by_id([UUID(each["block_schema_id"]) for each in found]))
        opened = [({**document, "data": {}}, schema) for document, schema in zip(found, schemas, strict=True)]
    return opened[0] if opened else None


async def _opened(
    connection: Connection, keys: tuple[str, ...], found: list[JSONObject], *, secrets: bool
) -> list[tuple[JSONObject, JSONObject]]:
    """The documents, readable and whole, each with its schema."""
    if not found:
        return []
    vault = await vault_to_read(connection, keys)
    ids = [UUID(document["id"]) for document in found]
    within = await connection.objects(queries.BLOCK_DOCUMENT_WITHIN, queries.documents_within(ids))
    schema_ids = {UUID(document["block_schema_id"]) for document in (*found, *within)}
    schemas = {schema["id"]: schema for schema in await read_schemas(connection, block_schemas_by_id(list(schema_ids)))}
    tree: dict[str, list[JSONObject]] = defaultdict(list)
    for document in (*found, *within):
        document["data"] = _data(document, vault, None if secrets else schemas[document["block_schema_id"]]["fields"])
        if "parent" in document:
            tree[document.pop("parent")].append(document)
    return [(_whole(document, tree), schemas[document["block_schema_id"]]) for document in found]


def _data(document: JSONObject, vault: Vault, hidden_by: JSONObject | None) -> JSONObject:
    try:
        data = vault.open(document["data"])
    except Unreadable:
        raise unreadable(document["id"]) from None
    return data if hidden_by is None else hide(data, paths(hidden_by))


def unreadable(id: str) -> InternalError:
    """A document that was encrypted elsewhere, or before the keys of this server were changed."""
    return InternalError(
        f"Block document {id} is encrypted with a key that this server does not have: it belongs into"
        " PREFECT_SERVER_ENCRYPTION_KEY, behind the key that is in use."
    )


def _whole(document: JSONObject, tree: dict[str, list[JSONObject]], depth: int = 0) -> JSONObject:
    """The document with the data of those within it, and what it tells of them."""
    data = dict(document["data"])
    references = {}
    for within in tree.get(document["id"], ()) if depth < MAX_NESTING_LEVELS else ():
        whole = _whole(within, tree, depth + 1)
        data[within["field"]] = whole["data"]
        references[within["field"]] = {"block_document": {name: whole[name] for name in OF_REFERENCE}}
    return {**document, "data": data, "block_document_references": references}
