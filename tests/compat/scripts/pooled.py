"""A run of a deployment in a work pool, run in this process. Prints the id of the flow run."""

import json

import httpx
from prefect import flow, get_client, task
from prefect.events import emit_event
from prefect.flow_engine import run_flow
from prefect.settings import PREFECT_API_URL


@task
def double(number: int) -> int:
    return 2 * number


@flow(name="pooled")
def pooled() -> int:
    emit_event("pooled.says", {"prefect.resource.id": "pooled.flow"})
    return double(2)


api = httpx.Client(base_url=PREFECT_API_URL.value())
flow_id = api.post("/flows/", json={"name": "pooled"}).raise_for_status().json()["id"]
api.post("/work_pools/", json={"name": "pool", "type": "process"}).raise_for_status()
deployment = {"name": "in the pool", "flow_id": flow_id, "work_pool_name": "pool"}
deployment = api.post("/deployments/", json=deployment).raise_for_status().json()
run = {
    "flow_id": flow_id,
    "deployment_id": deployment["id"],
    "work_pool_name": "pool",
    "state": {"type": "PENDING"},
}
run_id = api.post("/flow_runs/", json=run).raise_for_status().json()["id"]
with get_client(sync_client=True) as client:
    assert run_flow(pooled, flow_run=client.read_flow_run(run_id)) == 4
print(json.dumps(run_id))
