"""The events that a server itself writes of what is made, changed and deleted: equal, and in the same order."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from .account import ACCOUNT
from .asking import connected
from .scenario import Scenario
from .servers import Server

Json = Any

SETTLING_SECONDS = 12.0


@dataclass
class Told(Scenario):
    """A sequence of writes, and then the events that each server told of them."""

    since: str = ""

    async def events(self, *names: str) -> None:
        """Compares what was told since the beginning; these are the names of what must have been."""
        theirs, ours = await self._once_told(self.pair.oracle, len(names)), await self._told_by(self.pair.subject)
        if (said := list(map(_name, theirs))) != list(names):
            self.told.append(f"Prefect told {said}, not {list(names)}")
        if (said := list(map(_name, ours))) != list(names):
            self.told.append(f"Lictor told {said}, not {list(names)}")
        self.told += self._differ("events", theirs, ours)

    async def _once_told(self, client: httpx.AsyncClient, count: int) -> list[Json]:
        """What Prefect told, which it writes some time later."""
        for _ in range(int(SETTLING_SECONDS / 0.5)):
            if len(await self._told_by(client)) == count:
                break
            await asyncio.sleep(0.5)
        return await self._told_by(client)

    async def _told_by(self, client: httpx.AsyncClient) -> list[Json]:
        asked = {"filter": {"occurred": {"since": self.since}, "order": "ASC"}, "limit": 50}
        page = (await client.post("/events/filter", json=asked)).json()
        events = page["events"]
        while page["next_page"]:
            page = (await client.get(page["next_page"])).json()
            events += page["events"]
        return [_comparable(event) for event in events]


def _comparable(event: Json) -> Json:
    """An event without what is each server's own: its clock, and the order in which it lists changed fields."""
    fields = event["payload"].get("updated_fields")
    payload = event["payload"] | ({} if fields is None else {"updated_fields": sorted(fields)})
    return {name: value for name, value in event.items() if name != "received"} | {"payload": payload}


def _of(kind: str, what: str) -> list[str]:
    return [f"{kind}.{each}" for each in what.split()]


def _name(event: Json) -> str:
    name: str = event["event"]
    return name.removeprefix("prefect.")


@pytest.fixture
async def told(telling: tuple[Server, Server]) -> AsyncIterator[Told]:
    async with connected(telling) as pair:
        yield Told(pair, since=datetime.now(UTC).isoformat())


async def test_flows(told: Told) -> None:
    await told.post("/flows/", {"name": "told", "tags": ["b", "a"], "labels": {"n": 1}}, saved="flow")
    await told.post("/flows/", {"name": "told", "tags": ["other"]})
    await told.patch("/flows/{flow}", {"tags": ["c"]})
    await told.patch("/flows/{flow}", {"tags": ["c"]})
    await told.patch("/flows/{flow}", {})
    await told.post("/flows/", {"name": "told too"}, saved="other")
    await told.post("/flows/bulk_delete", {"flows": {"id": {"any_": ["{other}"]}}})
    await told.delete("/flows/{flow}")
    await told.delete("/flows/{flow}")
    await told.events(*_of("flow", "created updated updated updated created deleted deleted"))
    told.end()


async def test_variables(told: Told) -> None:
    await told.post("/variables/", {"name": "told", "value": {"a": [1, None]}, "tags": ["x"]}, saved="v")
    await told.post("/variables/", {"name": "told", "value": 1})
    await told.patch("/variables/{v}", {"value": "new"})
    await told.patch("/variables/name/told", {"name": "told_anew", "tags": []})
    await told.patch("/variables/{v}", {})
    await told.delete("/variables/{v}")
    await told.delete("/variables/{v}")
    await told.post("/variables/", {"name": "told_by_name", "value": None})
    await told.delete("/variables/name/told_by_name")
    await told.events(*_of("variable", "created updated updated updated deleted created deleted"))
    told.end()


