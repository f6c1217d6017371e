"""Keep block types, schemas and documents."""

import sqlalchemy as sa
from alembic import op

from lictor.db.types import JSONText, Tags, Timestamp, UUIDType

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "block_type",
        *_identity(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("logo_url", sa.Text()),
        sa.Column("documentation_url", sa.Text()),
        sa.Column("description", sa.Text()),
        sa.Column("code_example", sa.Text()),
        sa.Column("is_protected", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_block_type"),
        sa.UniqueConstraint("slug", name="uq_block_type__slug"),
    )
    op.create_index("ix_block_type__name_id", "block_type", ["name", "id"])
    op.create_table(
        "block_schema",
        *_identity(),
        sa.Column("checksum", sa.Text(), nullable=False),
        sa.Column("fields", JSONText(), nullable=False),
        sa.Column("capabilities", Tags(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("block_type_id", UUIDType(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_block_schema"),
        _owned_by("block_type", "block_type_id", "block_schema__block_type_id__block_type"),
        sa.UniqueConstraint("checksum", "version", name="uq_block_schema__checksum_version"),
    )
    op.create_index("ix_block_schema__created_id", "block_schema", ["created", "id"])
    op.create_index("ix_block_schema__block_type_id", "block_schema", ["block_type_id"])
    op.create_table(
        "block_document",
        *_identity(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("is_anonymous", sa.Boolean(), nullable=False),
        sa.Column("is_default_result_storage", sa.Boolean(), nullable=False),
        sa.Column("block_type_name", sa.Text(), nullable=False),
        sa.Column("block_type_id", UUIDType(), nullable=False),
        sa.Column("block_schema_id", UUIDType(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_block_document"),
        _owned_by("block_type", "block_type_id", "block_document__block_type_id__block_type"),
        _owned_by("block_schema", "block_schema_id", "block_document__block_schema_id__block_schema"),
        sa.UniqueConstraint("block_type_id", "name", name="uq_block_document__block_type_id_name"),
    )
    op.create_index("ix_block_document__name_id", "block_document", ["name", "id"])
    op.create_index("ix_block_document__block_type_name_name_id", "block_document", ["block_type_name", "name", "id"])
    op.create_index("ix_block_document__block_schema_id", "block_document", ["block_schema_id"])
    _references("block_schema", "parent_name_reference", "name", "reference_block_schema_id")
    _references("block_document", "parent_name", "name")
    op.create_table(
        "encryption_key",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_encryption_key"),
    )
    named = sa.text("infrastructure_document_id IS NOT NULL")
    op.create_index(
        "ix_flow_run__infrastructure_document_id",
        "flow_run",
        ["infrastructure_document_id"],
        postgresql_where=named,
        sqlite_where=named,
    )
    # What was imported while there were no blocks names some that are not there.
    for column in ("storage_document_id", "infrastructure_document_id"):
        op.execute(f"UPDATE deployment SET {column} = NULL WHERE {column} IS NOT NULL")  # noqa: S608
    op.execute("UPDATE flow_run SET infrastructure_document_id = NULL WHERE infrastructure_document_id IS NOT NULL")


def _identity() -> list[sa.Column]:
    return [
        sa.Column("id", UUIDType(), nullable=False),
        sa.Column("created", Timestamp(), nullable=False),
        sa.Column("updated", Timestamp(), nullable=False),
    ]


def _owned_by(owner: str, column: str, name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{owner}.id"], name=f"fk_{name}", ondelete="CASCADE")


def _references(kind: str, unique: str, *columns: str) -> None:
    table, parent, reference = f"{kind}_reference", f"parent_{kind}_id", f"reference_{kind}_id"
    op.create_table(
        table,
        *_identity(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(parent, UUIDType(), nullable=False),
        sa.Column(reference, UUIDType(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        _owned_by(kind, parent, f"{table}__parent"),
        _owned_by(kind, reference, f"{table}__reference"),
        sa.UniqueConstraint(parent, *columns, name=f"uq_{table}__{unique}"),
    )
    op.create_index(f"ix_{table}__{reference}", table, [reference])


def downgrade() -> None:
    op.drop_index("ix_flow_run__infrastructure_document_id", "flow_run")
    for table in (
        "encryption_key",
        "block_document_reference",
        "block_schema_reference",
        "block_document",
        "block_schema",
        "block_type",
    ):
        op.drop_table(table)
