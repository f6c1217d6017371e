import sqlalchemy as sa

from lictor.db.base import identity, metadata
from lictor.db.types import Timestamp, UUIDType

log = sa.Table(
    "log",
    metadata,
    *identity(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("level", sa.Integer, nullable=False),
    sa.Column("flow_run_id", UUIDType),
    sa.Column("task_run_id", UUIDType),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("timestamp", Timestamp, nullable=False),
)
"""The ids are no foreign keys: a log may arrive before its run."""

sa.Index(None, log.c.timestamp, log.c.id)
sa.Index(None, log.c.flow_run_id, log.c.timestamp, log.c.id)
sa.Index(
    "ix_log__task_run_id_timestamp_id",
    log.c.task_run_id,
    log.c.timestamp,
    log.c.id,
    postgresql_where=log.c.task_run_id.is_not(None),
    sqlite_where=log.c.task_run_id.is_not(None),
)
