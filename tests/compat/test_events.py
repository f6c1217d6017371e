"""Events: sent to both servers and asked for in all ways, and brought over by an import."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from . import sdk, servers
from .asking import Pair, connected
from .conftest import subject_server
from .databases import Databases
from .scenario import Scenario

Json = Any

# What writes events, which other tests can do without.
PERSISTING = {
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_ENABLED": "true",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_FLUSH_INTERVAL": "0.2",
}
ID, ROLE, NAME = "prefect.resource.id", "prefect.resource.role", "prefect.resource.name"

START = (datetime.now(UTC) - timedelta(days=3)).replace(hour=12, minute=0, second=0, microsecond=0)
ALL_OF_IT = {"since": (START - timedelta(hours=1)).isoformat(), "until": (START + timedelta(days=2)).isoformat()}


def told(number: int, event: str, resource: Json, related: Json = (), payload: Json = None) -> Json:
    return {
        "id": str(UUID(int=number, version=4)),
        "occurred": (START + number * timedelta(hours=2)).isoformat(),
        "event": event,
        "resource": resource,
        "related": list(related),
        "payload": payload or {},
        "follows": str(UUID(int=number - 1, version=4)) if number % 3 == 0 else None,
    }


def flow_run(name: str, **labels: str) -> Json:
    return {ID: f"prefect.flow-run.{name}", NAME: name} | labels


def related(kind: str, name: str, role: str, **labels: str) -> Json:
    return {ID: f"prefect.{kind}.{name}", ROLE: role} | labels


TAG, OTHER_TAG = related("tag", "prod", "tag"), related("tag", "dev", "tag")
FLOW = related("flow", "etl", "flow", **{NAME: "etl ü"})
EVENTS = (
    told(1, "prefect.flow-run.Running", flow_run("a"), [FLOW, TAG]),
    told(2, "prefect.flow-run.Completed", flow_run("a", env="prod"), [FLOW, OTHER_TAG, TAG]),
    told(3, "prefect.flow-run.Failed", flow_run("b", env="dev"), [FLOW], {"message": "Lost the connection", "n": [1, None]}),
    told(4, "order.placed", {ID: "shop.order.1", "size": "large"}, [related("flow-run", "a", "actor")]),
    told(5, "order.placed", {ID: "shop.order.2", "size": "small", ROLE: "own"}),
    told(6, "order.cancelled", {ID: "shop.order.1"}, [{ID: "shop.customer", ROLE: "by", NAME: "ada"}], {"why": "lost"}),
    told(7, "order.placed", {ID: "shop.order.1", NAME: "ünïcode 🚀"}, [TAG], {"deep": {"a": {"b": [1.5, "é"]}}}),
)  # fmt: skip


@pytest.fixture(scope="module")
def persisting(databases: Databases, home: Path) -> Iterator[tuple[servers.Server, servers.Server]]:
    """Both servers on empty databases, and Prefect's keeps the events."""
    with (
        servers.prefect_server(databases.create("events_oracle"), home / "events-oracle", PERSISTING) as oracle,
        subject_server(databases.create("events_subject"), home / "events-subject", PERSISTING) as subject,
    ):
        yield oracle, subject


@pytest.fixture
async def writers(persisting: tuple[servers.Server, servers.Server]) -> AsyncIterator[Pair]:
    async with connected(persisting) as pair:
        yield pair


async def until_kept(pair: Pair, count: int) -> None:
    """Waits for Prefect, which says that it has events before it has written them."""
    for client in (pair.oracle, pair.subject):
        for _ in range(600):
            reply = await client.post("/events/filter", json={"filter": {"occurred": ALL_OF_IT}})
            if reply.is_success and reply.json()["total"] == count:
                break
            await asyncio.sleep(0.2)
        else:
            raise TimeoutError(f"of {count} events there are {reply.text}")


REFUSED = (
    {"event": "x"},
    [{}],
    [EVENTS[0] | {"resource": {}}],
    [EVENTS[0] | {"resource": {ID: ""}}],
    [EVENTS[0] | {"resource": {ID: 1}}],
    [EVENTS[0] | {"related": [{ID: "x"}]}],
    [EVENTS[0] | {"related": [{ROLE: "x"}]}],
    [EVENTS[0] | {"related": [{ID: "x", ROLE: ""}]}],
    [EVENTS[0] | {"payload": []}],
    [EVENTS[0] | {"id": "x"}],
    [EVENTS[0] | {"follows": "x"}],
    [EVENTS[0] | {"occurred": None}],
    [EVENTS[0] | {"event": None}],
)
ASKED = (
    {},
    {"order": "ASC"},
    {"id": {"id": [EVENTS[2]["id"], EVENTS[5]["id"]]}},
    {"id": {"id": []}},
    {"event": {"prefix": ["prefect.", "order.c"]}},
    {"event": {"prefix": ["order."], "exclude_name": ["order.cancelled"]}},
    {"event": {"exclude_prefix": ["order."]}},
    {"event": {"name": ["order.placed"], "exclude_prefix": ["prefect."]}},
    {"event": {"name": []}},
    {"resource": {"id": ["shop.order.1", "prefect.flow-run.b"]}},
    {"resource": {"id_prefix": ["shop.order."]}},
    {"resource": {"labels": {"size": "large"}}},
    {"resource": {"labels": {"size": ["*a*", "huge"]}}},
    {"resource": {"labels": {"size": "!large"}}},
    {"resource": {"labels": {"env": "prod", NAME: "a"}}},
    {"resource": {"labels": {ID: "shop.*"}}},
    {"resource": {"distinct": True}},
    {"resource": {"distinct": True, "id_prefix": ["shop."]}, "order": "ASC"},
    {"related": {"id": ["prefect.tag.prod"]}},
    {"related": {"id": ["prefect.tag.prod", "shop.customer"], "role": ["by"]}},
    {"related": {"role": ["tag", "actor"]}},
    {"related": {"resources_in_roles": [["prefect.flow-run.a", "actor"], ["shop.customer", "tag"]]}},
    {"related": {"labels": {NAME: "ada"}}},
    {"related": [{"id": ["prefect.tag.prod"]}, {"id": ["prefect.tag.dev"]}]},
    {"any_resource": {"id": ["prefect.flow-run.a"]}},
    {"any_resource": {"id_prefix": ["shop.c", "prefect.tag"]}},
    {"any_resource": {"labels": {"env": "*"}}},
    {"any_resource": [{"id": ["prefect.flow-run.a"]}, {"id": ["prefect.tag.prod"]}]},
    {"occurred": {"since": EVENTS[1]["occurred"], "until": EVENTS[3]["occurred"]}},
)
SEARCHED = ("lost", "+order +lost", "order -lost", '"the connection"')
COUNTED = (
    ("day", {}),
    ("time", {"time_unit": "hour", "time_interval": 6}),
    ("time", {"time_unit": "day"}),
    ("event", {}),
    ("resource", {}),
    ("week", {}),
    ("time", {"time_unit": "second"}),
    ("time", {"time_unit": "fortnight"}),
    ("time", {"time_interval": 0}),
)


