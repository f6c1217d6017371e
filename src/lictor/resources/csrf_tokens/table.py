"""The table of CSRF tokens."""

import sqlalchemy as sa

from lictor.db.base import identity, metadata
from lictor.db.types import Timestamp

csrf_token = sa.Table(
    "csrf_token",
    metadata,
    *identity(),
    sa.Column("client", sa.Text, nullable=False, unique=True),
    sa.Column("token", sa.Text, nullable=False),
    sa.Column("expiration", Timestamp, nullable=False, index=True),
)
