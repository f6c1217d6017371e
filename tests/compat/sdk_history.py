"""Real history: flows of the real SDK. Run by Prefect's own Python with PREFECT_API_URL set; prints what to expect.

The comparison asks both servers about these runs, and `test_real_history` knows the answers from here.
"""

import asyncio
import contextlib
import json
import sys
from datetime import UTC, datetime, timedelta
from uuid import UUID

from prefect import allow_failure, flow, get_client, get_run_logger, runtime, tags, task
from prefect.cache_policies import INPUTS
from prefect.deployments import run_deployment
from prefect.exceptions import CrashedRun, FailedRun
from prefect.futures import wait
from prefect.states import Cancelled, Completed, Failed
from prefect.transactions import transaction

FLAKY_FAILURES = 2
# Task runs that end up in a terminal state: those of the flows below, and those outside any flow.
FINISHED_IN_FLOWS = {
    "warehouse": 18,
    "parent": 1,
    "child": 6,
    "odd states": 3,
    "crashing": 1,
    "async pages": 3,
    "transactional": 1,
}
FINISHED_OUTSIDE = 3


@task(retries=FLAKY_FAILURES, retry_delay_seconds=0, tags=["extract", "flaky"])
def extract(source: str) -> list[int]:
    if runtime.task_run.run_count <= FLAKY_FAILURES:
        raise ConnectionError(f"{source} did not answer")
    return [1, 2, 3, 4, 5]


@task(tags=["transform"])
def transform(number: int) -> int:
    if number == 4:
        raise ValueError("four is not transformed")
    return number * 10


@task(cache_policy=INPUTS, persist_result=True, task_run_name="lookup-{key}")
def lookup(key: str) -> str:
    return key.upper()


@task(tags=["load", "warehouse", "größe-ü"])
def load(rows: list) -> str:
    get_run_logger().info("loading %d rows", len(rows))
    return f"loaded {len(rows)}"


@task
def skip() -> object:
    return Completed(name="Skipped", message="nothing new")


@task
def reject() -> object:
    return Failed(name="Rejected", message="quality below limit")


@task
def cancel() -> object:
    return Cancelled(message="not today")


@task
def crash() -> None:
    raise KeyboardInterrupt


@task
async def fetch(page: int) -> int:
    await asyncio.sleep(0.01)
    return page


@task
def write_file() -> str:
    return "written"


@write_file.on_rollback
def _unwrite(_transaction: object) -> None: ...


@flow(name="warehouse", version="2024.1", flow_run_name="warehouse {source}")
def warehouse(source: str, options: dict | None = None) -> str:
    numbers = extract(source)
    transformed = transform.map(numbers)
    wait(transformed)
    first, second = lookup("käse"), lookup("käse")
    assert first == second
    return load([allow_failure(future) for future in transformed], wait_for=[allow_failure(f) for f in transformed])


@flow(name="child")
def child(depth: int) -> int:
    fetch_sync(depth)
    return child(depth - 1) if depth else 0


@task(name="fetch page")
def fetch_sync(page: int) -> int:
    return page


@flow(name="parent", retries=1)
def parent() -> int:
    result = child(1)
    if runtime.flow_run.run_count == 1:
        raise RuntimeError("fails at first")
    return result


@flow(name="odd states")
def odd_states() -> object:
    skip(return_state=True)
    reject(return_state=True)
    cancel(return_state=True)
    return Completed(name="Done Oddly")


@flow(name="crashing")
def crashing() -> None:
    crash()


@flow(name="async pages")
async def async_pages(pages: int) -> list[int]:
    return await asyncio.gather(*(fetch(page) for page in range(pages)))


@flow(name="transactional")
def transactional() -> None:
    with transaction():
        write_file()
        raise RuntimeError("roll back")


def main() -> None:
    # First, since the SDK ascribes task runs outside flows to the first flow that the process ran.
    with tags("outside"):
        load([1])
        transform(4, return_state=True)
        lookup("outside")
    lookup.delay("background")
    with tags("nightly", "team:data"):
        warehouse("orders", {"since": "2024-01-01", "nested": {"a": [1, None, "ü"]}})
    warehouse("customers", return_state=True)
    parent()
    odd_states(return_state=True)
    with contextlib.suppress(KeyboardInterrupt, CrashedRun):
        crashing()
    asyncio.run(async_pages(3))
    with contextlib.suppress(RuntimeError, FailedRun):
        transactional()
    deployment_id, scheduled_id = asyncio.run(deploy())
    told = {
        "finished_in_flows": FINISHED_IN_FLOWS,
        "finished_outside": FINISHED_OUTSIDE,
        "deployment_id": str(deployment_id),
        "scheduled_run_id": str(scheduled_id),
    }
    json.dump(told, sys.stdout)


async def deploy() -> tuple[UUID, UUID]:
    async with get_client() as client:
        flow_id = await client.create_flow(warehouse)
        deployment_id = await client.create_deployment(flow_id, "hourly", tags=["prod"], work_queue_name="hourly-queue")
        run = await run_deployment(
            "warehouse/hourly",
            parameters={"source": "invoices"},
            scheduled_time=datetime.now(UTC) + timedelta(days=3650),
            timeout=0,
            client=client,
        )
        return deployment_id, run.id


if __name__ == "__main__":
    main()
