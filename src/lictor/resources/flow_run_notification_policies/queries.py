"""Statements on flow run notification policies."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.functions import Statement
from lictor.db.row_serializer import RowSerializer
from lictor.query.cursor import ListQuery
from lictor.query.filter_key import Filters
from lictor.query.resource_query import Order, ResourceQuery
from lictor.resources.flow_run_notification_policies.table import flow_run_notification_policy as policy

POLICY = RowSerializer(
    {
        "id": policy.c.id,
        "created": policy.c.created,
        "updated": policy.c.updated,
        "is_active": policy.c.is_active,
        "state_names": policy.c.state_names,
        "tags": policy.c.tags,
        "block_document_id": policy.c.block_document_id,
        "message_template": policy.c.message_template,
    }
)


class PolicySort(StrEnum):
    """The one order in which policies are listed."""

    ID_ASC = "ID_ASC"


POLICIES = ResourceQuery("flow_run_notification_policies", policy, (), {PolicySort.ID_ASC: Order(policy.c.id)})

_ROWS = POLICY.select().select_from(policy)


def policy_list(filters: Filters) -> ListQuery:
    """The policies that match, the first made first."""
    return ListQuery(POLICIES, POLICY, _ROWS, filters, PolicySort.ID_ASC)


def policy_by_id(id: UUID) -> Statement:
    """One policy."""
    return POLICY.select().where(policy.c.id == id)


def locked_policy(id: UUID) -> sa.Select[Any]:
    """One policy, which nobody else changes until the transaction ends."""
    return sa.select(policy).where(policy.c.id == id).with_for_update()


def insert_policy(row: Mapping[str, Any]) -> sa.Insert:
    """A new policy."""
    return sa.insert(policy).values(**row)
