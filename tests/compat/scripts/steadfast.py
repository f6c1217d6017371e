"""A flow of many short tasks that goes on, whatever becomes of the server, until a file says that the faults are over.

The SDK sends again what has no receipt when it has more to send, but not when its process ends. So the last task waits
until the last fault is over.
"""

import sys
import time
from pathlib import Path

from prefect import flow, task
from prefect.task_runners import ThreadPoolTaskRunner


@task
def works(number: int) -> int:
    time.sleep(0.005)
    return number


@flow(name="steadfast", task_runner=ThreadPoolTaskRunner(max_workers=4))
def steadfast(tasks: int, over: Path) -> None:
    assert works.map(range(tasks - 1)).result() == list(range(tasks - 1))
    while not over.exists():
        time.sleep(0.05)
    works(tasks - 1)


if __name__ == "__main__":
    steadfast(int(sys.argv[1]), Path(sys.argv[2]))
