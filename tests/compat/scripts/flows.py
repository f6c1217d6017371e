"""Flows of a user, and the ways in which they end: prints the id of each run by what it is a run of."""

import asyncio
import json
import time

from prefect import flow, get_run_logger, tags, task
from prefect.client.orchestration import get_client
from prefect.runtime import flow_run
from prefect.states import Cancelled, Completed, Failed

RUNS: dict[str, list[str]] = {}
HOOKS: list[list[str]] = []
TRIES: dict[str, int] = {}


def note(name: str) -> None:
    RUNS.setdefault(name, []).append(flow_run.id)


def hook(flow: object, run: object, state: object) -> None:
    HOOKS.append([flow.name, state.name])


def hooked(**options: object) -> object:
    kinds = ("on_running", "on_completion", "on_failure", "on_crashed", "on_cancellation")
    return flow(**options, **{kind: [hook] for kind in kinds})


def tried(name: str) -> int:
    note(name)
    TRIES[name] = TRIES.get(name, 0) + 1
    return TRIES[name]


@hooked(flow_run_name="{x} and {y}", version="7")
def sums(x: int, y: int = 2) -> int:
    note("sums")
    get_run_logger().info("summing")
    return x + y


@hooked()
async def sleeps() -> str:
    note("sleeps")
    await asyncio.sleep(0.01)
    return "slept"


@hooked(retries=2, retry_delay_seconds=0)
def flaky() -> str:
    if tried("flaky") < 3:
        raise ValueError("not yet")
    return "at last"


@hooked(retries=1, retry_delay_seconds=1)
async def delayed() -> None:
    tried("delayed")
    raise ValueError("never")


@hooked()
def fails() -> None:
    note("fails")
    raise ValueError("a\0b")


@hooked(timeout_seconds=0.3)
def hangs() -> None:
    note("hangs")
    for _ in range(100):
        time.sleep(0.1)


@hooked(timeout_seconds=0.3)
async def hangs_too() -> None:
    note("hangs_too")
    await asyncio.sleep(10)


@hooked()
def crashes() -> None:
    note("crashes")
    raise KeyboardInterrupt


@hooked()
def ends(state: str) -> object:
    note(f"ends {state}")
    return {"odd": Completed(name="Odd", message="m"), "failed": Failed(message="no"), "cancelled": Cancelled()}[state]


@task
def double(number: int) -> int:
    return 2 * number


@task(retries=1)
def flaky_task() -> str:
    if tried("flaky task") < 2:
        raise ValueError("not yet")
    return "at last"


@flow(flow_run_name="child of {number}")
def child(number: int) -> int:
    note("child")
    return double(number)


@flow
async def async_child() -> int:
    note("async child")
    return 1


@flow
def failing_child() -> None:
    note("failing child")
    raise ValueError("no child")


@hooked()
async def parent() -> int:
    note("parent")
    first = double.submit(1)
    second = child(first)
    third = await async_child()
    failed = failing_child(return_state=True)
    assert failed.is_failed()
    flaky_task()
    return second + third


async def main() -> None:
    with tags("mine", "nightly"):
        assert sums(1) == 3
    assert await sleeps() == "slept"
    assert flaky() == "at last"
    for failing in (fails, hangs, ends):
        options = {"state": "failed"} if failing is ends else {}
        assert failing(**options, return_state=True).is_failed()
    for failing in (delayed, hangs_too):
        assert (await failing(return_state=True)).is_failed()
    assert ends("odd", return_state=True).name == "Odd"
    assert ends("cancelled", return_state=True).is_cancelled()
    try:
        crashes()
    except KeyboardInterrupt:
        RUNS["crashes"].append("crashed")
    assert await parent() == 5
    async with get_client() as client:
        labels = {"team": "data", "cost": 1.5, "urgent": True}
        await client.update_flow_run_labels(RUNS["sums"][0], labels)
        await client.update_flow_run(RUNS["sleeps"][0], name="renamed", tags=["new"])


asyncio.run(main())
print(json.dumps({"runs": RUNS, "hooks": HOOKS}))
