"""The websocket on which a worker says that it is alive, and is told what concerns it: changes of its pool, and what is
to be torn down.

A process looks at the pools of all workers that are connected to it in one statement a second, so that a change is told
by whichever server the worker is connected to.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import ValidationError

from lictor.db.base import utc_now
from lictor.db.engine import Database, Transaction
from lictor.db.failures import DatabaseUnavailable
from lictor.db.functions import value_in
from lictor.db.types import load_json
from lictor.errors import Forbidden, NotFound, RequestError
from lictor.http.sockets import Socket, socket_route
from lictor.resources.work_pools import cleanup, queries
from lictor.resources.work_pools.channel_frames import (
    CLEANUP,
    OPERATIONS,
    REQUIRED,
    VERSION,
    Acknowledgement,
    Frame,
    Heartbeat,
    Hello,
    HelloPayload,
    Operation,
    Release,
    frame,
)
from lictor.resources.work_pools.queries import WORK_POOL, work_pool_by_name
from lictor.resources.work_pools.schemas import WorkPoolCreate, WorkPoolUpdate
from lictor.resources.work_pools.table import work_pool, work_queue
from lictor.resources.work_pools.workers import record_heartbeat
from lictor.resources.work_pools.writes import change_pool, make_pool
from lictor.settings import Settings
from lictor.settings.fields import keys_in

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""Seconds between two looks at the pools of connected workers."""

Json = dict[str, Any]


class Closing(StrEnum):
    """Why a connection is closed from our side, as the worker is told."""

    AUTHENTICATION_FAILED = "authentication_failed"
    AUTHORIZATION_FAILED = "authorization_failed"
    UNSUPPORTED_VERSION = "unsupported_version"
    PROTOCOL_ERROR = "protocol_error"
    HEARTBEAT_PERSISTENCE_FAILED = "heartbeat_persistence_failed"
    TRANSIENT_SERVER_ERROR = "transient_server_error"


CODES = {
    Closing.AUTHENTICATION_FAILED: 1008,
    Closing.AUTHORIZATION_FAILED: 1008,
    Closing.UNSUPPORTED_VERSION: 1008,
    Closing.PROTOCOL_ERROR: 1002,
    Closing.HEARTBEAT_PERSISTENCE_FAILED: 1011,
    Closing.TRANSIENT_SERVER_ERROR: 1011,
}
"""From the last two a worker recovers by itself."""


class ChannelClosed(Exception):
    """The conversation cannot go on."""

    def __init__(self, reason: Closing) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(eq=False)
class Channel:
    """A worker on a connection."""

    socket: Socket
    hello: HelloPayload
    pool_id: UUID
    pool_name: str
    queue_ids: Sequence[UUID]
    updated: datetime
    concurrency: int  # of tearing down
    sequence: int = 1
    in_flight: dict[str, datetime] = field(default_factory=dict)  # the reservations of the worker, until when
    sending: asyncio.Lock = field(default_factory=asyncio.Lock)
    closed: asyncio.Future[Closing] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    async def send(self, type_: str, payload: Json) -> None:
        async with self.sending:
            await self.socket.send(frame(type_, payload))

    def close(self, reason: Closing) -> None:
        """Has the conversation end."""
        if not self.closed.done():
            self.closed.set_result(reason)

    def has_room(self) -> bool:
        """Whether the worker can be told to tear something down."""
        now = utc_now()
        self.in_flight = {token: until for token, until in self.in_flight.items() if until > now}
        return len(self.in_flight) < self.concurrency


