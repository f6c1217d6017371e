"""Slots that are taken in Prefect's database, which only counts them: here those who hold them have leases.

The runs that hold slots of their deployments' limits, and the task runs that hold those of their tags, are known by their
states. Whoever else holds some is not, and Prefect keeps its leases elsewhere: what is left of a count goes to a lease that
expires after the time for which Prefect's last.
"""

from collections.abc import Sequence
from contextlib import aclosing, suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import Database, Transaction
from lictor.db.ids import uuid7
from lictor.db.types import from_micros
from lictor.orchestration.deployment_slots import HOLDING
from lictor.resources.concurrency_limits.slots import FLOW_RUN, FOR_GOOD, TAG, TASK_RUN
from lictor.resources.concurrency_limits.table import global_limit, slot_lease, slot_lease_limit
from lictor.resources.deployments.table import deployment
from lictor.resources.flow_runs.table import flow_run
from lictor.resources.states.schemas import StateDetails, StateType
from lictor.resources.task_runs.table import task_run
from lictor.transfer.endpoints import Source
from lictor.transfer.rows import COMPLAINTS, chain

BATCH_ROWS = 500

LEASE = timedelta(minutes=5)
"""How long a lease of Prefect's lasts that nobody renews."""

_lease = slot_lease.c
_held = sa.select(_lease.holder_id).where(_lease.holder_type.in_((FLOW_RUN, TASK_RUN)), _lease.holder_id.is_not(None))


async def take_over_slots(source: Source, db: Database) -> None:
    """Turns counts that were brought into leases. What Lictor has counted itself stays, and so do leases."""
    brought = await _counted_in(source)
    async with db.write() as tx:
        counted = (global_limit.c.slot_decay_per_second == 0) & (global_limit.c.active_slots > 0)
        limits = await tx.all(sa.select(global_limit).where(counted).order_by(global_limit.c.id).with_for_update())
        for limit in limits:
            if brought.get(limit.id) != limit.updated:
                continue
            tag = limit.name.removeprefix(TAG) if limit.name.startswith(TAG) else None
            known = await _of_flow_runs(tx, limit) if tag is None else await _of_task_runs(tx, limit, tag)
            # A deployment's own limit is held by nobody else, whatever the count says.
            left = 0 if limit.name.startswith("deployment:") else limit.active_slots - known
            if left > 0:
                await _lease_to(tx, limit.id, uuid7(), LEASE, left)
            emptied = sa.update(global_limit).where(global_limit.c.id == limit.id)
            await tx.execute(emptied.values(active_slots=0, updated=limit.updated))


async def _counted_in(source: Source) -> dict[UUID, datetime]:
    """The limits of which slots are taken in the source, and when each was changed last."""
    id, moment = chain(source.decoders.uuid), chain(source.decoders.moment, from_micros)
    query = f'SELECT id, updated FROM "{global_limit.name}" WHERE active_slots > 0'
    found: dict[UUID, datetime] = {}
    async with aclosing(source.stream(query, BATCH_ROWS)) as streams:
        async for rows in streams:
            for row in rows:
                with suppress(*COMPLAINTS):
                    found[UUID(bytes=id(row[0]))] = moment(row[1])
    return found


async def _of_flow_runs(tx: Transaction, limit: sa.Row[Any]) -> int:
    """Leases for the runs that hold slots of a limit of deployments; how many."""
    holding = (
        sa.select(flow_run.c.id, flow_run.c.state_details)
        .join(deployment, deployment.c.id == flow_run.c.deployment_id)
        .where(deployment.c.concurrency_limit_id == limit.id, flow_run.c.state_type.in_(HOLDING))
        .where(flow_run.c.id.not_in(_held))
        .order_by(flow_run.c.id)
    )
    runs = await tx.all(holding)
    for run in runs:
        id = StateDetails.model_validate_json(run.state_details or "{}").deployment_concurrency_lease_id
        there = id is not None and await tx.scalar(sa.select(_lease.id).where(_lease.id == id)) is not None
        # Whoever was told of a lease renews it; others do not know how.
        lasting = FOR_GOOD if id is None else LEASE
        await _lease_to(tx, limit.id, uuid7() if id is None or there else id, lasting, 1, FLOW_RUN, run.id)
    return len(runs)


async def _of_task_runs(tx: Transaction, limit: sa.Row[Any], tag: str) -> int:
    """Leases for the task runs that hold slots of the limit on a tag; how many."""
    running = (
        sa.select(task_run.c.id, task_run.c.tags)
        .where(task_run.c.state_type.in_((StateType.RUNNING, StateType.CANCELLING)), task_run.c.id.not_in(_held))
        .order_by(task_run.c.id.desc())
    )
    bearing: Sequence[UUID] = [run.id for run in await tx.all(running) if tag in run.tags][: limit.active_slots]
    for id in bearing:
        await _lease_to(tx, limit.id, uuid7(), FOR_GOOD, 1, TASK_RUN, id)
    return len(bearing)


async def _lease_to(
    tx: Transaction,
    limit_id: UUID,
    id: UUID,
    lasting: timedelta,
    slots: int,
    holder_type: str | None = None,
    holder_id: UUID | None = None,
) -> None:
    row = {"id": id, "slots": slots, "expiration": utc_now() + lasting}
    await tx.execute(sa.insert(slot_lease).values(**row, holder_type=holder_type, holder_id=holder_id))
    await tx.execute(sa.insert(slot_lease_limit).values(lease_id=id, concurrency_limit_id=limit_id))
