"""What a repeated write does, for every route that writes: the table in `docs/reliability.md` is what the server does."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from lictor.app import ROUTERS
from lictor.http.routing import DeclaredRoute

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
NOW = "2026-01-01T00:00:00Z"
Made = dict[str, Any]

ONLY_READS = re.compile(
    r"^POST /(.*/(filter(/explain)?|count(/.*)?|count-.*|export|paginate|history|lateness|validate|next-runs|next-times"
    r"|counts|bounded-count|concurrency_status|suggestions|find|home)|ui/(suggestions|find|home|login|logout))$"
)
"""These change nothing, or nothing but a cookie."""

POLLS = {
    "POST /deployments/get_scheduled_flow_runs",
    "POST /work_pools/{name}/get_scheduled_flow_runs",
    "POST /work_queues/{id:uuid}/get_runs",
}
"""What they give is claimed for some seconds, and given again to whoever asks in the same name; nothing else changes."""


class World:
    """Makes what a write is about, new each time."""

    def __init__(self, api: httpx.AsyncClient) -> None:
        self.api = api
        self.made: Made = {}

    async def new(self, path: str, **body: Any) -> str:
        reply = await self.api.post(path, json=body)
        assert reply.is_success, (path, reply.text)
        self.made = reply.json()
        return self.made["id"]

    async def flow(self) -> str:
        return await self.new("/flows/", name=uuid4().hex)

    async def flow_run(self, state: str | None = None) -> str:
        more = {"state": {"type": state}} if state else {}
        return await self.new("/flow_runs/", flow_id=await self.flow(), **more)

    async def task_run(self) -> str:
        return await self.new("/task_runs/", flow_run_id=await self.flow_run(), task_key="t", dynamic_key=uuid4().hex)

    async def deployment(self, **more: Any) -> str:
        return await self.new("/deployments/", flow_id=await self.flow(), name=uuid4().hex, **more)

    async def schedule(self) -> tuple[str, str]:
        made = await self.deployment(schedules=[SCHEDULE])
        return made, self.made["schedules"][0]["id"]

    async def pool(self) -> str:
        await self.new("/work_pools/", name=(name := f"p{uuid4().hex}"))
        return name

    async def limit(self) -> str:
        await self.new("/v2/concurrency_limits/", name=(name := f"l{uuid4().hex}"), limit=10)
        return name

    async def tag_limit(self) -> str:
        await self.new("/concurrency_limits/", tag=(tag := f"t{uuid4().hex}"), concurrency_limit=10)
        return tag

    async def lease(self) -> str:
        body = {"slots": 1, "names": [await self.limit()], "lease_duration": 300}
        return (await self.api.post("/v2/concurrency_limits/increment-with-lease", json=body)).json()["lease_id"]

    async def block_type(self) -> str:
        return await self.new("/block_types/", name=(slug := f"b{uuid4().hex}"), slug=slug)

    async def block_schema(self) -> str:
        type_ = await self.block_type()
        fields = {"title": uuid4().hex, "type": "object", "properties": {}}
        return await self.new("/block_schemas/", block_type_id=type_, fields=fields)

    async def block_document(self) -> Made:
        schema = await self.block_schema()
        return {
            "name": f"d{uuid4().hex}",
            "data": {},
            "block_schema_id": schema,
            "block_type_id": self.made["block_type_id"],
        }

    async def automation(self) -> str:
        return await self.new("/automations/", **AUTOMATION)

    async def webhook(self) -> str:
        return await self.new("/webhooks/", **webhook())

    async def variable(self) -> str:
        await self.new("/variables/", name=(name := f"v{uuid4().hex}"), value=1)
        return name


SCHEDULE = {"schedule": {"interval": 3600, "anchor_date": NOW}, "active": True}
AUTOMATION = {
    "name": "a",
    "trigger": {"type": "event", "posture": "Reactive", "expect": ["x"], "threshold": 1, "within": 0},
    "actions": [{"type": "do-nothing"}],
}


def webhook() -> Made:
    return {"name": f"w{uuid4().hex}", "template": {"event": "x", "resource": {"prefect.resource.id": "r"}}}


Case = Callable[[World], Awaitable[tuple[str, Any]]]
CASES: dict[str, Case] = {}


def case(route: str) -> Callable[[Case], Case]:
    def add(function: Case) -> Case:
        CASES[route] = function
        return function

    return add


def simple(route: str, make: Callable[[World], Awaitable[Any]], body: Any = None, place: str = "{id:uuid}") -> None:
    """A route with one thing in its path."""

    async def request(world: World) -> tuple[str, Any]:
        return route.split()[1].replace(place, str(await make(world))), body

    CASES[route] = request


def creates(route: str, make: Callable[[World], Awaitable[Any]]) -> None:
    """A route whose body is what `make` gives."""

    async def request(world: World) -> tuple[str, Any]:
        return route.split()[1], await make(world)

    CASES[route] = request


def wraps(function: Callable[[World], Any]) -> Callable[[World], Awaitable[Any]]:
    async def made(world: World) -> Any:
        found = function(world)
        return await found if hasattr(found, "__await__") else found

    return made


async def _id_of(world: World, make: Callable[[], Awaitable[Any]]) -> str:
    await make()
    return world.made["id"]


def constant(**body: Any) -> Callable[[World], Awaitable[Made]]:
    return wraps(lambda _: {name: value() if callable(value) else value for name, value in body.items()})


def a_name() -> str:
    return f"n{uuid4().hex}"


async def _with_flow(world: World, **more: Any) -> Made:
    return {"flow_id": await world.flow(), **more}


creates("POST /flows/", constant(name=a_name))
simple("PATCH /flows/{id:uuid}", World.flow, {"tags": ["x"]})
simple("DELETE /flows/{id:uuid}", World.flow)
creates("POST /flows/bulk_delete", lambda w: _ids(w, w.flow, "flows"))
creates("POST /flow_runs/", _with_flow)
creates("POST /flow_runs/ with idempotency_key", lambda w: _with_flow(w, idempotency_key=a_name()))
simple("PATCH /flow_runs/{id:uuid}", World.flow_run, {"name": "new"})
simple("DELETE /flow_runs/{id:uuid}", World.flow_run)
simple("POST /flow_runs/{id:uuid}/resume", lambda w: w.flow_run("PAUSED"), {})
creates("POST /flow_runs/bulk_delete", lambda w: _ids(w, w.flow_run, "flow_runs"))
simple("PATCH /flow_runs/{id:uuid}/labels", World.flow_run, {"k": "v"})
simple("POST /flow_runs/{id:uuid}/set_state", World.flow_run, {"state": {"type": "RUNNING"}})
simple("POST /flow_runs/{id:uuid}/input", World.flow_run, {"key": "k", "value": "v"})


async def _ids(world: World, make: Callable[[], Awaitable[str]], kind: str) -> Made:
    return {kind: {"id": {"any_": [await make()]}}}


@case("POST /flow_runs/bulk_set_state")
async def _bulk_set_state(world: World) -> tuple[str, Any]:
    return "/flow_runs/bulk_set_state", {
        **await _ids(world, world.flow_run, "flow_runs"),
        "state": {"type": "CANCELLED"},
    }


@case("DELETE /flow_runs/{id:uuid}/input/{key}")
async def _delete_input(world: World) -> tuple[str, Any]:
    run = await world.flow_run()
    await world.api.post(f"/flow_runs/{run}/input", json={"key": "k", "value": "v"})
    return f"/flow_runs/{run}/input/k", None


async def _task_run_body(world: World) -> Made:
    return {"flow_run_id": await world.flow_run(), "task_key": "t", "dynamic_key": "0"}


creates("POST /task_runs/", _task_run_body)
simple("PATCH /task_runs/{id:uuid}", World.task_run, {"name": "new"})
simple("DELETE /task_runs/{id:uuid}", World.task_run)
simple("POST /task_runs/{id:uuid}/set_state", World.task_run, {"state": {"type": "RUNNING"}})
creates("POST /deployments/", lambda w: _with_flow(w, name="d"))
simple("PATCH /deployments/{id:uuid}", World.deployment, {"description": "new"})
simple("DELETE /deployments/{id:uuid}", World.deployment)
creates("POST /deployments/bulk_delete", lambda w: _ids(w, w.deployment, "deployments"))
simple("POST /deployments/{id:uuid}/resume_deployment", World.deployment)
simple("POST /deployments/{id:uuid}/pause_deployment", World.deployment)
simple("POST /deployments/{id:uuid}/create_flow_run", World.deployment, {})
simple("POST /deployments/{id:uuid}/create_flow_run with idempotency_key", World.deployment, {"idempotency_key": "k"})
simple("POST /deployments/{id:uuid}/create_flow_run/bulk", World.deployment, [{}])
simple("POST /deployments/{id:uuid}/schedules", World.deployment, [SCHEDULE])
simple("POST /deployments/{id:uuid}/schedule", World.deployment, {})
simple(
    "POST /deployments/{id:uuid}/backfill",
    lambda w: w.deployment(schedules=[SCHEDULE]),
    {"start_time": NOW, "end_time": "2026-01-01T03:00:00Z"},
)
simple("PUT /deployments/{id:uuid}/catch_up", World.deployment, {"policy": "latest"})


@case("PATCH /deployments/{id:uuid}/schedules/{schedule_id:uuid}")
async def _change_schedule(world: World) -> tuple[str, Any]:
    deployment, schedule = await world.schedule()
    return f"/deployments/{deployment}/schedules/{schedule}", {"active": False}


@case("DELETE /deployments/{id:uuid}/schedules/{schedule_id:uuid}")
async def _delete_schedule(world: World) -> tuple[str, Any]:
    deployment, schedule = await world.schedule()
    return f"/deployments/{deployment}/schedules/{schedule}", None


creates("POST /work_pools/", constant(name=a_name))
simple("PATCH /work_pools/{name}", World.pool, {"description": "new"}, "{name}")
simple("DELETE /work_pools/{name}", World.pool, None, "{name}")
simple("POST /work_pools/{work_pool_name}/queues", World.pool, {"name": "q"}, "{work_pool_name}")
simple("POST /work_pools/{work_pool_name}/workers/heartbeat", World.pool, {"name": "w"}, "{work_pool_name}")


async def _in_pool(world: World, what: str, part: str, body: Any) -> tuple[str, Any]:
    pool = await world.pool()
    await world.api.post(f"/work_pools/{pool}/{part}", json={"name": "x"})
    return f"/work_pools/{pool}/{what}/x", body


CASES["PATCH /work_pools/{work_pool_name}/queues/{name}"] = lambda w: _in_pool(w, "queues", "queues", {"priority": 5})
CASES["DELETE /work_pools/{work_pool_name}/queues/{name}"] = lambda w: _in_pool(w, "queues", "queues", None)
CASES["DELETE /work_pools/{work_pool_name}/workers/{name}"] = lambda w: _in_pool(
    w, "workers", "workers/heartbeat", None
)
creates("POST /work_queues/", constant(name=a_name))
for verb, change in (("PATCH", {"description": "new"}), ("DELETE", None)):
    simple(f"{verb} /work_queues/{{id:uuid}}", lambda w: w.new("/work_queues/", name=a_name()), change)


async def _slots(world: World) -> Made:
    return {"slots": 1, "names": [await world.limit()]}


creates("POST /v2/concurrency_limits/", constant(name=a_name, limit=1))
simple("PATCH /v2/concurrency_limits/{id_or_name}", World.limit, {"limit": 3}, "{id_or_name}")
simple("DELETE /v2/concurrency_limits/{id_or_name}", World.limit, None, "{id_or_name}")
creates("POST /v2/concurrency_limits/increment", _slots)
creates("POST /v2/concurrency_limits/increment-with-lease", _slots)
creates("POST /v2/concurrency_limits/decrement", _slots)


@case("POST /v2/concurrency_limits/decrement-with-lease")
async def _end_lease(world: World) -> tuple[str, Any]:
    return "/v2/concurrency_limits/decrement-with-lease", {"lease_id": await world.lease()}


simple("POST /v2/concurrency_limits/leases/{lease_id}/renew", World.lease, {"lease_duration": 60}, "{lease_id}")
creates("POST /concurrency_limits/", constant(tag=a_name, concurrency_limit=1))
simple("POST /concurrency_limits/tag/{tag}/reset", World.tag_limit, {}, "{tag}")
simple("DELETE /concurrency_limits/{id:uuid}", lambda w: _id_of(w, w.tag_limit))
simple("DELETE /concurrency_limits/tag/{tag}", World.tag_limit, None, "{tag}")


async def _tag_slots(world: World) -> Made:
    return {"names": [await world.tag_limit()], "task_run_id": str(uuid4())}


creates("POST /concurrency_limits/increment", _tag_slots)
creates("POST /concurrency_limits/decrement", _tag_slots)
creates("POST /logs/", wraps(lambda _: [{"name": "n", "level": 20, "message": "m", "timestamp": NOW}]))
creates(
    "POST /events",
    wraps(lambda _: [{"id": str(uuid4()), "occurred": NOW, "event": "e", "resource": {"prefect.resource.id": "r"}}]),
)
creates("POST /variables/", constant(name=a_name, value=1))
for verb, change in (("PATCH", {"value": 2}), ("DELETE", None)):
    simple(f"{verb} /variables/{{id:uuid}}", lambda w: _id_of(w, w.variable), change)
    simple(f"{verb} /variables/name/{{name}}", World.variable, change, "{name}")
    simple(f"{verb} /artifacts/{{id:uuid}}", lambda w: w.new("/artifacts/", data=1), change and {"data": 2})
creates("POST /artifacts/", constant(key=a_name, data=1))
creates("PUT /saved_searches/", constant(name=a_name))


@case("DELETE /saved_searches/{id:uuid}")
async def _delete_search(world: World) -> tuple[str, Any]:
    made = (await world.api.put("/saved_searches/", json={"name": a_name()})).json()
    return f"/saved_searches/{made['id']}", None


creates("POST /block_types/", wraps(lambda _: dict.fromkeys(("name", "slug"), a_name())))
simple("PATCH /block_types/{id:uuid}", World.block_type, {"description": "new"})
simple("DELETE /block_types/{id:uuid}", World.block_type)
creates("POST /block_types/install_system_block_types", wraps(lambda _: None))


async def _schema_body(world: World) -> Made:
    return {
        "block_type_id": await world.block_type(),
        "fields": {"title": a_name(), "type": "object", "properties": {}},
    }


creates("POST /block_schemas/", _schema_body)
simple("DELETE /block_schemas/{id:uuid}", World.block_schema)
creates("POST /block_documents/", World.block_document)


async def _block(world: World) -> str:
    return await world.new("/block_documents/", **await world.block_document())


simple("PATCH /block_documents/{id:uuid}", _block, {"data": {}})
simple("DELETE /block_documents/{id:uuid}", _block)
creates("POST /automations/", wraps(lambda _: AUTOMATION))
simple("PUT /automations/{id:uuid}", World.automation, {**AUTOMATION, "name": "b"})
simple("PATCH /automations/{id:uuid}", World.automation, {"enabled": False})
simple("DELETE /automations/{id:uuid}", World.automation)
simple("DELETE /automations/owned-by/{resource_id}", wraps(lambda _: "r"), None, "{resource_id}")
simple("POST /automations/{id:uuid}/test", World.automation, {})
creates("POST /webhooks/", wraps(lambda _: webhook()))
simple("PATCH /webhooks/{id:uuid}", World.webhook, {"enabled": False})
simple("POST /webhooks/{id:uuid}/rotate", World.webhook)
simple("DELETE /webhooks/{id:uuid}", World.webhook)


@case("POST /hooks/{token}")
async def _hook(world: World) -> tuple[str, Any]:
    await world.webhook()
    return f"/hooks/{world.made['token']}", {}


async def _policy(world: World) -> Made:
    block = await _block(world)
    return {"is_active": True, "state_names": [], "tags": [], "block_document_id": block}


creates("POST /flow_run_notification_policies/", _policy)
for verb, change in (("PATCH", {"is_active": False}), ("DELETE", None)):

    async def _new_policy(world: World) -> str:
        return await world.new("/flow_run_notification_policies/", **await _policy(world))

    simple(f"{verb} /flow_run_notification_policies/{{id:uuid}}", _new_policy, change)


@case("PUT /admin/storage")
async def _storage(world: World) -> tuple[str, Any]:
    return "/admin/storage", {"default_result_storage_block_id": await _storage_block(world)}


async def _storage_block(world: World) -> str:
    type_ = await world.block_type()
    fields = {"title": a_name(), "type": "object", "properties": {}}
    capabilities = ["read-path", "write-path"]
    schema = await world.new("/block_schemas/", block_type_id=type_, fields=fields, capabilities=capabilities)
    return await world.new("/block_documents/", name=a_name(), data={}, block_schema_id=schema, block_type_id=type_)


creates("DELETE /admin/storage", wraps(lambda _: None))

ELSEWHERE = {"POST /automations/actions/{id:uuid}/retry"}
"""Only what failed is tried again, which the tests of deliveries make fail: a second time it answers 409."""


def rows_of_page() -> dict[str, tuple[str, str]]:
    """By route: the statuses of both answers, and what is true then."""
    text = PAGE.read_text().partition("## What a repeated write does")[2].partition("\n## ")[0]
    found = re.findall(r"^\| `([^`]+)`([^|]*) \| (\d+, \d+) \| ([^|]+) \|$", text, re.MULTILINE)
    return {route + more: (statuses, then) for route, more, statuses, then in found}


async def outcome(api: httpx.AsyncClient, route: str) -> tuple[str, str | None]:
    path, body = await CASES[route](World(api))
    method = route.split(maxsplit=1)[0]
    content = {} if body is None else {"json": body}
    first, again = [await api.request(method, path, **content) for _ in range(2)]
    statuses = f"{first.status_code}, {again.status_code}"
    assert first.is_success, (route, first.text)
    ids = [
        reply.json().get("id") if reply.text.startswith("{") and reply.is_success else None for reply in (first, again)
    ]
    if again.status_code in (404, 409):
        return statuses, "gone already" if method == "DELETE" else "refused"
    return statuses, None if ids[0] is None else "the same row" if ids[0] == ids[1] else "a second row"


def test_every_route_that_writes_is_in_the_table() -> None:
    writes = {
        f"{method} {route.path}"
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, DeclaredRoute)
        for method in route.methods - {"GET", "HEAD"}
    }
    known = {" ".join(route.split()[:2]) for route in CASES}
    assert {route for route in writes if not ONLY_READS.match(route)} == known | POLLS | ELSEWHERE
    assert set(rows_of_page()) == set(CASES)


async def test_the_table_is_what_the_server_does(api: httpx.AsyncClient) -> None:
    told = rows_of_page()
    wrong = {}
    for route in CASES:
        statuses, then = await outcome(api, route)
        if statuses != told[route][0] or then not in (None, told[route][1]):
            wrong[route] = (statuses, then, told[route])
        assert then is not None or told[route][1] in {"nothing more", "once more"}, route
    assert wrong == {}


async def test_what_counts_once_more(api: httpx.AsyncClient) -> None:
    """And what does not: the rows of the table that no id tells."""
    world = World(api)

    async def twice(path: str, body: Any) -> None:
        for _ in range(2):
            assert (await api.post(path, json=body)).is_success

    log = {"name": "n", "level": 20, "message": "twice", "timestamp": NOW}
    await twice("/logs/", [log])
    assert len((await api.post("/logs/filter", json={})).json()) == 2
    _, event = await CASES["POST /events"](world)
    await twice("/events", event)
    wanted = {"filter": {"id": {"id": [event[0]["id"]]}, "occurred": {"since": "2025-12-01T00:00:00Z"}}}
    assert (await api.post("/events/filter", json=wanted)).json()["total"] == 1
    for part, taken in (("increment", 2), ("increment-with-lease", 2)):
        name = await world.limit()
        await twice(f"/v2/concurrency_limits/{part}", {"slots": 1, "names": [name]})
        assert (await api.get(f"/v2/concurrency_limits/{name}")).json()["active_slots"] == taken
    lease = await world.lease()
    await twice("/v2/concurrency_limits/decrement-with-lease", {"lease_id": lease})
    tag, run = await world.tag_limit(), str(uuid4())
    await twice("/concurrency_limits/increment", {"names": [tag], "task_run_id": run})
    assert (await api.get(f"/concurrency_limits/tag/{tag}")).json()["active_slots"] == [run, run]
    deployment = await world.deployment()
    await twice(f"/deployments/{deployment}/schedules", [SCHEDULE])
    assert len((await api.get(f"/deployments/{deployment}/schedules")).json()) == 2
    await twice(f"/deployments/{deployment}/create_flow_run/bulk", [{}])
    count = await api.post("/flow_runs/count", json={"deployments": {"id": {"any_": [deployment]}}})
    assert count.json() == 2
    path, body = await CASES["POST /deployments/{id:uuid}/backfill"](world)
    answers = [(await api.post(path, json=body)).json() for _ in range(2)]
    count = await api.post("/flow_runs/count", json={"deployments": {"id": {"any_": [path.split("/")[2]]}}})
    assert count.json() == 4, answers
