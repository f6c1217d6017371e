from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

import pytest

from lictor.settings import ServerSettings
from tests.databases import DIALECTS, Clone, settings_for
from tests.robustness.server import Server, serving

Serve = Callable[[str], AbstractContextManager[Server]]


@pytest.fixture(scope="module")
def serve(clones: Callable[[str], Clone]) -> Serve:
    """What starts a server on a kind of database."""
    explaining = ServerSettings(explain_enabled=True)

    @contextmanager
    def start(dialect: str) -> Iterator[Server]:
        with clones(dialect)() as url, serving(settings_for(url, server=explaining)) as server:
            yield server

    return start


@pytest.fixture(scope="module", params=DIALECTS)
def server(request: pytest.FixtureRequest, serve: Serve) -> Iterator[Server]:
    """A server for all tests of a module, which leave its world as it was."""
    with serve(request.param) as server:
        yield server


@pytest.fixture(scope="module")
def servers(serve: Serve) -> Iterator[dict[str, Server]]:
    """A server on each database, as `server` is: for requests that take longer to make up than to answer."""
    with ExitStack() as stack:
        yield {dialect: stack.enter_context(serve(dialect)) for dialect in DIALECTS}
