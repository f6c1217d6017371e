import sqlalchemy as sa

from lictor.db.base import metadata
from lictor.db.grouped_counter import GroupedCounter
from lictor.db.types import JSONText, Timestamp, UUIDType
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
    "ix_flow_run__scheduled_of_deployment",
    flow_run.c.deployment_id,
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
sa.Index(
    "ix_flow_run__due_in_queue",
    flow_run.c.work_queue_id,
    flow_run.c.next_scheduled_start_time,
    flow_run.c.id,
    postgresql_where=sa.text("state_type = 'SCHEDULED'"),
    sqlite_where=sa.text("state_type = 'SCHEDULED'"),
)
sa.Index(
    "ix_flow_run__not_late_yet",
    flow_run.c.next_scheduled_start_time,
    flow_run.c.id,
    postgresql_where=sa.text("state_name = 'Scheduled'"),
    sqlite_where=sa.text("state_name = 'Scheduled'"),
)
sa.Index(
    "ix_flow_run__holding_slots",
    flow_run.c.work_queue_id,
    flow_run.c.state_type,
    postgresql_where=sa.text("state_type IN ('PENDING', 'RUNNING', 'CANCELLING')"),
    sqlite_where=sa.text("state_type IN ('PENDING', 'RUNNING', 'CANCELLING')"),
)
sa.Index("ix_flow_run__tags", flow_run.c.tags, postgresql_using="gin").ddl_if(dialect="postgresql")

flow_run_counter = GroupedCounter.of(flow_run.c.state_type, by=flow_run.c.flow_id)

flow_run_state = sa.Table(
    "flow_run_state",
    metadata,
    *state_columns(),
    sa.Column("flow_run_id", sa.ForeignKey("flow_run.id", ondelete="CASCADE"), nullable=False),
    sa.Index(None, "flow_run_id", "timestamp", "id"),
    sa.Index(None, "type", "name", "timestamp"),
)

# A scheduled run that was given to somebody who asked for work. Others do not get it before the claim has expired.
flow_run_claim = sa.Table(
    "flow_run_claim",
    metadata,
    sa.Column("flow_run_id", sa.ForeignKey("flow_run.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("held_until", Timestamp, nullable=False),
    sa.Index(None, "held_until"),
)

# A run whose process says from time to time that it is alive: until `alive_until` nobody has to wonder. No foreign key:
# events come of runs that are not there, too, and what is left of a deleted run goes when its time is over.
flow_run_heartbeat = sa.Table(
    "flow_run_heartbeat",
    metadata,
    sa.Column("flow_run_id", UUIDType, primary_key=True),
    sa.Column("seen", Timestamp, nullable=False),
    sa.Column("interval_seconds", sa.Integer, nullable=False),
    sa.Column("alive_until", Timestamp, nullable=False),
    sa.Index(None, "alive_until"),
)

# A run that was cancelled, and whose task runs and subflow runs are to be cancelled, too. It is looked at some times
# more, as what they were at may be told late.
flow_run_cancellation = sa.Table(
    "flow_run_cancellation",
    metadata,
    sa.Column("flow_run_id", sa.ForeignKey("flow_run.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("due", Timestamp, nullable=False),
    sa.Column("looks", sa.Integer, nullable=False, default=0),
    sa.Index(None, "due"),
)
