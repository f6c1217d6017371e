import sqlalchemy as sa

from lictor.db.base import identity, metadata
from lictor.db.types import JSONText

saved_search = sa.Table(
    "saved_search",
    metadata,
    *identity(),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("filters", JSONText, nullable=False),
)
