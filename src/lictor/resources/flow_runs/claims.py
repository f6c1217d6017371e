"""Claims on scheduled runs: a poll gives a run to one client for a short time, in which others do not get it.

So of ten workers that poll at once no two try the same run. A claim is no promise: a client that was given more than it
can start lets the rest lapse, and does not get a second claim on it; a client that dies loses it after some seconds.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lictor.db.base import utc_now
from lictor.db.engine import Transaction
from lictor.db.functions import moment_called, value_in
from lictor.resources.flow_runs.table import flow_run, flow_run_claim

CLAIM_AHEAD = timedelta(minutes=1)
"""Who asks for runs that are due later than that only has a look at them."""

_held_by_others = (
    sa.select(flow_run_claim.c.flow_run_id)
    .where(
        flow_run_claim.c.flow_run_id == flow_run.c.id,
        flow_run_claim.c.held_until > moment_called("now"),
        flow_run_claim.c.holder != sa.bindparam("holder", type_=sa.Text()),
    )
    .correlate(flow_run)
)

not_held_by_others = ~sa.exists(_held_by_others)
"""Whether the holder of the parameter `holder` may have a flow run at the moment of the parameter `now`."""

held_by_others = sa.exists(_held_by_others)


async def claim(tx: Transaction, holder: str, ids: Collection[UUID], lease: timedelta) -> set[UUID]:
    """Claims flow runs for a holder; those that nobody else has claimed meanwhile.

    Where the holder had a claim before, that one is not renewed.
    """
    now = utc_now()
    rows = [{"flow_run_id": id, "holder": holder, "held_until": now + lease} for id in sorted(ids)]
    if not rows:
        return set()
    claims = insert(flow_run_claim).values(rows)
    lapsed = (flow_run_claim.c.held_until <= now) & (flow_run_claim.c.holder != claims.excluded.holder)
    changes = {"holder": claims.excluded.holder, "held_until": claims.excluded.held_until}
    await tx.execute(claims.on_conflict_do_update(index_elements=["flow_run_id"], set_=changes, where=lapsed))
    mine = sa.select(flow_run_claim.c.flow_run_id).where(
        value_in(flow_run_claim.c.flow_run_id, ids), flow_run_claim.c.holder == holder
    )
    return {row.flow_run_id for row in await tx.all(mine)}


def is_soon(due: datetime | None, now: datetime) -> bool:
    """Whether a run is due so soon that a client which asks for it means to start it."""
    return due is not None and due <= now + CLAIM_AHEAD
