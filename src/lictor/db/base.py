"""The one metadata, and the columns that every resource has."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from lictor.db.clock import utc_now as utc_now  # noqa: PLC0414  # columns and code go by one clock
from lictor.db.ids import uuid7
from lictor.db.types import Timestamp, UUIDType

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s__%(column_0_N_name)s",
        "uq": "uq_%(table_name)s__%(column_0_N_name)s",
        "ck": "ck_%(table_name)s__%(constraint_name)s",
        "fk": "fk_%(table_name)s__%(column_0_N_name)s__%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def identity() -> list[sa.Column[Any]]:
    """`id`, `created` and `updated`: what every stored object has."""
    return [
        sa.Column("id", UUIDType, primary_key=True, default=uuid7),
        sa.Column("created", Timestamp, nullable=False, default=utc_now),
        sa.Column("updated", Timestamp, nullable=False, default=utc_now, onupdate=utc_now),
    ]


def make_with_tables(metadata: sa.MetaData, dialect: str, statements: Iterable[str]) -> None:
    """Has SQL run on one database when the tables are made, behind them: for functions and triggers."""
    for statement in statements:
        made = sa.DDL(statement.replace("%", "%%")).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]
        event.listen(metadata, "after_create", made)
