"""Background tasks: `delay N...` sends them and prints the ids of their runs, `serve` runs them, `result ID` waits."""

import json
import os
import sys
import time
from pathlib import Path
from uuid import UUID

from prefect import task
from prefect.futures import PrefectDistributedFuture
from prefect.task_worker import serve

DIARY = Path(os.environ["PREFECT_HOME"]) / "diary"


@task(persist_result=True)
def double(number: int) -> int:
    with DIARY.open("a") as diary:
        diary.write(f"{os.getpid()} {number}\n")
    time.sleep(0.2)
    return 2 * number


@task(persist_result=True)
async def triple(number: int) -> int:
    return 3 * number


@task(retries=1, retry_delay_seconds=0)
def fail_once(name: str) -> str:
    mark = DIARY.with_name(name)
    if not mark.exists():
        mark.touch()
        raise ValueError("not yet")
    return name


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["delay", *numbers]:
            print(json.dumps([str(double.delay(int(number)).task_run_id) for number in numbers]))
        case ["others"]:
            futures = [triple.apply_async((5,)), fail_once.delay("mark")]
            print(json.dumps([str(future.task_run_id) for future in futures]))
        case ["result", *ids]:
            futures = [PrefectDistributedFuture(UUID(id)) for id in ids]
            print(json.dumps([future.result(timeout=60) for future in futures]))
        case ["serve"]:
            serve(double, triple, fail_once, limit=2)
        case ["serve", "method"]:
            double.serve()
