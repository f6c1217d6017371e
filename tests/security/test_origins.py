"""Web pages of strangers, and names that strangers have pointed at this machine."""

import pytest
import websockets

from lictor.app import create_app
from lictor.http.origins import OriginPolicy
from lictor.settings import ServerSettings, Settings
from tests.serving import client_of, port_of

HERE = b"localhost:4200"


@pytest.mark.parametrize(
    ("host", "is_answered"),
    [
        (b"localhost:4200", True),
        (b"127.0.0.1:4200", True),
        (b"127.1.2.3", True),
        (b"[::1]:4200", True),
        (b"prefect.localhost", True),
        (b"LOCALHOST.", True),
        (b"host.docker.internal:4200", True),
        (b"", True),  # what is no browser may leave it out
        (b"evil.example", False),
        (b"localhost.evil.example", False),
        (b"127.0.0.1.evil.example:4200", False),
        (b"192.168.0.7:4200", False),
        (b"[", False),
        (b"prefect.example", False),
    ],
)
def test_only_this_machines_names_are_answered(host: bytes, is_answered: bool) -> None:
    policy = OriginPolicy.of(ServerSettings())
    assert policy is not None
    assert (policy.refusal(host, b"") is None) is is_answered


def test_a_setting_adds_names() -> None:
    policy = OriginPolicy.of(ServerSettings(allowed_hosts="Prefect.example, other"))
    assert policy is not None
    assert policy.refusal(b"prefect.example:443", b"https://prefect.example:443") is None
    assert policy.refusal(b"third.example", b"") is not None


def test_a_server_for_others_answers_any_name_but_no_strangers_pages() -> None:
    policy = OriginPolicy.of(ServerSettings(host="0.0.0.0"))
    assert policy is not None
    assert policy.refusal(b"prefect.example:4200", b"http://prefect.example:4200") is None
    assert policy.refusal(b"prefect.example:4200", b"http://evil.example") is not None


@pytest.mark.parametrize(
    "server",
    [ServerSettings(auth_string="me:secret"), ServerSettings(allowed_hosts="*", cors_allowed_origins="*")],
    ids=["with a password", "as the settings say"],
)
def test_a_server_may_answer_everybody(server: ServerSettings) -> None:
    assert OriginPolicy.of(server) is None


@pytest.mark.parametrize(
    ("origin", "may_call"),
    [
        (b"http://localhost:4200", True),
        (b"http://localhost:8080", True),
        (b"http://127.0.0.1:3000", True),
        (b"https://[::1]", True),
        (b"https://evil.example", False),
        (b"http://localhost.evil.example", False),
        (b"http://localhost@evil.example", False),
        (b"null", False),
        (b"file://", False),
    ],
)
def test_only_pages_of_this_machine_may_call(origin: bytes, may_call: bool) -> None:
    policy = OriginPolicy.of(ServerSettings())
    assert policy is not None
    assert (policy.refusal(HERE, origin) is None) is may_call


async def test_a_strangers_page_reads_and_changes_nothing(unused_settings: Settings) -> None:
    async with client_of(unused_settings) as api:
        for headers in ({"origin": "https://evil.example"}, {"host": "evil.example"}):
            answer = await api.post("/flows/", json={"name": "x"}, headers=headers)
            assert answer.status_code == 403
            assert "access-control-allow-origin" not in answer.headers
            assert "can a" in answer.json()["detail"]  # says which setting can add or allow it


async def test_websockets_ask_whose_page_it_is(unused_settings: Settings) -> None:
    async with port_of(create_app(unused_settings)) as port:
        url = f"ws://127.0.0.1:{port}/api/events/out"
        with pytest.raises(websockets.InvalidStatus) as caught:
            async with websockets.connect(url, origin="https://evil.example", subprotocols=["prefect"]):
                pass
        assert caught.value.response.status_code == 403
        async with websockets.connect(url, origin="http://localhost:3000", subprotocols=["prefect"]) as socket:
            await socket.send('{"type": "auth", "token": null}')
            assert "auth_success" in str(await socket.recv())


async def test_a_page_may_ask_before_it_calls(unused_settings: Settings) -> None:
    async with client_of(unused_settings) as api:
        asking = {"access-control-request-method": "POST"}
        assert (await api.options("/flows/", headers=asking | {"origin": "http://localhost:3000"})).status_code == 200
        assert (await api.options("/flows/", headers=asking | {"origin": "https://evil.example"})).status_code == 400
