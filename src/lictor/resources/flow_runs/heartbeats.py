"""Signs of life of flow runs: events that their processes send from time to time, and until when each is good."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.bulk import Insertion
from lictor.db.engine import Transaction
from lictor.db.functions import value_in
from lictor.resources.flow_runs.table import flow_run_heartbeat

HEARTBEAT = "prefect.flow-run.heartbeat"
"""The name of the event."""

MISSED_HEARTBEATS = 3
"""So many in a row a run may miss before it counts as crashed."""

USUAL_SECONDS = 180
"""Between two heartbeats of a run, as long as it has sent only one: the default of clients."""

MIN_SECONDS, MAX_SECONDS = 30, 86_400
"""Clients send no more than one each half minute. One that sends less than one a day is not asked after."""

HEARTBEATS = Insertion(
    flow_run_heartbeat,
    ("flow_run_id", "seen", "interval_seconds", "alive_until"),
    "(flow_run_id) DO UPDATE SET seen = excluded.seen, interval_seconds = excluded.interval_seconds,"
    " alive_until = excluded.alive_until WHERE flow_run_heartbeat.seen < excluded.seen",
)


async def heartbeat_rows(tx: Transaction, beats: Iterable[tuple[UUID, datetime]]) -> list[tuple[Any, ...]]:
    """The rows of runs that sent heartbeats at some moments, by their own clocks.

    How often a run sends them is not told: it is the time between the last two. It is counted by the clock of the run,
    for those that could not be sent for a while come all at once.
    """
    moments: dict[UUID, list[datetime]] = {}
    for id, moment in beats:
        moments.setdefault(id, []).append(moment)
    if not moments:
        return []
    known = await tx.all(sa.select(flow_run_heartbeat).where(value_in(flow_run_heartbeat.c.flow_run_id, list(moments))))
    earlier: Mapping[UUID, sa.Row[Any]] = {row.flow_run_id: row for row in known}
    now = utc_now()
    return [_row(id, sorted(each), earlier.get(id), now) for id, each in sorted(moments.items())]


def _row(id: UUID, moments: list[datetime], before: sa.Row[Any] | None, now: datetime) -> tuple[Any, ...]:
    last = moments[-1]
    previous = moments[-2] if len(moments) > 1 else None if before is None else before.seen
    seconds = USUAL_SECONDS if before is None else before.interval_seconds
    if previous is not None and last > previous:
        seconds = round((last - previous).total_seconds())
    seconds = min(max(seconds, MIN_SECONDS), MAX_SECONDS)
    return id, last, seconds, now + timedelta(seconds=MISSED_HEARTBEATS * seconds)
