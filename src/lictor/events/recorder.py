"""Takes events as they arrive, and says when they are safe.

What has arrived is written in one transaction after the other, each with what waits, up to a bound: so batches are small
while little happens, which keeps events quick, and grow with the load, which keeps up with it. Under load the sources of
events take turns, so that one is told that its events are safe, and sends more, while those of another are written.
Nothing is given up: while the database is away the events wait, those who send them wait too once there is no more room,
and nobody is told that an event is safe before it is.
"""

import asyncio
import logging
import time
from bisect import bisect_left
from collections import deque
from collections.abc import AsyncIterator, Hashable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from lictor.cancelling import cancel
from lictor.db.driver_errors import is_fault_of_rows
from lictor.db.engine import Database
from lictor.db.failures import DatabaseUnavailable, TookTooLong, TransactionAborted
from lictor.events.batch_insert import PendingEvent, prepare
from lictor.events.decoding import BadEvent
from lictor.observability.log_throttle import RateLimitedLogger

logger = logging.getLogger(__name__)

FULL_BATCH_EVENTS = {"sqlite": 1_000, "postgresql": 500}
"""So many events are worth a transaction, which costs more on SQLite: those of further sources are left to the next."""

MAX_BATCH_EVENTS = 2_000
MAX_BATCH_BYTES = 8 * 2**20
MAX_WAITING_EVENTS = 1_800
MAX_WAITING_BYTES = 6 * 2**20
"""While others are written."""

MAX_CAUSES = 10
FIRST_PAUSE_SECONDS = 0.05
MAX_PAUSE_SECONDS = 1.0
"""Seconds between two attempts to write while the database is away."""


Sender = Hashable
"""Where events come from: a connection, or a request. What one sends is written in its order."""


@dataclass(slots=True, eq=False)
class Submission:
    """Events that are written together or not at all; none, if it only waits for those of its source before it."""

    pending_events: Sequence[PendingEvent]
    done: asyncio.Future[None] | None = None
    size: int = field(init=False)

    def __post_init__(self) -> None:
        self.size = sum([pending_event.size for pending_event in self.pending_events])

    def succeed(self) -> None:
        if self.done is not None and not self.done.done():
            self.done.set_result(None)

    def fail(self, error: Exception) -> None:
        if self.done is not None and not self.done.done():
            self.done.set_exception(error)


class CannotBeStored(Exception):
    """The database objects to what an event says."""


@dataclass
class Distribution:
    """How often a value was at most each of some bounds."""

    bounds: Sequence[float]
    total: float = 0.0
    counts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)

    def add(self, value: float) -> None:
        self.total += value
        self.counts[bisect_left(self.bounds, value)] += 1


@dataclass
class RecorderMetrics:
    """What a recorder has done since it started."""

    received: int = 0
    committed: int = 0
    refused: int = 0
    sizes: Distribution = field(default_factory=lambda: Distribution((1, 3, 10, 30, 100, 300, 1000, 3000)))
    seconds: Distribution = field(default_factory=lambda: Distribution((0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30)))


