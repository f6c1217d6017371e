"""The columns of a state, in its own row and in the row of the run whose current state it is."""

from typing import Any

import sqlalchemy as sa

from lictor.db.base import identity
from lictor.db.types import Duration, JSONText, Tags, Timestamp, UUIDType


def state_columns() -> list[sa.Column[Any]]:
    """What a state row holds besides the id of its run."""
    return [
        *identity(),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("timestamp", Timestamp, nullable=False),
        sa.Column("message", sa.Text),
        sa.Column("data", JSONText),
        sa.Column("state_details", JSONText, nullable=False),
    ]


def run_columns(*own: sa.Column[Any]) -> list[sa.Column[Any]]:
    """What every run holds, and what is its `own`: its current state in full, and the clocks that states move.

    What filters ask of rows comes first, and long texts come last: PostgreSQL finds a column by reading the lengths of
    those before it, so a search through thousands of rows touches a few hundred bytes less of each.

    `state_details` is null where a run has no state, though it may still bear the id of one.
    """
    return [
        *identity(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("state_type", sa.Text),
        sa.Column("state_name", sa.Text),
        sa.Column("tags", Tags, nullable=False),
        sa.Column("state_id", UUIDType),
        sa.Column("state_timestamp", Timestamp),
        sa.Column("run_count", sa.Integer, nullable=False, default=0),
        sa.Column("expected_start_time", Timestamp),
        sa.Column("next_scheduled_start_time", Timestamp),
        sa.Column("start_time", Timestamp),
        sa.Column("end_time", Timestamp),
        sa.Column("total_run_time", Duration, nullable=False),
        *own,
        sa.Column("empirical_policy", JSONText, nullable=False),
        sa.Column("labels", JSONText),
        sa.Column("state_message", sa.Text),
        sa.Column("state_data", JSONText),
        sa.Column("state_details", JSONText),
    ]
