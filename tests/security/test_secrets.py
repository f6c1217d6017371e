"""What must not be in logs, in answers, or in files that others can read."""

import json
import stat
from base64 import b64encode
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from tests.cli.running import client, lictor, running_server

PASSWORD = "p4ssw0rd-0f-nobody"
PAYLOAD = "payload-of-an-event"
LOG = "text-of-a-log"
SECRET = "secret-of-a-block"


def test_a_log_at_debug_holds_no_secrets(empty_database_url: str, tmp_path: Path) -> None:
    variables = {
        "PREFECT_API_DATABASE_CONNECTION_URL": empty_database_url,
        "PREFECT_SERVER_API_AUTH_STRING": f"admin:{PASSWORD}",
    }
    with running_server("--log-level", "DEBUG", home=tmp_path, **variables) as server:
        with client(server) as api:
            api.auth = ("admin", PASSWORD)
            log = {"name": "x", "level": 20, "message": LOG, "timestamp": "2026-01-01T00:00:00Z"}
            assert api.post("/logs/", json=[log]).status_code == 201
            assert api.post("/variables/", json={"name": "v", "value": SECRET}).status_code == 201
            assert api.post("/flows/", json={"name": 1}).status_code == 422
        with connect(server.url.replace("http", "ws") + "/events/in", subprotocols=["prefect"]) as socket:  # type: ignore[list-item]
            socket.send(json.dumps({"type": "auth", "token": f"admin:{PASSWORD}"}))
            assert "auth_success" in str(socket.recv())
            event = {"occurred": "2026-01-01T00:00:00Z", "event": "x", "resource": {"prefect.resource.id": "x"}}
            socket.send(json.dumps({**event, "payload": {"x": PAYLOAD}, "id": "01890a5d-ac96-774b-bcce-b302099a8057"}))
            socket.ping().wait(10)
        code, said = server.stop()
    assert code == 0
    assert "GET" in said or "POST" in said  # it is a log, after all
    for secret in (PASSWORD, PAYLOAD, LOG, SECRET, b64encode(f"admin:{PASSWORD}".encode()).decode()):
        assert secret not in said


def test_a_database_of_ones_own_is_nobody_elses(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with running_server(home=tmp_path, LICTOR_HOME=str(home)) as server, client(server) as api:
        assert api.get("/ready").status_code == 200
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
        assert {stat.S_IMODE(file.stat().st_mode) for file in home.glob("lictor.db*")} == {0o600}
    (home / "lictor.db").chmod(0o644)  # as earlier versions left it
    with running_server(home=tmp_path, LICTOR_HOME=str(home)):
        assert stat.S_IMODE((home / "lictor.db").stat().st_mode) == 0o600
    (home / "lictor.db").chmod(0o660)  # as somebody wanted it
    with running_server(home=tmp_path, LICTOR_HOME=str(home)):
        assert stat.S_IMODE((home / "lictor.db").stat().st_mode) == 0o660


async def test_a_refusal_repeats_no_secrets_of_blocks(api: httpx.AsyncClient) -> None:
    for body in ({"data": {"password": SECRET}, "name": 5}, {"data": SECRET}, f'{{"data": "{SECRET}'):
        sent: Any = body if isinstance(body, str) else json.dumps(body)
        answer = await api.post("/block_documents/", content=sent, headers={"content-type": "application/json"})
        assert answer.status_code == 422
        assert SECRET not in answer.text


@pytest.mark.parametrize("name", ["x" * 100_000, ["x"] * 100_000, {f"k{number}": "x" * 100 for number in range(5_000)}])
async def test_a_refusal_repeats_the_beginning_of_a_large_body(api: httpx.AsyncClient, name: Any) -> None:
    answer = await api.post("/flows/filter", json={"flows": {"name": {"any_": name}}, "limit": "x"})
    assert answer.status_code == 422
    assert len(answer.content) < 100_000
    assert answer.json()["exception_detail"][0]["loc"][0] == "body"


async def test_a_refusal_repeats_all_of_a_small_body(api: httpx.AsyncClient) -> None:
    body = {"flows": {"name": {"any_": [1, "x", None, {"a": [True]}]}}}
    answer = (await api.post("/flows/filter", json=body)).json()
    assert answer["request_body"] == body
    assert [found["input"] for found in answer["exception_detail"]] == [1, None, {"a": [True]}]


def refused(home: Path, **variables: str) -> str:
    ended = lictor("server", "start", "--port", "0", home=home, **variables)
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1), ended.stderr
    return ended.stderr


def test_a_password_set_to_nothing_opens_no_server_to_others(tmp_path: Path) -> None:
    variables = {"PREFECT_SERVER_API_HOST": "0.0.0.0", "PREFECT_SERVER_API_AUTH_STRING": ""}
    assert "is set to nothing" in refused(tmp_path, **variables)
    with running_server(home=tmp_path, **variables, LICTOR_ALLOW_NO_PASSWORD="true") as server:
        assert "THIS SERVER IS OPEN" in server.stop()[1]


def test_a_password_needs_a_user(tmp_path: Path) -> None:
    said = refused(tmp_path, PREFECT_SERVER_API_AUTH_STRING="only-a-password")
    assert said.startswith("PREFECT_SERVER_API_AUTH_STRING: must be a user and a password")
    assert "only-a-password" not in said


def test_browsers_are_told_to_trust_no_content_but_ours(tmp_path: Path) -> None:
    with running_server(home=tmp_path) as server, client(server) as api:
        headers = api.get("/health").headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "script-src 'self' 'sha256-" in api.get("/docs").headers["content-security-policy"]
