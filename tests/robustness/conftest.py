from collections.abc import Callable, Iterator

import pytest

from lictor.settings import ServerSettings
from tests.conftest import DIALECTS, Clone, settings_for
from tests.robustness.server import Server, serving


@pytest.fixture(scope="module", params=DIALECTS)
def server(request: pytest.FixtureRequest, clones: Callable[[str], Clone]) -> Iterator[Server]:
    """A server for all tests of a module, which leave its world as it was."""
    explaining = ServerSettings(explain_enabled=True)
    with clones(request.param)() as url, serving(settings_for(url, server=explaining)) as server:
        yield server
