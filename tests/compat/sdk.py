"""Programs of a user: scripts that use the real SDK, and Prefect's CLI, each in processes of their own.

A script lies in `scripts/`, is run by Prefect's Python, and prints what it found as JSON in its last line.
"""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import servers

SCRIPTS = Path(__file__).with_name("scripts")
TIMEOUT_SECONDS = 240
NO_MORE: Mapping[str, str] = {}

HEARD = {
    "too short": "gave up",
    "events": [["pot.filled", "flow-run", False], ["pot.boiled", "flow-run", True]],
    "warnings": ["water boils"],
    "ended": ["Completed", "Failed"],
    "again": "Failed",
}
"""What `scripts/streams.py` finds."""


def environment(server: servers.Server, home: Path, settings: Mapping[str, str] = NO_MORE) -> dict[str, str]:
    """The environment of a client of a server, which keeps all that it writes in its home."""
    return servers.prefect_environment(home, api=server.url) | {"COLUMNS": "300"} | settings


def run(
    server: servers.Server,
    home: Path,
    name: str,
    *arguments: str,
    settings: Mapping[str, str] = NO_MORE,
    python: Path = servers.PREFECT_PYTHON,
) -> Any:
    """Runs a script to its end; what it printed last."""
    done = subprocess.run(
        [python, SCRIPTS / f"{name}.py", *arguments],
        check=False,
        env=environment(server, home, settings),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    assert done.returncode == 0, f"{name} {arguments} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return json.loads(done.stdout.splitlines()[-1])


@contextmanager
def running(
    server: servers.Server,
    home: Path,
    name: str,
    *arguments: str,
    settings: Mapping[str, str] = NO_MORE,
    python: Path = servers.PREFECT_PYTHON,
) -> Iterator["subprocess.Popen[bytes]"]:
    """A script at work, in a process group of its own; killed at the end of the block."""
    process = subprocess.Popen(
        [python, SCRIPTS / f"{name}.py", *arguments],
        env=environment(server, home, settings),
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        kill(process)


def kill(process: "subprocess.Popen[bytes]") -> None:
    """Ends a script and all that it started, at once, as a machine that fails would."""
    if process.poll() is None:
        os.killpg(process.pid, 9)
    process.wait()


def cli(
    server: servers.Server, home: Path, *commands: Sequence[str], directory: Path | None = None
) -> list[tuple[int, str]]:
    """The exit code of each command of Prefect's CLI, and what it printed; all in one process, which saves seconds."""
    done = subprocess.run(
        [servers.PREFECT_PYTHON, SCRIPTS / "cli.py"],
        check=True,
        cwd=directory,
        env=environment(server, home),
        input=json.dumps(commands),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    return [(code, text) for code, text in json.loads(done.stdout.splitlines()[-1])]
