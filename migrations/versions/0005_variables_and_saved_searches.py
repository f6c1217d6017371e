"""Keep variables and saved searches."""

import sqlalchemy as sa
from alembic import op

from lictor.db import types

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "variable",
        sa.Column("id", types.UUIDType()),
        sa.Column("created", types.Timestamp(), nullable=False),
        sa.Column("updated", types.Timestamp(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", types.JSONText()),
        sa.Column("tags", types.Tags(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_variable"),
        sa.UniqueConstraint("name", name="uq_variable__name"),
    )
    op.create_index("ix_variable__created", "variable", ["created"])
    op.create_index("ix_variable__updated", "variable", ["updated"])
    op.create_table(
        "saved_search",
        sa.Column("id", types.UUIDType()),
        sa.Column("created", types.Timestamp(), nullable=False),
        sa.Column("updated", types.Timestamp(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("filters", types.JSONText(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_saved_search"),
        sa.UniqueConstraint("name", name="uq_saved_search__name"),
    )


def downgrade() -> None:
    op.drop_table("saved_search")
    op.drop_table("variable")
