"""From events to rows, many at once: one table is written after the other, in one order at every writer."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter, itemgetter
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.bulk import Insertion, Insertions, KeyLookup
from lictor.db.engine import Transaction
from lictor.db.functions import value_in
from lictor.db.types import dump_json, dump_texts
from lictor.events.schemas import ID, ROLE, Event
from lictor.events.table import event, event_resource
from lictor.events.task_runs import FLOW_RUN, TaskRunUpdate, id_in
from lictor.events.triggers.intake import TRIGGER_EVENTS, waiting_rows
from lictor.resources.flow_runs.heartbeats import HEARTBEAT, HEARTBEATS, heartbeat_rows
from lictor.resources.flow_runs.table import flow_run
from lictor.resources.task_runs.table import task_run, task_run_state


@dataclass(slots=True)
class PendingEvent:
    """An event that has been received, as rows hold it: while it waits, it is to be small."""

    id: UUID
    row: tuple[Any, ...]
    resources: list[tuple[Any, ...]]
    task_run_update: TaskRunUpdate | None
    size: int  # bytes
    error_message: str | None  # why it tells of no task run, though it seems to

    @classmethod
    def of(
        cls,
        event_: Event,
        received: datetime,
        observed: TaskRunUpdate | None,
        size: int,
        *,
        payload: str | None = None,
        error_message: str | None = None,
    ) -> "PendingEvent":
        """An event's rows; `payload` is the text of its payload, where it is known already."""
        resources = (event_.resource.root, *(resource.root for resource in event_.related))
        return cls(
            event_.id,
            _event_row(event_, dump_json(event_.payload) if payload is None else payload, received),
            resource_rows(event_.id, event_.occurred, resources),
            observed,
            size,
            error_message,
        )


EVENTS = Insertion(
    event,
    ("id", "occurred", "received", "event", "follows", "resource", "related", "payload"),
    "(id) DO NOTHING",
    announced=True,
)
RESOURCES = Insertion(
    event_resource,
    ("event_id", "position", "occurred", "resource_id", "role", "labels"),
    "(event_id, position) DO NOTHING",
)
STATES = Insertion(
    task_run_state,
    ("id", "created", "updated", "type", "name", "timestamp", "message", "data", "state_details", "task_run_id"),
    "(id) DO NOTHING",
)
_FOR_GOOD = ("id", "created")
_RUN_COLUMNS = [column.name for column in task_run.columns]
_run_values = itemgetter(*_RUN_COLUMNS)
# The latest state tells all of a run; states that arrive late are history only.
RUNS = Insertion(
    task_run,
    _RUN_COLUMNS,
    "(id) DO UPDATE SET "
    + ", ".join(f'"{name}" = excluded."{name}"' for name in _RUN_COLUMNS if name not in _FOR_GOOD)
    + " WHERE task_run.state_timestamp IS NULL"
    " OR (task_run.state_timestamp, task_run.state_id) < (excluded.state_timestamp, excluded.state_id)",
)
RUN_OF_KEYS = KeyLookup(task_run, "flow_run_id", "task_key", "dynamic_key")


_number_of_id = attrgetter("id.int")
"""In whose order databases sort ids; Python compares the numbers in a fraction of the time."""


@dataclass(slots=True)
class Prepared:
    """Rows that are ready to be inserted, and the flow runs that are not there, whose task runs are left out."""

    insertions: Insertions
    gone: set[UUID]


async def prepare(tx: Transaction, pending_events: Sequence[PendingEvent]) -> Prepared:
    """Makes rows of events, and of the task runs that they tell of; it looks up what it has to know for that."""
    told = [
        pending_event.task_run_update for pending_event in pending_events if pending_event.task_run_update is not None
    ]
    flows = await _flows_of(tx, told)
    gone = {observed.flow_run_id for observed in told if observed.flow_run_id is not None} - flows.keys()
    task_run_updates = [observed for observed in told if observed.flow_run_id not in gone]
    await _settle_ids(tx, task_run_updates)
    events = sorted({pending_event.id: pending_event for pending_event in pending_events}.values(), key=_number_of_id)
    insertions = Insertions.of(
        tx.dialect,
        *_task_run_rows(task_run_updates, flows),
        (HEARTBEATS, await heartbeat_rows(tx, _heartbeats(events))),
        (EVENTS, [pending_event.row for pending_event in events]),
        (RESOURCES, [row for pending_event in events for row in pending_event.resources]),
        (
            TRIGGER_EVENTS,
            await waiting_rows(tx, [(pending_event.row, pending_event.resources) for pending_event in events]),
        ),
    )
    return Prepared(insertions, gone)


