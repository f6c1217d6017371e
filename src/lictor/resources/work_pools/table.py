import sqlalchemy as sa

from lictor.db.base import identity, metadata, utc_now
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
    # When somebody asked all queues of the pool for work; a queue has its own moment for those who name it.
    sa.Column("last_polled", Timestamp),
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

worker = sa.Table(
    "worker",
    metadata,
    *identity(),
    sa.Column("work_pool_id", sa.ForeignKey("work_pool.id", ondelete="CASCADE"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("last_heartbeat_time", Timestamp, nullable=False),
    sa.Column("heartbeat_interval_seconds", sa.Integer),
    # The lease on its name: until then the worker counts as online, unless another heartbeat moves it.
    sa.Column("online_until", Timestamp, nullable=False),
    sa.UniqueConstraint("work_pool_id", "name"),
    sa.Index(None, "work_pool_id", "last_heartbeat_time"),
    sa.Index(None, "work_pool_id", "online_until"),
)

# Infrastructure that some worker of the pool is to tear down. A reservation, if there is one, is held by the worker
# that knows its token, until it expires.
worker_cleanup = sa.Table(
    "worker_cleanup",
    metadata,
    sa.Column("id", UUIDType, primary_key=True),
    sa.Column("created", Timestamp, nullable=False, default=utc_now),
    sa.Column("work_pool_id", sa.ForeignKey("work_pool.id", ondelete="CASCADE"), nullable=False),
    sa.Column("work_queue_id", UUIDType),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("target", JSONText, nullable=False),
    sa.Column("status", sa.Text, nullable=False, default="waiting"),
    sa.Column("delivery_count", sa.Integer, nullable=False, default=0),
    sa.Column("reservation_token", sa.Text),
    sa.Column("reserved_until", Timestamp),
    sa.Index(None, "work_pool_id", "status", "created"),
)
