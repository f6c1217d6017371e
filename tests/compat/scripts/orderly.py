"""Orders runs of a deployment from inside a flow, each in another way. Prints the ids of the runs, and a result."""

import json

from prefect import flow
from prefect.context import get_run_context
from prefect.deployments import run_deployment


@flow
def orders() -> dict[str, str]:
    by_key = {"idempotency_key": "once", "timeout": 0, "flow_run_name": "by a key", "tags": ["mine"]}
    first, again = (run_deployment("doubles/ordered", **by_key) for _ in range(2))
    waited = run_deployment("doubles/ordered", parameters={"number": 3}, poll_interval=1)
    return {
        "parent": str(get_run_context().flow_run.id),
        "first": str(first.id),
        "again": str(again.id),
        "waited": str(waited.id),
        "result": waited.state.result(),
    }


print(json.dumps(orders()))
