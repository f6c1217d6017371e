import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lictor.db.migrations import HEAD, REVISIONS
from lictor.resources.runs.derived_tables import DERIVED_TABLES
from tests.cli.running import client, environment, lictor, running_server

ROOT = Path(__file__).parents[2]


@pytest.fixture
def command(empty_database_url, tmp_path):
    def run(*arguments: str, **how: str) -> subprocess.CompletedProcess[str]:
        url = {"PREFECT_SERVER_DATABASE_CONNECTION_URL": empty_database_url}
        return lictor("database", *arguments, home=tmp_path, **url, **how)

    return run


def test_up_and_down(command):
    assert f"is at {HEAD}." in command("upgrade").stdout
    assert "is at base" in command("downgrade", "base", "--yes").stdout
    assert f"is at {REVISIONS[0]}." in command("upgrade", "+1").stdout
    assert "is at base" in command("stamp", "base").stdout


@pytest.mark.parametrize("arguments", [["reset"], ["downgrade"]])
def test_what_destroys_needs_a_yes(command, arguments):
    command("upgrade")
    refused = command(*arguments)
    assert refused.returncode == 1
    assert "--yes" in refused.stderr
    assert command(*arguments, "--yes").returncode == 0


def test_reset_leaves_an_empty_database(empty_database_url, tmp_path):
    variables = {"PREFECT_SERVER_DATABASE_CONNECTION_URL": empty_database_url}
    with running_server(home=tmp_path, **variables) as server, client(server) as api:
        api.post("/flows/", json={"name": "gone"}).raise_for_status()
    assert lictor("database", "reset", "-y", home=tmp_path, **variables).returncode == 0
    with running_server(home=tmp_path, **variables) as server, client(server) as api:
        assert api.post("/flows/count", json={}).json() == 0


def test_an_unknown_revision_is_one_line(command):
    refused = command("upgrade", "9999")
    assert refused.returncode == 1
    assert "9999" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_a_revision_is_numbered_and_finds_no_difference_to_the_code(empty_database_url, tmp_path):
    shutil.copytree(ROOT / "src", tmp_path / "src")
    shutil.copytree(ROOT / "migrations", tmp_path / "migrations")
    variables = environment(
        tmp_path, PYTHONPATH=str(tmp_path / "src"), PREFECT_SERVER_DATABASE_CONNECTION_URL=empty_database_url
    )

    def run(*arguments: str) -> str:
        command = [sys.executable, "-W", "ignore", "-m", "lictor.cli", "database", *arguments]
        return subprocess.run(command, env=variables, capture_output=True, text=True, check=True).stdout

    run("upgrade")
    number = f"{int(HEAD) + 1:04}"
    assert f"{number}_add_a_thing.py" in run("revision", "add a thing")
    written = (tmp_path / "migrations" / "versions" / f"{number}_add_a_thing.py").read_text()
    assert f'down_revision = "{HEAD}"' in written.replace("'", '"')
    assert "op." not in written
    assert f"is at {number}." in run("upgrade")


def test_check_compares_every_derived_table(command):
    found = command("check").stdout
    assert found.count("all rows are right") == len(DERIVED_TABLES) == 5
    assert "task_run by name: all rows are right" in found
