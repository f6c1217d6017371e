"""What serve processes poll for: the runs of some deployments that are due. A run is given to one of them at a time."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.clock import expiry_now
from lictor.db.compiled_query import BoundQuery
from lictor.db.engine import Database
from lictor.db.functions import in_list, moment_called, value_in
from lictor.db.row_serializer import RowSerializer
from lictor.db.types import LAST_MOMENT, ListOf
from lictor.resources.deployments.readiness import note_polls
from lictor.resources.deployments.table import deployment
from lictor.resources.flow_runs.claims import (
    CLAIM_LASTS,
    POLL_FIELDS,
    claim,
    not_held_by_others,
    to_claim,
    without_poll_fields,
)
from lictor.resources.flow_runs.queries import FLOW_RUN, with_queue
from lictor.resources.flow_runs.table import flow_run, flow_run_claim

POLL_RESOLUTION = timedelta(seconds=10)
"""A poll within this time of the last one that was noted is not noted: polls read, and hardly ever write."""

Json = dict[str, Any]

POLLED_RUN = RowSerializer({**FLOW_RUN.fields, **POLL_FIELDS})
_due = flow_run.c.next_scheduled_start_time
_DUE_RUNS = (
    POLLED_RUN.select()
    .select_from(with_queue.outerjoin(flow_run_claim, flow_run_claim.c.flow_run_id == flow_run.c.id))
    .where(
        in_list(flow_run.c.deployment_id, sa.bindparam("deployment_ids", type_=ListOf(flow_run.c.deployment_id.type))),
        flow_run.c.state_type == sa.literal_column("'SCHEDULED'"),  # as the index says it
        _due <= moment_called("before"),
        not_held_by_others,
    )
    .order_by(_due, flow_run.c.id)
    .limit(sa.bindparam("limit", type_=sa.BigInteger()))
)


@dataclass(frozen=True)
class Poll:
    """What a client asks for: the runs of these deployments that are due before a moment, if one is given."""

    deployment_ids: Collection[UUID]
    before: datetime | None
    limit: int
    holder: str


async def poll(db: Database, asked: Poll, lease: timedelta) -> list[Json]:
    """The runs that are due first, the client's for the time of a lease."""
    values = {
        "deployment_ids": list(asked.deployment_ids),
        "before": asked.before or LAST_MOMENT,
        "now": expiry_now(CLAIM_LASTS),
        "holder": asked.holder,
        "limit": asked.limit,
    }
    found = await db.read.objects(POLLED_RUN, BoundQuery(_DUE_RUNS, values))
    await note_poll(db, asked.deployment_ids)
    ids = [UUID(run["id"]) for run in found]
    wanted = to_claim(found, ids, asked.holder) if lease else set()
    mine = await db.try_write(lambda tx: claim(tx, asked.holder, wanted, lease)) if wanted else wanted
    # What others have taken meanwhile is theirs.
    return without_poll_fields([run for id, run in zip(ids, found, strict=True) if id not in wanted or id in mine])


async def note_poll(db: Database, ids: Collection[UUID]) -> None:
    """Notes that somebody carries out the runs of these deployments, and tells of those that become ready by that."""
    if not ids:
        return
    now = utc_now()
    polled = deployment.c.last_polled
    stale = sa.and_(value_in(deployment.c.id, ids), sa.or_(polled.is_(None), polled < now - POLL_RESOLUTION))
    if await db.read.all(sa.select(deployment.c.id).where(stale).limit(1)):
        await db.try_write(lambda tx: note_polls(tx, stale, now))
