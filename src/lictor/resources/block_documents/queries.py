"""Statements on block documents."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.compiled_query import BoundQuery
from lictor.db.functions import Statement, insert_unless, value_in
from lictor.db.row_serializer import Constant, Field, NestedObject, RowSerializer
from lictor.query.cursor import ListQuery
from lictor.query.filter_key import Filters
from lictor.query.operators import Clause
from lictor.query.relations import to_one
from lictor.query.resource_query import Order, ResourceQuery
from lictor.resources.automations.table import automation
from lictor.resources.block_documents.filters import BlockDocumentFilter
from lictor.resources.block_documents.schemas import BlockDocumentSort
from lictor.resources.block_documents.table import block_document, block_document_reference
from lictor.resources.block_schemas.table import block_schema
from lictor.resources.block_types.queries import type_fields
from lictor.resources.block_types.table import block_type
from lictor.resources.deployments.table import deployment
from lictor.resources.flow_run_notification_policies.table import flow_run_notification_policy as policy
from lictor.resources.flow_runs.table import flow_run

_type_of_document = block_type.alias("type_of_document")

_FIELDS: dict[str, Field] = {
    "id": block_document.c.id,
    "created": block_document.c.created,
    "updated": block_document.c.updated,
    "name": block_document.c.name,
    "data": block_document.c.data,
    "block_schema_id": block_document.c.block_schema_id,
    "block_schema": Constant(None),
    "block_type_id": block_document.c.block_type_id,
    "block_type_name": block_document.c.block_type_name,
    "block_type": NestedObject(type_fields(_type_of_document)),
    "block_document_references": Constant(None),
    "is_anonymous": block_document.c.is_anonymous,
}
BLOCK_DOCUMENT = RowSerializer(_FIELDS)
"""With its data encrypted: `lictor.resources.block_documents.reading` opens it and adds the documents within."""

_within = block_document_reference.alias("reference_within")
BLOCK_DOCUMENT_WITHIN = RowSerializer(
    {"parent": _within.c.parent_block_document_id, "field": _within.c.name, **_FIELDS}
)
"""The same, and where it stands: in which field of which document."""

BLOCK_DOCUMENTS = ResourceQuery(
    "block_documents",
    block_document,
    (
        to_one("block_types", block_type, block_document.c.block_type_id),
        to_one("block_schemas", block_schema, block_document.c.block_schema_id),
    ),
    {
        BlockDocumentSort.NAME_ASC: Order(block_document.c.name),
        BlockDocumentSort.NAME_DESC: Order(block_document.c.name, descending=True),
        BlockDocumentSort.BLOCK_TYPE_AND_NAME_ASC: Order(block_document.c.name, first=block_document.c.block_type_name),
    },
)


def _with_defaults(filters: Filters) -> Filters:
    """The filters; where nothing is asked of the documents themselves, what is asked of them by default."""
    return {**filters, "block_documents": filters.get("block_documents") or BlockDocumentFilter.model_validate({})}


_ROWS = BLOCK_DOCUMENT.select().select_from(
    block_document.join(_type_of_document, _type_of_document.c.id == block_document.c.block_type_id)
)


def block_document_list(filters: Filters, sort: BlockDocumentSort) -> ListQuery:
    """The block documents that match, in order."""
    return ListQuery(BLOCK_DOCUMENTS, BLOCK_DOCUMENT, _ROWS, _with_defaults(filters), sort)


def block_documents_of(type_id: UUID) -> Statement:
    """The block documents of a type, by name, without anonymous ones."""
    asked = BlockDocumentFilter.model_validate({"block_type_id": {"any_": [type_id]}})
    return BLOCK_DOCUMENTS.matching(_ROWS.order_by(block_document.c.name), {"block_documents": asked})


def block_document_count(filters: Filters) -> BoundQuery:
    """How many block documents match."""
    return BLOCK_DOCUMENTS.count(_with_defaults(filters))


def block_document_by_id(id: UUID) -> Statement:
    """One block document."""
    return _ROWS.where(block_document.c.id == id)


def block_document_by_name(slug: str, name: str) -> Statement:
    """The block document of a name in the type of a slug."""
    return _ROWS.where(_type_of_document.c.slug == slug, block_document.c.name == name)


def documents_within(ids: Sequence[UUID]) -> Statement:
    """All that these documents refer to, directly or through others: a row for each reference."""
    reference = block_document_reference
    above = sa.select(block_document.c.id).where(value_in(block_document.c.id, ids)).cte("above", recursive=True)
    below = sa.select(reference.c.reference_block_document_id).join(
        above, above.c.id == reference.c.parent_block_document_id
    )
    above = above.union(below)
    return (
        BLOCK_DOCUMENT_WITHIN.select()
        .select_from(above)
        .join(_within, _within.c.parent_block_document_id == above.c.id)
        .join(block_document, block_document.c.id == _within.c.reference_block_document_id)
        .join(_type_of_document, _type_of_document.c.id == block_document.c.block_type_id)
        .order_by(_within.c.name)
    )


def parts_of_new(type_id: UUID, schema_id: UUID) -> Statement:
    """The name of the type of a new document, and whether its schema is there."""
    return sa.select(
        sa.select(block_type.c.name).where(block_type.c.id == type_id).scalar_subquery().label("type_name"),
        sa.exists().where(block_schema.c.id == schema_id).label("has_schema"),
    )


def held_document(id: UUID) -> Statement:
    """What changing a block document has to know, locked."""
    return (
        sa.select(
            block_document.c.data,
            block_document.c.block_schema_id,
            block_document.c.block_type_id,
            block_schema.c.fields,
        )
        .join(block_schema, block_schema.c.id == block_document.c.block_schema_id)
        .where(block_document.c.id == id)
        .with_for_update(of=block_document)
    )


def kept_document(id: UUID) -> Statement:
    """A row if there is a block document of this id, which nobody can delete before this transaction ends."""
    return sa.select(block_document.c.id).where(block_document.c.id == id).with_for_update(read=True, key_share=True)


def delete_what_needs(documents: Clause) -> list[sa.Delete]:
    """Deletes the deployments, flow runs and notification policies that need any of these documents."""
    ids = sa.select(block_document.c.id).where(documents)
    policies = sa.select(policy.c.id).where(policy.c.block_document_id.in_(ids))
    of_deployment = (deployment.c.storage_document_id, deployment.c.infrastructure_document_id)
    return [
        sa.delete(deployment).where(sa.or_(*(column.in_(ids) for column in of_deployment))),
        sa.delete(flow_run).where(flow_run.c.infrastructure_document_id.in_(ids)),
        sa.delete(automation).where(automation.c.id.in_(policies)),
    ]


def type_of_schema(id: UUID) -> Statement:
    """The type that a block schema belongs to."""
    return sa.select(block_schema.c.block_type_id).where(block_schema.c.id == id)


def capabilities(id: UUID) -> Statement:
    """What a block document can do."""
    joined = block_document.join(block_schema, block_schema.c.id == block_document.c.block_schema_id)
    return sa.select(block_schema.c.capabilities).select_from(joined).where(block_document.c.id == id)


def references_of(id: UUID) -> Statement:
    """The fields of a document that hold others, and which."""
    columns = (block_document_reference.c.name, block_document_reference.c.reference_block_document_id)
    return sa.select(*columns).where(block_document_reference.c.parent_block_document_id == id)


def existing(ids: Sequence[UUID]) -> Statement:
    """Those of these ids that are a block document's."""
    return sa.select(block_document.c.id).where(value_in(block_document.c.id, ids))


