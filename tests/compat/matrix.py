"""Older clients, and the newest, against Lictor: `make compat-matrix` prints which work, and writes it into docs/compatibility.md.

Each version of Prefect has an environment of its own, `.venv-prefect-VERSION`, made on the first run.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from . import sdk, servers
from .databases import Databases, open_databases

VERSIONS = {"3.0.11": ("pydantic<2.10",), "3.2.15": (), "3.4.25": (), "3.6.29": (), "3.8.8": (), "3.9.1": ()}
"""Each with what it needs in an older version than it says."""
PAGE = servers.ROOT / "docs" / "compatibility.md"
BEGIN, END = "<!-- clients -->", "<!-- /clients -->"
LONGEST_WAIT = 60


def flows(server: servers.Server, home: Path, python: Path) -> str | None:
    """Flows, subflows, mapped and asynchronous tasks, retries, caching, logs: what is not as it must be."""
    expected = {
        "flow_runs": ["Completed 1", "Completed 1", "Failed 2"],
        "task_runs": {"Cached": 1, "Completed": 7},
        "attempts": 2,
        "said": True,
    }
    found = sdk.run(server, home, "basics", python=python, settings={"PREFECT_LOGGING_LEVEL": "INFO"})
    return None if found == expected else json.dumps(found)


def background(server: servers.Server, home: Path, python: Path) -> str | None:
    """Background tasks and a task worker: what is not as it must be."""
    with sdk.running(server, home, "background", "serve", python=python):
        ids = sdk.run(server, home, "background", "delay", "1", "2", python=python)
        ids += sdk.run(server, home, "background", "others", python=python)
        body = {"task_runs": {"id": {"any_": ids}}}
        end = time.monotonic() + LONGEST_WAIT
        while time.monotonic() < end:
            states = [run["state"]["type"] for run in httpx.post(f"{server.url}/task_runs/filter", json=body).json()]
            if states == ["COMPLETED"] * 4:
                return None
            time.sleep(0.5)
    return ", ".join(states)


def policies(server: servers.Server, home: Path, python: Path) -> str | None:
    """Flow run notification policies: what is not as it must be."""
    expected = {
        "made": [[["Completed"], ["watched"], "{flow_run_name}"]],
        "firings": 1,
        "changed": [[["Completed"], ["watched"], "{flow_name}"]],
        "gone": True,
    }
    found = sdk.run(server, home, "policies", python=python)
    return None if found == expected else json.dumps(found)


CHECKS: dict[str, Callable[[servers.Server, Path, Path], str | None]] = {
    "flows, tasks, logs": flows,
    "background tasks": background,
    "flow run notification policies": policies,
}
KNOWN_TO = {"flow run notification policies": ("3.0.", "3.2.")}
"""What later clients have no more."""


def python_of(version: str) -> Path:
    """The Python of an environment with this version of Prefect."""
    folder = servers.ROOT / f".venv-prefect-{version}"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        # Older pips try hundreds of versions of what Prefect needs.
        for packages in (("pip>=25",), (f"prefect=={version}", *VERSIONS[version])):
            subprocess.run([python, "-m", "pip", "install", "--quiet", "--upgrade", *packages], check=True)
        (folder / "ready").touch()
    return python


def outcome(check: Callable[..., str | None], *arguments: Any) -> str:
    try:
        fault = check(*arguments)
    except (AssertionError, subprocess.TimeoutExpired) as error:
        fault = str(error)
    return "works" if fault is None else f"fails: {fault.splitlines()[-1][:100]}"


def results(databases: Databases, home: Path) -> list[list[str]]:
    rows = []
    for version in VERSIONS:
        python = python_of(version)
        with servers.lictor_server(databases.create(f"v{version.replace('.', '_')}"), home / version) as server:
            for name, check in CHECKS.items():
                if not version.startswith(KNOWN_TO.get(name, "")):
                    continue
                rows.append(
                    [version, databases.kind, name, outcome(check, server, home / f"{version}-{name[:5]}", python)]
                )
                print(" | ".join(rows[-1]), flush=True)
    return rows


def main() -> int:
    rows = []
    with TemporaryDirectory() as folder:
        for kind in ("sqlite", "postgresql"):
            with open_databases(kind, Path(folder) / kind) as databases:
                rows += results(databases, Path(folder) / f"{kind}-homes")
    table = "\n".join(f"| {' | '.join(row)} |" for row in [["Client", "Database", "What", ""], ["---"] * 4, *rows])
    text = PAGE.read_text()
    start, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    PAGE.write_text(f"{text[:start]}\n\n{table}\n\n{text[end:]}")
    return int(any(row[-1] != "works" for row in rows))


if __name__ == "__main__":
    sys.exit(main())