NO_SEARCH = (200, "Prefect's search of events asks SQLite for a function that only newer ones have")


async def test_what_is_sent_is_listed_and_counted(writers: Pair, databases: Databases) -> None:
    s = Scenario(writers)
    unlike = NO_SEARCH if databases.kind == "sqlite" and sqlite3.sqlite_version_info < (3, 44) else None
    for body in REFUSED:
        await s.post("/events", body)
    await s.post("/events", [])
    await s.post("/events", list(EVENTS[:4]))
    await s.post("/events", list(EVENTS[3:]))
    await until_kept(writers, len(EVENTS))
    for asked in ASKED:
        await s.post("/events/filter", {"filter": {"occurred": ALL_OF_IT} | asked})
    for query in SEARCHED:
        await s.post("/events/filter", {"filter": {"occurred": ALL_OF_IT, "text": {"query": query}}}, unlike=unlike)
    for countable, options in COUNTED:
        for asked in ({}, {"resource": {"id": ["shop.order.1"]}}, {"event": {"name": ["nothing"]}}):
            await s.post(f"/events/count-by/{countable}", {"filter": {"occurred": ALL_OF_IT} | asked} | options)
    s.end()


async def test_page_after_page(writers: Pair) -> None:
    s = Scenario(writers)
    await s.post("/events", list(EVENTS))
    await until_kept(writers, len(EVENTS))
    await s.post("/events/filter", {"filter": {"occurred": ALL_OF_IT}, "limit": 3}, saved="next", field="next_page")
    page = await s.get("{next}", saved="last", field="next_page")
    assert [event["id"] for event in page["events"]] == [event["id"] for event in EVENTS[3:0:-1]]
    page = await s.get("{last}")
    assert (len(page["events"]), page["total"], page["next_page"]) == (1, len(EVENTS), None)
    for limit in (-1, 51, "x"):
        await s.post("/events/filter", {"filter": {"occurred": ALL_OF_IT}, "limit": limit})
    for query in ("", "?page-token=", "?page-token=x", "?page-token=bm90aGluZw=="):
        await s.get(f"/events/filter/next{query}")
    s.end()


def test_an_import_brings_them_to_the_other_kind_of_database(
    persisting: tuple[servers.Server, servers.Server], other_databases: Databases, tmp_path: Path
) -> None:
    """From a server at work: what was sent to it, what the SDK told of its runs, and what the server did itself."""
    oracle, _ = persisting
    httpx.post(f"{oracle.url}/events", json=list(EVENTS)).raise_for_status()
    sdk.run(oracle, tmp_path, "listed")
    theirs = once_no_more_come(oracle)
    names = {event["event"] for event in theirs.values()}
    assert names > {"order.placed", "prefect.flow-run.Completed", "prefect.task-run.Completed"}
    target = other_databases.create("events_imported")
    servers.import_history(oracle.database, target, tmp_path)
    with servers.lictor_server(target, tmp_path / "lictor") as lictor:
        assert everything(lictor) == theirs
        for asked in ASKED:
            assert list_of(lictor, asked) == list_of(oracle, asked), asked


def once_no_more_come(server: servers.Server) -> dict[str, Json]:
    """All events of a server, which writes them some time after it got them."""
    events: dict[str, Json] = {}
    while len(events) < len(events := everything(server)):
        time.sleep(1)
    return events


def everything(server: servers.Server) -> dict[str, Json]:
    found: dict[str, Json] = {}
    page = httpx.post(f"{server.url}/events/filter", json={"filter": {"order": "ASC"}}).raise_for_status().json()
    while True:
        found |= {event["id"]: event for event in page["events"]}
        if page["next_page"] is None:
            assert len(found) == page["total"]
            return found
        page = httpx.get(page["next_page"]).raise_for_status().json()


def list_of(server: servers.Server, asked: Json) -> Json:
    body = {"filter": {"occurred": ALL_OF_IT} | asked}
    page = httpx.post(f"{server.url}/events/filter", json=body).raise_for_status().json()
    return page["events"], page["total"]
