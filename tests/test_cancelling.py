import asyncio

import pytest

from lictor import cancelling
from lictor.cancelling import cancel


async def test_a_task_that_swallows_a_cancellation_is_cancelled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """As what waits in `asyncio.wait_for` on Python 3.11 may do."""
    monkeypatch.setattr(cancelling, "CANCEL_SECONDS", 0.05)
    swallowed = 0

    async def stubborn() -> None:
        nonlocal swallowed
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                swallowed += 1
                if swallowed == 3:
                    raise

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    await cancel(task)
    assert task.cancelled()


async def test_one_that_never_ends_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(cancelling, "CANCEL_SECONDS", 0.01)
    may_end = asyncio.Event()

    async def endless() -> None:
        while not may_end.is_set():
            try:
                await may_end.wait()
            except asyncio.CancelledError:
                continue

    task = asyncio.create_task(endless())
    await asyncio.sleep(0)
    await cancel(task)
    assert "A task goes on though it was cancelled" in caplog.text
    may_end.set()
    await task


async def test_errors_of_what_was_cancelled_are_nobodys_business() -> None:
    async def failing() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            raise ValueError

    task = asyncio.create_task(failing())
    await asyncio.sleep(0)
    await cancel(task)
    assert task.done()
