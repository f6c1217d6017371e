"""Services run as long as the server, whatever happens to them."""

import asyncio

from lictor.db.failures import DatabaseUnavailable
from lictor.services.runner import Service, running

SOON = 0.001


async def test_a_service_works_until_the_server_stops(db):
    worked = asyncio.Event()
    times = 0

    async def work(_) -> bool:
        nonlocal times
        times += 1
        if times == 3:
            worked.set()
        return False

    async with running([Service("three times", SOON, work)], db):
        await asyncio.wait_for(worked.wait(), 10)
    times_by_then = times
    await asyncio.sleep(10 * SOON)
    assert times == times_by_then


async def test_errors_do_not_end_a_service(db, caplog):
    worked = asyncio.Event()
    errors = [DatabaseUnavailable("gone"), ValueError("unforeseen")]

    async def work(_) -> bool:
        if errors:
            raise errors.pop(0)
        worked.set()
        return False

    async with running([Service("clumsy", SOON, work)], db):
        await asyncio.wait_for(worked.wait(), 10)
    assert [record.getMessage() for record in caplog.records if record.name == "lictor.services.runner"] == [
        "clumsy: gone",
        "clumsy failed",
    ]


async def test_while_there_is_more_to_do_there_is_no_pause(db):
    left = 1000
    done = asyncio.Event()

    async def work(_) -> bool:
        nonlocal left
        left -= 1
        if not left:
            done.set()
        return left > 0

    async with running([Service("busy", 0.5, work)], db):
        await asyncio.wait_for(done.wait(), 30)


async def test_what_is_under_way_may_end(db):
    begun, ended = asyncio.Event(), False

    async def work(_) -> bool:
        nonlocal ended
        begun.set()
        await asyncio.sleep(0.1)
        ended = True
        return False

    async with running([Service("slow", SOON, work)], db):
        await begun.wait()
    assert ended
