"""How long the event loop stands still at worst."""

import asyncio

PROBE_SECONDS = 0.05
WINDOW_SECONDS = 30.0


class LoopLag:
    """Wakes twenty times a second, and notes how late it was woken."""

    def __init__(self) -> None:
        self._worst = 0.0
        self._worst_before = 0.0
        self._window_ends = 0.0

    def start(self) -> None:
        """To be called within the event loop that is watched."""
        loop = asyncio.get_running_loop()
        self._window_ends = loop.time() + WINDOW_SECONDS
        self._expect(loop)

    def _expect(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.call_later(PROBE_SECONDS, self._wake, loop, loop.time() + PROBE_SECONDS)

    def _wake(self, loop: asyncio.AbstractEventLoop, expected: float) -> None:
        now = loop.time()
        if now > self._window_ends:
            self._worst_before, self._worst = self._worst, 0.0
            self._window_ends = now + WINDOW_SECONDS
        self._worst = max(self._worst, now - expected)
        self._expect(loop)

    @property
    def worst_seconds(self) -> float:
        """The worst of the last half minute to minute."""
        return max(self._worst, self._worst_before)
