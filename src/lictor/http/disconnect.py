"""Clients that hang up before they are answered."""

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Self

from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.types import Message, Receive

PATIENCE_SECONDS = 0.1
"""Seconds before anybody asks whether the client is still there. Most answers have left by then."""


def is_gone(connection: HTTPConnection) -> bool:
    """Whether the client has hung up already. To be called when the body was read."""
    receive: Receive | None = getattr(connection, "receive", None)
    while receive is not None and (message := _next_message(receive)) is not None:
        if message["type"] == "http.disconnect":
            return True
    return False


def refuse_if_gone(connection: HTTPConnection) -> None:
    """Raises ClientDisconnect if the client has hung up already. To be called when the body was read."""
    if is_gone(connection):
        raise ClientDisconnect


def _next_message(receive: Receive) -> Message | None:
    """What there is to receive without waiting."""
    receiving = receive()
    assert isinstance(receiving, Coroutine)
    try:
        receiving.send(None)
    except StopIteration as ended:
        message: Message = ended.value
        return message
    finally:
        receiving.close()
    return None


class CancelOnDisconnect:
    """What is done in this block is given up when the client hangs up, with its statement in the database.

    To be entered when the body was read, and by what changes nothing: a client that is gone may have left it to us to
    finish what it asked for.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._watcher: asyncio.Task[None] | None = None
        self._is_gone = False

    def __enter__(self) -> Self:
        self._task = asyncio.current_task()
        self._timer = asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._watch)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self._watcher is not None:
            self._watcher.cancel()
        if self._is_gone and isinstance(error, asyncio.CancelledError):
            assert self._task is not None
            if self._task.uncancel() == 0:  # else somebody else wants it to end, too
                raise ClientDisconnect from error

    def _watch(self) -> None:
        self._watcher = asyncio.create_task(self._give_up())

    async def _give_up(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        assert self._task is not None
        self._is_gone = True
        self._task.cancel()
