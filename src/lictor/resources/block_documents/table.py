import sqlalchemy as sa

from lictor.db.base import identity, metadata
from lictor.db.types import UUIDType

block_document = sa.Table(
    "block_document",
    metadata,
    *identity(),
    sa.Column("name", sa.Text, nullable=False),
    # Encrypted, and without the blocks within: those are rows of their own, which `block_document_reference` names.
    sa.Column("data", sa.Text, nullable=False),
    sa.Column("is_anonymous", sa.Boolean, nullable=False, default=False),
    # Where flows leave their results unless they say otherwise: so of one document at most.
    sa.Column("is_default_result_storage", sa.Boolean, nullable=False, default=False),
    # Of its type, which never changes it: for lists by type and name.
    sa.Column("block_type_name", sa.Text, nullable=False),
    sa.Column("block_type_id", UUIDType, sa.ForeignKey("block_type.id", ondelete="CASCADE"), nullable=False),
    sa.Column("block_schema_id", UUIDType, sa.ForeignKey("block_schema.id", ondelete="CASCADE"), nullable=False),
    sa.UniqueConstraint("block_type_id", "name"),
    sa.Index(None, "name", "id"),
    sa.Index(None, "block_type_name", "name", "id"),
    sa.Index(None, "block_schema_id"),
)

block_document_reference = sa.Table(
    "block_document_reference",
    metadata,
    *identity(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column(
        "parent_block_document_id",
        UUIDType,
        sa.ForeignKey("block_document.id", name="fk_block_document_reference__parent", ondelete="CASCADE"),
        nullable=False,
    ),
    sa.Column(
        "reference_block_document_id",
        UUIDType,
        sa.ForeignKey("block_document.id", name="fk_block_document_reference__reference", ondelete="CASCADE"),
        nullable=False,
    ),
    sa.UniqueConstraint("parent_block_document_id", "name", name="uq_block_document_reference__parent_name"),
    sa.Index(None, "reference_block_document_id"),
)

encryption_key = sa.Table(
    "encryption_key",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, nullable=False),
)
