"""The real SDK against a server that asks for a password and for CSRF tokens, websockets included."""

from pathlib import Path

import httpx
import pytest

from . import sdk, servers
from .databases import Databases
from .servers import PROTECTED

PASSWORD = PROTECTED["PREFECT_SERVER_API_AUTH_STRING"]


def test_a_flow_runs_with_the_password_and_not_without(databases: Databases, tmp_path: Path) -> None:
    with servers.lictor_server(databases.create("guarded"), tmp_path / "server", PROTECTED) as server:
        knows = {"PREFECT_API_AUTH_STRING": PASSWORD}
        found = sdk.run(server, tmp_path / "client", "guarded", settings=knows)
        assert found == {"result": 2, "task_runs": ["Completed", "Completed"]}
        assert sdk.run(server, tmp_path / "listener", "streams", settings=knows) == sdk.HEARD
        with pytest.raises(AssertionError, match="401"):
            sdk.run(server, tmp_path / "stranger", "guarded")
        assert httpx.get(f"{server.url}/health").json() is True
        assert httpx.get(f"{server.url}/ready").is_success
