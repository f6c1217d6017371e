"""How large one answer of the database may be, and how many bytes of answers a process holds in all."""

import asyncio
import ctypes
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from threading import Lock

from lictor.errors import Unavailable, Unprocessable

COUNTED_BYTES = 256 * 1024
"""Answers are counted in steps of this size; what is smaller is not counted at all."""

ROOM_SECONDS = 0.1
"""Who waits for room looks for it so often."""

TRIM_BYTES = 8 * 1024 * 1024
"""After an answer of this size its memory is given back to the system, which the C library would keep."""


class AnswerTooLarge(Unprocessable):
    """An answer has more bytes than the settings allow: ask for fewer objects at once."""


class _Account:
    """The bytes that a process holds; threads that read change it, too."""

    def __init__(self) -> None:
        self.held = 0
        self.lock = Lock()


class ByteBudget:
    """Bytes of answers, from when the database sends them until their clients have read them."""

    def __init__(self, max_answer: int, max_in_flight: int = sys.maxsize, account: _Account | None = None) -> None:
        self._max_answer = max_answer
        self._max_in_flight = max_in_flight
        self._account = account or _Account()

    def portion(self, max_answer: int) -> "ByteBudget":
        """The same budget, for answers that are to be smaller."""
        return ByteBudget(min(max_answer, self._max_answer), self._max_in_flight, self._account)

    @property
    def held(self) -> int:
        """How many bytes are held now."""
        return self._account.held

    def take(self, size: int) -> None:
        """Reserves room for an answer. Raises AnswerTooLarge, or Unavailable where others hold too much."""
        self.check(size)
        if not self.try_take(size):
            raise _too_much()

    def check(self, size: int) -> None:
        """Raises AnswerTooLarge if an answer may not have so many bytes."""
        if size > self._max_answer:
            raise AnswerTooLarge(
                f"The answer has more than the {self._max_answer} bytes that LICTOR_MAX_RESPONSE_BYTES allows:"
                " ask for fewer objects at once (`limit`)."
            )

    def try_take(self, size: int) -> bool:
        """Reserves room, if there is any, for a piece of any size."""
        with self._account.lock:
            if self._account.held + size > self._max_in_flight:
                return False
            self._account.held += size
        return True

    @asynccontextmanager
    async def room(self, size: int) -> AsyncIterator[None]:
        """Has room for a part of a long answer during the block; waits for it, as who does not read is cut off at last."""
        counted = min(size, self._max_in_flight) if size > COUNTED_BYTES else 0
        while counted and not self.try_take(counted):  # noqa: ASYNC110  # threads give, too
            await asyncio.sleep(ROOM_SECONDS)
        try:
            yield
        finally:
            self.give(counted)

    def give(self, size: int) -> None:
        """Frees what was taken."""
        with self._account.lock:
            self._account.held -= size
        if size >= TRIM_BYTES:
            _trim()


class Holding:
    """What one reader holds of a budget, until it releases it."""

    __slots__ = ("_budget", "_is_released", "_size")

    def __init__(self, budget: ByteBudget) -> None:
        self._budget = budget
        self._size = 0
        self._is_released = False

    def add(self, size: int) -> None:
        """Counts bytes that have arrived. Raises AnswerTooLarge, or Unavailable, also if nobody waits for them any more."""
        self._budget.check(self._size + size)
        if not self._budget.try_take(size):
            raise _too_much()
        self._size += size
        if self._is_released:  # meanwhile, by another thread than this one
            self.release()
            raise Unavailable("Service Unavailable: the request was given up.")

    def release(self) -> None:
        """Gives everything back."""
        self._is_released = True
        size, self._size = self._size, 0
        if size:
            self._budget.give(size)


def _too_much() -> Unavailable:
    return Unavailable("Service Unavailable: too many large answers wait for their clients to read them.")


def _c_library_trim() -> Callable[[int], int] | None:
    with suppress(OSError, TypeError, AttributeError):  # other C libraries have no such thing
        trim: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
        return trim
    return None


_malloc_trim = _c_library_trim()


def _trim() -> None:
    if _malloc_trim is not None:
        _malloc_trim(0)
