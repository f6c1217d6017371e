"""Let task runs know their flow, and keep count of the runs of each flow in each type of state."""

from types import ModuleType

import sqlalchemy as sa
from alembic import op

from lictor.db import types

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

RUNS = ("flow_run", "task_run")

POSTGRESQL = (
    """
CREATE FUNCTION {run}_tally_keep() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    added integer;
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO {run}_tally SELECT flow_id, coalesce(state_type, ''), count(*) FROM arrived GROUP BY 1, 2;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO {run}_tally SELECT flow_id, coalesce(state_type, ''), -count(*) FROM gone GROUP BY 1, 2;
    ELSE
        INSERT INTO {run}_tally SELECT flow_id, value, sum(difference) FROM (
            SELECT flow_id, coalesce(state_type, '') AS value, 1 AS difference FROM arrived
            UNION ALL SELECT flow_id, coalesce(state_type, ''), -1 FROM gone
        ) AS changed GROUP BY 1, 2 HAVING sum(difference) <> 0;
    END IF;
    GET DIAGNOSTICS added = ROW_COUNT;
    IF random() * 500 < added THEN
        WITH counted AS (
            SELECT ctid, count(*) OVER (PARTITION BY flow_id, value) AS same FROM {run}_tally
        ), folded AS (
            DELETE FROM {run}_tally WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM {run}_tally WHERE ctid = ANY (ARRAY(SELECT ctid FROM counted WHERE same > 1))
                FOR UPDATE SKIP LOCKED
            )) RETURNING *
        )
        INSERT INTO {run}_tally SELECT flow_id, value, sum(count) FROM folded GROUP BY 1, 2 HAVING sum(count) <> 0;
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
SQLITE_CHANGE = (
    "INSERT INTO {run}_tally (flow_id, value, count) VALUES ({row}.flow_id, coalesce({row}.state_type, ''), {difference})"
    " ON CONFLICT (flow_id, value) DO UPDATE SET count = count + excluded.count"
    " ON CONFLICT (value) WHERE flow_id IS NULL DO UPDATE SET count = count + excluded.count;"
)
SQLITE_ARRIVES = SQLITE_CHANGE.replace("{row}", "NEW").replace("{difference}", "1")
SQLITE_GOES = SQLITE_CHANGE.replace("{row}", "OLD").replace("{difference}", "-1")
SQLITE = (
    f"CREATE TRIGGER {{run}}_tally_insert AFTER INSERT ON {{run}} BEGIN {SQLITE_ARRIVES} END",
    f"CREATE TRIGGER {{run}}_tally_delete AFTER DELETE ON {{run}} BEGIN {SQLITE_GOES} END",
    (
        "CREATE TRIGGER {run}_tally_update AFTER UPDATE OF flow_id, state_type ON {run}"
        " WHEN OLD.state_type IS NOT NEW.state_type OR OLD.flow_id IS NOT NEW.flow_id"
        f" BEGIN {SQLITE_GOES} {SQLITE_ARRIVES} END"
    ),
)
INDEXES = (("flow_id", "id", "flow_run_id"), ("flow_id", "end_time", "id", "flow_run_id"))


def upgrade() -> None:
    _tallies_of_states_alone().downgrade()
    op.add_column("task_run", sa.Column("flow_id", types.UUIDType()))
    op.execute(
        "UPDATE task_run SET flow_id = (SELECT flow_id FROM flow_run WHERE flow_run.id = flow_run_id)"
        " WHERE flow_run_id IS NOT NULL"
    )
    for columns in INDEXES:
        op.create_index(f"ix_task_run__{'_'.join(columns)}", "task_run", columns)
    _tallies_of_flows()


def _tallies_of_flows() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    for run in RUNS:
        counter = f"{run}_tally"
        op.create_table(
            counter,
            sa.Column("flow_id", types.UUIDType()),
            sa.Column("value", sa.Text(), nullable=False),
            sa.Column("count", sa.BigInteger(), nullable=False),
        )
        if on_postgresql:
            op.create_index(f"ix_{counter}__flow_id", counter, ["flow_id"])
        else:
            alone = sa.text("flow_id IS NULL")
            op.create_index(f"ix_{counter}__flow_id_value", counter, ["flow_id", "value"], unique=True)
            op.create_index(f"ix_{counter}__value", counter, ["value"], unique=True, sqlite_where=alone)
        op.execute(f"INSERT INTO {counter} SELECT flow_id, coalesce(state_type, ''), count(*) FROM {run} GROUP BY 1, 2")  # noqa: S608
        for statement in POSTGRESQL if on_postgresql else SQLITE:
            op.execute(statement.format(run=run))


def _tallies_of_states_alone() -> ModuleType:
    """The revision that made the tallies as they were: it takes them away, and makes them again."""
    environment = op.get_context().environment_context
    assert environment is not None
    made = environment.script.get_revision("0002")
    assert made is not None
    return made.module


def downgrade() -> None:
    _tallies_of_states_alone().downgrade()  # by name, whatever they count
    for columns in INDEXES:
        op.drop_index(f"ix_task_run__{'_'.join(columns)}", "task_run")
    op.drop_column("task_run", "flow_id")
    _tallies_of_states_alone().upgrade()
