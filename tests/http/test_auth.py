from base64 import b64encode
from collections.abc import AsyncIterator

import httpx
import pytest

from lictor.settings import ServerSettings, Settings
from tests.serving import client_of

UNAUTHORIZED = (401, {"exception_message": "Unauthorized"})


def basic(credentials: str) -> str:
    return f"Basic {b64encode(credentials.encode()).decode()}"


@pytest.fixture(params=["admin:secret", "ädmin:pässwörd 🔑", ":secret"])
def credentials(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
async def api(unused_settings: Settings, credentials: str) -> AsyncIterator[httpx.AsyncClient]:
    server = ServerSettings(auth_string=credentials)
    async with client_of(unused_settings.model_copy(update={"server": server})) as client:
        yield client


async def test_who_knows_the_password_is_let_in(api: httpx.AsyncClient, credentials: str):
    answer = await api.get("/hello", headers={"authorization": basic(credentials)})
    assert (answer.status_code, answer.json()) == (200, "👋")


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(None, id="nothing"),
        pytest.param("", id="an empty header"),
        pytest.param("Basic", id="no credentials"),
        pytest.param("Basic !!!", id="no base64"),
        pytest.param("Basic YWRtaW4", id="cut base64"),
        pytest.param(f"Basic {basic('admin:secret')[6:9]}~{basic('admin:secret')[9:]}", id="not only base64"),
        pytest.param(b"Basic \xe4\xf6\xfc", id="not ASCII"),
        pytest.param("Basic //4=", id="not UTF-8"),
        pytest.param(basic("admin:wrong"), id="a wrong password"),
        pytest.param(basic("pässwörd"), id="a wrong password that is not ASCII"),
        pytest.param(f"Bearer {basic('admin:secret')[6:]}", id="another scheme"),
        pytest.param(f"{basic('admin:secret')} x", id="more than one word"),
    ],
)
@pytest.mark.parametrize("path", ["/hello", "/admin/settings", "/docs", "/openapi.json", "/nothing", "/x/health"])
async def test_nobody_else_is(api: httpx.AsyncClient, path: str, given: str | bytes | None):
    answer = await api.get(path, headers={} if given is None else {"authorization": given})
    assert (answer.status_code, answer.json()) == UNAUTHORIZED


@pytest.mark.parametrize("path", ["/health", "/ready"])
async def test_probes_need_no_password(api: httpx.AsyncClient, path: str):
    assert (await api.get(path)).status_code == 200
    assert (await api.post(path)).status_code == 401
    assert (await api.head(path)).status_code == 401
    assert (await api.get(f"{path}/")).status_code == 401


@pytest.mark.parametrize("path", ["/docs", "/docs/swagger-ui.css", "/redoc", "/openapi.json"])
async def test_the_documents_beside_the_api_are_not_open_either(api: httpx.AsyncClient, credentials: str, path: str):
    assert (await api.get(f"http://localhost{path}")).status_code == 401
    answer = await api.get(f"http://localhost{path}", headers={"authorization": basic(credentials)})
    assert answer.status_code == (307 if path == "/redoc" else 200)
    assert (await api.get("http://localhost/runs")).status_code == 200


async def test_who_is_refused_is_told_how_to_say_who_they_are(api: httpx.AsyncClient):
    assert (await api.get("/hello")).headers["www-authenticate"] == 'Basic realm="Lictor", charset="UTF-8"'
    script = await api.get("/hello", headers={"sec-fetch-mode": "cors"})  # for which a browser would ask its user
    assert "www-authenticate" not in script.headers


async def test_the_scheme_is_taken_in_any_case(api: httpx.AsyncClient, credentials: str):
    given = basic(credentials).replace("Basic", "bAsIc")
    assert (await api.get("/hello", headers={"authorization": given})).status_code == 200


async def test_browsers_may_ask_whether_they_may_ask(api: httpx.AsyncClient):
    asking = {"origin": "http://elsewhere", "access-control-request-method": "POST"}
    assert (await api.options("/hello", headers=asking)).status_code == 200
