import sqlalchemy as sa

from lictor.db.base import identity, metadata
from lictor.db.types import JSONText, Timestamp, UUIDType

work_pool = sa.Table(
    "work_pool",
    metadata,
    *identity(),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("description", sa.Text),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("base_job_template", JSONText, nullable=False),
    sa.Column("is_paused", sa.Boolean, nullable=False, default=False),
    # No foreign key: a pool and its default queue name each other, and are made together.
    sa.Column("default_queue_id", UUIDType),
    sa.Column("concurrency_limit", sa.Integer),
    sa.Column("status", sa.Text, nullable=False, default="NOT_READY"),
    sa.Column("last_transitioned_status_at", Timestamp),
    sa.Column("last_status_event_id", UUIDType),
    sa.Column("storage_configuration", JSONText, nullable=False),
    sa.Index(None, "type"),
)

work_queue = sa.Table(
    "work_queue",
    metadata,
    *identity(),
    sa.Column("work_pool_id", sa.ForeignKey("work_pool.id", ondelete="CASCADE"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False, default=""),
    sa.Column("filter", JSONText),
    sa.Column("is_paused", sa.Boolean, nullable=False, default=False),
    sa.Column("concurrency_limit", sa.Integer),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("last_polled", Timestamp),
    sa.Column("status", sa.Text, nullable=False, default="NOT_READY"),
    sa.UniqueConstraint("work_pool_id", "name"),
    sa.Index(None, "work_pool_id", "priority"),
)
