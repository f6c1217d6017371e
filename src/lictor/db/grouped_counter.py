"""How many rows of a table hold each value of a column, by what they belong to, kept exact by whatever changes them.

Triggers of the database keep the counters, in the transactions that write the rows. On SQLite, where writers take turns,
there is one figure for each value and owner. On PostgreSQL that would make every writer wait for every other: there each
statement adds its differences as rows of their own, and one in a few hundred folds those of the same value and owner
into one.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.base import make_with_tables
from lictor.db.engine import Transaction
from lictor.db.functions import Statement, value_in
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

Key = tuple[UUID | None, str]
"""An owner, and a value."""

ZERO: sa.ColumnElement[int] = sa.literal_column("0", sa.BigInteger)
"""No parameter: PostgreSQL plans a statement that has none but once."""


@dataclass(frozen=True, eq=False)
class GroupedCounter:
    """The counters of one column, by another one that holds the id of the owner; `counters` is their table."""

    column: sa.Column[Any]
    by: sa.Column[Any]
    counters: sa.Table

    @classmethod
    def of(cls, column: sa.Column[Any], by: sa.Column[Any]) -> "GroupedCounter":
        """Keeps a tally of a text column from now on; its table and triggers are made with the other tables."""
        table = column.table
        counters = sa.Table(
            f"{table.name}_tally",
            table.metadata,
            sa.Column(by.name, UUIDType),
            sa.Column("value", sa.Text, nullable=False),
            sa.Column("count", sa.BigInteger, nullable=False),
        )
        owner, value = counters.c[by.name], counters.c.value
        sa.Index(None, owner, value, unique=True).ddl_if(dialect="sqlite")
        sa.Index(None, value, unique=True, sqlite_where=owner.is_(None)).ddl_if(dialect="sqlite")
        sa.Index(None, owner).ddl_if(dialect="postgresql")
        names = {"tally": counters.name, "table": table.name, "column": column.name, "owner": by.name}
        spellings = {"postgresql": (POSTGRESQL_FUNCTION, *POSTGRESQL_TRIGGERS), "sqlite": SQLITE_TRIGGERS}
        for dialect, statements in spellings.items():
            make_with_tables(table.metadata, dialect, [statement.format(**names) for statement in statements])
        return cls(column, by, counters)

    @property
    def owner(self) -> sa.Column[Any]:
        """What the rows that a figure counts belong to."""
        return self.counters.c[self.by.name]

    def one_of(self, values: Collection[str]) -> sa.ColumnElement[bool]:
        """Of the counters, those of these values."""
        return value_in(self.counters.c.value, values)

    @cached_property
    def count(self) -> Statement:
        """How many rows there are."""
        total = sa.func.coalesce(sa.func.sum(self.counters.c.count), ZERO)
        return sa.select(sa.cast(total, sa.BigInteger)).select_from(self.counters)

    @cached_property
    def counts(self) -> Statement:
        """How many rows hold each value, as `value` and `total`; not those that hold none."""
        total = sa.cast(sa.func.sum(self.counters.c.count), sa.BigInteger)
        return (
            sa.select(self.counters.c.value, total.label("total"))
            .where(self.counters.c.value != sa.literal_column(f"'{ABSENT}'"))
            .group_by(self.counters.c.value)
            .having(total != ZERO)
        )

    def stored_counts(self) -> Statement:
        """What the counters are, as `owner`, `value` and `total`."""
        total = sa.cast(sa.func.sum(self.counters.c.count), sa.BigInteger)
        key = self.owner.label("owner"), self.counters.c.value
        return sa.select(*key, total.label("total")).group_by(*key).having(total != 0)

    def expected_counts(self) -> Statement:
        """What the counters must be: counted anew, row by row."""
        key = self.by.label("owner"), sa.func.coalesce(self.column, ABSENT).label("value")
        return sa.select(*key, sa.func.count().label("total")).group_by(*key)

    async def repair(self, tx: Transaction) -> dict[Key, tuple[int, int]]:
        """Counts anew, while nobody else writes: what was wrong, as key: (figure, truth), and is so no more."""
        await tx.lock_table(self.column.table)
        counters, truth = [
            {(row.owner, row.value): int(row.total) for row in await tx.all(counts)}
            for counts in (self.stored_counts(), self.expected_counts())
        ]
        wrong = {
            key: (counters.get(key, 0), truth.get(key, 0))
            for key in sorted(counters.keys() | truth.keys(), key=str)
            if counters.get(key, 0) != truth.get(key, 0)
        }
        if wrong:
            await tx.execute(sa.delete(self.counters))
            rows = [{self.by.name: owner, "value": value, "count": n} for (owner, value), n in truth.items()]
            if rows:
                await tx.execute(sa.insert(self.counters), rows)
        return wrong
