"""Connections to read on."""

import asyncio

import pytest
import sqlalchemy as sa

from lictor.db import lanes
from lictor.db.engine import ReadLane, open_database
from lictor.settings import DatabaseSettings


async def connections(read: ReadLane, at_once: int) -> set[int]:
    """Which processes of the server answer so many statements at the same time."""

    async def ask() -> int:
        number: int = await read.scalar(
            sa.select(sa.literal_column("pg_backend_pid()")).select_from(sa.text("pg_sleep(0.1)"))
        )
        return number

    return set(await asyncio.gather(*(ask() for _ in range(at_once))))


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_connections_stay_open_between_bursts_and_not_for_ever(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = DatabaseSettings(connection_url=database_url, pool_size=1, max_overflow=3)
    async with open_database(settings) as db:
        first = await connections(db.read, 4)
        assert len(first) == 4
        assert await connections(db.read, 4) == first
    monkeypatch.setattr(lanes, "IDLE", 0.2)
    async with open_database(settings) as db:
        first = await connections(db.read, 4)
        (latest,) = await connections(db.read, 1)
        await asyncio.sleep(0.8)
        assert await connections(db.read, 4) & first == {latest}
