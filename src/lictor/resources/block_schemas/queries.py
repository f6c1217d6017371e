"""Statements on block schemas."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.functions import Statement, insert_unless, value_in
from lictor.db.row_serializer import Computed, NestedObject, RowSerializer
from lictor.db.types import load_json
from lictor.query.cursor import ListQuery
from lictor.query.filter_key import Filters
from lictor.query.resource_query import Order, ResourceQuery
from lictor.resources.block_schemas.table import block_schema, block_schema_reference
from lictor.resources.block_types.queries import type_fields
from lictor.resources.block_types.table import block_type

NEWEST_FIRST = "CREATED_DESC"
"""The one order of block schemas."""

_type_of_schema = block_type.alias("type_of_schema")

BLOCK_SCHEMA = RowSerializer(
    {
        "id": block_schema.c.id,
        "created": block_schema.c.created,
        "updated": block_schema.c.updated,
        "checksum": block_schema.c.checksum,
        "fields": Computed(lambda _, text: load_json(text), (block_schema.c.fields,)),
        "block_type_id": block_schema.c.block_type_id,
        "block_type": NestedObject(type_fields(_type_of_schema)),
        "capabilities": block_schema.c.capabilities,
        "version": block_schema.c.version,
    }
)
"""Without the blocks within: `lictor.resources.block_schemas.reading` adds them."""

BLOCK_SCHEMAS = ResourceQuery(
    "block_schemas", block_schema, (), {NEWEST_FIRST: Order(block_schema.c.created, descending=True)}
)


_ROWS = BLOCK_SCHEMA.select().select_from(
    block_schema.join(_type_of_schema, _type_of_schema.c.id == block_schema.c.block_type_id)
)


def block_schema_list(filters: Filters) -> ListQuery:
    """The block schemas that match, the newest first."""
    return ListQuery(BLOCK_SCHEMAS, BLOCK_SCHEMA, _ROWS, filters, NEWEST_FIRST)


def block_schemas_by_id(ids: Sequence[UUID]) -> Statement:
    """The block schemas of these ids."""
    return _ROWS.where(value_in(block_schema.c.id, ids))


def block_schema_by_checksum(checksum: str, version: str | None) -> Statement:
    """The newest block schema of a checksum, of one version or of any."""
    return _newest(_ROWS, checksum, version)


def id_of_checksum(checksum: str, version: str | None = None) -> Statement:
    """The id of that one."""
    return _newest(sa.select(block_schema.c.id), checksum, version)


def _newest(rows: Statement, checksum: str, version: str | None) -> Statement:
    found = rows.where(block_schema.c.checksum == checksum)
    if version is not None:
        found = found.where(block_schema.c.version == version)
    return found.order_by(block_schema.c.created.desc(), block_schema.c.id.desc()).limit(1)


def schemas_within(ids: Sequence[UUID]) -> Statement:
    """All that these schemas refer to, directly or through others: a row for each reference, the oldest schema first."""
    reference = block_schema_reference
    columns = (reference.c.parent_block_schema_id, reference.c.name, reference.c.reference_block_schema_id)
    first = sa.select(*columns).where(value_in(reference.c.parent_block_schema_id, ids))
    within = first.cte("within", recursive=True)
    further = sa.select(*columns).join(within, within.c.reference_block_schema_id == reference.c.parent_block_schema_id)
    within = within.union(further)
    return (
        sa.select(
            within.c.parent_block_schema_id.label("parent"),
            within.c.name,
            block_schema.c.id,
            block_schema.c.checksum,
            block_schema.c.fields,
            _type_of_schema.c.slug,
        )
        .select_from(within)
        .join(block_schema, block_schema.c.id == within.c.reference_block_schema_id)
        .join(_type_of_schema, _type_of_schema.c.id == block_schema.c.block_type_id)
        .order_by(block_schema.c.created, block_schema.c.id, within.c.name)
    )


def protection(id: UUID) -> Statement:
    """Whether the type of a block schema is protected."""
    joined = block_schema.join(block_type, block_type.c.id == block_schema.c.block_type_id)
    return sa.select(block_type.c.is_protected).select_from(joined).where(block_schema.c.id == id)


def sets_of_capabilities() -> Statement:
    """What the blocks of each schema can do, each set once."""
    return sa.select(block_schema.c.capabilities).distinct()


def insert_block_schema(row: Mapping[str, Any]) -> sa.Insert:
    """A new block schema, unless there is one of this checksum and version already."""
    return insert_unless(block_schema, row, "checksum", "version")


def update_fields(id: UUID, fields: str) -> sa.Update:
    """Gives a block schema other words."""
    return sa.update(block_schema).where(block_schema.c.id == id).values(fields=fields, updated=utc_now())


def insert_reference(parent: UUID, name: str, schema: UUID) -> sa.Insert:
    """Notes which block a field of a schema holds, unless that is known."""
    row = {"parent_block_schema_id": parent, "name": name, "reference_block_schema_id": schema}
    return insert_unless(block_schema_reference, row, *row)


def delete_block_schema(id: UUID) -> sa.Delete:
    """Deletes a block schema with its documents."""
    return sa.delete(block_schema).where(block_schema.c.id == id)
