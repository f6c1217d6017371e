import sqlalchemy as sa

from lictor.db.base import metadata
from lictor.db.types import Timestamp

service_run = sa.Table(
    "service_run",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("started", Timestamp, nullable=False),
    sa.Column("seconds", sa.Float),
    sa.Column("error", sa.Text),
)
"""When each service ran last, on whichever replica, for how long, and what went wrong."""
