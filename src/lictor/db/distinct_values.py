"""The distinct values of a text column, kept by triggers.

A part of a text is then looked for among the values, of which there may be far fewer than rows, and the newest rows of
those that have it are found by an index.

Triggers of the database add what is new, in the transactions that write the rows. They never take a value away, which
would make writers wait for each other: so there may be values that no row has any more, until `repair` removes them. For
the same reason two writers on PostgreSQL may both add a value, which is then there twice.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from lictor.db.derived_table import DerivedTable
from lictor.db.engine import Transaction
from lictor.db.functions import Statement, end_of_part, part_of, per_dialect

MAX_MATCHING_VALUES = 100
"""Of at most so many values the newest rows are looked up; where there are more, rows that match are soon met."""

# Whether a value is there must be asked of the index, one by one, as many as there may be when the plan is used again.
POSTGRESQL_FUNCTION = """
CREATE FUNCTION {values}_keep() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    IF TG_LEVEL = 'ROW' THEN
        INSERT INTO {values} SELECT NEW.{column}
        WHERE NOT EXISTS (SELECT FROM {values} AS there WHERE there.{column} = NEW.{column});
    ELSE
        INSERT INTO {values} SELECT fresh.{column} FROM (SELECT DISTINCT {column} FROM arrived) AS fresh
        WHERE NOT EXISTS (SELECT FROM {values} AS there WHERE there.{column} = fresh.{column});
    END IF;
    RETURN NULL;
END $$
"""
POSTGRESQL_TRIGGERS = (
    """
    CREATE TRIGGER {values}_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION {values}_keep()
    """,
    """
    CREATE TRIGGER {values}_update AFTER UPDATE OF {column} ON {table}
    FOR EACH ROW WHEN (OLD.{column} <> NEW.{column}) EXECUTE FUNCTION {values}_keep()
    """,
)
_SQLITE_ARRIVES = "INSERT INTO {values} VALUES (NEW.{column}) ON CONFLICT DO NOTHING;"
SQLITE_TRIGGERS = (
    f"CREATE TRIGGER {{values}}_insert AFTER INSERT ON {{table}} BEGIN {_SQLITE_ARRIVES} END",
    (
        "CREATE TRIGGER {values}_update AFTER UPDATE OF {column} ON {table}"
        f" WHEN OLD.{{column}} <> NEW.{{column}} BEGIN {_SQLITE_ARRIVES} END"
    ),
)


@dataclass(frozen=True, eq=False)
class DistinctValues(DerivedTable):
    """The values of a column that is never null; `value` is the column of their own table that holds them."""

    column: sa.Column[str]
    value: sa.Column[str]
    table: sa.Table

    @classmethod
    def of(cls, column: sa.Column[str]) -> "DistinctValues":
        """Keeps the values from now on; their table and the triggers are made with the other tables."""
        table = column.table
        value: sa.Column[str] = sa.Column(column.name, sa.Text, nullable=False)
        values = sa.Table(f"{table.name}_{column.name}", table.metadata, value, sqlite_with_rowid=False)
        values.append_constraint(sa.PrimaryKeyConstraint(value).ddl_if(dialect="sqlite"))
        sa.Index(None, value).ddl_if(dialect="postgresql")
        trigrams = sa.Index(
            f"ix_{values.name}__trigrams", value, postgresql_using="gin", postgresql_ops={value.name: "gin_trgm_ops"}
        )
        trigrams.ddl_if(dialect="postgresql")
        distinct = cls(column, value, values)
        distinct.make_with_source()
        return distinct

    @property
    def source(self) -> sa.Table:
        return self.column.table

    @property
    def title(self) -> str:
        return f"{self.source.name} by {self.column.name}"

    def ddl(self, dialect: sa.Dialect) -> Sequence[str]:
        names = {"values": self.table.name, "table": self.source.name, "column": self.column.name}
        on_postgresql = dialect.name == "postgresql"
        statements = (POSTGRESQL_FUNCTION, *POSTGRESQL_TRIGGERS) if on_postgresql else SQLITE_TRIGGERS
        return [statement.format(**names) for statement in statements]

    def newest(self, matches: Callable[[sa.ColumnElement[str]], sa.ColumnElement[bool]]) -> sa.FromClause:
        """The ids of the part of a page, see `part_of`, of the rows whose value matches, newest first."""
        table, id = self.column.table, self.column.table.c.id
        matching = (
            sa.select(self.value).where(matches(self.value)).limit(sa.literal_column(str(MAX_MATCHING_VALUES + 1)))
        )
        few = sa.select(matching.subquery("matching").c[self.value.name].label("value")).distinct().cte("few")
        number: sa.ScalarSelect[int] = sa.select(sa.func.count()).select_from(few).scalar_subquery()
        are_few = number <= sa.literal_column(str(MAX_MATCHING_VALUES))
        each = sa.select(id).where(self.column == few.c.value).order_by(id.desc()).limit(end_of_part()).correlate(few)
        walk = sa.select(id).where(matches(self.column)).order_by(id.desc())

        def page(of_each: Statement, walked: Statement) -> Statement:
            found = sa.union_all(of_each.where(are_few), walked.subquery("walked").select()).subquery("found")
            return part_of(sa.select(found.c.id).order_by(found.c.id.desc()))

        first, row = each.lateral("first"), table.alias("first")
        return per_dialect(
            postgresql=page(
                sa.select(first.c.id).select_from(few.join(first, sa.true())),
                walk.where(sa.not_(are_few)).limit(end_of_part()),
            ),
            # SQLite would ask for each row that matches whether they are few.
            sqlite=page(
                sa.select(row.c.id).select_from(few.join(row, row.c.id.in_(each))),
                walk.limit(sa.case((are_few, sa.literal_column("0")), else_=end_of_part())),
            ),
            name="page",
        )

    def stored(self) -> Statement:
        return sa.select(self.value).distinct()

    def expected(self) -> Statement:
        return sa.select(self.column).distinct()

    async def is_redundant(self, tx: Transaction) -> bool:
        """Two writers on PostgreSQL may both have added a value."""
        return bool(await tx.scalar(sa.select(sa.func.count() - sa.func.count(self.value.distinct()))))