async def test_artifacts(told: Told) -> None:
    await told.post("/flows/", {"name": "of artifacts"}, saved="flow")
    await told.post("/flow_runs/", {"flow_id": "{flow}", "name": "run"}, saved="run")
    await told.post("/artifacts/", {"data": "without key"}, saved="keyless")
    first = {"key": "told", "type": "markdown", "description": "ü", "data": "# one", "metadata_": {"n": "1"}}
    await told.post("/artifacts/", {**first, "flow_run_id": "{run}"}, saved="one")
    await told.post("/artifacts/", {"key": "told", "type": "progress", "data": {"x": [1, None]}}, saved="two")
    await told.post("/artifacts/", {"key": "told", "data": 5.5, "task_run_id": "{run}"}, saved="three")
    await told.patch("/artifacts/{three}", {"data": 6, "description": "d"})
    await told.patch("/artifacts/{one}", {"data": "not the latest"})
    await told.delete("/artifacts/{two}")
    await told.delete("/artifacts/{three}")
    await told.delete("/artifacts/{one}")
    await told.delete("/artifacts/{keyless}")
    await told.events(
        "flow.created", "flow-run.Pending", *_of("artifact-collection", "created updated updated updated deleted")
    )
    told.end()


async def test_limits(told: Told) -> None:
    await told.post("/v2/concurrency_limits/", {"name": "told", "limit": 3}, saved="limit")
    await told.patch("/v2/concurrency_limits/{limit}", {"limit": 4, "slot_decay_per_second": 0.5})
    await told.patch("/v2/concurrency_limits/told", {"active": False})
    await told.patch("/v2/concurrency_limits/told", {})
    await told.post("/v2/concurrency_limits/increment", {"names": ["told"], "slots": 1})
    await told.post("/v2/concurrency_limits/decrement", {"names": ["told"], "slots": 1})
    await told.delete("/v2/concurrency_limits/{limit}")
    await told.post("/v2/concurrency_limits/", {"name": "told by name", "limit": 1})
    await told.delete("/v2/concurrency_limits/told%20by%20name")
    await told.post("/concurrency_limits/", {"tag": "told", "concurrency_limit": 1}, saved="tag")
    await told.post("/concurrency_limits/", {"tag": "told", "concurrency_limit": 2})
    await told.post("/concurrency_limits/tag/told/reset", {})
    await told.delete("/concurrency_limits/tag/told")
    await told.post("/concurrency_limits/", {"tag": "other", "concurrency_limit": 1}, saved="other")
    await told.delete("/concurrency_limits/{other}")
    await told.events(
        *_of("concurrency-limit", "created updated updated updated deleted created deleted"),
        *_of("concurrency-limit", "created updated deleted created deleted"),
    )
    told.end()


async def test_blocks(told: Told) -> None:
    kind = {"name": "Account", "slug": "account", "description": "d", "code_example": "c", "logo_url": "http://l.x/"}
    await told.post("/block_types/", kind, saved="type")
    await told.patch("/block_types/{type}", {"description": "new"})
    await told.patch("/block_types/{type}", {})
    schema = {"fields": ACCOUNT, "block_type_id": "{type}", "capabilities": ["b", "a"]}
    await told.post("/block_schemas/", schema, saved="schema")
    data = {"user": "u", "password": "secret", "headers": {"x": "hidden"}, "limits": {"rate": 2}, "other": "text"}
    document = {"name": "told", "data": data, "block_schema_id": "{schema}", "block_type_id": "{type}"}
    await told.post("/block_documents/", document, saved="document")
    await told.post("/block_documents/", {**document, "name": None, "is_anonymous": True}, saved="anonymous")
    await told.patch("/block_documents/{document}", {"data": {"user": "other"}})
    await told.patch("/block_documents/{document}", {"data": {"user": "alone"}, "merge_existing_data": False})
    await told.delete("/block_documents/{document}")
    await told.delete("/block_documents/{anonymous}")
    await told.delete("/block_schemas/{schema}")
    await told.delete("/block_types/{type}")
    await told.events(
        *_of("block-type", "created updated updated"),
        *_of("block-document", "created updated updated deleted"),
        "block-type.deleted",
    )
    told.end()


