"""The container files, as far as they can be checked without an engine; `make package` runs the build itself."""

import re
from fnmatch import fnmatch

import pytest
import yaml

from lictor.cli import app
from lictor.settings import all_settings
from lictor.settings.fields import variables_of
from tests.dockerfile import ROOT, stages

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
BUILD, FINAL = stages()
SETTINGS = {name for _, field in all_settings() for name in variables_of(field)}


def ours(names: object) -> set[str]:
    assert isinstance(names, dict | set)
    return {name for name in names if name.startswith(("PREFECT_", "LICTOR_"))}


@pytest.mark.parametrize("service", COMPOSE["services"])
def test_what_compose_sets_and_asks_for_are_settings(service):
    assert ours(COMPOSE["services"][service]["environment"]) <= SETTINGS
    assert set(re.findall(r"\$\{(\w+)", str(COMPOSE))) <= SETTINGS


def test_compose_names_only_what_it_defines():
    services = COMPOSE["services"]
    for service in services.values():
        assert set(service.get("depends_on", {})) <= set(services)
        named = {volume.partition(":")[0] for volume in service.get("volumes", [])}
        assert named <= set(COMPOSE["volumes"])
    server, database = services["server"]["environment"], services["database"]
    assert server["PREFECT_SERVER_DATABASE_HOST"] in services
    for ours_name, theirs in [("NAME", "DB"), ("USER", "USER"), ("PASSWORD", "PASSWORD")]:
        assert server[f"PREFECT_SERVER_DATABASE_{ours_name}"] == database["environment"][f"POSTGRES_{theirs}"]


def test_the_server_waits_until_the_database_is_healthy():
    assert COMPOSE["services"]["server"]["depends_on"]["database"] == {"condition": "service_healthy"}
    assert "healthcheck" in COMPOSE["services"]["database"]


def test_compose_publishes_the_port_that_the_image_listens_on():
    (published,) = COMPOSE["services"]["server"]["ports"]
    port = FINAL.environment()["PREFECT_SERVER_API_PORT"]
    assert published.rpartition(":")[2] == port == FINAL.the("EXPOSE").text


def test_what_the_image_copies_is_there_and_not_ignored():
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    sources = [source for copy in BUILD.all("COPY") for source in copy.words()[:-1]]
    for source in sources:
        assert (ROOT / source).exists()
        assert any(fnmatch(source, pattern) for pattern in kept), source
    assert sorted(kept) == sorted(sources)


def test_the_image_runs_as_nobody_special_and_watches_its_health():
    assert FINAL.the("USER").text not in {"root", "0"}
    probe = FINAL.the("HEALTHCHECK").text
    assert "/health" in probe
    assert "'/api'" in probe
    assert ours(FINAL.environment()) <= SETTINGS


def test_the_image_starts_a_command_that_there_is():
    program, *command = FINAL.the("CMD").words()
    assert program == "lictor"
    _, _, unused = app.parse_commands(command)
    assert unused == []
