"""A history that the SDK recorded, asked for as the README shows: here the script that made it knows the answers."""

from typing import Any

import pytest

from .asking import Pair, Question
from .compare import differences
from .conftest import History

Json = Any

FLAKY = {"task_runs": {"tags": {"all_": ["flaky"]}}, "flows": {"name": {"any_": ["warehouse"]}}}
OF_ORDERS = {"flow_runs": {"name": {"any_": ["warehouse orders"]}}}


async def _ask(pair: Pair, path: str, body: Json) -> Json:
    question = Question(path, body)
    oracle, subject = await pair.ask(question)
    assert subject.status == 200, subject.body
    assert not differences(question, oracle, subject)
    return subject.body


async def test_every_task_run_is_there(readers: Pair, history: History) -> None:
    finished = {"state": {"type": {"any_": ["COMPLETED", "FAILED", "CANCELLED", "CRASHED"]}}}
    for flow, count in history.told["finished_in_flows"].items():
        assert (
            await _ask(readers, "/task_runs/count", {"flows": {"name": {"any_": [flow]}}, "task_runs": finished})
            == count
        )
    outside = finished | {"flow_run_id": {"is_null_": True}, "tags": {"all_": ["outside"]}}
    assert await _ask(readers, "/task_runs/count", {"task_runs": outside}) == history.told["finished_outside"]


async def test_failed_task_runs(readers: Pair) -> None:
    body = {
        "task_runs": {"state": {"type": {"any_": ["FAILED"]}}, "name": {"like_": "TRANSFORM"}},
        "flow_runs": {"tags": {"all_": ["nightly", "team:data"]}},
        "flows": {"name": {"any_": ["warehouse"]}},
        "sort": "EXPECTED_START_TIME_DESC",
    }
    (failed,) = await _ask(readers, "/task_runs/filter", body)
    assert failed["name"].startswith("transform-")
    assert failed["state"]["message"] == "Task run encountered an exception ValueError: four is not transformed"
    assert set(failed["tags"]) == {"transform", "nightly", "team:data"}
    assert failed["run_count"] == 1
    assert failed["start_time"] <= failed["end_time"]


async def test_retries(readers: Pair) -> None:
    for task_run in await _ask(readers, "/task_runs/filter", FLAKY):
        assert task_run["run_count"] == 3
        states = Question(f"/task_run_states/?task_run_id={task_run['id']}", method="GET")
        oracle, subject = await readers.ask(states)
        assert subject.body == oracle.body
        assert [state["name"] for state in subject.body] == ["Pending", "Running", "Retrying", "Retrying", "Completed"]


async def test_mapped_and_cached(readers: Pair) -> None:
    mapped = await _ask(readers, "/task_runs/filter", {"task_runs": {"name": {"like_": "transform-"}}, **OF_ORDERS})
    assert len(mapped) == 5
    assert all(task_run["task_inputs"]["number"][0]["input_type"] == "task_run" for task_run in mapped)
    cached = {
        "task_runs": {"state": {"name": {"any_": ["Cached"]}}},
        "flows": {"name": {"any_": ["warehouse"]}},
        "sort": "END_TIME_DESC",
    }
    names = [task_run["name"] for task_run in await _ask(readers, "/task_runs/filter", cached)]
    assert names == ["lookup-käse", "lookup-käse", "lookup-käse"]


@pytest.mark.parametrize(
    ("name", "type", "flow"),
    [
        ("Skipped", "COMPLETED", "odd states"),
        ("Rejected", "FAILED", "odd states"),
        ("Cancelled", "CANCELLED", "odd states"),
        ("Crashed", "CRASHED", "crashing"),
        ("RolledBack", "COMPLETED", "transactional"),
    ],
)
async def test_odd_states(readers: Pair, name: str, type: str, flow: str) -> None:
    body = {"task_runs": {"state": {"name": {"any_": [name]}}}, "flows": {"name": {"any_": [flow]}}}
    (task_run,) = await _ask(readers, "/task_runs/filter", body)
    assert (task_run["state_type"], task_run["state_name"]) == (type, name)


async def test_subflows(readers: Pair) -> None:
    """The parent retried, so it called the same child twice; each child called another."""
    (parent,) = await _ask(readers, "/flow_runs/filter", {"flows": {"name": {"any_": ["parent"]}}})
    assert parent["run_count"] == 2
    children = await _ask(readers, "/flow_runs/filter", {"flow_runs": {"parent_flow_run_id": {"any_": [parent["id"]]}}})
    assert {child["state_name"] for child in children} == {"Completed"}
    calls = {"task_runs": {"subflow_runs": {"exists_": True}}, "flow_runs": {"id": {"any_": [parent["id"]]}}}
    (call,) = await _ask(readers, "/task_runs/filter", calls)
    assert {child["parent_task_run_id"] for child in children} == {call["id"]}
    pages = {
        "task_runs": {"name": {"like_": "fetch page"}},
        "flows": {"name": {"any_": ["child"]}},
        "flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}},
    }
    assert await _ask(readers, "/task_runs/count", pages) == 4


async def test_scheduled_run_of_a_deployment(readers: Pair, history: History) -> None:
    body = {
        "deployments": {"name": {"any_": ["hourly"]}, "tags": {"all_": ["prod"]}, "paused": {"eq_": False}},
        "flow_runs": {"work_queue_name": {"any_": ["hourly-queue"]}, "state": {"type": {"any_": ["SCHEDULED"]}}},
        "sort": "NEXT_SCHEDULED_START_TIME_ASC",
    }
    (run,) = await _ask(readers, "/flow_runs/filter", body)
    assert (run["id"], run["deployment_id"]) == (history.told["scheduled_run_id"], history.told["deployment_id"])
    assert run["parameters"] == {"source": "invoices"}


async def test_parameters_arrive_as_they_left(readers: Pair) -> None:
    (run,) = await _ask(readers, "/flow_runs/filter", OF_ORDERS)
    assert run["parameters"] == {
        "source": "orders",
        "options": {"since": "2024-01-01", "nested": {"a": [1, None, "ü"]}},
    }
    assert (run["flow_version"], run["state_name"]) == ("2024.1", "Completed")


async def test_figures_of_the_history(readers: Pair) -> None:
    (run,) = await _ask(readers, "/flow_runs/filter", OF_ORDERS)
    around = {
        "history_start": run["start_time"][:10],
        "history_end": "2100-01-01",
        "history_interval_seconds": 86400 * 2,
    }
    intervals = await _ask(readers, "/task_runs/history", {**around, **OF_ORDERS})
    counts = {state["state_name"]: state["count_runs"] for interval in intervals for state in interval["states"]}
    assert counts == {"Completed": 7, "Failed": 1, "Cached": 1}
