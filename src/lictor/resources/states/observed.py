"""Which states runs have been in: found by stepping through an index from one name to the next, never by a scan."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, Field

from lictor.db.functions import Statement
from lictor.resources.flow_runs.table import flow_run_state
from lictor.resources.task_runs.table import task_run_state
from lictor.validation.fields import DateTime

MAX_STATES = 10_000
"""Names of states of one kind of run that are looked through."""


class ObservedStateSort(StrEnum):
    """The orders in which observed states are listed."""

    NAME_ASC = "NAME_ASC"
    LAST_SEEN_DESC = "LAST_SEEN_DESC"


class ObservedState(BaseModel):
    """A type and name of states that runs have been in, among the states that are kept."""

    state_type: str = Field(description="The states' type.")
    state_name: str = Field(description="The states' name.")
    first_seen: DateTime = Field(description="When a run entered such a state first.")
    last_seen: DateTime = Field(description="When a run entered such a state last.")


def states_of(table: sa.Table) -> Statement:
    """The types and names of states, and when each was entered first and last."""
    first = sa.select(table.c.type, table.c.name).order_by(table.c.type, table.c.name).limit(1).subquery()
    seen = sa.select(first.c.type, first.c.name).cte("seen", recursive=True)
    later = sa.tuple_(table.c.type, table.c.name) > sa.tuple_(seen.c.type, seen.c.name)

    def following(column: sa.Column[Any]) -> Any:
        next_one = sa.select(column).where(later).order_by(table.c.type, table.c.name).limit(1)
        return next_one.correlate(seen).scalar_subquery()

    step = sa.select(following(table.c.type), following(table.c.name)).where(seen.c.type.is_not(None))
    seen = seen.union_all(step)
    same = (table.c.type == seen.c.type) & (table.c.name == seen.c.name)

    def moment(ordered: Any) -> Any:
        return sa.select(table.c.timestamp).where(same).order_by(ordered).limit(1).correlate(seen).scalar_subquery()

    return (
        sa.select(
            seen.c.type,
            seen.c.name,
            moment(table.c.timestamp).label("first_seen"),
            moment(table.c.timestamp.desc()).label("last_seen"),
        )
        .where(seen.c.type.is_not(None))
        .limit(MAX_STATES)
    )


STATES_OF_RUNS = (states_of(flow_run_state), states_of(task_run_state))


def observed(rows: list[Any], prefix: str, sort: ObservedStateSort, limit: int) -> list[dict[str, Any]]:
    """The states of all kinds of runs whose type or name begins so, in upper or lower case."""
    found: dict[tuple[str, str], tuple[datetime, datetime]] = {}
    for row in rows:
        first, last = found.get((row.type, row.name), (row.first_seen, row.last_seen))
        found[row.type, row.name] = min(first, row.first_seen), max(last, row.last_seen)
    wanted = prefix.strip().lower()
    listed: list[dict[str, Any]] = [
        {"state_type": type, "state_name": name, "first_seen": first, "last_seen": last}
        for (type, name), (first, last) in sorted(found.items())
        if type.lower().startswith(wanted) or name.lower().startswith(wanted)
    ]
    if sort is ObservedStateSort.LAST_SEEN_DESC:
        listed.sort(key=lambda state: state["last_seen"], reverse=True)
    return listed[:limit]
