"""Tasks, and the ways in which they end: prints the id of each run by its name."""

import asyncio
import json
import time

from prefect import flow, tags, task
from prefect.client.schemas.objects import State
from prefect.futures import wait
from prefect.runtime import task_run
from prefect.states import Cancelled, Completed, Failed

RUNS: dict[str, str] = {}


def note(name: str) -> None:
    RUNS[name] = task_run.id


@task(tags=["own"], task_run_name="adds {x}", version="2")
def adds(x: int) -> int:
    note("adds")
    return x + 1


@task(retries=2, retry_delay_seconds=[0, 0.2])
def flaky() -> str:
    note("flaky")
    if task_run.run_count < 3:
        raise ValueError("not yet")
    return "at last"


@task(timeout_seconds=0.2)
async def hangs() -> None:
    note("hangs")
    await asyncio.sleep(10)


@task(timeout_seconds=0.2)
def hangs_in_sync() -> None:
    note("hangs in sync")
    for _ in range(100):
        time.sleep(0.1)


@task
def ends(how: str) -> State:
    note(how)
    return {
        "odd": Completed(name="Odd", message="ü"),
        "failed": Failed(message="no"),
        "cancelled": Cancelled(name="Cancelled"),
    }[how]


@task
def crashes() -> None:
    note("crashes")
    raise KeyboardInterrupt


@task
def inner() -> int:
    note("inner")
    return 1


@task
def outer() -> int:
    note("outer")
    return inner() + 1


@task
def alone() -> None:
    note("alone")


@task
def never(_: object) -> None:
    raise AssertionError("what it waits for has failed")


@flow(name="all ways")
async def all_ways() -> None:
    with tags("given"):
        adds(1)
    flaky()
    outer()
    for state in [await hangs(return_state=True), hangs_in_sync(return_state=True)]:
        assert state.name == "TimedOut"
    for how in ("odd", "failed", "cancelled"):
        ends(how, return_state=True)
    waiting = never.submit(ends.submit("failed"))
    wait([waiting])
    RUNS["never"] = str(waiting.task_run_id)


@flow(name="crashing")
def crashing() -> None:
    crashes()


if __name__ == "__main__":
    asyncio.run(all_ways(return_state=True))
    try:
        crashing()
    except KeyboardInterrupt:
        alone()
    print(json.dumps(RUNS))
