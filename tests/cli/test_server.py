import json
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from lictor.db.migrations import VERSION_TABLE
from tests.cli.running import LICTOR, client, environment, lictor, running_server


def test_it_makes_its_database_says_where_it_listens_and_answers(empty_database_url, tmp_path):
    with running_server(home=tmp_path, PREFECT_API_DATABASE_CONNECTION_URL=empty_database_url) as server:
        assert "listens on 127.0.0.1, port " in server.greeting
        with client(server) as api:
            assert api.get("/health").json() is True
            assert api.post("/task_runs/filter", json={}).json() == []


@pytest.mark.parametrize(
    ("number", "workers"),
    [
        pytest.param(signal.SIGINT, "1", id="Ctrl-C"),
        pytest.param(signal.SIGTERM, "1", id="terminated"),
        pytest.param(signal.SIGTERM, "2", id="terminated, several processes"),
    ],
)
def test_it_stops_when_told(tmp_path, number, workers):
    with running_server("--workers", workers, home=tmp_path) as server:
        with client(server) as api:
            assert api.get("/health").json() is True
        assert server.stop(number) == (0, "")


ASK = b"GET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\n"


def test_a_request_that_arrives_with_the_signal_is_answered_and_not_reset(tmp_path):
    """The connection was idle; what the client had sent was not read yet when the server was told to stop."""
    with running_server(home=tmp_path) as server:
        address = urlsplit(server.url)
        with socket.create_connection((address.hostname, address.port), timeout=60) as line:
            line.sendall(ASK)
            first = b""
            while not first.endswith(b"true"):
                first += line.recv(65536)
            server.process.send_signal(signal.SIGSTOP)
            server.process.send_signal(signal.SIGTERM)
            line.sendall(ASK)
            server.process.send_signal(signal.SIGCONT)
            answer = line.makefile("rb").read()
        assert answer.startswith(b"HTTP/1.1 200 "), answer
        assert server.process.wait(timeout=60) == 0


