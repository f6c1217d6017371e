"""Servers whose pages a test fetches without a browser."""

from collections.abc import AsyncIterator

import httpx

from lictor.settings import Settings
from tests.serving import client_to, running


async def pages_of(settings: Settings, **groups: object) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose paths start at the root of a server with these settings."""
    async with running(settings.model_copy(update=groups)) as (app, _), client_to(app) as client:
        client.base_url = httpx.URL("http://localhost")
        yield client
