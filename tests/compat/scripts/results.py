"""Results and caching: what ran, what was taken from the cache, and what was rolled back."""

import json
import sys
import time
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp

from prefect import flow, task
from prefect.cache_policies import INPUTS, NO_CACHE, TASK_SOURCE
from prefect.context import TaskRunContext
from prefect.locking.filesystem import FileSystemLockManager
from prefect.transactions import IsolationLevel, transaction

ran: list[str] = []
undone: list[str] = []
here = Path(mkdtemp())


@task(cache_policy=INPUTS)
def by_inputs(x: int) -> int:
    ran.append(f"by_inputs {x}")
    return x


@task(cache_key_fn=lambda context, parameters: f"{context.task.name}-{parameters['x'] % 2}", persist_result=True)
def by_function(x: int) -> int:
    ran.append(f"by_function {x}")
    return x


@task(cache_policy=INPUTS + TASK_SOURCE, cache_expiration=timedelta(seconds=1))
def short_lived(x: int) -> int:
    ran.append(f"short_lived {x}")
    return x


@task(cache_policy=NO_CACHE)
def never(x: int) -> int:
    ran.append(f"never {x}")
    return x


@task(
    cache_policy=INPUTS.configure(
        isolation_level=IsolationLevel.SERIALIZABLE,
        lock_manager=FileSystemLockManager(lock_files_directory=here / "locks"),
        key_storage=here / "keys",
    )
)
def serializable(x: int) -> int:
    ran.append(f"serializable {x} {TaskRunContext.get().task_run.run_count}")
    return x


@task
def write(name: str) -> str:
    return name


@write.on_rollback
def unwrite(transaction: object) -> None:
    undone.append(str(transaction))


@flow
def cached() -> list[int]:
    found = [by_inputs(1), by_inputs(1), by_inputs(2)]
    found += [by_function(1), by_function(3), by_function(2)]
    found += [short_lived(1), short_lived(1)]
    time.sleep(1.2)
    return [*found, short_lived(1), never(1), never(1), serializable(1), serializable(1)]


@flow
def torn() -> None:
    with transaction():
        write("a")
        write("b")
        raise RuntimeError("torn")


@flow(persist_result=True)
def kept() -> dict[str, int]:
    return {"x": 5}


if __name__ == "__main__":
    answers = cached()
    torn(return_state=True)
    state = kept(return_state=True)
    print(json.dumps({"ran": ran, "answers": answers, "undone": len(undone), "kept": state.result()}))
    sys.stdout.flush()