class Recorder:
    """Writes the events of one process."""

    def __init__(self, db: Database) -> None:
        self.measurements = RecorderMetrics()
        self._db = db
        self._enough_at_once = FULL_BATCH_EVENTS[db.dialect.name]
        self._waiting: dict[Sender, deque[Submission]] = {}  # whose turn is next comes first
        self._events_waiting = 0
        self._bytes_waiting = 0
        self._events_in_hand = 0
        self._preparing = False
        self._max_batch_events = MAX_BATCH_EVENTS
        self._writing: set[Sender] = set()
        self._arrived = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._repeated = RateLimitedLogger(logger)

    @property
    def waiting(self) -> int:
        """How many events are not committed yet."""
        return self._events_waiting + self._events_in_hand

    async def add(self, pending_event: PendingEvent, source: Sender) -> None:
        """Takes an event, once there is room for it. If it cannot be stored, the log says so."""
        if not self._room.is_set():
            await self._room.wait()
        self._put(Submission((pending_event,)), source)

    async def record(self, pending_events: Sequence[PendingEvent]) -> None:
        """Takes events and returns when they are committed, all of them. Raises CannotBeStored.

        Whoever loses patience may cancel this: what was taken is committed all the same.
        """
        await self._room.wait()
        await self._ended(pending_events, object())

    async def settle(self, source: Sender) -> None:
        """Returns when everything that this source has added so far is committed."""
        if source in self._waiting or source in self._writing:
            await self._ended((), source)

    async def settle_all(self) -> None:
        """Returns when everything that was added is committed."""
        while sources := {*self._waiting, *self._writing}:
            await asyncio.gather(*map(self.settle, sources))

    def refuse(self, error: BadEvent) -> None:
        """Notes that something came which is no event."""
        self.measurements.refused += 1
        self._repeated.warning("no event", "No event: %s", str(error)[:1000])

    async def _ended(self, pending_events: Sequence[PendingEvent], source: Sender) -> None:
        done = asyncio.get_running_loop().create_future()
        self._put(Submission(pending_events, done), source)
        await done

    def _put(self, submission: Submission, source: Sender) -> None:
        for pending_event in submission.pending_events:
            if pending_event.error_message is not None:
                self._repeated.warning(
                    "no task run",
                    "Event %s tells of no task run that can be recorded: %s",
                    pending_event.id,
                    pending_event.error_message,
                )
        self._waiting.setdefault(source, deque()).append(submission)
        self.measurements.received += len(submission.pending_events)
        self._count(len(submission.pending_events), submission.size)
        self._arrived.set()

    def _count(self, events: int, size: int) -> None:
        self._events_waiting += events
        self._bytes_waiting += size
        self._admit()

    def _admit(self) -> None:
        full = self._events_waiting >= MAX_WAITING_EVENTS or self._bytes_waiting >= MAX_WAITING_BYTES
        if not full and not self._preparing:
            self._room.set()
        else:
            self._room.clear()

    async def run(self) -> None:
        """Writes what arrives, until it is cancelled."""
        while True:
            await self._arrived.wait()
            batch = self._next_batch()
            self._events_in_hand = sum([len(submission.pending_events) for submission in batch])
            self._count(-self._events_in_hand, -sum([submission.size for submission in batch]))
            try:
                await self._write(batch)
            finally:
                self._writing.clear()
            self._events_in_hand = 0

    def _next_batch(self) -> list[Submission]:
        batch: list[Submission] = []
        count = size = 0
        for source, queue in list(self._waiting.items()):
            self._writing.add(source)
            while queue and (not batch or (count < self._max_batch_events and size < MAX_BATCH_BYTES)):
                batch.append(submission := queue.popleft())
                count += len(submission.pending_events)
                size += submission.size
            del self._waiting[source]
            if queue:
                self._waiting[source] = queue  # behind the others
                break
            if count >= self._enough_at_once:
                break
        if not self._waiting:
            self._arrived.clear()
        return batch

    async def _write(self, batch: Sequence[Submission]) -> None:
        """Writes submissions; where the database objects, each by itself, so that only what is at fault is left out."""
        pending_events = [pending_event for submission in batch for pending_event in submission.pending_events]
        try:
            await self._write_patiently(pending_events, divisible=len(batch) > 1)
        except Exception as error:  # noqa: BLE001  # whatever is wrong with one must not keep back the others
            if len(batch) > 1:
                middle = len(batch) // 2
                await self._write(batch[:middle])
                await self._write(batch[middle:])
                return
            self.measurements.refused += len(pending_events)
            ids = ", ".join(str(pending_event.id) for pending_event in pending_events[:10])
            self._repeated.warning("refused", "%d events cannot be stored, %s: %s", len(pending_events), ids, error)
            batch[0].fail(CannotBeStored(str(error)))
        else:
            self.measurements.committed += len(pending_events)
            for submission in batch:
                submission.succeed()

    async def _write_patiently(self, pending_events: Sequence[PendingEvent], *, divisible: bool) -> None:
        """Writes events in one transaction, as soon as the database lets us. Raises what it has against the events."""
        if not pending_events:
            return
        outage = Backoff(self)
        met_another = False
        while True:
            began = time.perf_counter()
            try:
                gone = await self._commit(pending_events)
            except IntegrityError:
                # Another server may just have recorded the same task run under another id: now that is known.
                if met_another:
                    raise
                met_another = True
            except TransactionAborted as error:
                self._repeated.warning("contended", "Recording once more, as %s", error)
                await asyncio.sleep(FIRST_PAUSE_SECONDS)
            except Exception as error:
                if not isinstance(error, DatabaseUnavailable) and is_fault_of_rows(error):
                    raise
                if isinstance(error, TookTooLong) and divisible:
                    self._max_batch_events = max(len(pending_events) // 2, 1)
                    raise
                await outage.wait(error)
            else:
                outage.ended()
                self._note(pending_events, gone, time.perf_counter() - began)
                return

    async def _commit(self, pending_events: Sequence[PendingEvent]) -> set[UUID]:
        try:
            async with AsyncExitStack() as transaction:
                with self._reading_paused():
                    tx = await transaction.enter_async_context(self._db.write())
                    prepared = await prepare(tx, pending_events)
                await prepared.insertions.run(tx)
        except asyncio.CancelledError as error:
            # A connection that is cut in the middle of something may cancel what waits for it; that is not our end.
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            raise DatabaseUnavailable("the connection was cut") from error
        else:
            return prepared.gone

    @contextmanager
    def _reading_paused(self) -> Iterator[None]:
        """Takes no more events while rows are made ready.

        The database waits for that. While it inserts them, there is nothing to do but to read.
        """
        self._preparing = True
        self._admit()
        try:
            yield
        finally:
            self._preparing = False
            self._admit()

    def _note(self, pending_events: Sequence[PendingEvent], gone: set[UUID], seconds: float) -> None:
        self.measurements.sizes.add(len(pending_events))
        self.measurements.seconds.add(seconds)
        self._max_batch_events = min(2 * self._max_batch_events, MAX_BATCH_EVENTS)
        if gone:
            self._repeated.warning(
                "gone",
                "Task runs of %d flow runs that are not there are not recorded, %s first",
                len(gone),
                min(gone),
            )


class Backoff:
    """A time in which the database takes nothing: one line when it begins, one for each new cause, one at its end."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._pause = FIRST_PAUSE_SECONDS
        self._began: float | None = None
        self._causes: set[str] = set()

    async def wait(self, error: Exception) -> None:
        """Until it is time for another attempt."""
        self._began = self._began or time.monotonic()
        cause = str(error).partition("\n")[0][:300]
        if cause not in self._causes and len(self._causes) < MAX_CAUSES:
            self._causes.add(cause)
            logger.warning("Recording waits: events=%d cause=%s", self._recorder.waiting, cause)
        await asyncio.sleep(self._pause)
        self._pause = min(2 * self._pause, MAX_PAUSE_SECONDS)

    def ended(self) -> None:
        if self._began is not None:
            seconds = time.monotonic() - self._began
            logger.warning("Recording goes on: events=%d seconds=%.1f", self._recorder.waiting, seconds)


@asynccontextmanager
async def recording(db: Database, longest_end: float) -> AsyncIterator[Recorder]:
    """A recorder at work; at the end of the block it commits what it holds, within so many seconds."""
    recorder = Recorder(db)
    work = asyncio.create_task(recorder.run())
    try:
        yield recorder
    finally:
        settled = asyncio.create_task(recorder.settle_all())
        await asyncio.wait((settled,), timeout=longest_end)
        if not settled.done():
            logger.error("%d events, which nobody was told are safe, were not committed", recorder.waiting)
        await cancel(settled, work)
