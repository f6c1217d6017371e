"""Every read of the SDK's client, of something that is stored. Prints what each of them found, by its name.

The SDK drops, skips or gives up something in silence after many a read that is answered by 404. So nothing of what is
stored may be missing to any of them: each finds what is named here, or a list that is not empty.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import LogFilter
from prefect.events.filters import EventFilter, EventNameFilter
from prefect.exceptions import ObjectNotFound

Json = Any

FIRST_WORDS = ("read_", "get_", "find_", "match_", "count_", "filter_")
PATIENCE_SECONDS = 60
SOON = datetime.now(UTC) + timedelta(minutes=1)
AUTOMATION = {
    "name": "reads",
    "trigger": {"type": "event", "expect": ["reads"], "posture": "Reactive", "threshold": 1, "within": 0},
    "actions": [{"type": "run-deployment", "source": "selected"}],
}


async def seed(client: PrefectClient) -> dict[str, Any]:
    """One of everything that can be read; what the server calls each."""

    async def post(path: str, body: Json) -> Json:
        answer = (await client.request("POST", path, json=body)).raise_for_status()
        return answer.json() if answer.content else None

    async def get(path: str) -> Json:
        return (await client.request("GET", path)).raise_for_status().json()

    flow = (await post("/flows/", {"name": "reads"}))["id"]
    await post("/work_pools/", {"name": "reads", "type": "process"})
    queue = (await get("/work_pools/reads/queues/default"))["id"]
    await post("/work_pools/reads/workers/heartbeat", {"name": "reads"})
    deployment = {
        "name": "reads",
        "flow_id": flow,
        "work_pool_name": "reads",
        "schedules": [{"schedule": {"cron": "0 0 1 1 *"}}],
    }
    deployment = (await post("/deployments/", deployment))["id"]
    due = {"state": {"type": "SCHEDULED", "state_details": {"scheduled_time": datetime.now(UTC).isoformat()}}}
    run = (await post(f"/deployments/{deployment}/create_flow_run", due))["id"]
    await post(f"/flow_runs/{run}/input", {"key": "reads-1", "value": "1"})
    task_run = {"flow_run_id": run, "task_key": "reads", "dynamic_key": "0", "state": {"type": "PENDING"}}
    task_run = (await post("/task_runs/", task_run))["id"]
    log = {"name": "reads", "level": 20, "message": "m", "timestamp": datetime.now(UTC).isoformat(), "flow_run_id": run}
    await post("/logs/", [log])
    await post("/variables/", {"name": "reads", "value": 1})
    artifact = {"key": "reads", "type": "markdown", "data": "#", "flow_run_id": run, "task_run_id": task_run}
    await post("/artifacts/", artifact)
    await post("/concurrency_limits/", {"tag": "reads", "concurrency_limit": 1})
    await post("/v2/concurrency_limits/", {"name": "reads", "limit": 2})
    files = (await get("/block_types/slug/local-file-system"))["id"]
    [schema] = await post("/block_schemas/filter", {"block_schemas": {"block_type_id": {"any_": [files]}}, "limit": 1})
    document = {"name": "reads", "data": {"basepath": "/tmp"}, "block_type_id": files, "block_schema_id": schema["id"]}
    document = (await post("/block_documents/", document))["id"]
    await client.update_server_default_result_storage(UUID(document))
    automation = {**AUTOMATION, "actions": [{**AUTOMATION["actions"][0], "deployment_id": deployment}]}
    automation = (await post("/automations/", automation))["id"]
    event = {"event": "reads", "occurred": datetime.now(UTC).isoformat(), "resource": {"prefect.resource.id": "reads"}}
    await post("/events", [event | {"id": str(uuid4())} for _ in range(60)])
    return {
        **{name: UUID(id) for name, id in locals().items() if name in {"flow", "queue", "deployment", "run", "task_run", "document", "files", "automation"}},
        "checksum": schema["checksum"],
        "state": UUID((await get(f"/flow_runs/{run}"))["state_id"]),
    }  # fmt: skip


READS: dict[str, Callable[[PrefectClient, dict[str, Any]], Awaitable[Any]]] = {
    "count_flow_runs": lambda client, of: client.count_flow_runs(),
    "filter_flow_run_input": lambda client, of: client.filter_flow_run_input(of["run"], "reads", 5, set()),
    "find_automation": lambda client, of: client.find_automation("reads"),
    "get_most_recent_block_schema_for_block_type": lambda client, of: client.get_most_recent_block_schema_for_block_type(of["files"]),
    "get_runs_in_work_queue": lambda client, of: client.get_runs_in_work_queue(of["queue"], scheduled_before=SOON),
    "get_scheduled_flow_runs_for_deployments": lambda client, of: client.get_scheduled_flow_runs_for_deployments([of["deployment"]], SOON),
    "get_scheduled_flow_runs_for_work_pool": lambda client, of: client.get_scheduled_flow_runs_for_work_pool("reads", scheduled_before=SOON),
    "match_work_queues": lambda client, of: client.match_work_queues(["default"], "reads"),
    "read_artifacts": lambda client, of: client.read_artifacts(),
    "read_automation": lambda client, of: client.read_automation(of["automation"]),
    "read_automations": lambda client, of: client.read_automations(),
    "read_automations_by_name": lambda client, of: client.read_automations_by_name("reads"),
    "read_block_document": lambda client, of: client.read_block_document(of["document"]),
    "read_block_document_by_name": lambda client, of: client.read_block_document_by_name("reads", "local-file-system"),
    "read_block_documents": lambda client, of: client.read_block_documents(),
    "read_block_documents_by_type": lambda client, of: client.read_block_documents_by_type("local-file-system"),
    "read_block_schema_by_checksum": lambda client, of: client.read_block_schema_by_checksum(of["checksum"]),
    "read_block_schemas": lambda client, of: client.read_block_schemas(),
    "read_block_type_by_slug": lambda client, of: client.read_block_type_by_slug("local-file-system"),
    "read_block_types": lambda client, of: client.read_block_types(),
    "read_concurrency_limit_by_tag": lambda client, of: client.read_concurrency_limit_by_tag("reads"),
    "read_concurrency_limits": lambda client, of: client.read_concurrency_limits(10, 0),
    "read_deployment": lambda client, of: client.read_deployment(of["deployment"]),
    "read_deployment_by_name": lambda client, of: client.read_deployment_by_name("reads/reads"),
    "read_deployment_schedules": lambda client, of: client.read_deployment_schedules(of["deployment"]),
    "read_deployments": lambda client, of: client.read_deployments(),
    "read_events": lambda client, of: events(client),
    "read_events_page": lambda client, of: next_events(client),
    "read_flow": lambda client, of: client.read_flow(of["flow"]),
    "read_flow_by_name": lambda client, of: client.read_flow_by_name("reads"),
    "read_flow_run": lambda client, of: client.read_flow_run(of["run"]),
    "read_flow_run_input": lambda client, of: client.read_flow_run_input(of["run"], "reads-1"),
    "read_flow_run_state": lambda client, of: client.read_flow_run_state(of["state"]),
    "read_flow_run_states": lambda client, of: client.read_flow_run_states(of["run"]),
    "read_flow_runs": lambda client, of: client.read_flow_runs(),
    "read_flows": lambda client, of: client.read_flows(),
    "read_global_concurrency_limit_by_name": lambda client, of: client.read_global_concurrency_limit_by_name("reads"),
    "read_global_concurrency_limits": lambda client, of: client.read_global_concurrency_limits(),
    "read_latest_artifacts": lambda client, of: client.read_latest_artifacts(),
    "read_logs": lambda client, of: client.read_logs(LogFilter()),
    "read_resource_related_automations": lambda client, of: client.read_resource_related_automations(f"prefect.deployment.{of['deployment']}"),
    "read_server_default_result_storage": lambda client, of: client.read_server_default_result_storage(),
    "read_task_run": lambda client, of: client.read_task_run(of["task_run"]),
    "read_task_run_states": lambda client, of: client.read_task_run_states(of["task_run"]),
    "read_task_runs": lambda client, of: client.read_task_runs(),
    "read_variable_by_name": lambda client, of: client.read_variable_by_name("reads"),
    "read_variables": lambda client, of: client.read_variables(),
    "read_work_pool": lambda client, of: client.read_work_pool("reads"),
    "read_work_pool_concurrency_status": lambda client, of: client.read_work_pool_concurrency_status("reads"),
    "read_work_pools": lambda client, of: client.read_work_pools(),
    "read_work_queue": lambda client, of: client.read_work_queue(of["queue"]),
    "read_work_queue_by_name": lambda client, of: client.read_work_queue_by_name("default", "reads"),
    "read_work_queue_concurrency_status": lambda client, of: client.read_work_queue_concurrency_status(of["queue"]),
    "read_work_queue_status": lambda client, of: client.read_work_queue_status(of["queue"]),
    "read_work_queues": lambda client, of: client.read_work_queues("reads"),
    "read_worker_metadata": lambda client, of: client.read_worker_metadata(),
    "read_workers_for_work_pool": lambda client, of: client.read_workers_for_work_pool("reads"),
    "send_worker_heartbeat": lambda client, of: client.send_worker_heartbeat("reads", "reads", 30, get_worker_id=True),
    "renew_concurrency_lease": lambda client, of: lease(client),
    "update_server_default_result_storage": lambda client, of: client.clear_server_default_result_storage(),
}  # fmt: skip


async def events(client: PrefectClient) -> Any:
    """The first page, once all events are there: both servers write them some time after the answer."""
    wanted = EventFilter(event=EventNameFilter(name=["reads"]))
    for _ in range(10 * PATIENCE_SECONDS):
        page = await client.read_events(wanted, limit=50)
        if page.total == 60:
            break
        await asyncio.sleep(0.1)
    return page


async def next_events(client: PrefectClient) -> Any:
    return await client.read_events_page(str((await events(client)).next_page))


async def lease(client: PrefectClient) -> Any:
    """A lease is taken, renewed and given back."""
    taken = await client.increment_concurrency_slots_with_lease(["reads"], 1, "concurrency", 60)
    id = taken.json()["lease_id"]
    await client.renew_concurrency_lease(UUID(id), 60)
    released = await client.release_concurrency_slots_with_lease(UUID(id))
    return [taken, released]


def found(value: Any) -> Json:
    """What kind of thing an answer is, which is the same on every server; of a list, what its entries are."""
    if isinstance(value, list):
        return sorted({found(each) for each in value})
    if hasattr(value, "events"):
        return f"{len(value.events)} of {value.total} events"
    return type(value).__name__


async def main() -> None:
    names = {name for name in dir(PrefectClient) if name.startswith(FIRST_WORDS)}
    answers: dict[str, Json] = {"unread": sorted(name for name in names if name not in READS)}
    async with get_client() as client:
        of = await seed(client)
        for name, read in READS.items():
            try:
                answers[name] = found(await read(client, of))
            except ObjectNotFound as missing:
                answers[name] = f"missing: {missing}"
    print(json.dumps(answers))


asyncio.run(main())
