"""The one metadata, and the columns that every resource has."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

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


def utc_now() -> datetime:
    return datetime.now(UTC)


def identity() -> list[sa.Column[Any]]:
    """`id`, `created` and `updated`: what every stored object has."""
    return [
        sa.Column("id", UUIDType, primary_key=True, default=uuid7),
        sa.Column("created", Timestamp, nullable=False, default=utc_now),
        sa.Column("updated", Timestamp, nullable=False, default=utc_now, onupdate=utc_now),
    ]
