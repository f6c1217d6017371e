"""Concurrency limits of deployments: how many runs of a deployment may be under way at once.

A run takes a slot before it is pending, so that whoever starts its infrastructure knows that it may run, and gives it
back when it is over. It holds the slot by a lease, which passes from state to state and which its process renews.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.types import load_json
from lictor.orchestration.backoff import after
from lictor.orchestration.engine import Abort, Reject, Transition, Verdict, new_state
from lictor.orchestration.rules import wait_for_scheduled_time
from lictor.orchestration.schemas import SetStateStatus
from lictor.resources.concurrency_limits import slots
from lictor.resources.concurrency_limits.table import global_limit
from lictor.resources.concurrency_limits.waking import AWAITING_SLOT
from lictor.resources.deployments.table import deployment
from lictor.resources.states.schemas import State, StateDetails, StateType
from lictor.settings import DeploymentSettings
from lictor.settings.runs import ConcurrencySettings
from lictor.validation.client import Client

HOLDING = frozenset({StateType.PENDING, StateType.RUNNING, StateType.CANCELLING})
"""The types of state in which a run holds a slot."""

CANCEL_NEW = "CANCEL_NEW"


class HasDeployment(Transition):
    """A run that may be of a deployment, and what its rules look at besides."""

    client: Client
    deployments: DeploymentSettings
    concurrency: ConcurrencySettings

    @property
    def patience(self) -> slots.Patience:
        return slots.Patience(self.settings.tag_concurrency_slot_wait_seconds, self.concurrency.longest_wait_seconds)


@dataclass(frozen=True)
class _Limit:
    """The limit of a deployment, and how it is observed."""

    id: UUID
    slots: int
    cancels: bool
    cacheable: timedelta  # how long a lease lasts that nobody renews

    @classmethod
    def of(cls, row: sa.Row[Any], settings: DeploymentSettings) -> "_Limit":
        options = load_json(row.concurrency_options or "{}")
        seconds = options.get("grace_period_seconds") or settings.initial_lease_seconds
        cancels = options.get("collision_strategy") == CANCEL_NEW
        return cls(row.concurrency_limit_id, row.limit, cancels, timedelta(seconds=seconds))


async def _deployment_of(t: HasDeployment) -> sa.Row[Any] | None:
    return await t.tx.first(
        sa.select(
            deployment.c.id, deployment.c.concurrency_limit_id, deployment.c.concurrency_options, global_limit.c.limit
        )
        .select_from(deployment.outerjoin(global_limit, global_limit.c.id == deployment.c.concurrency_limit_id))
        .where(deployment.c.id == t.run.deployment_id)
    )


async def secure_slot(t: HasDeployment) -> Verdict | None:
    """A run of a deployment takes a slot of its limit before it is submitted, or waits, or is cancelled."""
    if t.run.deployment_id is None or t.client.manages_slots:
        return None
    found = await _deployment_of(t)
    if found is None:
        return Abort("Deployment not found.")
    if found.concurrency_limit_id is None:
        return None
    limit = _Limit.of(found, t.deployments)
    if limit.slots == 0:
        return Abort("The deployment concurrency limit is 0. The flow will deadlock if submitted again.")
    if t.initial_type is StateType.PAUSED:  # from where no run becomes pending
        limits = await slots.lock(t.tx, global_limit.c.id == limit.id)
        return None if slots.have_room(limits, 1) else _no_slot(t, limit)
    lease = await slots.secure(t.tx, limit.id, limit.cacheable, slots.Holder(slots.FLOW_RUN, t.run.id), t.patience)
    if lease is None:
        return _no_slot(t, limit)
    assert t.proposed
    t.proposed.state_details.deployment_concurrency_lease_id = lease
    return None


def _no_slot(t: HasDeployment, limit: _Limit) -> Verdict:
    reason = "Deployment concurrency limit reached."
    if limit.cancels:
        return Reject(reason, new_state(StateType.CANCELLED, message=reason))
    again = after(utc_now(), t.deployments.concurrency_slot_wait_seconds)
    details = StateDetails(scheduled_time=again)
    return Reject(reason, new_state(StateType.SCHEDULED, AWAITING_SLOT, state_details=details))


async def start_with_lease(t: HasDeployment) -> Verdict | None:
    """A run starts with the lease that it was submitted with. Where that has expired, it needs another slot."""
    assert t.initial
    assert t.proposed
    details = t.proposed.state_details
    details.deployment_concurrency_lease_id = lease = t.initial.state_details.deployment_concurrency_lease_id
    if lease is None or not t.client.renews_leases or t.run.deployment_id is None:
        return None
    found = await _deployment_of(t)
    if found is None or found.concurrency_limit_id is None:
        return None
    limit = _Limit.of(found, t.deployments)
    if await slots.renew(t.tx, lease, limit.cacheable) or await wait_for_scheduled_time(t) is not None:
        return None
    another = await slots.secure(t.tx, limit.id, limit.cacheable, slots.Holder(slots.FLOW_RUN, t.run.id), t.patience)
    if another is None:
        message = "Deployment concurrency slot lost during provisioning - no slots available to continue execution"
        cancelled = new_state(StateType.CANCELLED, message=message)
        return Reject("Deployment concurrency limit reached after lease expiry.", cancelled)
    details.deployment_concurrency_lease_id = another
    return None


async def keep_for_good(t: HasDeployment) -> Verdict | None:
    """A client that does not know how to renew a lease keeps its slot until the run is over."""
    assert t.initial
    lease = t.initial.state_details.deployment_concurrency_lease_id
    if lease is not None and not t.client.renews_leases:
        await slots.renew(t.tx, lease, slots.FOR_GOOD)
    return None


async def release_slot(t: HasDeployment, state: State) -> None:
    """A run that is over, or no longer under way, gives its slot back. One that retries in its process keeps it."""
    if t.run.deployment_id is None or t.initial is None or state.type in HOLDING:
        return
    if state.name == "AwaitingRetry" and state.type is StateType.SCHEDULED and t.status is SetStateStatus.REJECT:
        return
    lease = t.initial.state_details.deployment_concurrency_lease_id
    limit_id = None
    if lease is None:
        if t.initial.type not in HOLDING:
            return
        found = await _deployment_of(t)
        limit_id = None if found is None else found.concurrency_limit_id
    await slots.release(t.tx, t.run.id, lease, limit_id, t.patience)
