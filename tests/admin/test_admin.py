import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from lictor.settings import DatabaseSettings, ServerSettings, Settings, all_settings
from tests.databases import settings_for
from tests.serving import client_of


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server whose database is empty, which none of these routes mind."""
    async with client_of(settings_for(f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}")) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/health", True),
        ("/ready", {"message": "OK"}),
        ("/version", "0.8.4"),
        ("/hello", "👋"),
        ("/admin/version", "3.9.1"),
    ],
)
async def test_signs_of_life(api: httpx.AsyncClient, path: str, said: Any):
    answer = await api.get(path)
    assert (answer.status_code, answer.json()) == (200, said)
    assert answer.headers["content-type"] == "application/json"


async def test_a_server_with_its_database_is_ready(settings: Settings):
    async with client_of(settings) as api:
        assert (await api.get("/ready")).json() == {"message": "OK"}


@pytest.mark.parametrize(
    "url", ["postgresql://nobody@127.0.0.1:1/nothing", "sqlite:////nowhere/at/all.db"], ids=["postgresql", "sqlite"]
)
async def test_without_its_database_a_server_is_healthy_but_not_ready(url: str):
    async with client_of(settings_for(url)) as api:
        ready = await api.get("/ready")
        assert (ready.status_code, ready.json()) == (503, {"message": "Database is not available"})
        assert (await api.get("/health")).json() is True
        await asyncio.sleep(0.1)  # the thread of SQLite's driver has a last word for this loop


async def test_settings_are_shown_without_their_secrets():
    settings = Settings(
        _env_file=None,
        database=DatabaseSettings(connection_url="postgresql://me:pass-word@127.0.0.1/db", password="pass-word"),
        server=ServerSettings(auth_string="me:pass-word", port=4321),
    )
    async with client_of(settings) as api:
        answer = await api.get("/admin/settings", auth=("me", "pass-word"))
    shown = answer.json()
    assert answer.status_code == 200
    assert "pass-word" not in answer.text
    server = shown["server"]
    assert server["database"]["connection_url"] == server["api"]["auth_string"] == "**********"
    assert server["api"]["port"] == 4321


async def test_settings_stand_where_prefects_clients_look_for_them(api: httpx.AsyncClient):
    """Each where its variable says, and no telemetry: pages send some wherever they find no answer to that."""
    shown = (await api.get("/admin/settings")).json()
    server = shown["server"]
    assert server["analytics_enabled"] is False
    assert server["ui"]["show_promotional_content"] is False
    assert server["database"]["sqlalchemy"]["pool_size"] == 5
    assert server["database"]["sqlalchemy"]["connect_args"]["tls"]["check_hostname"] is True
    assert server["services"]["repossessor"]["loop_seconds"] == 15
    assert server["flow_run_graph"]["max_nodes"] == 10_000
    assert server["deployment_schedule_max_scheduled_runs"] == 50
    assert shown["lictor"]["server"]["workers"] == 1
    settings = sum(1 for _ in all_settings())
    assert sum(1 for _ in leaves(shown)) == settings + 2, "all settings, and that nothing is sent or advertised"


def leaves(tree: Any) -> Iterator[Any]:
    if not isinstance(tree, dict) or not tree:
        yield tree
        return
    for value in tree.values():
        yield from leaves(value)


REFUSED = "The request specified API version {} but this server requires version 0.8.0 or higher."
MALFORMED = "Invalid X-PREFECT-API-VERSION header format.Expected header in format 'x.y.z' but received {}"


@pytest.mark.parametrize("version", ["0.8.0", "0.8.4", "0.9.0", "1.0.0", "99.0.0", "", " 0.8.4 ", "00.08.00"])
async def test_clients_of_this_api_or_a_later_one_are_served(api: httpx.AsyncClient, version: str):
    answer = await api.get("/hello", headers={"x-prefect-api-version": version})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("version", "detail"),
    [
        ("0.7.9", REFUSED),
        ("0.0.0", REFUSED),
        ("-1.0.0", REFUSED),
        ("1.2", MALFORMED),
        ("1.2.3.4", MALFORMED),
        ("a.b.c", MALFORMED),
        ("1.0." + "9" * 5000, MALFORMED),
    ],
)
@pytest.mark.parametrize("path", ["/hello", "/ready", "/admin/version", "/admin/settings", "/csrf-token?client=x"])
async def test_others_are_refused(api: httpx.AsyncClient, path: str, version: str, detail: str):
    answer = await api.get(path, headers={"x-prefect-api-version": version})
    assert (answer.status_code, answer.json()) == (400, {"detail": detail.format(version)})


@pytest.mark.parametrize(
    ("path", "status"), [("/health", 200), ("/version", 200), ("/openapi.json", 200), ("/docs", 200), ("/nothing", 404)]
)
async def test_some_routes_serve_clients_of_any_version(api: httpx.AsyncClient, path: str, status: int):
    assert (await api.get(path, headers={"x-prefect-api-version": "0.1.0"})).status_code == status
