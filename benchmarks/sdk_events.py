"""Events of task runs as Prefect 3.9.1's SDK sends them: field for field what a mapped task of a flow gives."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from lictor.db.ids import uuid7

STATES = {"Pending": None, "Running": "Pending", "Completed": "Running"}
"""The states of a task run that ends well, each with the one before it."""

MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Home:
    """The flow run that task runs belong to."""

    flow: str
    flow_run: str

    def related(self) -> list[dict[str, str]]:
        return [
            {
                "prefect.resource.id": f"prefect.flow-run.{self.flow_run}",
                "prefect.resource.role": "flow-run",
                "prefect.resource.name": "audacious-gharial",
            },
            {
                "prefect.resource.id": f"prefect.flow.{self.flow}",
                "prefect.resource.role": "flow",
                "prefect.resource.name": "ingest",
            },
        ]


def life(home: Home, begin: datetime | None = None) -> Iterator[bytes]:
    """The events of one task run."""
    begin = begin or datetime.now(UTC)
    task_run, key = uuid7(), str(uuid.uuid4())
    name = f"extract-{key[:3]}"
    times = {"expected_start_time": begin, "start_time": begin + MILLISECOND, "end_time": begin + 2 * MILLISECOND}
    follows = None
    for number, (state, before) in enumerate(STATES.items()):
        occurred = begin + number * MILLISECOND
        told = {
            "name": name,
            "task_key": "extract-5475ae6c",
            "dynamic_key": key,
            "empirical_policy": {"max_retries": 0, "retry_delay_seconds": 0.0, "retries": 0, "retry_delay": 0},
            "tags": [],
            "labels": {},
            "task_inputs": {"n": []},
            "run_count": min(number, 1),
            "flow_run_run_count": min(number, 1),
            "total_run_time": 0.001 if number == 2 else 0.0,
            **dict(list(times.items())[: number + 1]),
        }
        id = uuid7()
        yield orjson.dumps(
            {
                "occurred": occurred,
                "event": f"prefect.task-run.{state}",
                "resource": {
                    "prefect.resource.id": f"prefect.task-run.{task_run}",
                    "prefect.resource.name": name,
                    "prefect.run-count": str(min(number, 1)),
                    "prefect.state-message": "",
                    "prefect.state-name": state,
                    "prefect.state-timestamp": occurred.isoformat(),
                    "prefect.state-type": state.upper(),
                    "prefect.orchestration": "client",
                },
                "related": home.related(),
                "payload": {
                    "intended": {"from": before and before.upper(), "to": state.upper()},
                    "initial_state": before and _state(before),
                    "validated_state": _state(state) | {"data": None},
                    "task_run": told,
                },
                "id": id,
                "follows": follows,
            }
        )
        follows = id


def _state(name: str) -> dict[str, Any]:
    details = {"untrackable_result": True} if name == "Completed" else {}
    return {"type": name.upper(), "name": name, "message": "", "state_details": details}


def stream(home: Home, task_runs: int, at_once: int = 50) -> Iterator[bytes]:
    """The events of many task runs as a flow that maps a task sends them: so many are on their way at once."""
    for first in range(0, task_runs, at_once):
        lives = [list(life(home)) for _ in range(min(at_once, task_runs - first))]
        yield from (pending for pending, _, _ in lives)
        for _, running, completed in lives:
            yield running
            yield completed
