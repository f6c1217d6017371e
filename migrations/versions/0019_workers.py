"""Keep workers, who was given which scheduled run, signs of life of runs, and what is left to cancel or to tear down."""

import sqlalchemy as sa
from alembic import op

from lictor.db import types

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

PARTIAL_INDEXES = {
    "ix_flow_run__due_in_queue": (
        ["work_queue_id", "next_scheduled_start_time", "id"],
        "state_type = 'SCHEDULED'",
    ),
    "ix_flow_run__not_late_yet": (["next_scheduled_start_time", "id"], "state_name = 'Scheduled'"),
    "ix_flow_run__holding_slots": (
        ["work_queue_id", "state_type"],
        "state_type IN ('PENDING', 'RUNNING', 'CANCELLING')",
    ),
}


def upgrade() -> None:
    op.add_column("work_pool", sa.Column("last_polled", types.Timestamp()))
    _create_worker()
    _create_worker_cleanup()
    _create_of_flow_run(
        "flow_run_claim",
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("held_until", types.Timestamp(), nullable=False),
    )
    op.create_table(
        "flow_run_heartbeat",
        sa.Column("flow_run_id", types.UUIDType()),
        sa.Column("seen", types.Timestamp(), nullable=False),
        sa.Column("interval_seconds", sa.Integer(), nullable=False),
        sa.Column("alive_until", types.Timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("flow_run_id", name="pk_flow_run_heartbeat"),
    )
    _create_of_flow_run(
        "flow_run_cancellation",
        sa.Column("due", types.Timestamp(), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
    )
    op.create_index("ix_flow_run_claim__held_until", "flow_run_claim", ["held_until"])
    op.create_index("ix_flow_run_heartbeat__alive_until", "flow_run_heartbeat", ["alive_until"])
    op.create_index("ix_flow_run_cancellation__due", "flow_run_cancellation", ["due"])
    for name, (columns, condition) in PARTIAL_INDEXES.items():
        where = sa.text(condition)
        op.create_index(name, "flow_run", columns, postgresql_where=where, sqlite_where=where)


def downgrade() -> None:
    for name in PARTIAL_INDEXES:
        op.drop_index(name, "flow_run")
    for table in ("flow_run_cancellation", "flow_run_heartbeat", "flow_run_claim", "worker_cleanup", "worker"):
        op.drop_table(table)
    op.drop_column("work_pool", "last_polled")


def _create_worker() -> None:
    op.create_table(
        "worker",
        sa.Column("id", types.UUIDType()),
        sa.Column("created", types.Timestamp(), nullable=False),
        sa.Column("updated", types.Timestamp(), nullable=False),
        sa.Column("work_pool_id", types.UUIDType(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("last_heartbeat_time", types.Timestamp(), nullable=False),
        sa.Column("heartbeat_interval_seconds", sa.Integer()),
        sa.Column("online_until", types.Timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_worker"),
        _to_pool("worker"),
        sa.UniqueConstraint("work_pool_id", "name", name="uq_worker__work_pool_id_name"),
    )
    for column in ("last_heartbeat_time", "online_until"):
        op.create_index(f"ix_worker__work_pool_id_{column}", "worker", ["work_pool_id", column])


def _create_worker_cleanup() -> None:
    op.create_table(
        "worker_cleanup",
        sa.Column("id", types.UUIDType()),
        sa.Column("created", types.Timestamp(), nullable=False),
        sa.Column("work_pool_id", types.UUIDType(), nullable=False),
        sa.Column("work_queue_id", types.UUIDType()),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("target", types.JSONText(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("delivery_count", sa.Integer(), nullable=False),
        sa.Column("reservation_token", sa.Text()),
        sa.Column("reserved_until", types.Timestamp()),
        sa.PrimaryKeyConstraint("id", name="pk_worker_cleanup"),
        _to_pool("worker_cleanup"),
    )
    op.create_index(
        "ix_worker_cleanup__work_pool_id_status_created", "worker_cleanup", ["work_pool_id", "status", "created"]
    )


def _create_of_flow_run(table: str, *columns: sa.Column) -> None:
    op.create_table(
        table,
        sa.Column("flow_run_id", types.UUIDType()),
        *columns,
        sa.PrimaryKeyConstraint("flow_run_id", name=op.f(f"pk_{table}")),
        sa.ForeignKeyConstraint(
            ["flow_run_id"],
            ["flow_run.id"],
            name=op.f(f"fk_{table}__flow_run_id__flow_run"),
            ondelete="CASCADE",
        ),
    )


def _to_pool(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["work_pool_id"], ["work_pool.id"], name=op.f(f"fk_{table}__work_pool_id__work_pool"), ondelete="CASCADE"
    )
