"""The usual event: of a task run, as the SDK writes it. Nearly all are like this, and are read here in a third of the time.

Any other is none of this module's business, those that are to be refused among them: `lictor.events.decoding` reads them.
So whatever is read here has to become the rows that it would become there, to the letter.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

import msgspec
import orjson
from msgspec import Meta, Raw, Struct
from pydantic import TypeAdapter

from lictor.db.types import dump_texts
from lictor.errors import RequestError
from lictor.events.batch_insert import PendingEvent, resource_row
from lictor.events.schemas import ID, ROLE, RelatedResource
from lictor.events.task_runs import FLOW_RUN, ORCHESTRATION, TASK_RUN, TaskRunPayload, TaskRunUpdate, id_in
from lictor.resources.states.rows import details_text, is_unpersisted
from lictor.resources.states.schemas import StateDetails
from lictor.settings.events import EventSettings
from lictor.validation import strict_json
from lictor.validation.fields import MAX_INDEXED_BYTES, MAX_INTEGER

MAX_EVENT_BYTES = 100_000
"""Bytes; also, there cannot be too many values in so few."""

MAX_CACHED_PARTS = 500
"""Of each kind of part that comes again and again."""

MAX_CACHED_PART_BYTES = 4_000
"""Of one of them."""

Made = TypeVar("Made")


def remembered(make: Callable[[bytes], Made]) -> Callable[[Raw], Made]:
    """Makes something of a part of events that comes again and again, as labels do: mostly it is there already."""
    kept = lru_cache(MAX_CACHED_PARTS)(make)

    def made_of(raw: Raw) -> Made:
        text = bytes(raw)
        return kept(text) if len(text) <= MAX_CACHED_PART_BYTES else make(text)

    return made_of


Short = Annotated[str, Meta(max_length=MAX_INDEXED_BYTES // 8)]
"""Fits an index, and a second one beside it, whatever its characters are."""

Count = Annotated[int, Meta(ge=-MAX_INTEGER, le=MAX_INTEGER)]
Seconds = Annotated[float, Meta(ge=-1e12, le=1e12)]

_FINER_THAN_MICROSECONDS = re.compile(rb'\.\d{7,}[Zz+"-]')
"""Such moments would be rounded here; elsewhere they are cut."""

_NULL = b"null"
_NO_TIME = timedelta(0)


class _TaskRun(Struct):
    """As `lictor.events.task_runs.TaskRunAsTold`."""

    task_key: Short
    dynamic_key: Short
    empirical_policy: Raw
    tags: Raw
    labels: Raw
    task_inputs: Raw
    name: Short | None = None
    cache_key: str | None = None
    cache_expiration: datetime | None = None
    task_version: str | None = None
    run_count: Count = 0
    flow_run_run_count: Count = 0
    expected_start_time: datetime | None = None
    next_scheduled_start_time: datetime | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    total_run_time: Seconds = 0.0


class _State(Struct, forbid_unknown_fields=True):
    """As `lictor.resources.states.schemas.State`, but for those that have their own id or time, and those that schedule."""

    type: Literal["PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELLED", "CRASHED", "PAUSED", "CANCELLING"]
    name: Short
    state_details: Raw
    message: str | None = None
    data: Raw = Raw(_NULL)


class _Payload(Struct):
    validated_state: _State
    task_run: _TaskRun


class _Event(Struct, forbid_unknown_fields=True):
    """As `lictor.events.schemas.Event`."""

    occurred: datetime
    event: Short
    resource: dict[str, str]
    related: Raw
    payload: Raw
    id: UUID
    follows: UUID | None = None


_read_event = msgspec.json.Decoder(_Event).decode
_read_payload = msgspec.json.Decoder(_Payload).decode
_read_related = TypeAdapter(list[RelatedResource]).validate_python
_read_seconds = TypeAdapter(timedelta).validate_python


class _Unusual(Exception):
    """This is for others to read."""


@dataclass(slots=True, frozen=True)
class _Related:
    """The related resources of an event, as rows hold them."""

    text: str
    rows: list[tuple[str, str, str]]
    most_labels: int
    flow_run_id: UUID | None


@remembered
def _related(text: bytes) -> _Related:
    resources = [resource.root for resource in _read_related(strict_json.parse(text))]
    flow_run = next((resource for resource in resources if resource[ROLE] == "flow-run"), None)
    return _Related(
        dump_texts(resources),
        [resource_row(resource, related=True) for resource in resources],
        max(map(len, resources), default=0),
        None if flow_run is None else id_in(flow_run[ID], FLOW_RUN),
    )


def _column(name: str) -> Callable[[Raw], Any]:
    """What makes a column of a task run of what is told of it."""

    @remembered
    def column(text: bytes) -> Any:
        told = {"task_key": "", "dynamic_key": "", name: strict_json.parse(text)}
        return TaskRunPayload.model_validate(told).columns()[name]

    return column


_policy, _tags, _labels, _inputs = map(_column, ("empirical_policy", "tags", "labels", "task_inputs"))

_NO_IDS = {"flow_run_id": None, "task_run_id": None}
_BEHIND_NO_IDS = len('{"flow_run_id":null,"task_run_id":null,')


@remembered
def _details_behind_ids(text: bytes) -> str:
    details = strict_json.parse(text)
    if not isinstance(details, dict):
        raise _Unusual
    return details_text(StateDetails.model_validate(details | _NO_IDS))[_BEHIND_NO_IDS:]


def decode_fast(encoded: bytes, received: datetime, settings: EventSettings) -> PendingEvent | None:
    """An event from its JSON, if it is a usual one."""
    if len(encoded) > MAX_EVENT_BYTES or _FINER_THAN_MICROSECONDS.search(encoded):
        return None
    if b"\\" in encoded and b"\\u0000" in encoded:  # to look for a single byte takes next to nothing
        return None
    try:
        return _read(encoded, received, settings)
    except (_Unusual, msgspec.MsgspecError, RequestError, ValueError):
        return None


def _read(encoded: bytes, received: datetime, settings: EventSettings) -> PendingEvent:
    told = _read_event(encoded)
    labels = told.resource
    related = _related(told.related)
    if (
        not told.event.startswith(TASK_RUN[:-1])
        or labels.get(ORCHESTRATION) != "client"
        or len(told.event) > settings.maximum_event_name_length
        or len(related.rows) > settings.maximum_related_resources
        or max(len(labels), related.most_labels) > settings.maximum_labels_per_resource
    ):
        raise _Unusual
    id = id_in(labels.get(ID, ""), TASK_RUN)
    payload = bytes(told.payload)
    if payload.count(b"{") + payload.count(b"[") >= strict_json.MAX_NESTING_LEVELS:
        raise _Unusual
    if orjson.dumps(orjson.loads(payload)) != payload:  # then it would not be stored as it stands here
        raise _Unusual
    inside = _read_payload(payload)
    occurred = _in_utc(told.occurred)
    observed = TaskRunUpdate(
        id,
        related.flow_run_id,
        _run_columns(inside.task_run),
        _state_columns(inside.validated_state, told.id, occurred, id, related.flow_run_id),
    )
    row = (
        told.id,
        occurred,
        received,
        told.event,
        told.follows,
        dump_texts(labels),
        related.text,
        payload.decode(),
    )
    resources = [
        (told.id, position, occurred, *rest) for position, rest in enumerate((resource_row(labels), *related.rows))
    ]
    return PendingEvent(told.id, row, resources, observed, len(encoded), None)


def _run_columns(payload: _TaskRun) -> dict[str, Any]:
    """As `TaskRunPayload.columns`."""
    seconds = payload.total_run_time
    return {
        "name": payload.name or f"{payload.task_key}-{payload.dynamic_key}",
        "task_key": payload.task_key,
        "dynamic_key": payload.dynamic_key,
        "cache_key": payload.cache_key,
        "cache_expiration": _in_utc_if_any(payload.cache_expiration),
        "task_version": payload.task_version,
        "empirical_policy": _policy(payload.empirical_policy),
        "tags": _tags(payload.tags),
        "labels": _labels(payload.labels),
        "task_inputs": _inputs(payload.task_inputs),
        "run_count": payload.run_count,
        "flow_run_run_count": payload.flow_run_run_count,
        "expected_start_time": _in_utc_if_any(payload.expected_start_time),
        "next_scheduled_start_time": _in_utc_if_any(payload.next_scheduled_start_time),
        "start_time": _in_utc_if_any(payload.start_time),
        "end_time": _in_utc_if_any(payload.end_time),
        "total_run_time": _read_seconds(seconds) if seconds else _NO_TIME,
    }


def _state_columns(
    entered: _State, id: UUID, timestamp: datetime, task_run_id: UUID, flow_run_id: UUID | None
) -> dict[str, Any]:
    """As `lictor.resources.states.rows.state_row`."""
    flow_run = "null" if flow_run_id is None else f'"{flow_run_id}"'
    rest = _details_behind_ids(entered.state_details)
    return {
        "id": id,
        "type": entered.type,
        "name": entered.name,
        "timestamp": timestamp,
        "message": entered.message,
        "data": _data(bytes(entered.data)),
        "state_details": f'{{"flow_run_id":{flow_run},"task_run_id":"{task_run_id}",{rest}',
    }


def _data(text: bytes) -> str | None:
    if text == _NULL or (b"unpersisted" in text and is_unpersisted(orjson.loads(text))):
        return None
    return text.decode()


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is not UTC:
        raise _Unusual
    return moment


def _in_utc_if_any(moment: datetime | None) -> datetime | None:
    return None if moment is None else _in_utc(moment)
