"""Counts the bytes that PostgreSQL sends, before the driver makes rows of them."""

import asyncio
import gc
from typing import Any

from lictor.db.byte_budget import COUNTED_BYTES, Holding
from lictor.errors import RequestError

COLLECT_SECONDS = 0.5
"""The driver's connection and protocol refer to each other, and keep the rows of an answer that was cut off: the collector,
which rarely comes by, is called so long after it."""


class MeteredProtocol(asyncio.Protocol):
    """Stands between a connection of asyncpg and its transport.

    The driver reads an answer to its end, however long it is, and has no limit of its own. What goes past the budget
    ends the connection: to read the rest and throw it away would take as long.
    """

    def __init__(self, connection: Any) -> None:
        self.refusal: RequestError | None = None
        """Why the connection was ended, if it was."""
        self._connection = connection
        self._driver: asyncio.Protocol = connection._protocol
        self._holding: Holding | None = None
        self._uncounted = 0
        connection._transport.set_protocol(self)

    def begin(self, holding: Holding | None) -> None:
        """Counts what arrives from now on for a reader; for none, it is not counted."""
        self._holding = holding
        self._uncounted = 0

    def data_received(self, data: bytes) -> None:
        self._uncounted += len(data)
        if self._uncounted >= COUNTED_BYTES and self._holding is not None and not self._has_room(self._holding):
            return
        self._driver.data_received(data)

    def _has_room(self, holding: Holding) -> bool:
        try:
            holding.add(self._uncounted)
        except RequestError as error:
            self.refusal = error
            self._connection.terminate()
            asyncio.get_running_loop().call_later(COLLECT_SECONDS, gc.collect)
            return False
        self._uncounted = 0
        return True

    def eof_received(self) -> bool | None:
        return self._driver.eof_received()

    def connection_lost(self, error: Exception | None) -> None:
        self._driver.connection_lost(error)

    def pause_writing(self) -> None:
        self._driver.pause_writing()

    def resume_writing(self) -> None:
        self._driver.resume_writing()
