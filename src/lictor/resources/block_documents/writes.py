"""Making and changing block documents."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from lictor.db.engine import Transaction
from lictor.db.ids import uuid7
from lictor.db.types import load_json
from lictor.errors import BadRequest, Conflict, NotFound, Unprocessable
from lictor.query.operators import Clause
from lictor.resources.block_documents import queries
from lictor.resources.block_documents.encryption import Unreadable, vault_to_write
from lictor.resources.block_documents.events import emit_block_document_event
from lictor.resources.block_documents.reading import MAX_NESTING_LEVELS, unreadable
from lictor.resources.block_documents.schemas import BlockDocumentCreate, BlockDocumentUpdate
from lictor.resources.block_documents.secrets import paths, put_back
from lictor.resources.block_documents.table import block_document
from lictor.validation.fields import fits_an_index

JSONObject = dict[str, Any]

MAX_NESTED_DOCUMENTS = 1_000
"""How many documents may be within one, each counted as often as it occurs."""

Graph = dict[UUID, dict[str, UUID]]
"""Which documents the fields of each hold."""


async def make_document(tx: Transaction, keys: tuple[str, ...], body: BlockDocumentCreate) -> UUID:
    """Keeps a new block document; its id."""
    parts = await tx.first(queries.parts_of_new(body.block_type_id, body.block_schema_id))
    assert parts is not None
    data, references = separated(body.data)
    id = uuid7()
    row = {
        "id": id,
        "name": body.name or f"anonymous-{uuid4()}",
        "is_anonymous": body.is_anonymous,
        "block_type_id": body.block_type_id,
        "block_type_name": parts.type_name,
        "block_schema_id": body.block_schema_id,
    }
    if parts.type_name is None:
        raise Conflict(f"block_type_id: there is no block type {body.block_type_id}.")
    if not parts.has_schema:
        raise Conflict(f"block_schema_id: there is no block schema {body.block_schema_id}.")
    vault = await vault_to_write(tx, keys)
    if not await tx.changed(queries.insert_block_document({**row, "data": vault.seal(data)})):
        raise Conflict("Block already exists")
    await _refer(tx, id, references)
    await emit_block_document_event(tx, keys, "created", id)
    return id


async def change_document(tx: Transaction, keys: tuple[str, ...], id: UUID, body: BlockDocumentUpdate) -> None:
    """Changes of a block document what was asked. Secrets that come back hidden stay what they are."""
    document = await tx.first(queries.held_document(id))
    if document is None:
        raise NotFound("Block document not found")
    vault = await vault_to_write(tx, keys)
    try:
        known = vault.open(document.data)
    except Unreadable:
        raise unreadable(str(id)) from None
    data, references = separated(put_back(body.data, known, paths(load_json(document.fields))))
    before = {row.name: row.reference_block_document_id for row in await tx.all(queries.references_of(id))}
    if body.merge_existing_data:
        data = {name: value for name, value in known.items() if name not in references} | data
        references = {name: within for name, within in before.items() if name not in body.data} | references
    changes: JSONObject = {"data": vault.seal(data)}
    if body.block_schema_id is not None:
        await _check_schema(tx, body.block_schema_id, document.block_type_id)
        changes["block_schema_id"] = body.block_schema_id
    await tx.execute(queries.update_block_document(id, changes))
    if gone := {name for name, within in before.items() if references.get(name) != within}:
        await tx.execute(queries.delete_references(id, gone))
    await _refer(tx, id, {name: within for name, within in references.items() if before.get(name) != within})
    await emit_block_document_event(tx, keys, "updated", id)


async def drop_document(tx: Transaction, keys: tuple[str, ...], id: UUID) -> None:
    """Deletes a block document, and what cannot do without it: deployments and flow runs that need it."""
    await emit_block_document_event(tx, keys, "deleted", id)
    await drop_what_needs(tx, block_document.c.id == id)
    if not await tx.changed(queries.delete_block_document(id)):
        raise NotFound("Block document not found")


async def drop_what_needs(tx: Transaction, documents: Clause) -> None:
    """Deletes the deployments, flow runs and notification policies that need any of these documents, about to go."""
    for statement in queries.delete_what_needs(documents):
        await tx.execute(statement)


async def choose_result_storage(tx: Transaction, id: UUID) -> None:
    """Makes a block document the one that results go to unless a flow says otherwise."""
    await tx.lock("default result storage")
    capabilities = await tx.first(queries.capabilities(id))
    if capabilities is None:
        raise NotFound(f"Block document {id} not found.")
    if "write-path" not in capabilities.capabilities:
        raise Unprocessable(f"Block document {id} cannot be used for result storage.")
    await tx.execute(queries.choose_default_result_storage(id))


def separated(data: JSONObject) -> tuple[JSONObject, dict[str, UUID]]:
    """What a document itself holds, and the documents within it."""
    own, references = {}, {}
    for key, value in data.items():
        if not (isinstance(value, dict) and "$ref" in value):
            own[key] = value
            continue
        named = value["$ref"].get("block_document_id")
        if named is None:
            raise BadRequest(f"Received block reference without a block_document_id in key {key}")
        try:
            references[fits_an_index(key)] = UUID(named)
        except (ValueError, AttributeError, TypeError):
            raise BadRequest(
                f"data.{key}.$ref.block_document_id: {named!r} is not the id of a block document."
            ) from None
    return own, references


async def _check_schema(tx: Transaction, id: UUID, type_id: UUID) -> None:
    type_of_schema = await tx.scalar(queries.type_of_schema(id))
    if type_of_schema is None:
        raise Conflict(f"block_schema_id: there is no block schema {id}.")
    if type_of_schema != type_id:
        raise BadRequest("Must migrate block document to a block schema of the same block type.")


async def _refer(tx: Transaction, parent: UUID, references: dict[str, UUID]) -> None:
    """Notes which documents are within one, unless it would be within itself, or they too deep."""
    if not references:
        return
    await tx.lock("block documents")  # of two that each put one into the other, neither would see it
    await _check_references(tx, parent, references)
    await tx.execute(queries.insert_references(parent, references))


async def _check_references(tx: Transaction, parent: UUID, references: dict[str, UUID]) -> None:
    wanted = list(set(references.values()))
    there = {row.id for row in await tx.all(queries.existing(wanted))}
    graph: Graph = {}
    for row in await tx.all(queries.references_around(parent, wanted)):
        graph.setdefault(row.parent, {})[row.name] = row.within
    graph[parent] = graph.get(parent, {}) | references
    for name, document in references.items():
        if document not in there:
            raise Conflict(f"data.{name}: there is no block document {document}.")
        if parent in _met(graph, document):
            raise BadRequest(
                "Cannot create block document reference: it would introduce a cycle into the block_document_reference"
                f" graph (parent={parent}, reference={document})."
            )
    sizes: dict[UUID, Size] = {}
    for document in graph:
        _measure(graph, document, sizes)
    if any(size.depth > MAX_NESTING_LEVELS or size.documents > MAX_NESTED_DOCUMENTS for size in sizes.values()):
        raise BadRequest(
            f"Block documents may be nested at most {MAX_NESTING_LEVELS} levels deep, and at most {MAX_NESTED_DOCUMENTS} may be within one."
        )


def _met(graph: Graph, start: UUID) -> set[UUID]:
    """The document and all within it."""
    met: set[UUID] = set()
    left = [start]
    while left:
        if (document := left.pop()) not in met:
            met.add(document)
            left += graph.get(document, {}).values()
    return met


@dataclass(frozen=True)
class Size:
    """How many levels of documents are within one, and how many documents, each as often as it occurs."""

    depth: int
    documents: int


def _measure(graph: Graph, document: UUID, sizes: dict[UUID, Size]) -> Size:
    if document not in sizes:
        within = [_measure(graph, each, sizes) for each in graph.get(document, {}).values()]
        depth = max((size.depth + 1 for size in within), default=0)
        sizes[document] = Size(depth, sum(size.documents + 1 for size in within))
    return sizes[document]
