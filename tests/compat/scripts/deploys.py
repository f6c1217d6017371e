"""Deploys flows to process pools: one by `flow.deploy`, others by `deploy`. Prints the id of each deployment by its name."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prefect import Flow, deploy, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.schedules import Interval
from prefect.workers.process import ProcessWorker

HERE = Path(__file__).parent


def stored(name: str) -> Flow:
    return Flow.from_source(source=str(HERE), entrypoint=f"orders.py:{name}")


with get_client(sync_client=True) as client:
    for pool in ("workers", "fragile"):
        template = ProcessWorker.get_default_base_job_template()
        client.create_work_pool(WorkPoolCreate(name=pool, type="process", base_job_template=template))
soon = Interval(timedelta(days=1), anchor_date=datetime.now(UTC) + timedelta(seconds=3))
scheduled = stored("doubles").deploy(
    "scheduled", work_pool_name="workers", schedule=soon, parameters={"number": 21}, print_next_steps=False
)
ordered = {
    name: stored(name).to_deployment("ordered", concurrency_limit=1 if name == "falters" else None)
    for name in ("doubles", "sleeps", "leads", "falters", "suspends")
}
fragile = stored("sleeps").to_deployment("fragile", concurrency_limit=1, job_variables={"env": {"SILENT": "yes"}})
ids = deploy(*ordered.values(), work_pool_name="workers", print_next_steps_message=False)
ids += deploy(fragile, work_pool_name="fragile", print_next_steps_message=False)
print(json.dumps({"scheduled": str(scheduled), **dict(zip([*ordered, "fragile"], map(str, ids), strict=True))}))
