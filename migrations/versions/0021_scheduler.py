"""Let the scheduler work by what is due, and services say when they ran."""

import sqlalchemy as sa
from alembic import op

from lictor.db.types import JSONText, Timestamp

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

SCHEDULED = sa.text("state_type = 'SCHEDULED'")


def upgrade() -> None:
    op.add_column("deployment", sa.Column("catch_up", JSONText))
    op.add_column("deployment_schedule", sa.Column("covered_until", Timestamp))
    op.add_column("deployment_schedule", sa.Column("due", Timestamp))
    op.create_index("ix_deployment_schedule__due", "deployment_schedule", ["due"])
    op.create_index(
        "ix_flow_run__scheduled_of_deployment",
        "flow_run",
        ["deployment_id", "next_scheduled_start_time", "id"],
        postgresql_where=SCHEDULED,
        sqlite_where=SCHEDULED,
    )
    op.create_table(
        "service_run",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("started", Timestamp, nullable=False),
        sa.Column("seconds", sa.Float),
        sa.Column("error", sa.Text),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_service_run")),
    )
    # Schedules that were stored before there was a scheduler make their first runs now.
    op.execute(
        "UPDATE deployment_schedule SET due = created"
        " WHERE active AND deployment_id NOT IN (SELECT id FROM deployment WHERE paused)"
    )


def downgrade() -> None:
    op.drop_table("service_run")
    op.drop_index("ix_flow_run__scheduled_of_deployment", "flow_run")
    op.drop_index("ix_deployment_schedule__due", "deployment_schedule")
    op.drop_column("deployment_schedule", "due")
    op.drop_column("deployment_schedule", "covered_until")
    op.drop_column("deployment", "catch_up")
