"""Variables, artifacts and logs by the real SDK and command line, against Lictor."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from . import servers
from .databases import Databases


@pytest.fixture(scope="module")
def lictor(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Server]:
    home = tmp_path_factory.mktemp(f"records-{databases.kind}")
    with servers.lictor_server(databases.create("sdk_records"), home) as server:
        yield server


def run(server: servers.Server, home: Path, command: Sequence[str | Path]) -> str:
    environment = servers.prefect_environment(home, api=server.url) | {
        "COLUMNS": "200",
        "PREFECT_LOGGING_LEVEL": "INFO",
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
    return done.stdout


def test_sdk_and_command_line(lictor: servers.Server, tmp_path: Path) -> None:
    script = Path(__file__).with_name("sdk_records.py")
    flow_run = json.loads(run(lictor, tmp_path, [servers.PREFECT_PYTHON, script]).splitlines()[-1])["flow_run"]

    def prefect(*arguments: str) -> str:
        return run(lictor, tmp_path, [servers.PREFECT, *arguments])

    assert "region" in prefect("variable", "ls")
    prefect("variable", "set", "region", "us", "--overwrite", "--tag", "test")
    assert prefect("variable", "get", "region").strip() == '"us"'
    inspected = json.loads(prefect("variable", "inspect", "region", "--output", "json"))
    assert (inspected["value"], inspected["tags"]) == ("us", ["test"])
    prefect("--no-prompt", "variable", "unset", "region")

    listed = prefect("artifact", "ls")
    assert {"link", "report", "numbers", "progress"} <= set(listed.split())
    inspected = json.loads(prefect("artifact", "inspect", "report", "--output", "json"))
    assert [artifact["data"] for artifact in inspected] == ["# Two", "# One"]
    prefect("--no-prompt", "artifact", "delete", "report")
    assert "report" not in prefect("artifact", "ls").split()

    assert "an error" in prefect("flow-run", "logs", flow_run, "--head", "--num-logs", "50")
