"""Prefect's pages out of a folder: these tests make a small one, the browser tests take the real package's."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from lictor.settings import ServerSettings, Settings, UISettings
from lictor.ui.prefect_pages import PLACEHOLDER, find_bundles
from tests.ui.serving import pages_of

NAVIGATION = {"accept": "text/html"}
BASE = PLACEHOLDER.decode()


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A folder as Prefect's package has it: two builds with a page, a script and a picture each."""
    for folder in ("ui", "ui-v2"):
        assets = tmp_path / folder / "assets"
        assets.mkdir(parents=True)
        (tmp_path / folder / "index.html").write_text(f'{folder} <script src="{BASE}/assets/main-1a2b.js">')
        (assets / "main-1a2b.js").write_text(f"const base = `{BASE}`;")
        (tmp_path / folder / "dot.png").write_bytes(b"\x89PNG" + PLACEHOLDER)
    return tmp_path


async def prefect_site(
    settings: Settings, directory: Path, server: ServerSettings | None = None, **options: object
) -> AsyncIterator[httpx.AsyncClient]:
    ui = UISettings(prefect_directory=directory, **options)
    async for site in pages_of(settings, ui=ui, server=server or settings.server):
        yield site


@pytest.fixture
async def site(unused_settings: Settings, directory: Path) -> AsyncIterator[httpx.AsyncClient]:
    async for client in prefect_site(unused_settings, directory):
        yield client


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/prefect/", 'ui <script src="/prefect/assets/main-1a2b.js">'),
        ("/prefect/runs/flow-run/1", 'ui <script src="/prefect/assets/main-1a2b.js">'),
        ("/prefect/v2/", 'ui-v2 <script src="/prefect/v2/assets/main-1a2b.js">'),
        ("/prefect/v2/runs", 'ui-v2 <script src="/prefect/v2/assets/main-1a2b.js">'),
        ("/prefect/assets/main-1a2b.js", "const base = `/prefect`;"),
        ("/prefect/v2/assets/main-1a2b.js", "const base = `/prefect/v2`;"),
    ],
)
async def test_texts_hold_the_base_path_that_they_are_served_at(site: httpx.AsyncClient, path: str, text: str):
    answer = await site.get(path)
    assert (answer.status_code, answer.text) == (200, text)


async def test_pictures_are_sent_as_they_are(site: httpx.AsyncClient):
    assert (await site.get("/prefect/dot.png")).content == b"\x89PNG" + PLACEHOLDER


