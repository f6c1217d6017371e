"""The pages as a browser fetches them."""

import gzip
import re
from collections.abc import AsyncIterator

import httpx
import pytest

from lictor.settings import ServerSettings, Settings, UISettings
from lictor.ui.pages import STATIC
from tests.ui.serving import pages_of

SCRIPT = next(path.name for path in (STATIC / "assets").glob("index-*.js"))


@pytest.fixture
async def site(unused_settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async for client in pages_of(unused_settings):
        yield client


def base_of(page: str) -> str:
    return re.findall(r'<base href="(.*?)"', page)[0]


def api_of(page: str) -> str:
    return re.findall(r'<meta name="lictor-api" content="(.*?)"', page)[0]


@pytest.mark.parametrize(
    ("path", "base"),
    [
        ("/", "./"),
        ("/runs", "./"),
        ("/runs/", "../"),
        ("/runs/flow-run/1", "../../"),
        ("/work-pools/work-pool/a b", "../../"),
    ],
)
async def test_every_path_is_a_page_that_finds_its_scripts(site: httpx.AsyncClient, path: str, base: str):
    answer = await site.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert base_of(answer.text) == base
    root = httpx.URL(f"http://localhost{path}").join(base)
    assert root == "http://localhost/"
    assert root.join(api_of(answer.text)) == "http://localhost/api"
    assert (await site.get(f"{root}assets/{SCRIPT}")).status_code == 200


async def test_scripts_are_kept_for_good_and_pages_are_asked_for_again(site: httpx.AsyncClient):
    script = await site.get(f"/assets/{SCRIPT}")
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    page = await site.get("/runs")
    assert page.headers["cache-control"] == "no-cache"
    for path, answer in (("/runs", page), (f"/assets/{SCRIPT}", script)):
        again = await site.get(path, headers={"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip;q=0.5", "gzip"), ("identity", None)],
)
async def test_scripts_come_compressed_to_whoever_reads_that(
    site: httpx.AsyncClient, accepted: str, encoding: str | None
):
    async with site.stream("GET", f"/assets/{SCRIPT}", headers={"accept-encoding": accepted}) as answer:
        raw = b"".join([piece async for piece in answer.aiter_raw()])
    assert answer.headers.get("content-encoding") == encoding
    assert "Accept-Encoding" in answer.headers["vary"]
    if encoding == "gzip":
        assert gzip.decompress(raw) == (STATIC / "assets" / SCRIPT).read_bytes()


async def test_nothing_from_elsewhere_may_run(site: httpx.AsyncClient):
    for path in ("/", "/runs/flow-run/1", f"/assets/{SCRIPT}", "/assets/gone.js"):
        headers = (await site.get(path)).headers
        policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/assets/gone.js", "/assets/index.html", "/assets/%2e%2e/pages.py"])
async def test_files_that_are_not_there_are_no_pages(site: httpx.AsyncClient, path: str):
    answer = await site.get(path)
    assert (answer.status_code, answer.text) == (404, "Not found")


@pytest.mark.parametrize("path", ["/api/nothing", "/api", "/api/"])
async def test_what_the_api_does_not_know_is_no_page(site: httpx.AsyncClient, path: str):
    answer = await site.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json"


async def test_pages_are_only_read(site: httpx.AsyncClient):
    assert (await site.post("/runs")).status_code == 404
    assert (await site.head("/runs")).status_code == 200


async def test_pages_may_stand_below_a_path(unused_settings: Settings):
    async for site in pages_of(unused_settings, ui=UISettings(serve_base="/look/here")):
        assert (await site.get("/runs")).status_code == 404
        bare = await site.get("/look/here")
        assert (bare.status_code, bare.headers["location"]) == (307, "here/")
        answer = await site.get("/look/here/runs/flow-run/1")
        root = httpx.URL("http://localhost/look/here/runs/flow-run/1").join(base_of(answer.text))
        assert root == "http://localhost/look/here/"
        assert root.join(api_of(answer.text)) == "http://localhost/api"


async def test_pages_can_be_switched_off(unused_settings: Settings):
    async for site in pages_of(unused_settings, ui=UISettings(enabled=False)):
        assert (await site.get("/")).status_code == 404
        assert (await site.get("/api/health")).status_code == 200


async def test_pages_give_way_to_an_api_at_the_same_path(unused_settings: Settings):
    async for site in pages_of(unused_settings, server=ServerSettings(base_path="/")):
        assert (await site.get("/health")).json() is True
        assert (await site.get("/runs")).status_code == 404


async def test_pages_open_without_a_password_and_the_api_does_not(unused_settings: Settings):
    async for site in pages_of(unused_settings, server=ServerSettings(auth_string="admin:secret")):
        assert (await site.get("/runs")).status_code == 200
        assert (await site.get("/api/hello")).status_code == 401
