import sqlalchemy as sa

from lictor.db.base import metadata
from lictor.db.grouped_counter import GroupedCounter
from lictor.db.types import JSONText, UUIDType
from lictor.resources.states.table import run_columns, state_columns

flow_run = sa.Table(
    "flow_run",
    metadata,
    *run_columns(
        sa.Column("flow_id", sa.ForeignKey("flow.id", ondelete="CASCADE"), nullable=False),
        sa.Column("deployment_id", UUIDType),
        sa.Column("deployment_version", sa.Text),
        sa.Column("work_queue_id", sa.ForeignKey("work_queue.id", ondelete="SET NULL")),
        sa.Column("work_queue_name", sa.Text),
        sa.Column("flow_version", sa.Text),
        sa.Column("idempotency_key", sa.Text),
        sa.Column("infrastructure_pid", sa.Text),
        sa.Column("infrastructure_document_id", UUIDType),
        sa.Column("parent_task_run_id", sa.ForeignKey("task_run.id", ondelete="SET NULL", use_alter=True)),
        sa.Column("auto_scheduled", sa.Boolean, nullable=False, default=False),
        sa.Column("parameters", JSONText, nullable=False),
        sa.Column("context", JSONText, nullable=False),
        sa.Column("created_by", JSONText),
        sa.Column("job_variables", JSONText),
    ),
    sa.UniqueConstraint("flow_id", "idempotency_key"),
)

started = sa.func.coalesce(flow_run.c.start_time, flow_run.c.expected_start_time)
"""When a run started or is expected to: what sorts and filters by start time look at."""

sa.Index("ix_flow_run__started", started, flow_run.c.id)
sa.Index(None, flow_run.c.state_type, flow_run.c.expected_start_time, flow_run.c.id)
sa.Index(None, flow_run.c.expected_start_time, flow_run.c.id)
sa.Index(None, flow_run.c.next_scheduled_start_time, flow_run.c.id)
sa.Index(None, flow_run.c.end_time, flow_run.c.id)
sa.Index(None, flow_run.c.name, flow_run.c.id)
sa.Index(None, flow_run.c.deployment_id)
sa.Index(None, flow_run.c.work_queue_id)
sa.Index(None, flow_run.c.parent_task_run_id)
sa.Index(
    "ix_flow_run__scheduled",
    flow_run.c.flow_id,
    flow_run.c.next_scheduled_start_time,
    flow_run.c.id,
    postgresql_where=sa.text("state_type = 'SCHEDULED'"),
    sqlite_where=sa.text("state_type = 'SCHEDULED'"),
)
sa.Index(
    None,
    flow_run.c.infrastructure_document_id,
    postgresql_where=flow_run.c.infrastructure_document_id.is_not(None),
    sqlite_where=flow_run.c.infrastructure_document_id.is_not(None),
)
sa.Index("ix_flow_run__tags", flow_run.c.tags, postgresql_using="gin").ddl_if(dialect="postgresql")

flow_run_counter = GroupedCounter.of(flow_run.c.state_type, by=flow_run.c.flow_id)

flow_run_state = sa.Table(
    "flow_run_state",
    metadata,
    *state_columns(),
    sa.Column("flow_run_id", sa.ForeignKey("flow_run.id", ondelete="CASCADE"), nullable=False),
    sa.Index(None, "flow_run_id", "timestamp", "id"),
)