class Channels:
    """The workers that are connected to this process."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self._db = db
        self._settings = settings
        self._channels: set[Channel] = set()
        self._connected = asyncio.Event()

    @asynccontextmanager
    async def connected(self, channel: Channel) -> AsyncIterator[None]:
        """Tells a worker what concerns it, until the end of the block."""
        self._channels.add(channel)
        self._connected.set()
        try:
            yield
        finally:
            self._channels.discard(channel)
            if not self._channels:
                self._connected.clear()

    async def run(self) -> None:
        """Looks for what is to be told, until it is cancelled."""
        while True:
            await self._connected.wait()
            try:
                await self._tell_changes()
                await self._tell_cleanup()
            except DatabaseUnavailable as error:
                logger.warning("Workers are told nothing for now, as %s", error)
            except Exception:
                logger.exception("Telling workers what concerns them failed")
            await asyncio.sleep(LOOK_SECONDS)

    async def _tell_changes(self) -> None:
        pools = {channel.pool_id for channel in self._channels}
        rows = await self._db.read.all(
            sa.select(work_pool.c.id, work_pool.c.updated).where(value_in(work_pool.c.id, pools))
        )
        updated = {row.id: row.updated for row in rows}
        for channel in list(self._channels):
            if channel.pool_id not in updated:
                channel.close(Closing.AUTHORIZATION_FAILED)
            elif updated[channel.pool_id] != channel.updated:
                channel.updated = updated[channel.pool_id]
                await self._send_snapshot(channel)

    async def _send_snapshot(self, channel: Channel) -> None:
        by_id = WORK_POOL.select().where(work_pool.c.id == channel.pool_id)
        pool = await self._db.read.object(WORK_POOL, by_id)
        if pool is None:
            channel.close(Closing.AUTHORIZATION_FAILED)
            return
        channel.sequence += 1
        await _send(channel, "work_pool.snapshot.v1", snapshot(channel.sequence, "work_pool_updated", pool))

    async def _tell_cleanup(self) -> None:
        able = [channel for channel in self._channels if channel.has_room()]
        if not able:
            return
        pools = {channel.pool_id for channel in able}
        waiting = {row.work_pool_id for row in await self._db.read.all(cleanup.pools_with_work(pools, utc_now()))}
        for channel in able:
            while channel.pool_id in waiting and channel.has_room():
                if not await self._tell_one(channel):
                    break

    async def _tell_one(self, channel: Channel) -> bool:
        """Tells a worker to tear something down; whether there was anything."""

        async def reserve(tx: Transaction) -> sa.Row[Any] | None:
            kinds = channel.hello.handled_cleanup_kinds
            return await cleanup.reserve(tx, channel.pool_id, kinds, channel.queue_ids, self._settings.work_pools)

        reserved = await self._db.try_write(reserve)
        if reserved is None:
            return False
        channel.in_flight[reserved.reservation_token] = reserved.reserved_until
        payload = {
            "message_id": str(reserved.id),
            "kind": reserved.kind,
            "reservation_token": reserved.reservation_token,
            "lease_expires_at": reserved.reserved_until,
            "delivery_count": reserved.delivery_count,
            "work_queue_id": None if reserved.work_queue_id is None else str(reserved.work_queue_id),
            "target": load_json(reserved.target),
            "data": {},
        }
        await _send(channel, "cleanup.message.v1", payload)
        return True


async def _send(channel: Channel, type_: str, payload: Json) -> None:
    """Sends to one worker among many: that it has gone is for its own conversation to notice."""
    with suppress(Exception):
        await channel.send(type_, payload)


@asynccontextmanager
async def telling_workers(db: Database, settings: Settings) -> AsyncIterator[Channels]:
    """The channels of a process, at work until the end of the block."""
    channels = Channels(db, settings)
    work = asyncio.create_task(channels.run())
    try:
        yield channels
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


def snapshot(sequence: int, reason: str, pool: Json) -> Json:
    """What a worker is told of its pool."""
    return {"snapshot_sequence": sequence, "reason": reason, "work_pool": pool}


async def serve_worker(socket: Socket) -> None:
    """Talks with a worker until one of the two ends it."""
    try:
        channel, ready = await _prepare(socket, await _hello(socket))
        await channel.send("worker.ready.v1", ready)
        channels: Channels = socket.state["channels"]
        async with channels.connected(channel):
            await _converse(channel)
    except ChannelClosed as closed:
        await socket.close(CODES[closed.reason], closed.reason.value)
    except DatabaseUnavailable as error:
        logger.warning("A worker has to connect anew, as %s", error)
        reason = Closing.TRANSIENT_SERVER_ERROR
        await socket.close(CODES[reason], reason.value)


async def _hello(socket: Socket) -> HelloPayload:
    hello = await _next_frame(socket)
    if not isinstance(hello, Hello):
        raise ChannelClosed(Closing.PROTOCOL_ERROR)
    return hello.payload


async def _next_frame(socket: Socket) -> Hello | Heartbeat | Operation:
    try:
        return Frame.validate_python(await socket.next_object())
    except ValidationError:
        raise ChannelClosed(Closing.PROTOCOL_ERROR) from None


async def _prepare(socket: Socket, hello: HelloPayload) -> tuple[Channel, Json]:
    """Settles who the worker is, with its first heartbeat; what it is told of that."""
    if VERSION not in hello.supported_channel_versions:
        raise ChannelClosed(Closing.UNSUPPORTED_VERSION)
    db, settings = socket.state["db"], socket.state["settings"]
    pool_name: str = socket.scope["path_params"]["work_pool_name"]

    async def settle(tx: Transaction) -> tuple[Json, Sequence[sa.Row[Any]], datetime]:
        await _settle_pool(tx, pool_name, hello, settings)
        queues = await _queues(tx, pool_name, hello.work_queue_names)
        interval = hello.heartbeat_interval_seconds
        await record_heartbeat(tx, pool_name, hello.worker_name, interval, settings.foreman)
        pool = await tx.object(WORK_POOL, work_pool_by_name(WORK_POOL, pool_name))
        updated = (await tx.first(queries.work_pool_row(pool_name))).updated  # type: ignore[union-attr]
        assert pool is not None
        return pool, queues, updated

    try:
        pool, queues, updated = await db.try_write(settle)
    except (Forbidden, NotFound):
        raise ChannelClosed(Closing.AUTHORIZATION_FAILED) from None
    except (RequestError, ValidationError):
        raise ChannelClosed(Closing.PROTOCOL_ERROR) from None
    concurrency = hello.cleanup_concurrency
    ids = [queue.id for queue in queues]
    channel = Channel(socket, hello, UUID(pool["id"]), pool_name, ids, updated, concurrency)
    return channel, _ready(hello, concurrency, queues, pool)


def _ready(hello: HelloPayload, concurrency: int, queues: Sequence[sa.Row[Any]], pool: Json) -> Json:
    accepted = [*REQUIRED, *((CLEANUP,) if concurrency else ())]
    requested = dict.fromkeys(hello.requested_capabilities)
    return {
        "consumer_id": str(hello.consumer_id),
        "worker_id": None,
        "selected_channel_version": VERSION,
        "effective_heartbeat_interval_seconds": hello.heartbeat_interval_seconds,
        "accepted_capabilities": accepted,
        "rejected_capabilities": [each for each in requested if each not in accepted],
        "effective_max_cleanup_concurrency": concurrency,
        "resolved_work_queues": [{"id": str(queue.id), "name": queue.name} for queue in queues],
        "initial_snapshot": snapshot(1, "initial", pool),
    }


async def _settle_pool(tx: Transaction, name: str, hello: HelloPayload, settings: Settings) -> None:
    """Makes the pool if the worker wants that, and gives it the worker's template if it has none. Raises NotFound."""
    template = hello.default_base_job_template
    pool = await tx.first(queries.work_pool_row(name))
    if pool is None:
        if not hello.create_pool_if_not_found:
            raise NotFound("work_pool_not_found")
        asked = WorkPoolCreate(name=name, type=hello.worker_type, base_job_template=template)
        await make_pool(tx, keys_in(settings.server.encryption_key), asked)
    elif template and not load_json(pool.base_job_template):
        await change_pool(tx, name, WorkPoolUpdate(base_job_template=template))


