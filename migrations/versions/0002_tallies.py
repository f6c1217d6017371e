"""Keep count of the runs in each type of state."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

RUNS = ("flow_run", "task_run")
CHANGES = ("insert", "delete", "update")

POSTGRESQL = (
    """
CREATE FUNCTION {run}_tally_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO {run}_tally SELECT coalesce(state_type, ''), count(*) FROM arrived GROUP BY 1;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO {run}_tally SELECT coalesce(state_type, ''), -count(*) FROM gone GROUP BY 1;
    ELSE
        INSERT INTO {run}_tally SELECT value, sum(difference) FROM (
            SELECT coalesce(state_type, '') AS value, 1 AS difference FROM arrived
            UNION ALL SELECT coalesce(state_type, ''), -1 FROM gone
        ) AS changed GROUP BY value HAVING sum(difference) <> 0;
    END IF;
    IF random() < 0.005 THEN
        WITH folded AS (
            DELETE FROM {run}_tally WHERE ctid = ANY (ARRAY(SELECT ctid FROM {run}_tally FOR UPDATE SKIP LOCKED)) RETURNING *
        )
        INSERT INTO {run}_tally SELECT value, sum(count) FROM folded GROUP BY value;
    END IF;
    RETURN NULL;
END $$
""",
    """
    CREATE TRIGGER {run}_tally_insert AFTER INSERT ON {run} REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION {run}_tally_keep()
    """,
    """
    CREATE TRIGGER {run}_tally_delete AFTER DELETE ON {run} REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION {run}_tally_keep()
    """,
    """
    CREATE TRIGGER {run}_tally_update AFTER UPDATE ON {run} REFERENCING OLD TABLE AS gone NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION {run}_tally_keep()
    """,
)
SQLITE_ARRIVES = (
    "INSERT INTO {run}_tally (value, count) VALUES (coalesce(NEW.state_type, ''), 1)"
    " ON CONFLICT (value) DO UPDATE SET count = count + excluded.count;"
)
SQLITE_GOES = (
    "INSERT INTO {run}_tally (value, count) VALUES (coalesce(OLD.state_type, ''), -1)"
    " ON CONFLICT (value) DO UPDATE SET count = count + excluded.count;"
)
SQLITE = (
    f"CREATE TRIGGER {{run}}_tally_insert AFTER INSERT ON {{run}} BEGIN {SQLITE_ARRIVES} END",
    f"CREATE TRIGGER {{run}}_tally_delete AFTER DELETE ON {{run}} BEGIN {SQLITE_GOES} END",
    (
        "CREATE TRIGGER {run}_tally_update AFTER UPDATE OF state_type ON {run} WHEN OLD.state_type IS NOT NEW.state_type"
        f" BEGIN {SQLITE_GOES} {SQLITE_ARRIVES} END"
    ),
)


def upgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    for run in RUNS:
        op.create_table(
            f"{run}_tally",
            sa.Column("value", sa.Text(), nullable=False),
            sa.Column("count", sa.BigInteger(), nullable=False),
        )
        if not on_postgresql:
            op.create_index(f"ix_{run}_tally__value", f"{run}_tally", ["value"], unique=True)
        op.execute(f"INSERT INTO {run}_tally SELECT coalesce(state_type, ''), count(*) FROM {run} GROUP BY 1")  # noqa: S608
        for statement in POSTGRESQL if on_postgresql else SQLITE:
            op.execute(statement.format(run=run))


def downgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    for run in RUNS:
        for change in CHANGES:
            op.execute(f"DROP TRIGGER {run}_tally_{change}" + (f" ON {run}" if on_postgresql else ""))
        if on_postgresql:
            op.execute(f"DROP FUNCTION {run}_tally_keep()")
        op.drop_table(f"{run}_tally")