async def test_scripts_come_compressed_and_are_kept_for_good(site: httpx.AsyncClient):
    headers = {"accept-encoding": "gzip"}
    async with site.stream("GET", "/prefect/assets/main-1a2b.js", headers=headers) as answer:
        raw = b"".join([piece async for piece in answer.aiter_raw()])
    assert gzip.decompress(raw) == b"const base = `/prefect`;"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    again = await site.get("/prefect/assets/main-1a2b.js", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_an_asset_of_another_build_is_no_page(site: httpx.AsyncClient):
    for path in ("/prefect/assets/gone.js", "/prefect/v2/assets/gone.js"):
        assert (await site.get(path, headers=NAVIGATION)).status_code == 404


async def test_ours_stand_beside_them(site: httpx.AsyncClient):
    assert "lictor-api" in (await site.get("/runs")).text
    assert "lictor-api" in (await site.get("/prefectly")).text
    assert (await site.get("/api/health")).json() is True


@pytest.mark.parametrize(
    ("path", "cookie", "location"),
    [
        ("/prefect", "", "/prefect/v2/"),
        ("/prefect/?a=b", "", "/prefect/v2/?a=b"),
        ("/prefect/", "prefect_ui_version=v1", None),
        ("/prefect", "prefect_ui_version=v1", "/prefect/"),
        ("/prefect/v2", "prefect_ui_version=v1", "/prefect/v2/"),
        ("/prefect/v2/", "prefect_ui_version=v1", None),
        ("/prefect/runs", "prefect_ui_version=v2", None),
        ("/prefect/", "prefect_ui_version=v3", "/prefect/v2/"),
    ],
)
async def test_the_entry_opens_the_version_that_was_chosen(
    site: httpx.AsyncClient, path: str, cookie: str, location: str | None
):
    answer = await site.get(path, headers={**NAVIGATION, "cookie": cookie})
    assert answer.headers.get("location") == location
    assert answer.status_code == (200 if location is None else 307)


async def test_only_the_version_that_is_there_is_opened(unused_settings: Settings, directory: Path):
    (directory / "ui-v2" / "index.html").unlink()
    async for site in prefect_site(unused_settings, directory):
        assert (await site.get("/prefect/", headers=NAVIGATION)).text.startswith("ui ")
        moved = await site.get("/prefect/v2/runs", headers=NAVIGATION)
        assert (moved.status_code, moved.headers["location"]) == (307, "/prefect/runs")
        settings = (await site.get("/prefect/ui-settings")).json()
        assert (settings["available_uis"], settings["default_ui"]) == (["v1"], "v1")
        assert (settings["v1_base_url"], settings["v2_base_url"]) == ("/prefect", None)


async def test_pages_read_where_the_api_is_and_what_it_asks_for(unused_settings: Settings, directory: Path):
    server = ServerSettings(auth_string="admin:secret", csrf_protection_enabled=True)
    async for site in prefect_site(unused_settings, directory, server=server):
        assert (await site.get("/prefect/ui-settings")).json() == {
            "api_url": "/api",
            "csrf_enabled": True,
            "auth": "BASIC",
            "flags": [],
            "default_ui": "v2",
            "available_uis": ["v1", "v2"],
            "v1_base_url": "/prefect",
            "v2_base_url": "/prefect/v2",
        }


async def test_an_address_of_the_api_and_the_first_version_may_be_set(unused_settings: Settings, directory: Path):
    options = {"api_url": "https://here.example/api", "prefect_v2_enabled": False}
    async for site in prefect_site(unused_settings, directory, **options):
        settings = (await site.get("/prefect/ui-settings")).json()
        assert (settings["api_url"], settings["default_ui"]) == ("https://here.example/api", "v1")


async def test_prefects_pages_may_be_the_default(unused_settings: Settings, directory: Path):
    async for site in prefect_site(unused_settings, directory, default="prefect"):
        assert (await site.get("/", headers=NAVIGATION)).headers["location"] == "/v2/"
        assert (await site.get("/runs/flow-run/1")).text == 'ui <script src="/assets/main-1a2b.js">'
        assert (await site.get("/v2/runs")).text == 'ui-v2 <script src="/v2/assets/main-1a2b.js">'
        assert (await site.get("/assets/main-1a2b.js")).text == "const base = ``;"
        settings = (await site.get("/ui-settings")).json()
        assert (settings["v1_base_url"], settings["v2_base_url"]) == ("/", "/v2")
        assert "lictor-api" in (await site.get("/lictor/runs")).text
        assert (await site.get("/api/health")).json() is True
        assert (await site.get("/api/nothing")).headers["content-type"] == "application/json"


async def test_all_pages_may_stand_below_a_path(unused_settings: Settings, directory: Path):
    async for site in prefect_site(unused_settings, directory, serve_base="/look/here"):
        page = await site.get("/look/here/prefect/v2/runs")
        assert page.text == 'ui-v2 <script src="/look/here/prefect/v2/assets/main-1a2b.js">'
        assert (await site.get("/look/here/prefect/ui-settings")).json()["api_url"] == "/api"
        assert (await site.get("/prefect/ui-settings")).status_code == 404


def test_bundles_are_found_as_prefect_unpacks_them_too(directory: Path, tmp_path: Path):
    unpacked = tmp_path / "unpacked"
    (unpacked / "v1").mkdir(parents=True)
    (unpacked / "v1" / "index.html").touch()
    assert find_bundles(unpacked) == {"v1": unpacked / "v1"}
    assert find_bundles(directory) == {"v1": directory / "ui", "v2": directory / "ui-v2"}


async def test_pages_speak_to_the_api_alone(unused_settings: Settings, directory: Path):
    for api_url, sources in (
        (None, "connect-src 'self'"),
        ("https://here.example/api", "connect-src 'self' https://here.example wss://here.example"),
    ):
        async for site in prefect_site(unused_settings, directory, api_url=api_url):
            assert (await site.get("/prefect/v2/")).headers["content-security-policy"] == sources
