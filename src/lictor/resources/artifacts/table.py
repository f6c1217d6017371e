from typing import Any

import sqlalchemy as sa

from lictor.db.base import identity, metadata
from lictor.db.types import JSONText, UUIDType


def _what_never_changes() -> list[sa.Column[Any]]:
    """The columns of an artifact that lists filter by, which the row of its key repeats.

    The ids are no foreign keys: a task run may be known later than its artifacts, and they stay when it is deleted.
    """
    return [
        sa.Column("type", sa.Text),
        sa.Column("flow_run_id", UUIDType, index=True),
        sa.Column("task_run_id", UUIDType, index=True),
    ]


artifact = sa.Table(
    "artifact",
    metadata,
    *identity(),
    sa.Column("key", sa.Text),
    *_what_never_changes(),
    sa.Column("description", sa.Text),
    sa.Column("data", JSONText),
    sa.Column("metadata_", JSONText),
    sa.Index(None, "created"),
    sa.Index(None, "updated"),
    sa.Index(None, "key", "id"),
)

artifact_collection = sa.Table(
    "artifact_collection",
    metadata,
    *identity(),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("latest_id", sa.ForeignKey("artifact.id"), nullable=False, unique=True),
    *_what_never_changes(),
    sa.Index(None, "created"),
    sa.Index(None, "updated"),
)
"""A row for each key, which says what its latest artifact is."""
