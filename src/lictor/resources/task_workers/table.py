import sqlalchemy as sa

from lictor.db.base import metadata
from lictor.db.types import Tags, Timestamp, UUIDType

task_worker = sa.Table(
    "task_worker",
    metadata,
    sa.Column("identifier", sa.Text, primary_key=True),
    sa.Column("task_keys", Tags, nullable=False),
    sa.Column("seen", Timestamp, nullable=False),
)

task_claim = sa.Table(
    "task_claim",
    metadata,
    sa.Column("task_run_id", sa.ForeignKey("task_run.id", ondelete="CASCADE"), primary_key=True, type_=UUIDType),
    sa.Column("worker", sa.Text, nullable=False, index=True),
    sa.Column("held_until", Timestamp, nullable=False, index=True),
)