def test_several_processes_that_stop_take_no_connection_that_nobody_answers(tmp_path):
    with running_server("--workers", "2", home=tmp_path) as server:
        address = urlsplit(server.url)
        with socket.create_connection((address.hostname, address.port), timeout=60) as busy:
            busy.sendall(b"POST /api/flows/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
            with client(server) as api:
                assert api.get("/health").json() is True
            server.process.send_signal(signal.SIGTERM)
            while server.process.poll() is None:
                try:
                    with socket.create_connection((address.hostname, address.port), timeout=60) as late:
                        late.sendall(ASK)
                        assert late.recv(100).startswith(b"HTTP/1.1 200 ")
                except ConnectionError:  # refused: nobody takes it for a server any more
                    break
            else:
                pytest.fail("connections were taken until the end")
            assert busy.recv(100).startswith(b"HTTP/1.1 503 "), "who was being answered has an answer"
        assert server.process.wait(timeout=60) == 0


def test_a_request_in_flight_is_answered_and_what_it_wrote_is_kept(empty_database_url, tmp_path):
    variables = {"PREFECT_API_DATABASE_CONNECTION_URL": empty_database_url}
    with running_server(home=tmp_path, **variables) as server:
        address = urlsplit(server.url)
        body = json.dumps({"name": "in-flight"}).encode()
        with socket.create_connection((address.hostname, address.port)) as line:
            line.sendall(
                b"POST /api/flows/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n%s" % (len(body), body[:5])
            )
            with client(server) as api:
                assert api.get("/health").json() is True  # so the server has seen the other request's beginning
            server.process.send_signal(signal.SIGTERM)
            with pytest.raises(subprocess.TimeoutExpired):
                server.process.wait(timeout=1)
            line.sendall(body[5:])
            answer = line.makefile("rb").read()
        assert answer.startswith(b"HTTP/1.1 201 "), answer
        assert server.process.wait(timeout=60) == 0
    with running_server(home=tmp_path, **variables) as server, client(server) as api:
        assert api.get("/flows/name/in-flight").status_code == 200


def test_a_second_start_finds_everything(empty_database_url, tmp_path):
    variables = {"PREFECT_API_DATABASE_CONNECTION_URL": empty_database_url}
    for status in (201, 200):
        with running_server(home=tmp_path, **variables) as server, client(server) as api:
            assert api.post("/flows/", json={"name": "kept"}).status_code == status


def refusal(*arguments: str, home: Path, **variables: str) -> str:
    """The one line that a server says that does not start."""
    ended = lictor("server", "start", *arguments, home=home, **variables)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1, ended.stderr
    return ended.stderr


class TestItSaysInOneLineWhyItCannotStart:
    def test_a_port_in_use(self, tmp_path):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            assert f"Port {port} of 127.0.0.1 is in use" in refusal("--port", port, home=tmp_path)

    def test_an_address_that_is_not_this_machines(self, tmp_path):
        assert "Cannot listen on 192.0.2.1" in refusal("--host", "192.0.2.1", home=tmp_path)

    def test_a_host_that_nobody_knows(self, tmp_path):
        assert "Cannot listen on nowhere.invalid" in refusal("--host", "nowhere.invalid", home=tmp_path)

    def test_a_database_server_that_is_not_there(self, tmp_path):
        url = "postgresql://someone:secret@127.0.0.1:1/lictor"
        said = refusal("--port", "0", home=tmp_path, PREFECT_API_DATABASE_CONNECTION_URL=url)
        assert "postgresql://someone:***@127.0.0.1:1/lictor cannot be used" in said

    def test_a_url_that_is_none(self, tmp_path):
        said = refusal("--port", "0", home=tmp_path, PREFECT_API_DATABASE_CONNECTION_URL="postgresql://:::")
        assert "CONNECTION_URL: is not the URL of a database" in said

    def test_a_database_newer_than_the_code(self, tmp_path):
        with sqlite3.connect(tmp_path / "lictor.db") as connection:
            connection.execute(f"CREATE TABLE {VERSION_TABLE} (version_num TEXT)")
            connection.execute(f"INSERT INTO {VERSION_TABLE} VALUES ('7777')")
        connection.close()
        assert "newer than this Lictor" in refusal("--port", "0", home=tmp_path)

    def test_a_database_that_is_not_ours(self, tmp_path):
        with sqlite3.connect(tmp_path / "lictor.db") as connection:
            connection.execute("CREATE TABLE customer (name TEXT)")
        connection.close()
        assert "tables that are not Lictor's" in refusal("--port", "0", home=tmp_path)

    def test_a_setting_that_cannot_be(self, tmp_path):
        said = refusal("--port", "0", home=tmp_path, PREFECT_API_DEFAULT_LIMIT="many")
        assert said.startswith("PREFECT_API_DEFAULT_LIMIT: ")

    def test_a_database_that_cannot_be_written(self, tmp_path):
        """As one on a read-only file system: here no file may grow."""
        with running_server(home=tmp_path, PREFECT_SERVER_REGISTER_BLOCKS_ON_START="false"):
            pass
        ended = subprocess.run(
            [LICTOR, "server", "start", "--port", "0"],
            env=environment(tmp_path),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)),
        )
        assert (ended.returncode, ended.stderr.count("\n")) == (1, 1), ended.stderr
        assert "cannot be written: " in ended.stderr

    def test_an_option_that_cannot_be(self, tmp_path):
        assert refusal("--log-level", "loud", home=tmp_path).startswith("PREFECT_SERVER_LOGGING_LEVEL: ")

    def test_a_home_that_cannot_be_made(self, tmp_path):
        (tmp_path / "file").touch()
        said = refusal("--port", "0", home=tmp_path, LICTOR_HOME=str(tmp_path / "file" / "home"))
        assert said.startswith("LICTOR_HOME: ")


def test_the_command_itself_loads_nothing_heavy():
    code = (
        "import sys, lictor.cli; print(*sorted({'fastapi', 'sqlalchemy', 'pydantic', 'alembic'} & sys.modules.keys()))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == ""


UNUSED_AT_START = {
    "alembic",
    "coolname",
    "cryptography",
    "httpx",
    "humanize",
    "jinja2",
    "jsonschema",
    "mako",
    "prometheus_client",
    "rich",
}


def test_a_start_loads_nothing_that_no_request_has_asked_for_yet():
    code = (
        "import sys, lictor.cli.server, lictor.cli.worker; lictor.cli.worker.create_app_of_this_process();"
        f"print(*sorted({UNUSED_AT_START} & sys.modules.keys()))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == ""


def test_a_running_server_that_had_nothing_to_migrate_has_not_loaded_alembic(database_url):
    code = (
        "import asyncio, sys, lictor.cli.server, lictor.cli.worker\n"
        "from lictor.db import migrations\nfrom lictor.settings import read_settings\n"
        "asyncio.run(migrations.prepare(read_settings().database))\nprint('alembic' in sys.modules)"
    )
    environment = {"PREFECT_API_DATABASE_CONNECTION_URL": database_url}
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert loaded.stdout.strip() == "False"
