"""Indexes to search through: what is asked of some columns, in the order of the ids.

A page of such an index has twenty entries or more; a page of the table has a few rows, and the next ones in the order of
their ids may lie anywhere. So a search reads a fraction of the pages, and no rows but those that match.

PostgreSQL takes no entry of more than 2,704 bytes. There the index has the rows whose values are short, as nearly all are;
the others have an index of their own, without the values, and are read one by one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from lictor.db.base import make_with_tables
from lictor.db.functions import Statement, end_of_part, part_of, per_dialect

# Together no more than 2,500 bytes, where no character has more than four.
MAX_INDEXED_TAGS = 8
MAX_INDEXED_TAG_CHARACTERS = 50  # characters
MAX_INDEXED_BYTES = 750  # bytes, all together

# PostgreSQL cannot tell how many rows this holds for, unless it keeps statistics of it.
STATISTICS = "CREATE STATISTICS st_{table}__short ON ({is_short}) FROM {table}"


@dataclass(frozen=True, eq=False)
class SearchIndex:
    """On PostgreSQL `short` and `long` tell apart the rows of the one index and of the other."""

    short: sa.ColumnElement[bool]
    long: sa.ColumnElement[bool]

    @classmethod
    def on(cls, tags: sa.Column[list[str]], *texts: sa.Column[str]) -> "SearchIndex":
        """Makes the indexes, with the tables."""
        table = tags.table
        columns: tuple[sa.Column[Any], ...] = (tags, *texts)
        sizes = " + ".join(f"octet_length(coalesce({text.name}, ''))" for text in texts)
        is_short = (
            f"(cardinality({tags.name}) <= {MAX_INDEXED_TAGS}"
            f" AND {tags.name} = {tags.name}::varchar({MAX_INDEXED_TAG_CHARACTERS})[]::text[]"
            f" AND {sizes} <= {MAX_INDEXED_BYTES})"
        )
        short, long = (sa.literal_column(f"{is_short} IS {truth}", sa.Boolean) for truth in ("TRUE", "NOT TRUE"))
        sa.Index(f"ix_{table.name}__searched", table.c.id, *columns).ddl_if(dialect="sqlite")
        sa.Index(
            f"ix_{table.name}__short",
            table.c.id,
            postgresql_include=[column.name for column in columns],
            postgresql_where=short,
        ).ddl_if(dialect="postgresql")
        sa.Index(f"ix_{table.name}__long", table.c.id, postgresql_where=long).ddl_if(dialect="postgresql")
        make_with_tables(table.metadata, "postgresql", [STATISTICS.format(table=table.name, is_short=is_short)])
        return cls(short, long)

    def newest(self, ids: Statement, find: Callable[[Statement], Statement]) -> sa.FromClause:
        """The ids of the part of a page, see `part_of`, that `find` leaves of all `ids`, which come newest first.

        What `find` asks is to concern the columns of the index alone.
        """
        first = find(ids.limit(end_of_part()))
        halves = [first.where(rows).subquery().select() for rows in (self.short, self.long)]
        found = sa.union_all(*halves).subquery("found")
        return per_dialect(
            # PostgreSQL hands over the first rows while it still looks for the last.
            postgresql=part_of(sa.select(found.c.id).order_by(found.c.id.desc())),
            sqlite=find(part_of(ids)),
            name="page",
        )
