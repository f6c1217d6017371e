import sqlalchemy as sa

from lictor.db.base import identity, metadata

block_type = sa.Table(
    "block_type",
    metadata,
    *identity(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("slug", sa.Text, nullable=False, unique=True),
    sa.Column("logo_url", sa.Text),
    sa.Column("documentation_url", sa.Text),
    sa.Column("description", sa.Text),
    sa.Column("code_example", sa.Text),
    sa.Column("is_protected", sa.Boolean, nullable=False, default=False),
    sa.Index(None, "name", "id"),
)
