"""How many rows of a table hold each value of a column, kept exact by the transactions that change them.

Triggers of the database keep the figures, so that whatever writes the rows keeps them. On SQLite, where writers take
turns, each value has one figure. On PostgreSQL that would make every writer wait for every other: there each statement
adds its differences as rows of their own, and one in a few hundred folds what lies there into one row per value.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from lictor.db.engine import Transaction
from lictor.db.functions import Statement, value_in

ABSENT = ""
"""What null is counted as."""

POSTGRESQL_FUNCTION = """
CREATE FUNCTION {tally}_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO {tally} SELECT coalesce({column}, ''), count(*) FROM arrived GROUP BY 1;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO {tally} SELECT coalesce({column}, ''), -count(*) FROM gone GROUP BY 1;
    ELSE
        INSERT INTO {tally} SELECT value, sum(difference) FROM (
            SELECT coalesce({column}, '') AS value, 1 AS difference FROM arrived
            UNION ALL SELECT coalesce({column}, ''), -1 FROM gone
        ) AS changed GROUP BY value HAVING sum(difference) <> 0;
    END IF;
    IF random() < 0.005 THEN
        WITH folded AS (
            DELETE FROM {tally} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {tally} FOR UPDATE SKIP LOCKED)) RETURNING *
        )
        INSERT INTO {tally} SELECT value, sum(count) FROM folded GROUP BY value;
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
    "INSERT INTO {tally} (value, count) VALUES (coalesce({row}.{column}, ''), {difference})"
    " ON CONFLICT (value) DO UPDATE SET count = count + excluded.count;"
)
_SQLITE_ARRIVES = _SQLITE_CHANGE.replace("{row}", "NEW").replace("{difference}", "1")
_SQLITE_GOES = _SQLITE_CHANGE.replace("{row}", "OLD").replace("{difference}", "-1")
SQLITE_TRIGGERS = (
    f"CREATE TRIGGER {{tally}}_insert AFTER INSERT ON {{table}} BEGIN {_SQLITE_ARRIVES} END",
    f"CREATE TRIGGER {{tally}}_delete AFTER DELETE ON {{table}} BEGIN {_SQLITE_GOES} END",
    (
        "CREATE TRIGGER {tally}_update AFTER UPDATE OF {column} ON {table} WHEN OLD.{column} IS NOT NEW.{column}"
        f" BEGIN {_SQLITE_GOES} {_SQLITE_ARRIVES} END"
    ),
)


@dataclass(frozen=True, eq=False)
class Tally:
    """The figures of one column; `figures` is their table."""

    column: sa.Column[Any]
    figures: sa.Table

    @classmethod
    def of(cls, column: sa.Column[Any]) -> "Tally":
        """Keeps a tally of a text column from now on; its table and triggers are made with the other tables."""
        table = column.table
        figures = sa.Table(
            f"{table.name}_tally",
            table.metadata,
            sa.Column("value", sa.Text, nullable=False),
            sa.Column("count", sa.BigInteger, nullable=False),
        )
        sa.Index(None, figures.c.value, unique=True).ddl_if(dialect="sqlite")
        names = {"tally": figures.name, "table": table.name, "column": column.name}
        spellings = {"postgresql": (POSTGRESQL_FUNCTION, *POSTGRESQL_TRIGGERS), "sqlite": SQLITE_TRIGGERS}
        for dialect, statements in spellings.items():
            for statement in statements:
                made = sa.DDL(statement.format(**names)).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]
                event.listen(table.metadata, "after_create", made)
        return cls(column, figures)

    def count(self, values: list[str] | None = None) -> Statement:
        """How many rows there are, or how many hold one of the values."""
        return self._count if values is None else self._count.where(value_in(self.figures.c.value, values))

    @cached_property
    def _count(self) -> Statement:
        total = sa.func.coalesce(sa.func.sum(self.figures.c.count), 0)
        return sa.select(sa.cast(total, sa.BigInteger))

    @cached_property
    def counts(self) -> Statement:
        """How many rows hold each value, as `value` and `total`; not those that hold none."""
        total = sa.cast(sa.func.sum(self.figures.c.count), sa.BigInteger)
        return (
            sa.select(self.figures.c.value, total.label("total"))
            .where(self.figures.c.value != ABSENT)
            .group_by(self.figures.c.value)
        )

    def true_counts(self) -> Statement:
        """What the figures must be: counted anew, row by row."""
        value = sa.func.coalesce(self.column, ABSENT)
        return sa.select(value.label("value"), sa.func.count().label("total")).group_by(value)

    async def mend(self, tx: Transaction) -> dict[str, tuple[int, int]]:
        """Counts anew, while nobody else writes: what was wrong, as value: (figure, truth), and is so no more."""
        await tx.close(self.column.table)
        total = sa.func.sum(self.figures.c.count).label("total")
        kept = await tx.all(sa.select(self.figures.c.value, total).group_by(self.figures.c.value))
        figures = {row.value: int(row.total) for row in kept}
        truth = {row.value: int(row.total) for row in await tx.all(self.true_counts())}
        wrong = {
            value: (figures.get(value, 0), truth.get(value, 0))
            for value in sorted(figures.keys() | truth.keys())
            if figures.get(value, 0) != truth.get(value, 0)
        }
        if wrong:
            await tx.execute(sa.delete(self.figures))
            await tx.execute(sa.insert(self.figures), [{"value": v, "count": n} for v, n in truth.items()])
        return wrong
