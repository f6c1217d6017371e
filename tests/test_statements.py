"""How many statements each route that lists or counts takes, however many objects there are."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from lictor.app import create_app
from lictor.settings import Settings
from tests.make import NOON, Make

STEPS = {
    "history_start": NOON.isoformat(),
    "history_end": (NOON + timedelta(days=1)).isoformat(),
    "history_interval_seconds": 3600,
}
ONE = "00000000-0000-4000-8000-000000000000"

STATEMENTS: dict[str, tuple[int, dict[str, Any]]] = {
    "/flows/filter": (1, {}),
    "/flows/paginate": (2, {}),
    "/flows/count": (1, {}),
    "/ui/flows/next-runs": (1, {"flow_ids": [ONE]}),
    "/flow_runs/filter": (1, {}),
    "/flow_runs/paginate": (2, {}),
    "/flow_runs/count": (1, {}),
    "/flow_runs/lateness": (1, {}),
    "/flow_runs/history": (1, STEPS),
    "/flow_runs/{id:uuid}/input/filter": (1, {"prefix": "x"}),
    "/ui/flow_runs/history": (1, {}),
    "/ui/flow_runs/count-task-runs": (1, {"flow_run_ids": [ONE]}),
    "/ui/flow_runs/filter": (4, {}),  # and their flows, deployments and task runs
    "/ui/flow_runs/bounded-count": (1, {}),
    "/task_runs/filter": (1, {}),
    "/task_runs/paginate": (2, {}),
    "/task_runs/count": (1, {}),
    "/task_runs/history": (1, STEPS),
    "/ui/task_runs/dashboard/counts": (1, {"task_runs": {"start_time": {"after_": NOON.isoformat()}}}),
    "/ui/task_runs/count": (1, {}),
    "/ui/task_runs/filter": (2, {}),  # and their flow runs
    "/ui/task_runs/bounded-count": (1, {}),
    "/deployments/filter": (2, {}),  # and their schedules
    "/deployments/paginate": (3, {}),
    "/deployments/count": (1, {}),
    "/work_pools/filter": (1, {}),
    "/work_pools/count": (1, {}),
    "/work_pools/{work_pool_name}/queues/filter": (2, {}),  # and the pool
    "/work_pools/{work_pool_name}/workers/filter": (2, {}),  # and the pool
    "/work_queues/filter": (1, {}),
    "/v2/concurrency_limits/filter": (1, {}),
    "/concurrency_limits/filter": (2, {}),  # and who holds them
    "/logs/filter": (1, {}),
    "/events/filter": (2, {}),  # and their number
    "/variables/filter": (1, {}),
    "/variables/count": (1, {}),
    "/artifacts/filter": (1, {}),
    "/artifacts/latest/filter": (1, {}),
    "/artifacts/count": (1, {}),
    "/artifacts/latest/count": (1, {}),
    "/saved_searches/filter": (1, {}),
    "/task_workers/filter": (1, {}),
    "/block_types/filter": (1, {}),
    "/block_schemas/filter": (2, {}),  # and those within
    "/block_documents/filter": (5, {}),  # and the key, those within, schemas and those within
    "/block_documents/count": (1, {}),
    "/automations/filter": (1, {}),
    "/automations/count": (1, {}),
    "/webhooks/filter": (1, {}),
    "/flow_run_notification_policies/filter": (1, {}),
}

LISTS = ("filter", "paginate", "count", "counts", "history", "lateness", "next-runs", "count-task-runs")


def test_every_list_is_known(unused_settings: Settings) -> None:
    routes = create_app(unused_settings).api_routes
    assert {route.path for route in routes if route.path.endswith(LISTS)} == set(STATEMENTS)


@pytest.mark.parametrize("many", [1, 4])
async def test_lists_take_so_many_statements(
    api: httpx.AsyncClient, make: Make, statements: list[str], many: int
) -> None:
    pool = await make.work_pool("pool")
    for number in range(many):
        await api.post("/concurrency_limits/", json={"tag": f"{number}", "concurrency_limit": 1})
        deployment_id = await make.deployment(flow_id=await make.flow())
        flow_run_id = await make.flow_run("f", "RUNNING", deployment_id=deployment_id)
        await make.task_run("t", "RUNNING", flow_run_id=flow_run_id)
        await make.work_pool()
        await make.work_queue(work_pool_id=pool)
        await make.variable()
        await make.log()
        await make.saved_search()
        await make.webhook()
        await make.notification_policy()
        await make.artifact("key")
        await make.limit()
        await make.block_document()
        automation = {"name": f"{number}", "trigger": {"type": "event", "posture": "Reactive"}, "actions": []}
        assert (await api.post("/automations/", json=automation)).status_code == 201
    taken = {}
    for path, (_, body) in STATEMENTS.items():
        statements.clear()
        reply = await api.post(path.format_map(BoundQuery()), json=body)
        assert reply.status_code == 200, (path, reply.text)
        taken[path] = len(statements)
    assert taken == {path: number for path, (number, _) in STATEMENTS.items()}


class BoundQuery(dict[str, Any]):
    """What stands in paths for their parameters."""

    def __missing__(self, name: str) -> Any:
        return Name("pool" if name == "work_pool_name" else ONE)


class Name(str):
    """A parameter in a path, whatever it must be like."""

    __slots__ = ()

    def __format__(self, _: str) -> str:
        return str(self)
