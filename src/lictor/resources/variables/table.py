import sqlalchemy as sa

from lictor.db.base import identity, metadata
from lictor.db.types import JSONText, Tags

variable = sa.Table(
    "variable",
    metadata,
    *identity(),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("value", JSONText),
    sa.Column("tags", Tags, nullable=False),
    sa.Index(None, "created"),
    sa.Index(None, "updated"),
)
