"""How many rows of a table hold each value of a column, by owner, kept exact by triggers.

Triggers of the database keep the counters, in the transactions that write the rows. On SQLite, where writers take turns,
there is one row for each value and owner. On PostgreSQL that would make every writer wait for every other: there each
statement adds its differences as rows of their own, and one in a few hundred folds those of the same value and owner
into one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from lictor.db.derived_table import DerivedTable
from lictor.db.functions import Statement
from lictor.db.types import UUIDType

ABSENT = ""
"""What a value that is null is counted as. Rows that belong to nothing are counted under no owner."""

POSTGRESQL_FUNCTION = """
CREATE FUNCTION {tally}_keep() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    added integer;
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO {tally} SELECT {owner}, coalesce({column}, ''), count(*) FROM arrived GROUP BY 1, 2;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO {tally} SELECT {owner}, coalesce({column}, ''), -count(*) FROM gone GROUP BY 1, 2;
    ELSE
        INSERT INTO {tally} SELECT {owner}, value, sum(difference) FROM (
            SELECT {owner}, coalesce({column}, '') AS value, 1 AS difference FROM arrived
            UNION ALL SELECT {owner}, coalesce({column}, ''), -1 FROM gone
        ) AS changed GROUP BY 1, 2 HAVING sum(difference) <> 0;
    END IF;
    GET DIAGNOSTICS added = ROW_COUNT;
    IF random() * 500 < added THEN
        WITH counted AS (
            SELECT ctid, count(*) OVER (PARTITION BY {owner}, value) AS same FROM {tally}
        ), folded AS (
            DELETE FROM {tally} WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM {tally} WHERE ctid = ANY (ARRAY(SELECT ctid FROM counted WHERE same > 1))
                FOR UPDATE SKIP LOCKED
            )) RETURNING *
        )
        INSERT INTO {tally} SELECT {owner}, value, sum(count) FROM folded GROUP BY 1, 2 HAVING sum(count) <> 0;
    END IF;
    RETURN NULL;
END $$
"""
POSTGRESQL_TRIGGERS = (
    """
    CREATE TRIGGER {tally}_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION {tally}_keep()
    """,
    """
    CREATE TRIGGER {tally}_delete AFTER DELETE ON {table} REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION {tally}_keep()
    """,
    """
    CREATE TRIGGER {tally}_update AFTER UPDATE ON {table} REFERENCING OLD TABLE AS gone NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION {tally}_keep()
    """,
)
_SQLITE_CHANGE = (
    "INSERT INTO {tally} ({owner}, value, count) VALUES ({row}.{owner}, coalesce({row}.{column}, ''), {difference})"
    " ON CONFLICT ({owner}, value) DO UPDATE SET count = count + excluded.count"
    " ON CONFLICT (value) WHERE {owner} IS NULL DO UPDATE SET count = count + excluded.count;"
)
_SQLITE_ARRIVES = _SQLITE_CHANGE.replace("{row}", "NEW").replace("{difference}", "1")
_SQLITE_GOES = _SQLITE_CHANGE.replace("{row}", "OLD").replace("{difference}", "-1")
SQLITE_TRIGGERS = (
    f"CREATE TRIGGER {{tally}}_insert AFTER INSERT ON {{table}} BEGIN {_SQLITE_ARRIVES} END",
    f"CREATE TRIGGER {{tally}}_delete AFTER DELETE ON {{table}} BEGIN {_SQLITE_GOES} END",
    (
        "CREATE TRIGGER {tally}_update AFTER UPDATE OF {owner}, {column} ON {table}"
        " WHEN OLD.{column} IS NOT NEW.{column} OR OLD.{owner} IS NOT NEW.{owner}"
        f" BEGIN {_SQLITE_GOES} {_SQLITE_ARRIVES} END"
    ),
)

ZERO: sa.ColumnElement[int] = sa.literal_column("0", sa.BigInteger)
"""No parameter: PostgreSQL plans a statement that has none but once."""


@dataclass(frozen=True, eq=False)
class GroupedCounter(DerivedTable):
    """How many rows hold each value of `column`, for each owner whose id the column `by` holds."""

    column: sa.Column[Any]
    by: sa.Column[Any]
    table: sa.Table

    @classmethod
    def of(cls, column: sa.Column[Any], by: sa.Column[Any]) -> "GroupedCounter":
        """Counts the values of a text column from now on; its table and triggers are made with the other tables."""
        table = sa.Table(
            f"{column.table.name}_tally",
            column.table.metadata,
            sa.Column(by.name, UUIDType),
            sa.Column("value", sa.Text, nullable=False),
            sa.Column("count", sa.BigInteger, nullable=False),
        )
        owner, value = table.c[by.name], table.c.value
        sa.Index(None, owner, value, unique=True).ddl_if(dialect="sqlite")
        sa.Index(None, value, unique=True, sqlite_where=owner.is_(None)).ddl_if(dialect="sqlite")
        sa.Index(None, owner).ddl_if(dialect="postgresql")
        counter = cls(column, by, table)
        counter.make_with_source()
        return counter

    @property
    def source(self) -> sa.Table:
        return self.column.table

    @property
    def title(self) -> str:
        return f"{self.source.name} by {self.by.name} and {self.column.name}"

    def ddl(self, dialect: sa.Dialect) -> Sequence[str]:
        names = {
            "tally": self.table.name,
            "table": self.source.name,
            "column": self.column.name,
            "owner": self.by.name,
        }
        on_postgresql = dialect.name == "postgresql"
        statements = (POSTGRESQL_FUNCTION, *POSTGRESQL_TRIGGERS) if on_postgresql else SQLITE_TRIGGERS
        return [statement.format(**names) for statement in statements]

    @property
    def owner(self) -> sa.Column[Any]:
        """What the rows that a counter counts belong to."""
        return self.table.c[self.by.name]

    @cached_property
    def count(self) -> Statement:
        """How many rows there are."""
        total = sa.func.coalesce(sa.func.sum(self.table.c.count), ZERO)
        return sa.select(sa.cast(total, sa.BigInteger)).select_from(self.table)

    @cached_property
    def counts(self) -> Statement:
        """How many rows hold each value, as `value` and `total`; not those that hold none."""
        total = sa.cast(sa.func.sum(self.table.c.count), sa.BigInteger)
        return (
            sa.select(self.table.c.value, total.label("total"))
            .where(self.table.c.value != sa.literal_column(f"'{ABSENT}'"))
            .group_by(self.table.c.value)
            .having(total != ZERO)
        )

    def stored(self) -> Statement:
        total = sa.cast(sa.func.sum(self.table.c.count), sa.BigInteger)
        key = self.owner, self.table.c.value
        return sa.select(*key, total.label("count")).group_by(*key).having(total != 0)

    def expected(self) -> Statement:
        key = self.by, sa.func.coalesce(self.column, ABSENT).label("value")
        return sa.select(*key, sa.func.count().label("count")).group_by(*key)