_OCCURRED, _EVENT = EVENTS.position("occurred"), EVENTS.position("event")
_RESOURCE_ID = RESOURCES.position("resource_id")


def _heartbeats(pending_events: Iterable[PendingEvent]) -> Iterator[tuple[UUID, datetime]]:
    """The flow runs that are alive, each with the moment at which it said so."""
    for pending_event in pending_events:
        if pending_event.row[_EVENT] == HEARTBEAT:
            with suppress(ValueError):  # whatever this is, it is no flow run
                yield id_in(pending_event.resources[0][_RESOURCE_ID], FLOW_RUN), pending_event.row[_OCCURRED]


async def write(tx: Transaction, pending_events: Sequence[PendingEvent]) -> set[UUID]:
    """Writes events, and the task runs that they tell of. What is there already stays as it is.

    Returns the flow runs that are not there, whose task runs are therefore not recorded.
    """
    prepared = await prepare(tx, pending_events)
    await prepared.insertions.run(tx)
    return prepared.gone


def _task_run_rows(
    task_run_updates: Sequence[TaskRunUpdate], flows: Mapping[UUID | None, UUID]
) -> Iterator[tuple[Insertion, list[tuple[Any, ...]]]]:
    now = utc_now()
    latest: dict[UUID, TaskRunUpdate] = {}
    for observed in sorted(task_run_updates, key=attrgetter("order")):
        latest[observed.id] = observed
    runs = [
        observed.run_row() | {"flow_id": flows.get(observed.flow_run_id), "created": now, "updated": now}
        for observed in sorted(latest.values(), key=_number_of_id)
    ]
    yield RUNS, list(map(_run_values, runs))
    states = sorted({o.state["id"]: o for o in task_run_updates}.values(), key=lambda o: o.state["id"].int)
    yield STATES, [_state_row(observed, now) for observed in states]


async def _flows_of(tx: Transaction, task_run_updates: list[TaskRunUpdate]) -> dict[UUID | None, UUID]:
    """The flows of the flow runs that are there, which stay until the transaction ends."""
    asked = {observed.flow_run_id for observed in task_run_updates if observed.flow_run_id is not None}
    if not asked:
        return {}
    held = sa.select(flow_run.c.id, flow_run.c.flow_id).where(value_in(flow_run.c.id, asked)).order_by(flow_run.c.id)
    return {row.id: row.flow_id for row in await tx.all(held.with_for_update(key_share=True, read=True))}


async def _settle_ids(tx: Transaction, task_run_updates: Iterable[TaskRunUpdate]) -> None:
    """A flow that is run again may give a new id to a run of the same keys: it goes on under its first one."""
    of_keys: dict[tuple[UUID, str, str], list[TaskRunUpdate]] = {}
    for observed in task_run_updates:
        if (keys := observed.keys) is not None:
            of_keys.setdefault(keys, []).append(observed)
    known = await RUN_OF_KEYS.run(tx, list(of_keys))
    for place, same in enumerate(of_keys.values()):
        first = known.get(place) or min((observed.id for observed in same), key=attrgetter("int"))
        for observed in same:
            if observed.id != first:
                observed.rename(first)


def _event_row(event_: Event, payload: str, received: datetime) -> tuple[Any, ...]:
    return (
        event_.id,
        event_.occurred,
        received,
        event_.event,
        event_.follows,
        dump_texts(event_.resource.root),
        dump_texts([resource.root for resource in event_.related]),
        payload,
    )


def resource_rows(event_id: Any, occurred: Any, resources: Iterable[Mapping[str, str]]) -> list[tuple[Any, ...]]:
    """An event's resources, of which the first is the one that it happened to, as rows hold them."""
    return [
        (event_id, position, occurred, *resource_row(resource, related=position > 0))
        for position, resource in enumerate(resources)
    ]


def resource_row(resource: Mapping[str, str], *, related: bool = False) -> tuple[str, str, str]:
    """What rows hold of a resource itself: its id, its role and its other labels."""
    labels = dict(resource)
    return labels.pop(ID), labels.pop(ROLE, "") if related else "", dump_texts(labels)


def _state_row(observed: TaskRunUpdate, now: datetime) -> tuple[Any, ...]:
    row = observed.state
    return (
        row["id"],
        now,
        now,
        row["type"],
        row["name"],
        row["timestamp"],
        row["message"],
        row["data"],
        row["state_details"],
        observed.id,
    )
