"""A history for the CLI to show: one flow run that completes, with task runs and logs, one that fails, one that waits."""

import json
import time

from prefect import flow, get_client, get_run_logger, task
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import State
from prefect.states import Scheduled


@task(tags=["shown"])
def look(number: int) -> int:
    get_run_logger().info("looking at %s", number)
    return number


@flow(name="shown", flow_run_name="well", log_prints=True)
def well() -> None:
    print("printed by the flow")
    look(1)
    look(2)


@flow(name="shown", flow_run_name="badly")
def badly() -> None:
    raise ValueError("as planned")


def ids(state: State) -> str:
    return str(state.state_details.flow_run_id)


if __name__ == "__main__":
    completed, failed = well(return_state=True), badly(return_state=True)
    with get_client(sync_client=True) as client:
        waiting = client.create_flow_run(well, name="waiting", state=Scheduled())
        mine = FlowRunFilter(id=FlowRunFilterId(any_=[completed.state_details.flow_run_id]))
        while len(task_runs := client.read_task_runs(flow_run_filter=mine)) < 2:
            time.sleep(0.1)  # they are on their way
    print(
        json.dumps(
            {
                "completed": ids(completed),
                "failed": ids(failed),
                "waiting": str(waiting.id),
                "task_run": str(task_runs[0].id),
            }
        )
    )
