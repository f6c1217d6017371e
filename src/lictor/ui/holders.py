"""Who holds the slots of a concurrency limit, and since when."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.clock import expiry_now
from lictor.db.engine import Reader
from lictor.db.functions import Statement
from lictor.resources.concurrency_limits.table import slot_lease, slot_lease_limit
from lictor.resources.deployments.table import deployment
from lictor.resources.flow_runs.table import flow_run
from lictor.resources.task_runs.table import task_run

MAX_HOLDERS = 1_000

_NAMED = {"flow_run": flow_run, "task_run": task_run, "deployment": deployment}


def _holders(limit_id: UUID) -> Statement:
    names = [
        sa.select(table.c.name)
        .where(table.c.id == slot_lease.c.holder_id, slot_lease.c.holder_type == kind)
        .scalar_subquery()
        for kind, table in _NAMED.items()
    ]
    return (
        sa.select(
            slot_lease.c.id,
            slot_lease.c.created,
            slot_lease.c.expiration,
            slot_lease.c.slots,
            slot_lease.c.holder_type,
            slot_lease.c.holder_id,
            sa.func.coalesce(*names).label("holder_name"),
        )
        .join(slot_lease_limit, slot_lease_limit.c.lease_id == slot_lease.c.id)
        .where(slot_lease_limit.c.concurrency_limit_id == limit_id, slot_lease.c.expiration > expiry_now())
        .order_by(slot_lease.c.id)
        .limit(MAX_HOLDERS)
    )


async def read_holders(db: Reader, limit_id: UUID) -> list[dict[str, Any]]:
    """The leases on a limit that have not expired, the oldest first."""
    return [
        {
            "lease_id": str(row.id),
            "since": row.created,
            "until": row.expiration,
            "slots": row.slots,
            "type": row.holder_type,
            "id": row.holder_id and str(row.holder_id),
            "name": row.holder_name,
        }
        for row in await db.all(_holders(limit_id))
    ]
