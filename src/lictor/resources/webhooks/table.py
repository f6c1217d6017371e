import sqlalchemy as sa

from lictor.db.base import identity, metadata
from lictor.db.types import JSONText, Timestamp

webhook = sa.Table(
    "webhook",
    metadata,
    *identity(),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("template", JSONText, nullable=False),
    sa.Column("token_hash", sa.Text, nullable=False, unique=True),
    sa.Column("requests_per_minute", sa.Integer, nullable=False),
    # A token bucket: how many requests were left, and when. As a row it counts for all replicas.
    sa.Column("requests_left", sa.Float, nullable=False),
    sa.Column("last_used", Timestamp),
)
