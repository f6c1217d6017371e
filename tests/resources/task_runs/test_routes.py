"""The task-run API on both databases."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from lictor.query import resource_query
from lictor.resources.task_runs.schemas import TaskRun, TaskRunPaginationResponse, UITaskRun
from tests.make import NOON, Make

NOBODY = "00000000-0000-4000-8000-000000000000"
KEYS = {"task_key": "extract", "dynamic_key": "0"}


async def create(api: httpx.AsyncClient, **values: Any) -> httpx.Response:
    return await api.post("/task_runs/", json={**KEYS, **values})


async def test_create_with_nothing_but_keys(api: httpx.AsyncClient) -> None:
    reply = await create(api)
    assert reply.status_code == 201
    task_run = reply.json()
    assert task_run["state_type"] == task_run["state"]["type"] == "PENDING"
    assert task_run["state"]["state_details"]["task_run_id"] == task_run["id"]
    assert UUID(task_run["id"]).version == 7
    assert task_run["name"]
    assert (await api.get(f"/task_runs/{task_run['id']}")).json() | {"estimated_start_time_delta": 0} == task_run | {
        "estimated_start_time_delta": 0
    }


async def test_a_task_run_is_counted_with_its_flow(api: httpx.AsyncClient, make: Make) -> None:
    flow_id = await make.flow("etl")
    of_flow = {"flows": {"name": {"any_": ["etl"]}}}
    await create(api, flow_run_id=str(await make.flow_run(flow_id=flow_id)))
    await create(api, dynamic_key="1")
    assert (await api.post("/task_runs/count", json=of_flow)).json() == 1
    assert (await api.post("/task_runs/count", json={})).json() == 2
    assert (await api.delete(f"/flows/{flow_id}")).status_code == 204
    assert (await api.post("/task_runs/count", json=of_flow)).json() == 0
    assert (await api.post("/task_runs/count", json={})).json() == 1


async def test_answers_are_what_the_document_says(api: httpx.AsyncClient, make: Make) -> None:
    flow_run = await make.flow_run(labels={"team": "data"})
    inputs = {"x": [{"input_type": "task_run", "id": NOBODY}, {"input_type": "constant", "type": "int"}]}
    created = (
        await create(
            api,
            id=NOBODY,
            name="full",
            flow_run_id=str(flow_run),
            cache_key="key",
            cache_expiration="2030-01-01T00:00:00+01:00",
            task_version="1",
            empirical_policy={"retries": 2, "retry_delay": [1, 2.5], "retry_jitter_factor": 0.5},
            tags=["b", "a", "b"],
            labels={"nr": 1, "team": "ml"},
            task_inputs=inputs,
            state={"type": "RUNNING", "message": "go", "data": {"big": 10**30}},
        )
    ).json()
    assert TaskRun.model_validate(created).model_dump(mode="json") == created | {"state": created["state"]}
    assert created["id"] == NOBODY
    assert created["tags"] == ["b", "a", "b"]
    assert created["labels"] == {"team": "ml", "prefect.flow-run.id": str(flow_run), "nr": 1}
    assert created["cache_expiration"] == "2029-12-31T23:00:00Z"
    assert created["state"]["data"] == {"big": 10**30}
    assert created["empirical_policy"]["retry_delay"] == [1, 2.5]
    assert created["task_inputs"] == inputs

    page = (await api.post("/task_runs/paginate", json={})).json()
    [on_page] = page["results"]
    assert set(on_page) == set(TaskRunPaginationResponse.model_json_schema()["$defs"]["TaskRunResponse"]["properties"])
    assert {name: created[name] for name in on_page if not name.startswith("estimated")} == {
        name: value for name, value in on_page.items() if not name.startswith("estimated")
    }
    shown = (await api.get(f"/ui/task_runs/{NOBODY}")).json()
    assert set(shown) == set(UITaskRun.model_json_schema()["properties"])
    assert shown["flow_run_name"] == "flow_run-1"


@pytest.mark.parametrize("inside", [True, False], ids=["in a flow run", "outside"])
async def test_create_twice_is_create_once(api: httpx.AsyncClient, make: Make, inside: bool) -> None:
    flow_run_id = str(await make.flow_run()) if inside else None
    first = await create(api, flow_run_id=flow_run_id, name="first")
    again = await create(api, flow_run_id=flow_run_id, name="again", state={"type": "RUNNING"})
    other = await create(api, flow_run_id=flow_run_id, dynamic_key="1")
    assert [first.status_code, again.status_code, other.status_code] == [201, 200, 201]
    assert again.json()["id"] == first.json()["id"] != other.json()["id"]
    assert again.json()["name"] == "first"
    assert again.json()["state_type"] == "PENDING"


@pytest.mark.parametrize("inside", [True, False], ids=["in a flow run", "outside"])
async def test_create_at_once_is_create_once(api: httpx.AsyncClient, make: Make, inside: bool) -> None:
    flow_run_id = str(await make.flow_run()) if inside else None
    replies = await asyncio.gather(*(create(api, flow_run_id=flow_run_id) for _ in range(8)))
    assert sorted(reply.status_code for reply in replies) == [200] * 7 + [201]
    assert len({reply.json()["id"] for reply in replies}) == 1


async def test_create_in_unknown_flow_run(api: httpx.AsyncClient) -> None:
    reply = await create(api, flow_run_id=NOBODY)
    assert reply.status_code == 409
    assert "flow_run_id" in reply.text
    assert (await api.post("/task_runs/count", json={})).json() == 0


async def test_create_with_an_id_that_is_taken(api: httpx.AsyncClient) -> None:
    assert (await create(api, id=NOBODY)).status_code == 201
    assert (await create(api, id=NOBODY, dynamic_key="1")).status_code == 409
    assert (await api.post("/task_runs/count", json={})).json() == 1


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"task_key": None}, ["body", "task_key"]),
        ({"unknown": 1}, ["body", "unknown"]),
        ({"tags": "x"}, ["body", "tags"]),
        ({"labels": {"x": None}}, ["body", "labels"]),
        ({"empirical_policy": {"retry_delay": [1] * 51}}, ["body", "empirical_policy", "retry_delay"]),
        ({"empirical_policy": {"retry_jitter_factor": -1}}, ["body", "empirical_policy", "retry_jitter_factor"]),
        ({"empirical_policy": 5}, ["body", "empirical_policy"]),
        ({"cache_key": "x" * 2001}, ["body", "cache_key"]),
        ({"state": {"type": "LOST"}}, ["body", "state", "type"]),
        ({"name": "a\0b"}, ["body", "name"]),
        ({"task_key": "é" * 1251}, ["body", "task_key"]),
        ({"task_key": "x" * 1300, "dynamic_key": "y" * 1300}, ["body", "dynamic_key"]),
        ({"tags": ["x", "y" * 2501]}, ["body", "tags", 1]),
    ],
    ids=str,
)
async def test_create_names_what_is_wrong(api: httpx.AsyncClient, values: dict[str, Any], where: list[str]) -> None:
    reply = await create(api, **values)
    assert reply.status_code == 422
    assert reply.json()["exception_detail"][0]["loc"][: len(where)] == where
    assert (await api.post("/task_runs/count", json={})).json() == 0


async def test_former_names_of_retries_still_count(api: httpx.AsyncClient) -> None:
    policy = (await create(api, empirical_policy={"max_retries": 3, "retry_delay_seconds": 2.5})).json()[
        "empirical_policy"
    ]
    assert (policy["retries"], policy["retry_delay"]) == (3, 2.5)


async def test_update(api: httpx.AsyncClient, make: Make) -> None:
    task_run = await make.task_run("before")
    assert (await api.patch(f"/task_runs/{task_run}", json={"name": "after"})).status_code == 204
    assert (await api.get(f"/task_runs/{task_run}")).json()["name"] == "after"
    assert (await api.patch(f"/task_runs/{task_run}", json={})).status_code == 204
    assert (await api.get(f"/task_runs/{task_run}")).json()["name"] == "after"
    assert (await api.patch(f"/task_runs/{NOBODY}", json={"name": "x"})).status_code == 404


async def test_delete(api: httpx.AsyncClient, make: Make) -> None:
    task_run = await make.task_run(state="COMPLETED")
    assert len((await api.get("/task_run_states/", params={"task_run_id": str(task_run)})).json()) == 1
    assert (await api.delete(f"/task_runs/{task_run}")).status_code == 204
    assert (await api.get(f"/task_runs/{task_run}")).status_code == 404
    assert (await api.get("/task_run_states/", params={"task_run_id": str(task_run)})).json() == []
    reply = await api.delete(f"/task_runs/{task_run}")
    assert (reply.status_code, reply.json()) == (404, {"detail": "Task not found"})


async def test_deleting_a_parent_leaves_its_subflow_run(api: httpx.AsyncClient, make: Make) -> None:
    parent = await make.task_run()
    subflow_run = await make.flow_run(parent_task_run_id=parent)
    assert (await api.delete(f"/task_runs/{parent}")).status_code == 204
    assert (await api.get(f"/flow_runs/{subflow_run}")).json()["parent_task_run_id"] is None


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("ID_DESC", ["c", "b", "a"]),
        ("NAME_ASC", ["a", "b", "c"]),
        ("NAME_DESC", ["c", "b", "a"]),
        ("EXPECTED_START_TIME_ASC", ["b", "a", "c"]),
        ("EXPECTED_START_TIME_DESC", ["c", "a", "b"]),
        ("NEXT_SCHEDULED_START_TIME_ASC", ["c", "a", "b"]),
        ("END_TIME_DESC", ["a", "c", "b"]),
    ],
)
async def test_sort(api: httpx.AsyncClient, make: Make, sort: str, order: list[str]) -> None:
    for name, expected, scheduled, end in (("a", 1, 1, 2), ("b", 0, 2, 0), ("c", 2, 0, 1)):
        await make.task_run(
            name,
            expected_start_time=NOON + timedelta(hours=expected),
            next_scheduled_start_time=NOON + timedelta(hours=scheduled),
            end_time=NOON + timedelta(hours=end),
        )
    reply = await api.post("/task_runs/filter", json={"sort": sort})
    assert [task_run["name"] for task_run in reply.json()] == order


async def test_nulls_sort_as_the_database_sorts_them(api: httpx.AsyncClient, make: Make, dialect: str) -> None:
    await make.task_run("never")
    await make.task_run("ended", end_time=NOON)
    reply = await api.post("/task_runs/filter", json={"sort": "END_TIME_DESC"})
    in_order = ["never", "ended"] if dialect == "postgresql" else ["ended", "never"]
    assert [task_run["name"] for task_run in reply.json()] == in_order


async def test_pages(api: httpx.AsyncClient, make: Make) -> None:
    await make.task_runs(5)
    listed = [task_run["id"] for task_run in (await api.post("/task_runs/filter", json={})).json()]
    asked = {"limit": 2, "offset": 3}
    assert [task_run["id"] for task_run in (await api.post("/task_runs/filter", json=asked)).json()] == listed[3:]
    page = (await api.post("/task_runs/paginate", json={"limit": 2, "page": 3})).json()
    assert [task_run["id"] for task_run in page.pop("results")] == listed[4:]
    assert page == {"count": 5, "limit": 2, "pages": 3, "page": 3}
    far = (await api.post("/task_runs/paginate", json={"limit": 200, "page": 2**63 - 1})).json()
    assert (far["results"], far["count"], far["pages"]) == ([], 5, 1)
    assert (await api.post("/task_runs/filter", json={"offset": 2**63 - 1})).json() == []
    assert (await api.post("/task_runs/paginate", json={"limit": 0})).json()["pages"] == 0


async def test_a_page_is_one_statement(api: httpx.AsyncClient, make: Make, statements: list[str]) -> None:
    await make.task_runs(3, state="COMPLETED")
    asked = {"flows": {"name": {"any_": ["x"]}}, "task_runs": {"tags": {"all_": ["y"]}}, "deployments": {}}
    for route, count in (("filter", 1), ("count", 1), ("paginate", 2)):
        for body in ({}, asked):
            statements.clear()
            assert (await api.post(f"/task_runs/{route}", json=body)).status_code == 200
            assert len(statements) == count, statements


async def test_estimates_of_a_running_task_move(api: httpx.AsyncClient, make: Make) -> None:
    running = await make.task_run(
        state="RUNNING", start_time=NOON + timedelta(seconds=90), total_run_time=timedelta(seconds=30)
    )
    once = (await api.get(f"/task_runs/{running}")).json()
    again = (await api.get(f"/task_runs/{running}")).json()
    assert 30 < once["estimated_run_time"] < again["estimated_run_time"]
    assert once["total_run_time"] == 30
    assert once["estimated_start_time_delta"] == 90


@pytest.mark.parametrize(
    ("values", "late"),
    [
        ({"state": "COMPLETED"}, False),
        ({"state": "SCHEDULED"}, True),
        ({}, True),
        ({"expected_start_time": None}, False),
        ({"start_time": NOON - timedelta(hours=1)}, False),
        ({"expected_start_time": NOON + timedelta(days=36500)}, False),
    ],
    ids=str,
)
async def test_lateness(api: httpx.AsyncClient, make: Make, values: dict[str, Any], late: bool) -> None:
    task_run = await make.task_run(**values)
    assert ((await api.get(f"/task_runs/{task_run}")).json()["estimated_start_time_delta"] > 0) is late


async def test_history(api: httpx.AsyncClient, make: Make) -> None:
    hour = timedelta(hours=1)
    await make.task_run(expected_start_time=NOON - timedelta(microseconds=1), state="COMPLETED")
    await make.task_run(
        state="COMPLETED", total_run_time=timedelta(seconds=1.5), start_time=NOON + timedelta(seconds=2)
    )
    await make.task_run(state="COMPLETED", total_run_time=timedelta(seconds=2), start_time=NOON)
    await make.task_run(
        expected_start_time=NOON + 3 * hour - timedelta(microseconds=1), state="FAILED", start_time=NOON
    )
    await make.task_run(expected_start_time=NOON + 3 * hour, state="FAILED")
    await make.task_run(expected_start_time=NOON)
    asked = {"history_start": "2026-06-01T12:00:00Z", "history_end": "2026-06-01T14:30:00Z"}
    reply = await api.post("/task_runs/history", json={**asked, "history_interval_seconds": 3600})

    def states(state_type: str, count: int, run_time: float, lateness: float) -> dict[str, Any]:
        return {
            "state_type": state_type,
            "state_name": state_type.capitalize(),
            "count_runs": count,
            "sum_estimated_run_time": run_time,
            "sum_estimated_lateness": lateness,
        }

    assert reply.json() == [
        {
            "interval_start": "2026-06-01T12:00:00Z",
            "interval_end": "2026-06-01T13:00:00Z",
            "states": [states("COMPLETED", 2, 3.5, 2.0)],
        },
        {"interval_start": "2026-06-01T13:00:00Z", "interval_end": "2026-06-01T14:00:00Z", "states": []},
        {
            "interval_start": "2026-06-01T14:00:00Z",
            "interval_end": "2026-06-01T15:00:00Z",
            "states": [states("FAILED", 1, 0.0, 0.0)],
        },
    ]


async def test_history_counts_what_runs_and_waits_by_now(api: httpx.AsyncClient, make: Make) -> None:
    await make.task_run(state="RUNNING", start_time=NOON)
    await make.task_run(state="SCHEDULED")
    asked = {"history_start": "2026-06-01T12:00:00Z", "history_end": "2026-06-01T13:00:00Z"}
    [interval] = (await api.post("/task_runs/history", json={**asked, "history_interval_seconds": 3600})).json()
    by_type = {state["state_type"]: state for state in interval["states"]}
    assert by_type["RUNNING"]["sum_estimated_run_time"] > 0
    assert by_type["SCHEDULED"]["sum_estimated_lateness"] > 0


@pytest.mark.parametrize(
    ("asked", "status", "intervals"),
    [
        ({"history_interval_seconds": 1}, 200, 500),
        ({"history_interval_seconds": 0.9}, 422, None),
        ({"history_interval_seconds": 1e30}, 422, None),
        ({"history_interval_seconds": 1e12}, 422, None),
        ({"history_end": "2026-06-01T12:00:00Z"}, 200, 0),
        ({"history_end": "2026-05-01T12:00:00Z"}, 200, 0),
        ({"history_start": "9999-12-31T23:00:00Z", "history_end": "9999-12-31T23:59:59Z"}, 422, None),
        ({"history_start": "9999-12-31T23:00:00-05:00"}, 422, None),
        ({"history_start": "0001-01-01T00:00:00Z", "history_interval_seconds": 1e9}, 200, 64),
    ],
    ids=str,
)
async def test_history_intervals(
    api: httpx.AsyncClient, asked: dict[str, Any], status: int, intervals: int | None
) -> None:
    defaults = {
        "history_start": "2026-06-01T12:00:00Z",
        "history_end": "2026-06-02T12:00:00Z",
        "history_interval_seconds": 3600,
    }
    reply = await api.post("/task_runs/history", json=defaults | asked)
    assert reply.status_code == status, reply.text
    assert intervals is None or len(reply.json()) == intervals


async def test_counts_by_state(api: httpx.AsyncClient, make: Make) -> None:
    for state in ("COMPLETED", "COMPLETED", "FAILED", None):
        await make.task_run(state=state)
    counts = (await api.post("/ui/task_runs/count", json={})).json()
    assert {state: count for state, count in counts.items() if count} == {"COMPLETED": 2, "FAILED": 1}
    assert list(counts)[:3] == ["COMPLETED", "PENDING", "RUNNING"]


async def test_dashboard(api: httpx.AsyncClient, make: Make) -> None:
    for state, seconds in (("COMPLETED", 0), ("FAILED", 0), ("CRASHED", 1199), ("RUNNING", 5), ("CANCELLED", 600)):
        await make.task_run(state=state, start_time=NOON + timedelta(seconds=seconds))
    await make.task_run(state="COMPLETED")
    window = {"after_": "2026-06-01T12:00:00Z", "before_": "2026-06-01T12:19:10Z"}
    asked = {"task_runs": {"start_time": window, "state": {"type": {"any_": ["RUNNING"]}}}}
    counts = (await api.post("/ui/task_runs/dashboard/counts", json=asked)).json()
    assert len(counts) == 20
    ended = {number: tuple(count.values()) for number, count in enumerate(counts) if any(count.values())}
    assert ended == {0: (1, 1), 10: (1, 0)}


@pytest.mark.parametrize("window", [{"after_": "2300-01-01T00:00:00Z"}, {"after_": "2026-06-01T12:00:00Z"}], ids=str)
async def test_dashboard_up_to_now(api: httpx.AsyncClient, make: Make, window: dict[str, str]) -> None:
    await make.task_run(state="FAILED", start_time=NOON)
    counts = (await api.post("/ui/task_runs/dashboard/counts", json={"task_runs": {"start_time": window}})).json()
    assert sum(count["failed"] for count in counts) == (window["after_"] < "2027")


@pytest.mark.parametrize("task_runs", [{}, {"start_time": {}}, {"start_time": {"before_": "2026-06-01T12:00:00Z"}}])
async def test_dashboard_needs_a_start(api: httpx.AsyncClient, task_runs: dict[str, Any]) -> None:
    reply = await api.post("/ui/task_runs/dashboard/counts", json={"task_runs": task_runs})
    assert (reply.status_code, reply.json()) == (422, {"detail": "task_runs.start_time.after_ is required"})


async def test_not_found(api: httpx.AsyncClient) -> None:
    for path in (f"/task_runs/{NOBODY}", f"/ui/task_runs/{NOBODY}"):
        reply = await api.get(path)
        assert (reply.status_code, reply.json()) == (404, {"detail": "Task not found"})
    assert (await api.get("/task_runs/no-uuid")).status_code == 404


@pytest.mark.parametrize("sort", ["ID_DESC", "EXPECTED_START_TIME_ASC", "END_TIME_DESC"])
async def test_deep_pages_are_the_same_pages(
    api: httpx.AsyncClient, make: Make, monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    for hours in (3, 1, 2, 5, 4):
        flow_run = await make.flow_run()
        await make.task_run(flow_run_id=flow_run, expected_start_time=NOON + timedelta(hours=hours))
    asked = {"flow_runs": {}, "sort": sort, "offset": 2}
    shallow = (await api.post("/task_runs/filter", json=asked)).json()
    monkeypatch.setattr(resource_query, "DEEP_OFFSET_ROWS", 1)
    deep = (await api.post("/task_runs/filter", json=asked)).json()
    assert [task_run["id"] for task_run in deep] == [task_run["id"] for task_run in shallow]
    assert len(deep) == 3


async def test_longest_keys_and_tags_are_taken(api: httpx.AsyncClient, make: Make) -> None:
    longest = "".join(chr(0x4E00 + (n * 7919) % 20000) for n in range(833))  # three bytes each; nothing to compress
    reply = await create(
        api, flow_run_id=str(await make.flow_run()), task_key=longest, dynamic_key="", tags=[longest], name=longest
    )
    assert reply.status_code == 201
