"""What any client since Prefect 3.0 does: run by each of them in turn. Prints what the server knows afterwards."""

import asyncio
import json
import time
from collections import Counter

from prefect import flow, get_client, get_run_logger, task, unmapped
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId, LogFilter, LogFilterFlowRunId
from prefect.runtime import task_run

LONGEST_WAIT = 30
TASK_RUNS = 8


@task(retries=1, retry_delay_seconds=0, tags=["flaky"])
def flaky(number: int, offset: int) -> int:
    if number == 1 and task_run.run_count == 1:
        raise ValueError("not yet")
    return number + offset


@task
async def aside(number: int) -> int:
    return number


@task(cache_key_fn=lambda context, _: f"basics-{context.task_run.flow_run_id}", persist_result=True)
def cached() -> int:
    return 5


@flow(name="inner")
def inner(number: int) -> int:
    return flaky(number, 0)


@flow(name="outer", flow_run_name="outer {name}", retries=0)
def outer(name: str) -> int:
    get_run_logger().info("hello %s", name)
    futures = flaky.map([1, 2, 3], offset=unmapped(10))
    found = sum(future.result() for future in futures) + inner(2)
    return found + cached() + cached()


@flow(name="asynchronous")
async def asynchronous() -> int:
    return sum(await asyncio.gather(aside(1), aside(2)))


@flow(name="failing", retries=1)
def failing() -> None:
    raise ValueError("on purpose")


async def known(ids: list) -> dict[str, object]:
    """The task runs and the logs of flow runs, once the server has them."""
    async with get_client() as client:
        of_runs = FlowRunFilter(id=FlowRunFilterId(any_=ids))
        end = time.monotonic() + LONGEST_WAIT
        while True:
            task_runs = await client.read_task_runs(flow_run_filter=of_runs)
            logs = await client.read_logs(LogFilter(flow_run_id=LogFilterFlowRunId(any_=ids)))
            under_way = [run for run in task_runs if not run.state or not run.state.is_final()]
            if (len(task_runs) >= TASK_RUNS and not under_way and logs) or time.monotonic() > end:
                break
            await asyncio.sleep(0.2)
        flow_runs = await client.read_flow_runs(flow_run_filter=of_runs)
    return {
        "flow_runs": [f"{run.state_name} {run.run_count}" for run in sorted(flow_runs, key=lambda run: run.created)],
        "task_runs": dict(sorted(Counter(run.state_name for run in task_runs).items())),
        "attempts": max(run.run_count for run in task_runs),
        "said": any("hello world" in log.message for log in logs),
    }


if __name__ == "__main__":
    ended = [
        outer("world", return_state=True),
        asyncio.run(asynchronous(return_state=True)),
        failing(return_state=True),
    ]
    print(json.dumps(asyncio.run(known([state.state_details.flow_run_id for state in ended]))))
