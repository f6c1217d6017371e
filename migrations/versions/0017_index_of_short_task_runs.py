"""Index what searches ask of task runs on PostgreSQL, too, where their tags, names and states are short."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

SHORT = (
    "(cardinality(tags) <= 8 AND tags = tags::varchar(50)[]::text[]"
    " AND octet_length(coalesce(name, '')) + octet_length(coalesce(state_type, ''))"
    " + octet_length(coalesce(state_name, '')) <= 750)"
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.create_index(
            "ix_task_run__short",
            "task_run",
            ["id"],
            postgresql_include=["tags", "name", "state_type", "state_name"],
            postgresql_where=sa.text(f"{SHORT} IS TRUE"),
        )
        op.create_index("ix_task_run__long", "task_run", ["id"], postgresql_where=sa.text(f"{SHORT} IS NOT TRUE"))
        op.execute(f"CREATE STATISTICS st_task_run__short ON ({SHORT}) FROM task_run")
        op.execute("ANALYZE task_run")  # the statistics are of use only with figures in them


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP STATISTICS st_task_run__short")
        op.drop_index("ix_task_run__long", "task_run")
        op.drop_index("ix_task_run__short", "task_run")
