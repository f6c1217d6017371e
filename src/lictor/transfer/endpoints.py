"""The two ends of an import: what any source gives, and what any target takes."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from typing import Any, ClassVar

import sqlalchemy as sa

from lictor.errors import LictorError
from lictor.transfer.plans import Plan
from lictor.transfer.rows import Decoders, Row
from lictor.transfer.values import Convert

Stamp = tuple[Any, Any]
"""A row's id and when it was updated last, as the source has them."""

FETCH_ROWS = 200
"""A row may hold a megabyte: so many rows are in memory before anybody knows how long they are."""


class TransferError(LictorError):
    """The import cannot begin or go on."""


class Source(ABC):
    """A Prefect database, of which we read one snapshot."""

    dialect: ClassVar[str]
    decoders: ClassVar[Decoders]

    @abstractmethod
    async def tables(self) -> dict[str, frozenset[str]]:
        """The columns of each table."""

    @abstractmethod
    async def value(self, query: str) -> Any:
        """The first column of the first row."""

    @abstractmethod
    def stream(self, query: str, size: int) -> AsyncGenerator[Sequence[Row]]:
        """The rows of a query, that many at a time."""

    @abstractmethod
    def rows(self, query: str, ids: Sequence[Any]) -> AsyncGenerator[Sequence[Row]]:
        """The rows of a query on a table that is called `t` whose ids are among these, a few at a time."""

    async def count(self, table: str) -> int:
        return int(await self.value(f'SELECT COUNT(*) FROM "{table}"'))


class Target(ABC):
    """A database of Lictor, to which we write."""

    complaints: ClassVar[tuple[type[Exception], ...]]
    """What is raised where rows cannot be stored."""
    encode_tags: Convert | None = None
    """From tags in transit to what is stored."""

    @abstractmethod
    async def existing(self, table: sa.Table, ids: Collection[bytes]) -> dict[bytes, int | None]:
        """Which of these ids the table has, and when each row was updated last."""

    @abstractmethod
    async def insert(self, plan: Plan, rows: Sequence[Row]) -> int:
        """Adds those rows whose unique values are still free, and their parts, in one transaction; says how many."""

    @abstractmethod
    async def update(self, plan: Plan, rows: Sequence[Row]) -> int:
        """Overwrites rows that are older than these, all in one transaction; says how many."""

    @abstractmethod
    async def link(self, column: sa.Column[Any], pairs: Sequence[tuple[bytes, bytes]]) -> None:
        """Sets a column that is still null, for each id to its value."""

    @abstractmethod
    async def find(self, table: sa.Table, key: Mapping[str, Any]) -> bytes | None:
        """The id of the row with these values."""

    @abstractmethod
    async def count(self, table: sa.Table) -> int:
        """How many rows the table has."""

    @abstractmethod
    async def settle(self, tables: Sequence[sa.Table]) -> None:
        """Readies the database for queries, now that these tables are filled."""


def quoted(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
