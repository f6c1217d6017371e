"""Finding, counting and summing up flow runs."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from lictor.db.ids import uuid7
from lictor.resources.flow_runs.schemas import FlowRunPaginationResponse, FlowRunResponse, FlowRunSort
from lictor.resources.states.schemas import State, StateType
from tests.make import NOON, Make

NOBODY = "00000000-0000-4000-8000-000000000000"
HOUR = timedelta(hours=1)
JSON = dict[str, Any]


async def names(api: httpx.AsyncClient, **asked: Any) -> list[str]:
    reply = await api.post("/flow_runs/filter", json=asked)
    assert reply.status_code == 200, reply.text
    return [run["name"] for run in reply.json()]


def in_state(kind: StateType, since: datetime = NOON) -> State:
    return State(id=uuid7(), type=kind, timestamp=since)


async def test_a_run_and_where_it_waits(api: httpx.AsyncClient, make: Make) -> None:
    pool = await make.work_pool("pool")
    queue = await make.work_queue("urgent", work_pool_id=pool)
    run_id = await make.flow_run("run", state="RUNNING", work_queue_id=queue, work_queue_name="as it was called then")
    run = (await api.get(f"/flow_runs/{run_id}")).json()
    assert [*run] == [*FlowRunResponse.model_fields]
    assert (run["work_queue_id"], run["work_queue_name"]) == (str(queue), "urgent")
    assert (run["work_pool_id"], run["work_pool_name"]) == (str(pool), "pool")
    assert run["state"]["name"] == "Running"


async def test_a_run_without_a_queue_keeps_the_name_of_one(api: httpx.AsyncClient, make: Make) -> None:
    run_id = await make.flow_run("run", work_queue_name="gone", labels=None, expected_start_time=None)
    run = (await api.get(f"/flow_runs/{run_id}")).json()
    assert (run["work_queue_id"], run["work_queue_name"], run["work_pool_name"]) == (None, "gone", None)
    assert run["labels"] == {}
    assert run["state"] is None
    assert run["estimated_start_time_delta"] == 0


async def test_a_run_that_is_not_there(api: httpx.AsyncClient) -> None:
    reply = await api.get(f"/flow_runs/{NOBODY}")
    assert (reply.status_code, reply.json()) == (404, {"detail": "Flow run not found"})


async def test_estimates_move_with_the_clock(api: httpx.AsyncClient, make: Make) -> None:
    since = datetime.now(UTC) - HOUR
    running = await make.flow_run(
        state=in_state(StateType.RUNNING, since),
        start_time=since,
        total_run_time=HOUR,
        expected_start_time=since - HOUR,
    )
    run = (await api.get(f"/flow_runs/{running}")).json()
    assert run["total_run_time"] == 3600
    assert 7200 < run["estimated_run_time"] < 7300
    assert run["estimated_start_time_delta"] == 3600


@pytest.fixture
async def runs(make: Make) -> None:
    """Three runs of one flow, each first in another order."""
    etl = await make.flow("etl")
    first, second, third = NOON, NOON + HOUR, NOON + 2 * HOUR
    await make.flow_run("b", flow_id=etl, expected_start_time=first, start_time=third, end_time=second)
    await make.flow_run("c", flow_id=etl, expected_start_time=second, next_scheduled_start_time=first, end_time=third)
    await make.flow_run("a", flow_id=etl, expected_start_time=third, start_time=first, next_scheduled_start_time=third)


ORDERS = {
    "ID_DESC": ["a", "c", "b"],
    "START_TIME_ASC": ["a", "c", "b"],
    "START_TIME_DESC": ["b", "c", "a"],
    "EXPECTED_START_TIME_ASC": ["b", "c", "a"],
    "EXPECTED_START_TIME_DESC": ["a", "c", "b"],
    "NAME_ASC": ["a", "b", "c"],
    "NAME_DESC": ["c", "b", "a"],
}


@pytest.mark.usefixtures("runs")
async def test_orders(api: httpx.AsyncClient, dialect: str) -> None:
    found = {sort: await names(api, sort=sort) for sort in FlowRunSort}
    # Nulls are smallest on SQLite, and largest on PostgreSQL.
    nulls_first = dialect == "sqlite"
    orders = {
        "NEXT_SCHEDULED_START_TIME_ASC": ["b", "c", "a"] if nulls_first else ["c", "a", "b"],
        "END_TIME_DESC": ["c", "b", "a"] if nulls_first else ["a", "c", "b"],
    }
    assert found == ORDERS | orders
    assert await names(api) == ORDERS["ID_DESC"]


async def test_equal_runs_are_listed_in_the_order_of_their_ids(api: httpx.AsyncClient, make: Make) -> None:
    etl = await make.flow("etl")
    ids = [str(await make.flow_run("same", flow_id=etl)) for _ in range(5)]
    for sort in FlowRunSort:
        found = (await api.post("/flow_runs/filter", json={"sort": sort})).json()
        assert [run["id"] for run in found] == (ids if sort.endswith("ASC") else ids[::-1]), sort


@pytest.mark.usefixtures("runs")
async def test_pages(api: httpx.AsyncClient) -> None:
    assert await names(api, sort="NAME_ASC", limit=2, offset=1) == ["b", "c"]
    page = (await api.post("/flow_runs/paginate", json={"sort": "NAME_ASC", "limit": 2, "page": 2})).json()
    assert [run.name for run in FlowRunPaginationResponse.model_validate(page).results] == ["c"]
    del page["results"]
    assert page == {"count": 3, "limit": 2, "pages": 2, "page": 2}
    assert (await api.post("/flow_runs/count")).json() == 3


@pytest.mark.usefixtures("runs")
async def test_pages_beyond_any_table(api: httpx.AsyncClient) -> None:
    assert await names(api, offset=2**63 - 1) == []
    assert (await api.post("/flow_runs/paginate", json={"page": 2**63 - 1})).json()["results"] == []
    for path, asked in (("filter", {"offset": 2**63}), ("paginate", {"page": 2**63}), ("paginate", {"page": 0})):
        assert (await api.post(f"/flow_runs/{path}", json=asked)).status_code == 422


ALL_FAMILIES: JSON = {
    "flows": {},
    "flow_runs": {},
    "task_runs": {},
    "deployments": {},
    "work_pools": {},
    "work_pool_queues": {},
}


async def test_a_list_takes_one_statement(api: httpx.AsyncClient, make: Make, statements: list[str]) -> None:
    for _ in range(3):
        await make.flow_run(state="RUNNING", work_queue_id=await make.work_queue())
    history = {"history_start": "2026-06-01", "history_end": "2026-06-02", "history_interval_seconds": 3600}
    asked: list[tuple[str, JSON, int]] = [
        ("filter", {}, 1),
        ("filter", ALL_FAMILIES, 1),
        ("count", ALL_FAMILIES, 1),
        ("lateness", ALL_FAMILIES, 1),
        ("history", {**history, **ALL_FAMILIES, "work_queues": {}}, 1),
        ("paginate", ALL_FAMILIES, 2),
    ]
    for path, body, expected in asked:
        statements.clear()
        assert (await api.post(f"/flow_runs/{path}", json=body)).status_code == 200
        assert len(statements) == expected, statements


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["other", "whole"]),
        ({"flows": {"name": {"any_": ["etl"]}}}, ["whole"]),
        ({"deployments": {}}, ["whole"]),
        ({"deployments": {"name": {"any_": ["hourly"]}}}, []),
        ({"work_pools": {"name": {"any_": ["pool"]}}}, ["whole"]),
        ({"work_pool_queues": {"name": {"startswith_": ["urg"]}}}, ["whole"]),
        ({"work_pools": {"name": {"any_": ["pool"]}}, "work_pool_queues": {"name": {"any_": ["no"]}}}, []),
        ({"task_runs": {}}, ["whole"]),
        ({"task_runs": {"name": {"any_": ["extract", "load"]}}}, ["whole"]),
        ({"task_runs": {}, "flows": {"name": {"any_": ["ml"]}}}, []),
        (ALL_FAMILIES, ["whole"]),
        (dict.fromkeys(ALL_FAMILIES), ["other", "whole"]),
    ],
    ids=str,
)
async def test_runs_by_what_they_belong_to(api: httpx.AsyncClient, make: Make, asked: JSON, found: list[str]) -> None:
    etl, ml = await make.flows("etl", "ml")
    queue = await make.work_queue("urgent", work_pool_id=await make.work_pool("pool"))
    nightly = await make.deployment("nightly", flow_id=etl)
    whole = await make.flow_run("whole", flow_id=etl, deployment_id=nightly, work_queue_id=queue)
    for task in ("extract", "load"):
        await make.task_run(task, flow_run_id=whole)
    await make.flow_run("other", flow_id=ml, deployment_id=UUID(NOBODY))
    assert await names(api, sort="NAME_ASC", **asked) == found
    assert (await api.post("/flow_runs/count", json=asked)).json() == len(found)


async def test_history(api: httpx.AsyncClient, make: Make) -> None:
    etl = await make.flow("etl")
    day = datetime(2026, 6, 1, tzinfo=UTC)
    completed = {"start_time": day + timedelta(minutes=5), "total_run_time": timedelta(seconds=90)}
    await make.flow_run(flow_id=etl, state="COMPLETED", expected_start_time=day, **completed)
    await make.flow_run(flow_id=etl, state="COMPLETED", expected_start_time=day + HOUR, **completed)
    await make.flow_run(flow_id=etl, state="FAILED", expected_start_time=day + 24 * HOUR - timedelta(microseconds=1))
    await make.flow_run(flow_id=etl, state="FAILED", expected_start_time=day + 24 * HOUR)
    await make.flow_run(flow_id=etl, state="FAILED", expected_start_time=day - timedelta(microseconds=1))
    await make.flow_run(flow_id=etl, state="FAILED", expected_start_time=None)
    await make.flow_run(flow_id=etl, expected_start_time=day)
    asked = {"history_start": day.isoformat(), "history_end": "2026-06-01T23:00:00Z", "history_interval_seconds": 28800}
    reply = await api.post("/flow_runs/history", json=asked)
    first, second, third = reply.json()
    assert first == {
        "interval_start": "2026-06-01T00:00:00Z",
        "interval_end": "2026-06-01T08:00:00Z",
        "states": [
            {
                "state_type": "COMPLETED",
                "state_name": "Completed",
                "count_runs": 2,
                "sum_estimated_run_time": 180.0,
                "sum_estimated_lateness": 300.0,
            }
        ],
    }
    assert second["states"] == []
    [failed] = third["states"]
    assert (third["interval_end"], failed["count_runs"]) == ("2026-06-02T00:00:00Z", 1)


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"history_interval_seconds": 0.999}, 422),
        ({"history_interval_seconds": 1e300}, 422),
        ({"history_interval_seconds": -1}, 422),
        ({"history_start": None}, 422),
        ({"history_end": "9999-12-31T23:59:59-14:00"}, 422),
        ({"work_queues": {"nope": 1}}, 422),
        ({"work_pool_queues": {"nope": 1}}, 200),
        ({"history_end": "2026-05-01"}, 200),
    ],
    ids=str,
)
async def test_bounds_of_history(api: httpx.AsyncClient, asked: JSON, status: int) -> None:
    body = {"history_start": "2026-06-01", "history_end": "2026-06-02", "history_interval_seconds": 3600, **asked}
    reply = await api.post("/flow_runs/history", json=body)
    assert reply.status_code == status, reply.text
    if status == 200:
        assert len(reply.json()) == (0 if "history_end" in asked else 24)


async def test_history_has_at_most_500_intervals(api: httpx.AsyncClient) -> None:
    asked = {"history_start": "2026-06-01", "history_end": "2027-06-01", "history_interval_seconds": 1}
    assert len((await api.post("/flow_runs/history", json=asked)).json()) == 500


async def test_lateness(api: httpx.AsyncClient, make: Make) -> None:
    etl = await make.flow("etl")
    assert (await api.post("/flow_runs/lateness")).json() is None
    late = {"expected_start_time": NOON, "start_time": NOON + timedelta(seconds=1.5)}
    early = {"expected_start_time": NOON, "start_time": NOON - HOUR}
    await make.flow_run("late", flow_id=etl, state="RUNNING", **late)
    await make.flow_run("early", flow_id=etl, state="COMPLETED", **early)
    await make.flow_run("never started", flow_id=etl, state="CANCELLED", expected_start_time=NOON)
    await make.flow_run("never expected", flow_id=etl, state="RUNNING", expected_start_time=None, start_time=NOON)
    await make.flow_run("without a state", flow_id=etl, expected_start_time=NOON)
    await make.flow_run("to come", flow_id=etl, state="SCHEDULED", expected_start_time=datetime(2100, 1, 1, tzinfo=UTC))
    assert (await api.post("/flow_runs/lateness")).json() == 0.25
    assert (await api.post("/flow_runs/lateness", json={"flow_runs": {"name": {"any_": ["no"]}}})).json() is None


async def test_a_run_that_waits_is_late_by_now(api: httpx.AsyncClient, make: Make) -> None:
    await make.flow_run(state="SCHEDULED", expected_start_time=datetime.now(UTC) - HOUR)
    assert 3600 < (await api.post("/flow_runs/lateness")).json() < 3700
