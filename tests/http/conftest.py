from collections.abc import AsyncIterator

import httpx
import pytest

from lictor.settings import Settings
from tests.http.things import router
from tests.serving import client_of


@pytest.fixture
async def things(unused_settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of those routes; they need no database."""
    async with client_of(unused_settings, [router]) as client:
        yield client


@pytest.fixture
async def stored_things(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of those routes, on each database."""
    async with client_of(settings, [router]) as client:
        yield client
