from collections.abc import AsyncIterator

import pytest

from lictor.settings import ServerSettings, Settings
from tests.ui.browser import Site, site_of

PREFIXES = {"sqlite": "", "postgresql": "/a/sub/path"}
"""Each database is looked at by another address: at the root, and behind a proxy that strips a prefix."""


@pytest.fixture
def prefix(dialect: str) -> str:
    return PREFIXES[dialect]


@pytest.fixture
async def site(settings: Settings, prefix: str) -> AsyncIterator[Site]:
    """A browser on a server over the test's database. No test may leave an error in the browser's console."""
    explaining = settings.model_copy(update={"server": ServerSettings(explain_enabled=True)})
    async with site_of(explaining, prefix) as site:
        yield site
    assert site.problems == []
