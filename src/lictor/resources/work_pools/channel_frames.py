"""The messages on the websocket of a worker: what it may send, strictly, and what it gets."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from lictor.db.base import utc_now
from lictor.db.ids import uuid7
from lictor.validation.fields import MAX_INTEGER, DateTime, IndexedText, Text

VERSION = "work_pool_worker_channel.v1"

HEARTBEAT = "worker_heartbeat.v1"
SNAPSHOT = "work_pool_snapshot.v1"
CLEANUP = "cleanup_delivery.v1"
REQUIRED = (HEARTBEAT, SNAPSHOT)

NonEmpty = Annotated[Text, Field(min_length=1)]
WorkerName = Annotated[IndexedText, Field(min_length=1)]
Interval = Annotated[int, Field(gt=0, le=MAX_INTEGER)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Frame(_Strict):
    id: UUID
    sent_at: DateTime


class HelloPayload(_Strict):
    """Who the worker is, and what it can do."""

    consumer_id: UUID
    worker_name: WorkerName
    worker_type: NonEmpty
    heartbeat_interval_seconds: Interval
    supported_channel_versions: list[NonEmpty] = Field(min_length=1)
    requested_capabilities: list[NonEmpty] = Field(min_length=1)
    work_queue_names: list[NonEmpty] = Field(default_factory=list)
    handled_cleanup_kinds: list[Literal["cancelling_timeout_teardown.v1", "pending_claim_teardown.v1"]] = Field(
        default_factory=list
    )
    max_cleanup_concurrency: int | None = Field(None, ge=0)
    create_pool_if_not_found: bool = False
    default_base_job_template: dict[str, Any] = Field(default_factory=dict)
    worker_metadata: dict[str, Any] | None = None

    @property
    def cleanup_concurrency(self) -> int:
        """How much the worker tears down at once; one thing at a time unless it says so."""
        if CLEANUP not in self.requested_capabilities or not self.handled_cleanup_kinds:
            return 0
        return 1 if self.max_cleanup_concurrency is None else self.max_cleanup_concurrency

    @model_validator(mode="after")
    def _asks_for_what_it_needs(self) -> Self:
        requested = set(self.requested_capabilities)
        if missing := set(REQUIRED) - requested:
            raise ValueError(f"Missing required channel capabilities: {sorted(missing)}")
        if CLEANUP not in requested and (self.handled_cleanup_kinds or self.max_cleanup_concurrency):
            raise ValueError(f"What concerns cleanup requires `{CLEANUP}`")
        return self


class Hello(_Frame):
    """The first message of a worker."""

    type: Literal["worker.hello.v1"]
    payload: HelloPayload


class HeartbeatPayload(_Strict):
    consumer_id: UUID
    worker_name: WorkerName
    heartbeat_interval_seconds: Interval


class Heartbeat(_Frame):
    """The worker is alive."""

    type: Literal["worker.heartbeat.v1"]
    payload: HeartbeatPayload


class OperationPayload(_Strict):
    message_id: UUID
    reservation_token: NonEmpty


class ReleasePayload(OperationPayload):
    reason: NonEmpty


class Acknowledgement(_Frame):
    """The worker has torn down what it was to."""

    type: Literal["cleanup.ack.v1"]
    payload: OperationPayload


class Release(_Frame):
    """The worker could not tear it down."""

    type: Literal["cleanup.release.v1"]
    payload: ReleasePayload


class Renewal(_Frame):
    """The worker needs more time for it."""

    type: Literal["cleanup.renew.v1"]
    payload: OperationPayload


Operation = Acknowledgement | Release | Renewal
Frame: TypeAdapter[Hello | Heartbeat | Operation] = TypeAdapter(
    Annotated[Hello | Heartbeat | Operation, Field(discriminator="type")]
)

OPERATIONS = {Acknowledgement: "ack", Release: "release", Renewal: "renew"}


def frame(type_: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """A message to a worker, as JSON."""
    return {"type": type_, "id": str(uuid7()), "sent_at": utc_now(), "payload": payload}
