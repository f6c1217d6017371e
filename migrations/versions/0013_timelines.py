"""Keep figures of the task runs that have come to their end, by the minute in which they were to start and did."""

import sqlalchemy as sa
from alembic import op

from lictor.db import types

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ENDED = "task_run.{moment} IS NOT NULL AND task_run.state_type IN ('CANCELLED', 'COMPLETED', 'CRASHED', 'FAILED')"
# What each row adds to the figures.
ROWS = f"SELECT {{minute}} AS minute, {{texts}}, 1 AS count{{sums}} FROM task_run WHERE {ENDED}"  # noqa: S608
MINUTE = {
    "postgresql": "date_bin('1 minute', task_run.{moment}, '1970-01-01 00:00:00+00')",
    "sqlite": "(task_run.{moment} - ((task_run.{moment} % 60000000) + 60000000) % 60000000)",
}
SUMS = {
    "postgresql": (
        ", greatest(0, task_run.total_run_time) AS run_time, greatest(0, coalesce((date_part('epoch',"
        " task_run.start_time - task_run.expected_start_time) * 1000000)::bigint, 0)) AS lateness"
    ),
    "sqlite": (
        ", max(0, task_run.total_run_time) AS run_time,"
        " max(0, coalesce((task_run.start_time - task_run.expected_start_time), 0)) AS lateness"
    ),
}
MOMENTS = {"expected": "expected_start_time", "started": "start_time"}
KEYS = {"expected": ("minute", "state_type", "state_name"), "started": ("minute", "state_type")}
VALUES = {"expected": ("count", "run_time", "lateness"), "started": ("count",)}
SOURCES = {
    "expected": ("state_type", "state_name", "expected_start_time", "start_time", "total_run_time"),
    "started": ("state_type", "start_time"),
}

POSTGRESQL = (
    """
CREATE FUNCTION {figures}_keep() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    added integer;
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO {figures} ({columns}, folded)
        SELECT {key}, {totals}, count(*) OVER () > 100 FROM ({arrived}) AS changed GROUP BY {key};
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO {figures} ({columns}) SELECT {key}, {less} FROM ({gone}) AS changed GROUP BY {key};
    ELSE
        INSERT INTO {figures} ({columns}) SELECT {key}, {totals} FROM (
            {arrived} UNION ALL SELECT {key}, {negated} FROM ({gone}) AS gone
        ) AS changed GROUP BY {key} HAVING {differs};
    END IF;
    GET DIAGNOSTICS added = ROW_COUNT;
    IF random() * 500 < added THEN
        WITH folded AS (
            DELETE FROM {figures} WHERE ctid = ANY (ARRAY(
                SELECT there.ctid FROM {figures} AS there
                JOIN (SELECT DISTINCT {key} FROM {figures} WHERE NOT folded) AS fresh USING ({key})
                FOR UPDATE OF there SKIP LOCKED
            )) RETURNING *
        )
        INSERT INTO {figures} ({columns}, folded)
        SELECT {key}, {totals}, true FROM folded GROUP BY {key} HAVING {differs};
    END IF;
    RETURN NULL;
END $$
""",
    (
        "CREATE TRIGGER {figures}_insert AFTER INSERT ON task_run REFERENCING NEW TABLE AS arrived"
        " FOR EACH STATEMENT EXECUTE FUNCTION {figures}_keep()"
    ),
    (
        "CREATE TRIGGER {figures}_delete AFTER DELETE ON task_run REFERENCING OLD TABLE AS gone"
        " FOR EACH STATEMENT EXECUTE FUNCTION {figures}_keep()"
    ),
    (
        "CREATE TRIGGER {figures}_update AFTER UPDATE ON task_run REFERENCING OLD TABLE AS gone NEW TABLE AS arrived"
        " FOR EACH STATEMENT EXECUTE FUNCTION {figures}_keep()"
    ),
)
ARRIVES = "INSERT INTO {figures} ({columns}) {arrived} ON CONFLICT ({key}) DO UPDATE SET {added};"
GOES = (
    "INSERT INTO {figures} ({columns}) SELECT {key}, {negated} FROM ({gone}) WHERE true"
    " ON CONFLICT ({key}) DO UPDATE SET {added};"
    " DELETE FROM {figures} WHERE ({key}) IN (SELECT {key} FROM ({gone})) AND count = 0;"
)
SQLITE = (
    f"CREATE TRIGGER {{figures}}_insert AFTER INSERT ON task_run WHEN {{new_counts}} BEGIN {ARRIVES} END",
    f"CREATE TRIGGER {{figures}}_delete AFTER DELETE ON task_run WHEN {{old_counts}} BEGIN {GOES} END",
    (
        "CREATE TRIGGER {figures}_update AFTER UPDATE OF {sources} ON task_run"
        " WHEN ({old_counts} OR {new_counts}) AND ({changes})"
        f" BEGIN {GOES} {ARRIVES} END"
    ),
)


