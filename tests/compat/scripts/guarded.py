"""A flow with tasks for a server that asks for a password: what the server knows of it afterwards."""

import json

from prefect import flow, get_client, task
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId


@task
def one() -> int:
    return 1


@flow
def guarded() -> int:
    return sum(future.result() for future in [one.submit(), one.submit()])


if __name__ == "__main__":
    state = guarded(return_state=True)
    with get_client(sync_client=True) as client:
        id = state.state_details.flow_run_id
        runs = client.read_task_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[id])))
    print(json.dumps({"result": state.result(), "task_runs": sorted(run.state_name for run in runs)}))
