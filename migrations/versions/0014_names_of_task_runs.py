"""Keep the distinct names of task runs, among which a part of a name is looked for."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

POSTGRESQL = (
    """
CREATE FUNCTION task_run_name_keep() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    IF TG_LEVEL = 'ROW' THEN
        INSERT INTO task_run_name SELECT NEW.name
        WHERE NOT EXISTS (SELECT FROM task_run_name AS there WHERE there.name = NEW.name);
    ELSE
        INSERT INTO task_run_name SELECT fresh.name FROM (SELECT DISTINCT name FROM arrived) AS fresh
        WHERE NOT EXISTS (SELECT FROM task_run_name AS there WHERE there.name = fresh.name);
    END IF;
    RETURN NULL;
END $$
""",
    (
        "CREATE TRIGGER task_run_name_insert AFTER INSERT ON task_run REFERENCING NEW TABLE AS arrived"
        " FOR EACH STATEMENT EXECUTE FUNCTION task_run_name_keep()"
    ),
    (
        "CREATE TRIGGER task_run_name_update AFTER UPDATE OF name ON task_run"
        " FOR EACH ROW WHEN (OLD.name <> NEW.name) EXECUTE FUNCTION task_run_name_keep()"
    ),
)
ARRIVES = "INSERT INTO task_run_name VALUES (NEW.name) ON CONFLICT DO NOTHING;"
SQLITE = (
    f"CREATE TRIGGER task_run_name_insert AFTER INSERT ON task_run BEGIN {ARRIVES} END",
    (
        "CREATE TRIGGER task_run_name_update AFTER UPDATE OF name ON task_run"
        f" WHEN OLD.name <> NEW.name BEGIN {ARRIVES} END"
    ),
)


def upgrade() -> None:
    name = sa.Column("name", sa.Text(), nullable=False)
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    if on_sqlite:
        op.create_table(
            "task_run_name", name, sa.PrimaryKeyConstraint("name", name="pk_task_run_name"), sqlite_with_rowid=False
        )
    else:
        op.create_table("task_run_name", name)
    op.execute("INSERT INTO task_run_name SELECT DISTINCT name FROM task_run")
    if not on_sqlite:
        op.create_index("ix_task_run_name__name", "task_run_name", ["name"])
        op.create_index(
            "ix_task_run_name__trigrams",
            "task_run_name",
            ["name"],
            postgresql_using="gin",
            postgresql_ops={"name": "gin_trgm_ops"},
        )
    for statement in SQLITE if on_sqlite else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    for kind in ("insert", "update"):
        op.execute(f"DROP TRIGGER task_run_name_{kind}{' ON task_run' if on_postgresql else ''}")
    if on_postgresql:
        op.execute("DROP FUNCTION task_run_name_keep()")
    op.drop_table("task_run_name")
