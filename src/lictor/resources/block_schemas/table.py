import sqlalchemy as sa

from lictor.db.base import identity, metadata
from lictor.db.types import JSONText, Tags, UUIDType

block_schema = sa.Table(
    "block_schema",
    metadata,
    *identity(),
    sa.Column("checksum", sa.Text, nullable=False),
    # Without the blocks within: those are rows of their own, which `block_schema_reference` names.
    sa.Column("fields", JSONText, nullable=False),
    sa.Column("capabilities", Tags, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("block_type_id", UUIDType, sa.ForeignKey("block_type.id", ondelete="CASCADE"), nullable=False),
    sa.UniqueConstraint("checksum", "version"),
    sa.Index(None, "created", "id"),
    sa.Index(None, "block_type_id"),
)

block_schema_reference = sa.Table(
    "block_schema_reference",
    metadata,
    *identity(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column(
        "parent_block_schema_id",
        UUIDType,
        sa.ForeignKey("block_schema.id", name="fk_block_schema_reference__parent", ondelete="CASCADE"),
        nullable=False,
    ),
    sa.Column(
        "reference_block_schema_id",
        UUIDType,
        sa.ForeignKey("block_schema.id", name="fk_block_schema_reference__reference", ondelete="CASCADE"),
        nullable=False,
    ),
    sa.UniqueConstraint(
        "parent_block_schema_id",
        "name",
        "reference_block_schema_id",
        name="uq_block_schema_reference__parent_name_reference",
    ),
    sa.Index(None, "reference_block_schema_id"),
)
