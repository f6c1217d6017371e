import sqlalchemy as sa

from lictor.db.base import identity, metadata
from lictor.db.types import JSONText, Tags

flow = sa.Table(
    "flow",
    metadata,
    *identity(),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("tags", Tags, nullable=False),
    sa.Column("labels", JSONText),
    sa.Index(None, "created"),
    sa.Index(None, "updated"),
)
