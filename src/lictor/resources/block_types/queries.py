"""Statements on block types."""

from html import escape
from uuid import UUID

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.functions import Statement, insert_unless
from lictor.db.row_serializer import Field, RowSerializer
from lictor.query.cursor import ListQuery
from lictor.query.filter_key import Filters
from lictor.query.relations import to_many
from lictor.query.resource_query import Order, ResourceQuery
from lictor.resources.block_schemas.table import block_schema
from lictor.resources.block_types.schemas import BlockTypeCreate, BlockTypeUpdate
from lictor.resources.block_types.table import block_type

BY_NAME = "NAME_ASC"
"""The one order of block types."""

SHOWN_AS_HTML = ("description", "code_example")
"""What a new block type holds with the signs of HTML escaped: clients unescape it."""


def type_fields(table: sa.FromClause) -> dict[str, Field]:
    """The fields of a block type, read from its table or an alias of that."""
    return {
        "id": table.c.id,
        "created": table.c.created,
        "updated": table.c.updated,
        "name": table.c.name,
        "slug": table.c.slug,
        "logo_url": table.c.logo_url,
        "documentation_url": table.c.documentation_url,
        "description": table.c.description,
        "code_example": table.c.code_example,
        "is_protected": table.c.is_protected,
    }


BLOCK_TYPE = RowSerializer(type_fields(block_type))

BLOCK_TYPES = ResourceQuery(
    "block_types",
    block_type,
    (to_many("block_schemas", block_schema, block_schema.c.block_type_id == block_type.c.id),),
    {BY_NAME: Order(block_type.c.name)},
)


_ROWS = BLOCK_TYPE.select().select_from(block_type)


def block_type_list(filters: Filters) -> ListQuery:
    """The block types that match, by name."""
    return ListQuery(BLOCK_TYPES, BLOCK_TYPE, _ROWS, filters, BY_NAME)


def block_type_by_id(id: UUID) -> Statement:
    """One block type."""
    return BLOCK_TYPE.select().where(block_type.c.id == id)


def block_type_by_slug(slug: str) -> Statement:
    """The block type of a slug."""
    return BLOCK_TYPE.select().where(block_type.c.slug == slug)


def id_of_slug(slug: str) -> Statement:
    """The id of the block type of a slug."""
    return sa.select(block_type.c.id).where(block_type.c.slug == slug)


def protection(id: UUID) -> Statement:
    """Whether a block type is protected."""
    return sa.select(block_type.c.is_protected).where(block_type.c.id == id)


def block_type_row(slug: str) -> Statement:
    """The block type of a slug, as its row."""
    return sa.select(block_type).where(block_type.c.slug == slug)


def insert_block_type(body: BlockTypeCreate) -> sa.Insert:
    """A new block type, unless there is one of this slug already."""
    row = body.model_dump()
    for name in SHOWN_AS_HTML:
        row[name] = None if row[name] is None else escape(row[name], quote=False)
    return insert_unless(block_type, row, "slug")


def update_block_type(id: UUID, body: BlockTypeUpdate) -> sa.Executable:
    """Changes of a block type what was asked, and nothing else; returns its row."""
    changes = body.model_dump(exclude_unset=True)
    return sa.update(block_type).where(block_type.c.id == id).values(updated=utc_now(), **changes).returning(block_type)


def delete_block_type(id: UUID) -> sa.Executable:
    """Deletes a block type with its schemas and documents; returns its row."""
    return sa.delete(block_type).where(block_type.c.id == id).returning(block_type)
