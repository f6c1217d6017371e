"""Statements on automations."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.compiled_query import BoundQuery
from lictor.db.functions import Statement, insert_or_change, value_in
from lictor.db.row_serializer import RowSerializer
from lictor.query.cursor import ListQuery
from lictor.query.filter_key import Filters
from lictor.query.resource_query import Order, ResourceQuery
from lictor.resources.automations.schemas import AutomationSort
from lictor.resources.automations.table import automation, automation_related_resource, automation_version
from lictor.resources.deployments.table import deployment
from lictor.resources.flow_run_notification_policies.table import flow_run_notification_policy as policy
from lictor.resources.work_pools.table import work_pool, work_queue

AUTOMATION = RowSerializer(
    {
        "id": automation.c.id,
        "created": automation.c.created,
        "updated": automation.c.updated,
        "name": automation.c.name,
        "description": automation.c.description,
        "enabled": automation.c.enabled,
        "tags": automation.c.tags,
        "trigger": automation.c.trigger,
        "actions": automation.c.actions,
        "actions_on_trigger": automation.c.actions_on_trigger,
        "actions_on_resolve": automation.c.actions_on_resolve,
    }
)

FAMILY = ResourceQuery(
    "automations",
    automation,
    (),
    {
        AutomationSort.CREATED_DESC: Order(automation.c.created, descending=True),
        AutomationSort.UPDATED_DESC: Order(automation.c.updated, descending=True),
        AutomationSort.NAME_ASC: Order(automation.c.name),
        AutomationSort.NAME_DESC: Order(automation.c.name, descending=True),
    },
)

_ROWS = AUTOMATION.select().select_from(automation)
_related = automation_related_resource


def automation_list(filters: Filters, sort: AutomationSort) -> ListQuery:
    """The automations that match, in order."""
    return ListQuery(FAMILY, AUTOMATION, _ROWS, filters, sort)


def automation_count(filters: Filters) -> BoundQuery:
    """How many automations match."""
    return FAMILY.count(filters)


def automation_by_id(id: UUID) -> Statement:
    """One automation."""
    return AUTOMATION.select().where(automation.c.id == id)


def locked_automation(id: UUID) -> Statement:
    """One automation, which nobody else changes or evaluates until the transaction ends."""
    return automation_by_id(id).with_for_update()


def is_enabled(id: UUID) -> Statement:
    """Whether an automation's trigger is evaluated."""
    return sa.select(automation.c.enabled).where(automation.c.id == id)


def automations_related_to(resource_id: str) -> Statement:
    """The automations that a resource has a part in, or owns, by name."""
    ids = sa.select(_related.c.automation_id).where(_related.c.resource_id == resource_id)
    return _ROWS.where(automation.c.id.in_(ids)).order_by(automation.c.name, automation.c.id)


def automations_owned_by(resource_id: str) -> Statement:
    """The automations that belong to a resource, locked in the order of their ids."""
    ids = sa.select(_related.c.automation_id).where(_related.c.resource_id == resource_id, _related.c.is_owner)
    return _ROWS.where(automation.c.id.in_(ids)).order_by(automation.c.id).with_for_update()


def update_automation(id: UUID, changes: Mapping[str, Any]) -> sa.Update:
    """Changes columns of an automation."""
    return sa.update(automation).where(automation.c.id == id).values(**changes, updated=utc_now())


def delete_automations(ids: Iterable[UUID]) -> sa.Delete:
    """Deletes automations, and with them what they have counted."""
    return sa.delete(automation).where(value_in(automation.c.id, list(ids)))


def relate(id: UUID, resource_id: str, *, is_owner: bool) -> sa.Insert:
    """Says that a resource has a part in an automation, or owns it; who owns it goes on doing so."""
    row = {"automation_id": id, "resource_id": resource_id, "is_owner": is_owner}
    changes = {"is_owner": sa.or_(_related.c.is_owner, sa.true() if is_owner else sa.false())}
    return insert_or_change(_related, row, "automation_id", "resource_id", changes=changes)


def forget_deployments(id: UUID) -> sa.Delete:
    """Takes it back that deployments have a part in an automation."""
    return sa.delete(_related).where(
        _related.c.automation_id == id,
        _related.c.resource_id.startswith("prefect.deployment."),
        sa.not_(_related.c.is_owner),
    )


def forget_policy(id: UUID) -> sa.Delete:
    """Lets an automation be no flow run notification policy any more."""
    return sa.delete(policy).where(policy.c.id == id)


def activate_policy(id: UUID, *, active: bool) -> sa.Update:
    """Says of the policy that an automation may be whether it is active."""
    return sa.update(policy).where(policy.c.id == id).values(is_active=active, updated=utc_now())


def pool_template_of(deployment_id: UUID) -> Statement:
    """The base job template of a deployment's work pool; null if it has none."""
    return (
        sa.select(deployment.c.id, work_pool.c.base_job_template)
        .select_from(
            deployment.outerjoin(work_queue, work_queue.c.id == deployment.c.work_queue_id).outerjoin(
                work_pool, work_pool.c.id == work_queue.c.work_pool_id
            )
        )
        .where(deployment.c.id == deployment_id)
    )


def new_version() -> sa.Insert:
    """Tells everyone who keeps automations in memory that they have changed."""
    token = uuid4()
    return insert_or_change(automation_version, {"id": 1, "token": token}, "id", changes={"token": token})


CURRENT_VERSION: Statement = sa.select(automation_version.c.token)
"""The version of all automations together; none while there has never been any."""

ENABLED_AUTOMATIONS: Statement = sa.select(automation.c.id, automation.c.updated).where(automation.c.enabled)
"""Which automations are enabled, and when each changed last."""


def triggers_of(ids: Iterable[UUID]) -> Statement:
    """The triggers of automations."""
    return sa.select(automation.c.id, automation.c.trigger).where(value_in(automation.c.id, list(ids)))
