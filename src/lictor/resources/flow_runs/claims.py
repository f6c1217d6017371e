"""Claims on scheduled runs: a poll gives a run to one client for a short time, in which others do not get it.

So of ten workers that poll at once no two try the same run. A claim is no promise: a client that was given more than it
can start lets the rest lapse, and does not get a second claim on it; a client that dies loses it after some seconds.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lictor.db.base import utc_now
from lictor.db.clock import expiry_now
from lictor.db.engine import Transaction
from lictor.db.functions import moment_called, value_in
from lictor.resources.flow_runs.table import flow_run, flow_run_claim

Json = dict[str, Any]

CLAIM_AHEAD = timedelta(minutes=1)
"""Who asks for runs that are due later than that only has a look at them."""

CLAIM_LASTS = timedelta(minutes=15)
"""No claim lasts longer."""

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


POLL_FIELDS = {"due": flow_run.c.next_scheduled_start_time, "holder": flow_run_claim.c.holder}
"""What a poll itself has to know of each run to tell which of them to claim; no part of an answer."""


async def claim(tx: Transaction, holder: str, ids: Collection[UUID], lease: timedelta) -> set[UUID]:
    """Claims flow runs for a holder; those that nobody else has claimed, or deleted, meanwhile.

    Where the holder had a claim before, that one is not renewed.
    """
    if not ids:
        return set()
    still_there = sa.select(flow_run.c.id).where(value_in(flow_run.c.id, ids)).order_by(flow_run.c.id)
    now = utc_now()
    rows = [
        {"flow_run_id": row.id, "holder": holder, "held_until": now + lease}
        for row in await tx.all(still_there.with_for_update(read=True, key_share=True))
    ]
    if not rows:
        return set()
    claims = insert(flow_run_claim).values(rows)
    lapsed = (flow_run_claim.c.held_until <= expiry_now(CLAIM_LASTS)) & (
        flow_run_claim.c.holder != claims.excluded.holder
    )
    changes = {"holder": claims.excluded.holder, "held_until": claims.excluded.held_until}
    await tx.execute(claims.on_conflict_do_update(index_elements=["flow_run_id"], set_=changes, where=lapsed))
    mine = sa.select(flow_run_claim.c.flow_run_id).where(
        value_in(flow_run_claim.c.flow_run_id, ids), flow_run_claim.c.holder == holder
    )
    return {row.flow_run_id for row in await tx.all(mine)}


async def end_claims_of(tx: Transaction, holder: str) -> None:
    """Ends all claims of a holder."""
    await tx.execute(sa.delete(flow_run_claim).where(flow_run_claim.c.holder == holder))


def to_claim(found: Sequence[Json], ids: Sequence[UUID], holder: str) -> set[UUID]:
    """Those of the runs that are due soon, and on which the holder has had no claim yet."""
    soon = utc_now() + CLAIM_AHEAD
    return {
        id
        for id, run in zip(ids, found, strict=True)
        if run["holder"] != holder and (due := _moment(run["due"])) is not None and due <= soon
    }


def _moment(due: datetime | str | None) -> datetime | None:
    return datetime.fromisoformat(due) if isinstance(due, str) else due


def without_poll_fields(found: Sequence[Json]) -> list[Json]:
    """The runs as they are answered."""
    return [{name: value for name, value in run.items() if name not in POLL_FIELDS} for run in found]
