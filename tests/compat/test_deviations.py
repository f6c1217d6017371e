"""Where Prefect fails or contradicts its own contract, Lictor answers as the contract says.

What that answer is, the oracle tells by another question that means the same, or the rows themselves do. Each test also
sees that Prefect still answers otherwise.
"""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from .asking import Pair, Question
from .compare import CLOCK_SECONDS, SUM_SECONDS, UNFINISHED
from .conftest import SUBJECT
from .databases import Databases
from .rows import Row, Rows
from .trees import DASHBOARD

Json = Any

pytestmark = pytest.mark.skipif(SUBJECT == "prefect", reason="Prefect deviates from its contract, not from itself")


async def test_dashboard_of_work_pools(readers: Pair, rows: Rows) -> None:
    """Prefect's SQL names a table that it does not join: 500."""
    pools = [pool["id"] for pool in rows.by_family["WorkPoolFilter"] if pool["name"] in {"pool-a", "Pool B"}]
    asked = Question("/ui/task_runs/dashboard/counts", {"task_runs": DASHBOARD, "work_pools": {"id": {"any_": pools}}})
    oracle, subject = await readers.ask(asked)
    assert oracle.status >= 500
    runs = [run["id"] for run in rows.by_family["FlowRunFilter"] if run["work_pool_id"] in pools]
    due = await readers.ask_oracle(Question(asked.path, {"task_runs": DASHBOARD, "flow_runs": {"id": {"any_": runs}}}))
    assert sum(bucket["completed"] for bucket in due.body) > 0
    assert (subject.status, subject.body) == (200, due.body)


async def test_dashboard_leaves_out_runs_of_other_times(readers: Pair, rows: Rows) -> None:
    """With `or_` runs match outside the dashboard's time, for which Prefect looks in vain for a bucket: 500."""
    either = DASHBOARD | {"operator": "or_"}
    oracle, subject = await readers.ask(Question("/ui/task_runs/dashboard/counts", {"task_runs": either}))
    assert oracle.status >= 500
    assert subject.status == 200
    within = [
        run for run in rows.by_family["TaskRunFilter"] if "2024-02-28" <= (run["start_time"] or "") < "2024-04-01"
    ]
    failed = sum(run["state_type"] in {"FAILED", "CRASHED"} for run in within)
    assert sum(bucket["failed"] for bucket in subject.body) == failed
    assert sum(bucket["completed"] for bucket in subject.body) == len(within) - failed


@pytest.mark.parametrize("interval", [1, 60, 3600, 5000.5])
@pytest.mark.parametrize(
    "start", ["2024-03-10T04:00:00.000001Z", "2024-03-12T10:59:59.999999+01:00", "2024-03-20T00:00:00Z"]
)
@pytest.mark.parametrize(("resource", "family"), [("task_runs", "TaskRunFilter"), ("flow_runs", "FlowRunFilter")])
async def test_history_to_the_microsecond(
    readers: Pair, rows: Rows, databases: Databases, resource: str, family: str, start: str, interval: float
) -> None:
    """On SQLite Prefect counts in milliseconds, and sums whole seconds; here the rows themselves are the oracle."""
    body = {"history_start": start, "history_end": "2024-03-29T00:00:00Z", "history_interval_seconds": interval}
    oracle, subject = await readers.ask(Question(f"/{resource}/history", body))
    due = _history(rows.by_family[family], datetime.fromisoformat(start), timedelta(seconds=interval), len(oracle.body))
    assert _found(subject.body) == {(number, *state): figures.count for (number, *state), figures in due.items()}
    for number, counted in enumerate(subject.body):
        for state in counted["states"]:
            figures = due[number, state["state_type"], state["state_name"]]
            each = CLOCK_SECONDS if state["state_type"] in UNFINISHED else SUM_SECONDS
            assert abs(state["sum_estimated_run_time"] - figures.run_time) <= (each + figures.running) * figures.count
            assert abs(state["sum_estimated_lateness"] - figures.lateness) <= (each + figures.running) * figures.count
    if databases.kind == "postgresql":
        assert _found(oracle.body) == _found(subject.body)


async def test_lateness_to_the_microsecond(readers: Pair, rows: Rows, databases: Databases) -> None:
    """The average over runs that are over moves with no clock; on SQLite Prefect takes it of whole seconds."""
    for over in (["COMPLETED"], ["FAILED", "CRASHED"], ["COMPLETED", "FAILED", "CRASHED", "CANCELLED"]):
        late = [
            run["estimated_start_time_delta"] for run in rows.by_family["FlowRunFilter"] if run["state_type"] in over
        ]
        oracle, subject = await readers.ask(
            Question("/flow_runs/lateness", {"flow_runs": {"state": {"type": {"any_": over}}}})
        )
        assert subject.body == pytest.approx(sum(late) / len(late), abs=1e-5)
        assert oracle.body == pytest.approx(subject.body, abs=1 if databases.kind == "sqlite" else 1e-5)


class _Figures:
    count = 0
    run_time = 0.0
    lateness = 0.0
    running = 0.0


def _history(
    runs: list[Row], start: datetime, interval: timedelta, intervals: int
) -> dict[tuple[int, str, str], _Figures]:
    found: dict[tuple[int, str, str], _Figures] = {}
    for run in runs:
        if run["expected_start_time"] is None:
            continue
        number = (datetime.fromisoformat(run["expected_start_time"]) - start) // interval
        if 0 <= number < intervals:
            figures = found.setdefault((number, run["state_type"], run["state_name"]), _Figures())
            figures.count += 1
            figures.run_time += run["estimated_run_time"]
            figures.lateness += run["estimated_start_time_delta"]
            figures.running = SINCE_READING if run["state_type"] in UNFINISHED else 0.0
    return found


SINCE_READING = 3600.0  # the rows were read when the comparison began, and unfinished runs have aged since


def _found(history: Json) -> Counter[tuple[int, str, str]]:
    return Counter(
        {
            (number, state["state_type"], state["state_name"]): state["count_runs"]
            for number, interval in enumerate(history)
            for state in interval["states"]
        }
    )
