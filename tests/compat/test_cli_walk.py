"""Every command of Prefect's CLI, by the list that it gives itself: none fails whose own work succeeds, and none asks in vain."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from . import sdk, servers
from .cli_steps import ELSEWHERE, FILES, STEPS
from .conftest import PERSISTING, subject_server
from .databases import open_databases

Json = Any

WALK = sdk.SCRIPTS / "walk.py"
SETTINGS = {"BROWSER": "true", "PREFECT_LOGGING_LEVEL": "INFO", "PREFECT_CLIENT_CSRF_SUPPORT_ENABLED": "false"}
INTERRUPTED = {0, 1, 130}
"""The exit codes of a command that goes on until it is interrupted, which depend on where it is just then."""


def _walk(home: Path, environment: dict[str, str], *arguments: str) -> Json:
    done = subprocess.run(
        [servers.PREFECT_PYTHON, WALK, *arguments],
        check=False,
        env=environment,
        cwd=home,
        capture_output=True,
        text=True,
        timeout=2 * sdk.TIMEOUT_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Json]]:
    """What each step did, on SQLite: what a route answers does not depend on the database, and other tests compare it."""
    folder = tmp_path_factory.mktemp("walk")
    for name in ("server", "client", "kitchen"):
        (folder / name).mkdir()
    for name, text in FILES.items():
        (folder / "kitchen" / name).write_text(text)
    steps = folder / "steps.json"
    steps.write_text(json.dumps([step.plain() for step in STEPS]))
    with (
        open_databases("sqlite", folder / "databases") as databases,
        subject_server(databases.create("walk"), folder / "server", PERSISTING) as server,
    ):
        profiles = "\n".join(f'[profiles.{name}]\nPREFECT_API_URL = "{server.url}"' for name in ("here", "there"))
        (folder / "client" / "profiles.toml").write_text(f'active = "here"\n{profiles}\n')
        settings = {**SETTINGS, "PREFECT_UI_URL": server.url}
        yield _walk(folder / "kitchen", sdk.environment(server, folder / "client", settings), str(steps))


def test_every_command_is_walked(tmp_path: Path) -> None:
    """Prefect's next release may bring commands: each must be in the walk, or ask nothing of a server."""
    commands = _walk(tmp_path, servers.prefect_environment(tmp_path))
    taken = [" ".join(step.command) for step in STEPS]
    unknown = [names for names in commands if not any(map(_is_elsewhere, names)) and not _among(names, taken)]
    assert not unknown, "neither in STEPS nor in ELSEWHERE"
    names = [name for names in commands for name in names]
    stale = [part for part in ELSEWHERE if not _among([part], names)]
    assert not stale, "ELSEWHERE names what the CLI has not"
    assert len(commands) > 100


def _is_elsewhere(name: str) -> bool:
    return any(name == part or name.startswith(f"{part} ") for part in ELSEWHERE)


def _among(names: list[str], commands: list[str]) -> bool:
    return any(f"{command} ".startswith(f"{name} ") for name in names for command in commands)


@pytest.mark.parametrize("number", range(len(STEPS)), ids=lambda number: " ".join(STEPS[number].command)[:60])
def test_a_command_does_its_work(walked: list[Json], number: int) -> None:
    step, done = STEPS[number], walked[number]
    codes = INTERRUPTED if step.beside else {step.code}
    assert done["code"] in codes, f"{done['printed']}\n{done['requests']}"
    assert step.says in done["printed"], done["requests"]
    assert _missing(done["requests"]) == set(step.missing)
    assert not [each for each in done["requests"] if each[2] >= 500 or each[2] == 405]


def _missing(requests: list[tuple[str, str, int]]) -> set[str]:
    paths = {f"{method} {path}" for method, path, status in requests if status == 404}
    return {re.sub(r"/checksum/.*", "/checksum/{checksum}", path) for path in paths}