def references_around(id: UUID, within: Sequence[UUID]) -> Statement:
    """All references in the documents that a document is in, and in those that are to be within it."""
    reference = block_document_reference
    parent, child = reference.c.parent_block_document_id, reference.c.reference_block_document_id
    around = sa.select(block_document.c.id).where(block_document.c.id == id).cte("around", recursive=True)
    around = around.union(sa.select(parent).join(around, around.c.id == child))
    start = sa.select(block_document.c.id).where(
        sa.or_(block_document.c.id.in_(sa.select(around.c.id)), value_in(block_document.c.id, within))
    )
    met = start.cte("met", recursive=True)
    met = met.union(sa.select(child).join(met, met.c.id == parent))
    return sa.select(parent.label("parent"), reference.c.name, child.label("within")).join(met, met.c.id == parent)


def insert_block_document(row: Mapping[str, Any]) -> sa.Insert:
    """A new block document, unless there is one of this name and type already."""
    return insert_unless(block_document, row, "block_type_id", "name")


def insert_references(parent: UUID, references: Mapping[str, UUID]) -> sa.Insert:
    """Notes which documents the fields of one hold."""
    rows = [
        {"parent_block_document_id": parent, "name": name, "reference_block_document_id": document}
        for name, document in references.items()
    ]
    return sa.insert(block_document_reference).values(rows)


def delete_references(parent: UUID, names: Iterable[str]) -> sa.Delete:
    """Forgets which documents these fields of one hold."""
    reference = block_document_reference
    return sa.delete(reference).where(
        reference.c.parent_block_document_id == parent, value_in(reference.c.name, list(names))
    )


def update_block_document(id: UUID, changes: Mapping[str, Any]) -> sa.Update:
    """Changes columns of a block document."""
    return sa.update(block_document).where(block_document.c.id == id).values(**changes, updated=utc_now())


def delete_block_document(id: UUID) -> sa.Delete:
    """Deletes a block document, and what cannot do without it."""
    return sa.delete(block_document).where(block_document.c.id == id)


def default_result_storage() -> Statement:
    """The block document that results go to by default: of several, which an import may bring, the last chosen."""
    chosen = sa.select(block_document.c.id).where(block_document.c.is_default_result_storage)
    return chosen.order_by(block_document.c.updated.desc(), block_document.c.id.desc()).limit(1)


def choose_default_result_storage(id: UUID | None) -> sa.Update:
    """Makes a block document, or none, the one that results go to by default."""
    is_chosen = sa.false() if id is None else block_document.c.id == id
    is_to_change = (
        block_document.c.is_default_result_storage
        if id is None
        else (block_document.c.is_default_result_storage | is_chosen)
    )
    return (
        sa.update(block_document)
        .where(is_to_change)
        .values(is_default_result_storage=is_chosen, updated=block_document.c.updated)
    )