def upgrade() -> None:
    for name in MOMENTS:
        _make_table(name)
        _fill(name)
        _make_triggers(name)


def _make_table(name: str) -> None:
    figures = f"task_run_{name}_tally"
    minute, *keys = KEYS[name]
    count, *sums = VALUES[name]
    columns = [
        sa.Column(minute, types.Timestamp(), nullable=False),
        *(sa.Column(key, sa.Text(), nullable=False) for key in keys),
        sa.Column(count, sa.BigInteger(), nullable=False),
        *(sa.Column(value, sa.Numeric(), nullable=False) for value in sums),
        sa.Column("folded", sa.Boolean(), nullable=False, server_default=sa.false()),
    ]
    if op.get_bind().dialect.name == "sqlite":
        primary = sa.PrimaryKeyConstraint(*KEYS[name], name=f"pk_{figures}")
        op.create_table(figures, *columns, primary, sqlite_with_rowid=False)
        return
    op.create_table(figures, *columns)
    op.create_index(f"ix_{figures}__minute", figures, ["minute"])
    op.create_index(f"ix_{figures}__fresh", figures, ["minute"], postgresql_where=sa.text("NOT folded"))


def _fill(name: str) -> None:
    key, values = ", ".join(KEYS[name]), ", ".join(VALUES[name])
    totals = ", ".join(f"sum({value})" for value in VALUES[name])
    op.execute(
        f"INSERT INTO task_run_{name}_tally ({key}, {values}, folded)"  # noqa: S608
        f" SELECT {key}, {totals}, true FROM ({_rows(name)}) AS ended GROUP BY {key}"
    )


def _rows(name: str) -> str:
    dialect = op.get_bind().dialect.name
    return ROWS.format(
        minute=MINUTE[dialect].format(moment=MOMENTS[name]),
        texts=", ".join(f"coalesce(task_run.{key}, '') AS {key}" for key in KEYS[name][1:]),
        sums=SUMS[dialect] if len(VALUES[name]) > 1 else "",
        moment=MOMENTS[name],
    )


def _make_triggers(name: str) -> None:
    dialect = op.get_bind().dialect.name
    rows, counts = _rows(name), ENDED.format(moment=MOMENTS[name])
    names = {
        "figures": f"task_run_{name}_tally",
        "key": ", ".join(KEYS[name]),
        "columns": ", ".join([*KEYS[name], *VALUES[name]]),
        "totals": ", ".join(f"sum({value})" for value in VALUES[name]),
        "less": ", ".join(f"-sum({value})" for value in VALUES[name]),
        "negated": ", ".join(f"-{value}" for value in VALUES[name]),
        "differs": " OR ".join(f"sum({value}) <> 0" for value in VALUES[name]),
        "added": ", ".join(f"{value} = {value} + excluded.{value}" for value in VALUES[name]),
        "sources": ", ".join(SOURCES[name]),
        "changes": " OR ".join(f"OLD.{source} IS NOT NEW.{source}" for source in SOURCES[name]),
    }
    if dialect == "postgresql":
        for transition in ("arrived", "gone"):
            names[transition] = rows.replace(" FROM task_run", f" FROM {transition} AS task_run")
    else:
        for one, rows_of, counts_of in (("NEW", "arrived", "new_counts"), ("OLD", "gone", "old_counts")):
            names[rows_of] = rows.replace(" FROM task_run", "").replace("task_run.", f"{one}.")
            names[counts_of] = counts.replace("task_run.", f"{one}.")
    for statement in POSTGRESQL if dialect == "postgresql" else SQLITE:
        op.execute(statement.format(**names))


def downgrade() -> None:
    for name in MOMENTS:
        figures = f"task_run_{name}_tally"
        for kind in ("insert", "delete", "update"):
            on_table = " ON task_run" if op.get_bind().dialect.name == "postgresql" else ""
            op.execute(f"DROP TRIGGER {figures}_{kind}{on_table}")
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"DROP FUNCTION {figures}_keep()")
        op.drop_table(figures)
