"""`lictor import` as a user runs it."""

import os
import pty
import signal
import sqlite3
import subprocess
from contextlib import closing, suppress
from pathlib import Path

import httpx
import pytest

from lictor.db.ids import uuid7
from tests.cli.running import LICTOR, environment, lictor, running_server
from tests.transfer.prefect import NEWEST, NOON, Prefect

RUNS = 12_000


@pytest.fixture
async def source(tmp_path) -> str:
    """The path of a database of Prefect's with a little history."""
    prefect = Prefect("sqlite", f"sqlite:///{tmp_path / 'prefect.db'}")
    await prefect.create_tables(NEWEST["sqlite"])
    run = await prefect.run("flow", flow_id=await prefect.add("flow", name="f"))
    await prefect.run("task", flow_run_id=run)
    await prefect.add("agent", name="smith")
    return str(tmp_path / "prefect.db")


def test_it_tells_what_it_did(source, tmp_path, database_url):
    done = lictor("import", source, "--to", database_url, home=tmp_path)

    assert done.returncode == 0, done.stderr
    told = [line.split() for line in done.stdout.splitlines()]
    assert ["flow_run", "1", "1", "0", "0", "0", "1"] in told
    assert ["task_run_state", "1", "1", "0", "0", "0", "1"] in told
    assert "Not brought over, because this version of Lictor has no place for them: agent (1)" in done.stdout
    assert "5 rows in the source" in done.stderr


def test_it_imports_into_the_database_of_the_settings(source, tmp_path):
    done = lictor("import", source, home=tmp_path)
    assert done.returncode == 0, done.stderr
    with closing(sqlite3.connect(tmp_path / "lictor.db")) as target:
        assert target.execute("SELECT count(*) FROM task_run").fetchone() == (1,)


async def test_it_names_what_it_left_out(source, tmp_path):
    prefect = Prefect("sqlite", f"sqlite:///{source}")
    lost = [str(await prefect.run("flow", flow_id=uuid7())) for _ in range(4)]

    done = lictor("import", source, home=tmp_path)

    assert done.returncode == 0, done.stderr
    first = ", ".join(sorted(lost)[:3])
    assert f"Left out of flow_run: 4 rows: flow_id names no flow ({first}, ...)" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["/nowhere.db"], "There is no file /nowhere.db.", id="no source"),
        pytest.param(["{source}", "--to", "oracle://x"], "must start with sqlite:// or postgresql://", id="no target"),
        pytest.param(["{source}", "--to", "sqlite:///{source}"], "is the source and the target", id="itself"),
    ],
)
def test_a_refusal_is_one_line(source, tmp_path, arguments, said):
    done = lictor("import", *(argument.format(source=source) for argument in arguments), home=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert said in line


async def test_a_version_that_is_not_known_is_tried_only_if_asked(source, tmp_path):
    await Prefect("sqlite", f"sqlite:///{source}").execute("UPDATE alembic_version SET version_num = '0123456789ab'")

    refused = lictor("import", source, home=tmp_path)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "`--assume-version`" in refused.stderr

    done = lictor("import", source, "--assume-version", home=tmp_path)
    assert done.returncode == 0, done.stderr
    with closing(sqlite3.connect(tmp_path / "lictor.db")) as target:
        assert target.execute("SELECT count(*) FROM task_run").fetchone() == (1,)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        pytest.param(signal.SIGINT, 130, id="Ctrl-C"),
        pytest.param(signal.SIGTERM, 143, id="told to stop"),
        pytest.param(signal.SIGKILL, -9, id="killed"),
    ],
)
def test_an_import_that_is_stopped_goes_on_next_time(source, tmp_path, database_url, number, code):
    fill(source)
    arguments = [LICTOR, "import", source, "--to", database_url]
    # Whoever runs the tests in the background may have them ignore Ctrl-C, and what they start with them.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(arguments, env=environment(tmp_path), stderr=subprocess.PIPE, text=True)
    signal.signal(signal.SIGINT, before)
    assert process.stderr
    assert "rows in the source" in process.stderr.readline()
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == code
    assert "Traceback" not in said
    if number is not signal.SIGKILL:
        assert said.splitlines()[-1].startswith("Interrupted. What came over so far stays")

    done = lictor(*arguments[1:], home=tmp_path)

    assert done.returncode == 0, done.stderr
    (told,) = [line.split() for line in done.stdout.splitlines() if line.startswith("task_run ")]
    assert (told[1], told[-1]) == (f"{RUNS + 1:,}", f"{RUNS + 1:,}")


def fill(file: str) -> None:
    moment = f"{NOON:%Y-%m-%d %H:%M:%S}.000000"
    rows = [(str(uuid7()), moment, moment, f"task-{number}", str(number)) for number in range(RUNS)]
    with closing(sqlite3.connect(Path(file))) as connection, connection:
        connection.executemany(
            "INSERT INTO task_run (id, created, updated, name, run_count, total_run_time, empirical_policy, tags,"
            " task_key, dynamic_key, flow_run_run_count, task_inputs)"
            " VALUES (?, ?, ?, ?, 0, '1970-01-01 00:00:00.000000', '{}', '[]', 't', ?, 0, '{}')",
            rows,
        )


def test_on_a_terminal_a_bar_shows_how_far_it_is(source, tmp_path):
    ours, theirs = pty.openpty()
    arguments = [LICTOR, "import", source]
    terminal = environment(tmp_path, TERM="xterm", COLUMNS="100")
    shown = b""
    with subprocess.Popen(arguments, env=terminal, stderr=theirs, stdout=subprocess.DEVNULL) as process:
        os.close(theirs)
        with suppress(OSError):  # a terminal that nobody writes to any more ends in an error
            while part := os.read(ours, 4096):
                shown += part
        assert process.wait(timeout=60) == 0
    os.close(ours)
    assert b"5/5" in shown
    assert b"rows/s" in shown


def test_a_server_on_the_target_goes_on_answering(source, tmp_path, database_url):
    fill(source)
    variables = {"PREFECT_API_DATABASE_CONNECTION_URL": database_url}
    with running_server(home=tmp_path, **variables) as server, httpx.Client(base_url=server.url, timeout=30) as client:
        arguments = [LICTOR, "import", source, "--to", database_url]
        with subprocess.Popen(arguments, env=environment(tmp_path), stdout=subprocess.DEVNULL) as process:
            made = 0
            while process.poll() is None:
                assert client.post("/flows/", json={"name": f"flow-{made}"}).status_code == 201
                assert client.post("/task_runs/count", json={}).status_code == 200
                made += 1
        assert process.returncode == 0
        assert client.post("/task_runs/count", json={}).json() == RUNS + 1
        assert client.post("/flows/count", json={}).json() == made + 1
