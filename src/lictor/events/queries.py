"""Statements on events."""

import operator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from lictor.db.functions import Statement, bucket, json_member, rows_from
from lictor.events.filters import EventFilter, EventOrder
from lictor.events.table import event, event_resource
from lictor.query.operators import Clause


@dataclass(frozen=True)
class Place:
    """Where an event stands in the order of events."""

    occurred: datetime
    id: UUID


def event_page(
    filter_: EventFilter, limit: int, after: Place | None = None, arrived: datetime | None = None
) -> Statement:
    """The first events that match, or those behind a place; only what arrived since a moment, if there is one."""
    found: Statement = sa.select(event).where(filter_.predicate().clause)
    if arrived is not None:
        found = found.where(event.c.received >= arrived)
    if filter_.is_distinct:
        found = _one_of_each_resource(found, filter_.order)
    if after is not None:
        found = found.where(_behind(after, filter_.order))
    direction = sa.desc if filter_.order is EventOrder.DESC else sa.asc
    return rows_from(found.order_by(direction(event.c.occurred), direction(event.c.id)), 0, limit)


def _behind(place: Place, order: EventOrder) -> Clause:
    beyond = operator.lt if order is EventOrder.DESC else operator.gt
    occurred, id = event.c.occurred, event.c.id
    there = sa.tuple_(sa.literal(place.occurred, occurred.type), sa.literal(place.id, id.type))
    behind: Clause = beyond(sa.tuple_(occurred, id), there)
    return behind


# By a name of its own: filters look for resources, too.
_primary = event_resource.alias("primary_resource")
_of_primary = sa.and_(_primary.c.event_id == event.c.id, _primary.c.position == sa.literal_column("0"))
_with_primary = event.join(_primary, _of_primary)


def _one_of_each_resource(found: Statement, order: EventOrder) -> Statement:
    """The first event of each resource, in the order of the list."""
    direction = sa.desc if order is EventOrder.DESC else sa.asc
    number = sa.func.row_number().over(
        partition_by=_primary.c.resource_id, order_by=(direction(event.c.occurred), direction(event.c.id))
    )
    ranked = found.with_only_columns(event.c.id, number.label("number")).select_from(_with_primary).subquery("ranked")
    return sa.select(event).where(
        event.c.id.in_(sa.select(ranked.c.id).where(ranked.c.number == sa.literal_column("1")))
    )


def event_total(filter_: EventFilter) -> Statement:
    """How many events match; of how many resources, where each counts once."""
    found = sa.select(sa.func.count()).select_from(event)
    if filter_.is_distinct:
        counted = sa.func.count(sa.distinct(_primary.c.resource_id))
        found = sa.select(counted).select_from(_with_primary)
    return found.where(filter_.predicate().clause)


def counts_by_time(filter_: EventFilter, start: datetime, width_micros: int) -> Statement:
    """How many events match in each interval, by its number from `start` on, which is not after any of them."""
    number = bucket(event.c.occurred, start, width_micros).label("number")
    return sa.select(number, sa.func.count().label("count")).where(filter_.predicate().clause).group_by(number)


NAME_LABELS = ("prefect.resource.name", "prefect.name")


def counts_by_name(filter_: EventFilter) -> Statement:
    """How many events of each name match, and when the first and the last happened."""
    return _counts(event.c.event, event.c.event, event, filter_)


def counts_by_resource(filter_: EventFilter) -> Statement:
    """How many events of each resource match, by how it was called then, and when the first and last happened."""
    named = (json_member(_primary.c.labels, name) for name in NAME_LABELS)
    label = sa.func.coalesce(*named, _primary.c.resource_id)
    return _counts(_primary.c.resource_id, label, _with_primary, filter_)


def _counts(
    value: sa.ColumnElement[str], label: sa.ColumnElement[str], rows: sa.FromClause, filter_: EventFilter
) -> Statement:
    counted = sa.select(
        value.label("value"),
        label.label("label"),
        sa.func.count().label("count"),
        sa.func.min(event.c.occurred).label("start_time"),
        sa.func.max(event.c.occurred).label("end_time"),
    )
    # By their places, because what a label is made of has parameters.
    return counted.select_from(rows).where(filter_.predicate().clause).group_by(sa.text("1"), sa.text("2"))