async def _queues(tx: Transaction, pool_name: str, names: Sequence[str]) -> Sequence[sa.Row[Any]]:
    """The queues that the worker serves: those it names, in its order, or all by priority. Raises NotFound."""
    of_pool = sa.select(work_queue.c.id, work_queue.c.name).join(work_pool, work_pool.c.id == work_queue.c.work_pool_id)
    rows = await tx.all(of_pool.where(work_pool.c.name == pool_name).order_by(work_queue.c.priority, work_queue.c.id))
    if not names:
        return rows
    known = {row.name: row for row in rows}
    if any(name not in known for name in names):
        raise NotFound("work_queue_not_found")
    return [known[name] for name in dict.fromkeys(names)]


async def _converse(channel: Channel) -> None:
    """Answers what the worker says, until it goes or there is a reason to end it."""
    while True:
        heard = asyncio.ensure_future(_next_frame(channel.socket))
        try:
            await asyncio.wait((heard, channel.closed), return_when=asyncio.FIRST_COMPLETED)
            if channel.closed.done():
                raise ChannelClosed(channel.closed.result())
            said = heard.result()
        finally:
            if not heard.done():
                heard.cancel()
                await asyncio.gather(heard, return_exceptions=True)
        match said:
            case Hello():
                raise ChannelClosed(Closing.PROTOCOL_ERROR)
            case Heartbeat():
                await _record_heartbeat(channel, said)
            case _:
                await _operate(channel, said)


async def _record_heartbeat(channel: Channel, said: Heartbeat) -> None:
    payload = said.payload
    if (payload.consumer_id, payload.worker_name) != (channel.hello.consumer_id, channel.hello.worker_name):
        raise ChannelClosed(Closing.PROTOCOL_ERROR)
    db, settings = channel.socket.state["db"], channel.socket.state["settings"]
    interval = payload.heartbeat_interval_seconds
    try:
        await db.try_write(
            lambda tx: record_heartbeat(tx, channel.pool_name, payload.worker_name, interval, settings.foreman)
        )
    except (NotFound, DatabaseUnavailable):
        raise ChannelClosed(Closing.HEARTBEAT_PERSISTENCE_FAILED) from None


async def _operate(channel: Channel, said: Operation) -> None:
    """Does to a reservation what the worker asks, and says what became of it."""
    id, token = said.payload.message_id, said.payload.reservation_token
    operation = OPERATIONS[type(said)]
    if not channel.concurrency:
        outcome = cleanup.Outcome("unauthorized", "cleanup_delivery_not_accepted")
    else:
        db, settings = channel.socket.state["db"], channel.socket.state["settings"].work_pools
        work = cleanup.renew
        if isinstance(said, Acknowledgement):
            work = cleanup.acknowledge
        elif isinstance(said, Release):
            work = cleanup.release
        outcome = await db.try_write(lambda tx: work(tx, channel.pool_id, id, token, settings))
        channel.in_flight.pop(token, None)
        if outcome.lease_expires_at is not None:
            channel.in_flight[token] = outcome.lease_expires_at
    await channel.send(
        "cleanup.operation_result.v1",
        {
            "request_frame_id": str(said.id),
            "message_id": str(id),
            "operation": operation,
            "status": outcome.status,
            "lease_expires_at": outcome.lease_expires_at,
            "reason": outcome.reason,
            "detail": None,
        },
    )


channel_route = socket_route(
    "/work_pools/{work_pool_name}/workers/connect", serve_worker, refusal=Closing.AUTHENTICATION_FAILED.value
)
