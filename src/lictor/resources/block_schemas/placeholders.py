"""Schemas and types of the system's blocks that this server made for want of others: they give way to those.

They lack the descriptions that forms show. Of one checksum there is one row: what a client registers, or an import
brings, takes the place of what was made here. A row was made here if it says what this server would say.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.engine import Transaction
from lictor.db.functions import value_in
from lictor.resources.block_documents.table import block_document
from lictor.resources.block_schemas.system import install, made_here, made_types
from lictor.resources.block_schemas.table import block_schema, block_schema_reference
from lictor.resources.block_types.table import block_type

Row = sa.Row[Any]


async def give_way(tx: Transaction) -> None:
    """Puts schemas from elsewhere in the places of those with the same checksums that were made here."""
    made = made_here()
    columns = (block_schema.c.id, block_schema.c.checksum, block_schema.c.fields)
    found = sa.select(*columns).where(value_in(block_schema.c.checksum, list(made)))
    ours: dict[str, list[UUID]] = defaultdict(list)
    others: dict[str, UUID] = {}
    for row in await tx.all(found.order_by(block_schema.c.created, block_schema.c.id)):
        if row.fields in made[row.checksum]:
            ours[row.checksum].append(row.id)
        else:
            others[row.checksum] = row.id
    for checksum, schema in others.items():
        for placeholder in ours[checksum]:
            await _replace(tx, placeholder, schema)


async def is_placeholder(tx: Transaction, id: UUID) -> bool:
    """Whether a schema was made here."""
    found = await tx.first(sa.select(block_schema.c.checksum, block_schema.c.fields).where(block_schema.c.id == id))
    return found is not None and found.fields in made_here().get(found.checksum, ())


async def _replace(tx: Transaction, placeholder: UUID, schema: UUID) -> None:
    """Whatever refers to the one refers to the other, and the one is gone."""
    reference = block_schema_reference
    documents = sa.update(block_document).where(block_document.c.block_schema_id == placeholder)
    await tx.execute(documents.values(block_schema_id=schema))
    known = sa.select(reference.c.parent_block_schema_id, reference.c.name)
    twice = sa.tuple_(reference.c.parent_block_schema_id, reference.c.name).in_(
        known.where(reference.c.reference_block_schema_id == schema).correlate(None)
    )
    within = reference.c.reference_block_schema_id == placeholder
    await tx.execute(sa.delete(reference).where(within, twice))
    await tx.execute(sa.update(reference).where(within).values(reference_block_schema_id=schema))
    await tx.execute(sa.delete(block_schema).where(block_schema.c.id == placeholder))


async def make_room(tx: Transaction) -> bool:
    """Deletes the types that were made here and that nobody uses; whether there were any.

    An import can then bring them with their own ids and words, and `fill_up` adds those that it did not bring.
    """
    made, types = made_here(), made_types()
    foreign = {
        row.block_type_id
        for row in await tx.all(sa.select(block_schema.c.block_type_id, block_schema.c.checksum, block_schema.c.fields))
        if row.fields not in made.get(row.checksum, ())
    }
    used = {row.block_type_id for row in await tx.all(sa.select(block_document.c.block_type_id).distinct())}
    listed: Sequence[Row] = await tx.all(sa.select(block_type.c.id, block_type.c.slug, block_type.c.description))
    idle = [row.id for row in listed if types.get(row.slug) == row.description and row.id not in foreign | used]
    if idle:
        await tx.execute(sa.delete(block_type).where(value_in(block_type.c.id, idle)))
    return bool(idle)


async def fill_up(tx: Transaction, *, is_complete: bool) -> None:
    """After an import: adds what it did not bring of the system's blocks, if there were any, and gives way to it."""
    if is_complete:
        await install(tx)
    await give_way(tx)
