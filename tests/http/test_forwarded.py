"""What proxies in front say of a request: believed of those that the settings trust, and of nobody else."""

from typing import Any

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from lictor.http.forwarded import ForwardedMiddleware, TrustedProxies
from lictor.settings import ServerSettings, Settings
from tests.make import Make
from tests.serving import running

TOLD = {
    "x-forwarded-for": "203.0.113.9",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "flows.example",
    "x-forwarded-prefix": "/a/sub/path/",
}


async def seen(headers: dict[str, str], client: Any = ("127.0.0.1", 1234), trusted: str = "127.0.0.1,::1") -> Scope:
    """The scope as it is behind the middleware."""
    found: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        found.append(scope)

    async def nothing() -> Message:
        raise AssertionError

    async def nobody(message: Message) -> None:
        raise AssertionError

    raw = [(b"host", b"10.0.0.7:4200"), *((name.encode(), value.encode()) for name, value in headers.items())]
    scope = {"type": "http", "scheme": "http", "path": "/runs", "raw_path": b"/runs", "headers": raw, "client": client}
    await ForwardedMiddleware(app, TrustedProxies(trusted.split(",")))(scope, nothing, nobody)
    return found[0]


def told_of(scope: Scope) -> tuple[Any, ...]:
    return scope["client"][0], scope["scheme"], dict(scope["headers"])[b"host"], scope["path"], scope.get("root_path")


async def test_a_trusted_proxy_is_believed():
    scope = await seen(TOLD)
    assert told_of(scope) == ("203.0.113.9", "https", b"flows.example", "/a/sub/path/runs", "/a/sub/path")
    assert scope["raw_path"] == b"/a/sub/path/runs"


@pytest.mark.parametrize(
    ("client", "trusted"),
    [
        pytest.param(("192.0.2.1", 1), "127.0.0.1,::1", id="another address"),
        pytest.param(("10.2.0.1", 1), "10.1.0.0/16", id="outside of the network"),
        pytest.param(("127.0.0.1", 1), "", id="nobody is trusted"),
        pytest.param(None, "127.0.0.1", id="a Unix socket"),
    ],
)
async def test_others_are_not(client: Any, trusted: str):
    scope = await seen(TOLD, client, trusted)
    assert scope["client"] == client
    assert (scope["scheme"], scope["path"], "root_path" in scope) == ("http", "/runs", False)


@pytest.mark.parametrize("trusted", ["*", "10.0.0.0/8", "10.1.2.3"])
async def test_networks_and_everybody_can_be_trusted(trusted: str):
    for client in ("10.1.2.3", "::ffff:10.1.2.3"):
        assert (await seen(TOLD, (client, 1), trusted))["scheme"] == "https"


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("x-forwarded-proto", "gopher"),
        ("x-forwarded-host", "a b"),
        ("x-forwarded-host", "evil.example/path"),
        ("x-forwarded-host", "user@evil.example"),
        ("x-forwarded-prefix", "//evil.example"),
        ("x-forwarded-prefix", "https://evil.example"),
        ("x-forwarded-prefix", "/<script>"),
        ("x-forwarded-for", ""),
    ],
)
async def test_what_is_not_well_formed_is_not_there(header: str, value: str):
    assert told_of(await seen({header: value})) == told_of(await seen({}))


@pytest.mark.parametrize(
    ("addresses", "client"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9, 127.0.0.1", "203.0.113.9"),
        ("203.0.113.9:5678", "203.0.113.9"),
        ("[2001:db8::1]:5678", "2001:db8::1"),
        ("127.0.0.1, ::1", "127.0.0.1"),
    ],
)
async def test_the_client_is_the_last_one_that_is_no_proxy_of_ours(addresses: str, client: str):
    assert (await seen({"x-forwarded-for": addresses}))["client"][0] == client


@pytest.mark.parametrize("address", ["127.0.0.1", "192.0.2.1"])
async def test_links_lead_back_through_the_proxy(settings: Settings, make: Make, address: str):
    for _ in range(3):
        await make.artifact("x")  # each makes an event
    async with running(settings) as (app, _):
        transport = httpx.ASGITransport(app, client=(address, 1234))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost/api") as api:
            link = (await api.post("/events/filter", json={"limit": 1}, headers=TOLD)).json()["next_page"]
            root = "https://flows.example/a/sub/path" if address == "127.0.0.1" else "http://localhost"
            assert link.startswith(f"{root}/api/events/filter/next?page-token=")
            path = link.removeprefix(root)
            following = (await api.get(f"http://localhost{path}", headers=TOLD)).json()
            assert len(following["events"]) == 1
            assert following["next_page"].startswith(f"{root}/api/events/filter/next?page-token=")


async def test_a_login_through_tls_gets_a_cookie_for_tls_alone(unused_settings: Settings):
    server = ServerSettings(auth_string="admin:secret")
    async with running(unused_settings.model_copy(update={"server": server})) as (app, _):
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 1234))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost/api") as api:
            for headers, is_secure in (({}, False), (TOLD, True)):
                answer = await api.post("/ui/login", json={"auth_string": "admin:secret"}, headers=headers)
                assert ("Secure" in answer.headers["set-cookie"]) is is_secure


async def test_a_page_cannot_borrow_a_name_that_the_server_answers_to(unused_settings: Settings):
    """A page of a name that was pointed here may add any header, but its browser still sends that name as `Host`."""
    async with running(unused_settings) as (app, _):
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 1234))
        async with httpx.AsyncClient(transport=transport, base_url="http://evil.example/api") as api:
            answer = await api.get("/hello", headers={"x-forwarded-host": "localhost"})
            assert answer.status_code == 403
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost/api") as api:
            headers = {"x-forwarded-host": "flows.example", "origin": "https://flows.example"}
            assert (await api.get("/hello", headers=headers)).status_code == 200


@pytest.mark.parametrize("value", ["proxy", "10.0.0.0/40", "10.0.0.1/8"])
def test_settings_take_addresses_and_networks_only(value: str):
    with pytest.raises(ValueError, match="trusted_proxies"):
        ServerSettings(trusted_proxies=value)
