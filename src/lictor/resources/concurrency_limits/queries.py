"""Statements on concurrency limits."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.clock import expiry_now
from lictor.db.functions import Statement, insert_unless, rows_from, value_in
from lictor.db.row_serializer import Computed, RowSerializer
from lictor.db.types import JSONText
from lictor.query.cursor import ListQuery
from lictor.query.resource_query import Order, ResourceQuery
from lictor.resources.concurrency_limits.slots import TAG, TASK_RUN, leased_slots, slots_taken
from lictor.resources.concurrency_limits.table import global_limit, slot_lease, slot_lease_limit, tag_limit


def active_slots_of(limit: sa.FromClause) -> Computed:
    """The slots of a limit that are occupied now."""
    return Computed(
        slots_taken, (limit.c.active_slots, limit.c.slot_decay_per_second, limit.c.updated, leased_slots(limit))
    )


def stored_slots_of(limit: sa.FromClause) -> Computed:
    """The same, but of a rate limit those that were occupied when it was written last."""
    return Computed(_without_decay, active_slots_of(limit).columns)


def _without_decay(now: datetime, slots: int, decay: float, updated: datetime, leased: int) -> int:
    del now, updated
    return slots if decay else slots + leased


GLOBAL_LIMIT = RowSerializer(
    {
        "id": global_limit.c.id,
        "created": global_limit.c.created,
        "updated": global_limit.c.updated,
        "active": global_limit.c.active,
        "name": global_limit.c.name,
        "limit": global_limit.c.limit,
        "active_slots": active_slots_of(global_limit),
        "slot_decay_per_second": global_limit.c.slot_decay_per_second,
    }
)
WHOLE_GLOBAL_LIMIT = RowSerializer(
    {
        **GLOBAL_LIMIT.fields,
        "active_slots": stored_slots_of(global_limit),
        "denied_slots": global_limit.c.denied_slots,
        "avg_slot_occupancy_seconds": global_limit.c.avg_slot_occupancy_seconds,
    }
)

_name_after_tag = sa.literal(TAG) + tag_limit.c.tag
_taken_over = sa.exists().where(global_limit.c.name == _name_after_tag)
_limits = sa.union_all(
    sa.select(
        global_limit.c.id,
        global_limit.c.created,
        global_limit.c.updated,
        sa.func.substr(global_limit.c.name, len(TAG) + 1).label("tag"),
        global_limit.c.limit.label("concurrency_limit"),
        sa.literal("[]", JSONText()).label("holders"),
        sa.literal(0).label("is_old"),
    ).where(sa.func.substr(global_limit.c.name, 1, len(TAG)) == TAG),
    sa.select(
        tag_limit.c.id,
        tag_limit.c.created,
        tag_limit.c.updated,
        tag_limit.c.tag,
        tag_limit.c.concurrency_limit,
        tag_limit.c.active_slots,
        sa.literal(1),
    ).where(~_taken_over),
).subquery("limit_on_tag")


def global_limit_is(id_or_name: UUID | str) -> sa.ColumnElement[bool]:
    """The limit of this id, or of this name."""
    if isinstance(id_or_name, UUID):
        return global_limit.c.id == id_or_name
    return global_limit.c.name == id_or_name


def global_limit_by(id_or_name: UUID | str) -> Statement:
    """One global limit, by its id or its name."""
    return GLOBAL_LIMIT.select().where(global_limit_is(id_or_name))


def global_limit_named(name: str) -> Statement:
    """All that is known of the global limit of a name."""
    return WHOLE_GLOBAL_LIMIT.select().where(global_limit.c.name == name)


BY_NAME = "NAME_ASC"
CONCURRENCY_LIMITS = ResourceQuery("concurrency_limits", global_limit, (), {BY_NAME: Order(global_limit.c.name)})


_ROWS = GLOBAL_LIMIT.select()


def global_limit_list() -> ListQuery:
    """The global limits by name."""
    return ListQuery(CONCURRENCY_LIMITS, GLOBAL_LIMIT, _ROWS, {}, BY_NAME)


def global_limit_row(which: sa.ColumnElement[bool]) -> Statement:
    """One global limit, as its row."""
    return sa.select(global_limit).where(which)


def insert_global_limit(row: Mapping[str, Any]) -> sa.Insert:
    """A new global limit, unless there is one of this name already."""
    return insert_unless(global_limit, row, "name")


def update_global_limit(id: UUID, values: Mapping[str, Any]) -> sa.Update:
    """Changes columns of a global limit."""
    return sa.update(global_limit).where(global_limit.c.id == id).values({"updated": utc_now(), **values})


def delete_global_limit(which: sa.ColumnElement[bool]) -> sa.Executable:
    """Deletes a global limit, and returns its row; the leases on its slots remain, with nothing to hold."""
    return sa.delete(global_limit).where(which).returning(global_limit)


def tag_limits(limit: int, offset: int) -> Statement:
    """The limits on tags, by tag: the global ones first, then those of older databases."""
    return rows_from(sa.select(_limits).order_by(_limits.c.is_old, _limits.c.tag), offset, limit)


def tag_limit_by_id(id: UUID) -> Statement:
    """The limit on a tag of this id."""
    return sa.select(_limits).where(_limits.c.id == id)


def tag_limit_by_tag(tag: str) -> Statement:
    """The limit on this tag."""
    return sa.select(_limits).where(_limits.c.tag == tag)


def task_runs_holding(limit_ids: Collection[UUID]) -> Statement:
    """The task runs that hold slots of limits by leases that have not expired, in the order of their leases."""
    return (
        sa.select(slot_lease_limit.c.concurrency_limit_id, slot_lease.c.holder_id)
        .join(slot_lease, slot_lease.c.id == slot_lease_limit.c.lease_id)
        .where(
            value_in(slot_lease_limit.c.concurrency_limit_id, limit_ids),
            slot_lease.c.holder_type == TASK_RUN,
            slot_lease.c.expiration > expiry_now(),
        )
        .order_by(slot_lease.c.id)
    )


def leases_on(limit_ids: Collection[UUID]) -> sa.ColumnElement[bool]:
    """The leases that hold slots of any of these limits."""
    held = value_in(slot_lease_limit.c.concurrency_limit_id, limit_ids)
    return slot_lease.c.id.in_(sa.select(slot_lease_limit.c.lease_id).where(held))


def old_limits(tags: Collection[str]) -> Statement:
    """The limits on these tags of older databases, held in one order until the transaction ends."""
    return sa.select(tag_limit).where(value_in(tag_limit.c.tag, tags)).order_by(tag_limit.c.tag).with_for_update()


def set_holders(id: UUID, holders: str) -> sa.Update:
    """Writes down who holds the slots of a limit of an older database, as a JSON list."""
    return sa.update(tag_limit).where(tag_limit.c.id == id).values(active_slots=holders)


def delete_old_limit(which: sa.ColumnElement[bool]) -> sa.Delete:
    """Deletes a limit of an older database."""
    return sa.delete(tag_limit).where(which)