async def test_work_pools(told: Told) -> None:
    await told.post("/work_pools/", {"name": "told", "type": "process", "concurrency_limit": 3}, saved="pool")
    for change in (
        {"description": "d"},
        {"description": "d"},
        {"concurrency_limit": 4, "is_paused": True},
        {"is_paused": True},
        {"is_paused": False},
        {"is_paused": False, "concurrency_limit": None},
        {"base_job_template": {"job_configuration": {}, "variables": {"properties": {}}}},
        {"storage_configuration": {"bundle_upload_step": {"a": 1}}},
        {},
    ):
        await told.patch("/work_pools/told", change)
    await told.post("/work_pools/told/queues", {"name": "q", "priority": 1})
    for change in (
        {"description": "d"},
        {"is_paused": True, "concurrency_limit": 3},
        {"is_paused": True},
        {"is_paused": False},
        {"priority": 7, "name": "r"},
    ):
        await told.patch("/work_pools/told/queues/q", change)
    await told.patch("/work_pools/told/queues/r", {"filter": {"tags": ["a"]}})
    await told.patch("/work_pools/told/queues/r", {"last_polled": "2026-01-01T00:00:00Z"})
    await told.delete("/work_pools/told/queues/r")
    await told.post("/work_pools/told/queues", {"name": "s"})
    await told.delete("/work_pools/told")
    await told.post("/work_pools/", {"name": "paused", "type": "docker", "is_paused": True})
    await told.delete("/work_pools/paused")
    await told.post("/work_pools/", {"name": "of agents", "type": "prefect-agent"})
    await told.patch("/work_pools/of%20agents", {"is_paused": True})
    await told.delete("/work_pools/of%20agents")
    await told.events(
        "work-queue.created",
        *_of("work-pool", "created not-ready updated paused updated paused not-ready not-ready updated"),
        "work-pool.updated",
        *_of("work-queue", "created updated updated paused not-ready updated deleted created deleted deleted"),
        "work-pool.deleted",
        "work-queue.created",
        *_of("work-pool", "created paused"),
        "work-queue.deleted",
        "work-pool.deleted",
        "work-queue.created",
        *_of("work-pool", "created not-ready"),
        "work-queue.deleted",
        "work-pool.deleted",
    )
    told.end()


async def test_deployments(told: Told) -> None:
    await told.post("/flows/", {"name": "deployed"}, saved="flow")
    await told.post("/work_pools/", {"name": "for deployments", "type": "process"}, saved="pool")
    await told.post("/deployments/", {"name": "plain", "flow_id": "{flow}"}, saved="plain")
    pooled = {"name": "told", "flow_id": "{flow}", "work_pool_name": "for deployments", "tags": ["a"], "version": "1"}
    await told.post("/deployments/", pooled, saved="deployment")
    await told.post("/deployments/", pooled)
    await told.post(
        "/deployments/", {**pooled, "tags": ["b"], "version": "2", "parameters": {"x": 1}, "labels": {"a": 1}}
    )
    for change in (
        {"tags": ["x"]},
        {"tags": ["x"]},
        {"paused": True},
        {"paused": False},
        {"parameters": {"b": [1]}, "description": "new"},
        {"work_queue_name": "another"},
        {"concurrency_limit": 3},
        {"concurrency_limit": 4},
        {"concurrency_options": {"collision_strategy": "CANCEL_NEW"}},
        {"concurrency_limit": None},
        {"schedules": [{"schedule": {"interval": 3600, "anchor_date": "2026-01-01T00:00:00Z"}, "active": False}]},
        {"schedules": []},
        {"work_queue_name": None},
        {"pull_steps": [{"a": {"b": 1}}], "job_variables": {"a": 1}, "entrypoint": "f.py:f"},
        {},
    ):
        await told.patch("/deployments/{deployment}", change)
    for action in ("pause_deployment", "pause_deployment", "resume_deployment", "resume_deployment"):
        await told.post(f"/deployments/{{deployment}}/{action}")
    await told.post("/deployments/bulk_delete", {"deployments": {"id": {"any_": ["{plain}"]}}})
    await told.delete("/deployments/{deployment}")
    await told.post("/deployments/", {**pooled, "concurrency_limit": 2}, saved="last")
    await told.delete("/flows/{flow}")
    await told.delete("/work_pools/for%20deployments")
    await told.events(
        "flow.created",
        "work-queue.created",
        "work-pool.created",
        "work-pool.not-ready",
        *_of("deployment", "created created updated updated updated updated updated"),
        "work-queue.created",
        "work-pool.created",
        "work-queue.created",
        *_of("deployment", "updated updated updated updated deleted deleted created"),
        "flow.deleted",
        "work-queue.deleted",
        "work-pool.deleted",
    )
    told.end()


async def test_a_deployment_that_somebody_serves(told: Told) -> None:
    await told.post("/flows/", {"name": "served"}, saved="flow")
    await told.post("/deployments/", {"name": "served", "flow_id": "{flow}"}, saved="deployment")
    for _ in range(2):
        await told.post("/deployments/get_scheduled_flow_runs", {"deployment_ids": ["{deployment}"]})
    await told.events("flow.created", *_of("deployment", "created ready"))
    told.end()
