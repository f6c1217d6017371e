import sqlalchemy as sa

from lictor.db.base import identity, metadata

flow_run_input = sa.Table(
    "flow_run_input",
    metadata,
    *identity(),
    sa.Column("flow_run_id", sa.ForeignKey("flow_run.id", ondelete="CASCADE"), nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("sender", sa.Text),
    sa.UniqueConstraint("flow_run_id", "key"),
)
