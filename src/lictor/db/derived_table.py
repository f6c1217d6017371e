"""Tables whose rows follow from those of another one, and which triggers keep as it changes.

Whatever writes the source keeps the derived table in the same transaction, so a reader may trust it. `lictor database
check` compares each of them with what its source says, and repairs it.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from lictor.db.base import make_with_tables
from lictor.db.engine import Transaction
from lictor.db.functions import Statement

MAX_EXAMPLES = 5


@dataclass(frozen=True)
class Repair:
    """How many rows a derived table lacked, and how many it had that its source does not say, with some of them."""

    missing: int = 0
    surplus: int = 0
    examples: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not (self.missing or self.surplus):
            return "all rows are right"
        return "; ".join([f"{self.missing} rows were missing, {self.surplus} surplus, repaired", *self.examples])


class DerivedTable(ABC):
    """One derived table: what it is made from, the triggers that keep it, and how to check it."""

    table: sa.Table
    """The derived table itself."""

    @property
    @abstractmethod
    def title(self) -> str:
        """The source and what is kept of it, for people."""

    @property
    @abstractmethod
    def source(self) -> sa.Table:
        """The table whose rows it follows from."""

    @abstractmethod
    def ddl(self, dialect: sa.Dialect) -> Sequence[str]:
        """The statements that make its triggers on one of the databases."""

    @abstractmethod
    def stored(self) -> Statement:
        """What it says, each key once."""

    @abstractmethod
    def expected(self) -> Statement:
        """What it must say, read from the source. Its columns are those of `stored`."""

    def rewritten(self) -> Statement:
        """The rows of a table that is written anew, by the names of its columns."""
        return self.expected()

    async def is_redundant(self, tx: Transaction) -> bool:
        """Whether it says something more than once, which is right, but could be shorter."""
        del tx
        return False

    def make_with_source(self) -> None:
        """Has its triggers made together with the tables."""
        for dialect in (postgresql.dialect(), sqlite.dialect()):  # type: ignore[no-untyped-call]
            make_with_tables(self.source.metadata, dialect.name, self.ddl(dialect))

    async def repair(self, tx: Transaction) -> Repair:
        """Compares it with its source while nobody else writes, and writes it anew where they differ."""
        await tx.lock_table(self.source)
        stored, expected = self.stored(), self.expected()
        missing, missing_examples = await _difference(tx, expected, stored, "missing")
        surplus, surplus_examples = await _difference(tx, stored, expected, "surplus")
        if missing or surplus or await self.is_redundant(tx):
            rows = self.rewritten()
            await tx.execute(sa.delete(self.table))
            await tx.execute(sa.insert(self.table).from_select([c.name for c in rows.selected_columns], rows))
        return Repair(missing, surplus, (*missing_examples, *surplus_examples))


async def _difference(tx: Transaction, one: Statement, other: Statement, what: str) -> tuple[int, list[str]]:
    """How many rows only the first statement gives, and some of them."""
    rows = sa.select(one.except_(other).subquery())
    number: int = await tx.scalar(sa.select(sa.func.count()).select_from(rows.subquery()))
    examples = await tx.all(rows.limit(MAX_EXAMPLES)) if number else []
    return number, [
        f"{what}: " + ", ".join(f"{name} {value}" for name, value in row._mapping.items())  # noqa: SLF001
        for row in examples
    ]
