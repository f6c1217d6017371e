"""Lists that are read page by page behind a cursor."""

import random
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest
import sqlalchemy as sa

from lictor.db.engine import Database
from lictor.db.ids import uuid7
from lictor.http.echo import cut
from lictor.query import resource_query
from lictor.query.cursor import Position, read_cursor, write_cursor
from lictor.resources.block_documents.schemas import BlockDocumentSort
from lictor.resources.deployments.schemas import DeploymentSort
from lictor.resources.flow_runs import queries as flow_run_queries
from lictor.resources.flow_runs.schemas import FlowRunSort
from lictor.resources.flow_runs.table import flow_run
from lictor.resources.flows.schemas import FlowSort
from lictor.resources.logs.schemas import LogSort
from lictor.resources.task_runs import queries
from lictor.resources.task_runs.schemas import TaskRunSort
from lictor.resources.task_runs.table import task_run
from lictor.resources.variables.schemas import VariableSort
from tests.make import NOON, Make
from tests.plans import plan_of
from tests.robustness.document import WITH_BODY

HEADER = "X-Lictor-Next-Cursor"
SORTS = [
    *(
        (route, sort.value)
        for route, sorts in (
            ("/task_runs", TaskRunSort),
            ("/flow_runs", FlowRunSort),
            ("/flows", FlowSort),
            ("/deployments", DeploymentSort),
        )
        for sort in sorts
        if not sort.startswith("DURATION")  # see test_what_moves_has_no_cursor
    ),
    *(("/variables", sort.value) for sort in VariableSort),
    *(("/logs", sort.value) for sort in LogSort),
    *(("/block_documents", sort.value) for sort in BlockDocumentSort),
    ("/block_types", None),
    ("/block_schemas", None),
    ("/work_pools", None),
    ("/work_pools/pool/queues", None),
    ("/saved_searches", None),
    ("/webhooks", None),
    ("/flow_run_notification_policies", None),
]

BEYOND = {"/deployments": 1, "/work_pools/pool/queues": 1, "/block_schemas": 1, "/block_documents": 4}
"""Statements on what is no row of the list: schedules; the pool; blocks within; the key, documents within, schemas."""


BY_OFFSET_ONLY = {"/concurrency_limits/filter"}  # two tables in one list, for old clients


def test_what_pages_by_offset_pages_by_cursor() -> None:
    """CONTRIBUTING.md says how, under "Add a resource"."""
    bodies = {operation.path: operation.body for operation in WITH_BODY if operation.path.endswith("/filter")}
    components = WITH_BODY[0].components
    for path, body in bodies.items():
        fields = components[body["$ref"].rpartition("/")[2]]["properties"] if "$ref" in body else {}
        if path not in BY_OFFSET_ONLY:
            assert ("offset" in fields) == ("cursor" in fields), path


async def walk(api: httpx.AsyncClient, route: str, limit: int, **asked: Any) -> list[list[str]]:
    """The ids on all pages, from the first to the last."""
    pages = []
    cursor: str | None = ""
    while cursor is not None:
        reply = await api.post(f"{route}/filter", json={**asked, "limit": limit, "cursor": cursor})
        assert reply.status_code == 200, reply.text
        pages.append([row["id"] for row in reply.json()])
        cursor = reply.headers.get(HEADER)
    return pages


@pytest.fixture
async def many(make: Make) -> None:
    """Thirteen of each, in many of which times are absent or the same."""
    rng = random.Random(5)
    moments = [None, NOON, NOON, NOON + timedelta(microseconds=1), NOON - timedelta(days=1)]
    times = ("expected_start_time", "next_scheduled_start_time", "start_time", "end_time")
    pool = await make.work_pool("pool")
    flows = [await make.flow(created=NOON, updated=rng.choice(moments[1:])) for _ in range(13)]
    for flow_id in flows:
        await make.flow_run(rng.choice("ab"), flow_id=flow_id, **{time: rng.choice(moments) for time in times})
        await make.task_run(rng.choice("ab"), **{time: rng.choice(moments) for time in times})
        await make.deployment(rng.choice("ab"), flow_id=flow_id, created=NOON, updated=rng.choice(moments[1:]))
        await make.work_pool()
        await make.work_queue(work_pool_id=pool, priority=rng.randrange(3))
        await make.variable(created=NOON, updated=rng.choice(moments[1:]))
        await make.log(timestamp=rng.choice(moments[1:]))
        await make.saved_search()
        await make.webhook()
        await make.notification_policy()
        await make.block_document(block_schema_id=await make.block_schema(created=NOON))


@pytest.mark.parametrize("limit", [1, 5, 13, 200])
async def test_pages_are_the_whole_list_in_order(api: httpx.AsyncClient, many: None, limit: int) -> None:
    for route, sort in SORTS:
        asked = {} if sort is None else {"sort": sort}
        reply = await api.post(f"{route}/filter", json=asked)
        assert HEADER not in reply.headers
        whole = [row["id"] for row in reply.json()]
        assert len(whole) == 14 if route == "/work_pools" else 13
        pages = await walk(api, route, limit, **asked)
        assert [id for page in pages for id in page] == whole, (route, sort)
        assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1), (route, sort)
        assert pages[-1], "an empty page at the end would be one too many"


async def test_an_empty_list_is_its_only_page(api: httpx.AsyncClient, make: Make) -> None:
    await make.work_pool("pool")
    for route, _ in SORTS:
        if route != "/work_pools":
            assert await walk(api, route, 5) == [[]], route


async def test_objects_are_those_of_other_pages(api: httpx.AsyncClient, many: None) -> None:
    for route, _ in SORTS:
        plain = (await api.post(f"{route}/filter", json={})).json()
        behind = (await api.post(f"{route}/filter", json={"cursor": ""})).json()
        for row in (*plain, *behind):
            row.pop("estimated_start_time_delta", None)
        assert behind == plain


async def test_filters_hold_on_every_page(api: httpx.AsyncClient, make: Make) -> None:
    etl, ml = await make.flows("etl", "ml")
    wanted = []
    for number in range(9):
        of_flow = await make.flow_run(flow_id=etl if number % 3 else ml)
        task_run_id = await make.task_run("x", tags=["t"] if number % 2 else [], flow_run_id=of_flow)
        if number % 3 and number % 2:
            wanted.append(str(task_run_id))
    asked = {"flows": {"name": {"any_": ["etl"]}}, "task_runs": {"any_of": [{"tags": {"all_": ["t"]}}]}}
    pages = await walk(api, "/task_runs", 2, sort="EXPECTED_START_TIME_ASC", **asked)
    assert [id for page in pages for id in page] == wanted


@pytest.mark.parametrize("sort", ["EXPECTED_START_TIME_DESC", "EXPECTED_START_TIME_ASC", "ID_DESC", "NAME_ASC"])
async def test_rows_that_arrive_move_nothing(api: httpx.AsyncClient, make: Make, sort: str) -> None:
    for number in range(10):
        await make.task_run(f"{number}", expected_start_time=NOON + timedelta(hours=number) if number % 4 else None)
    whole = [row["id"] for row in (await api.post("/task_runs/filter", json={"sort": sort})).json()]
    seen = []
    cursor: str | None = ""
    while cursor is not None:
        reply = await api.post("/task_runs/filter", json={"sort": sort, "limit": 3, "cursor": cursor})
        seen += [row["id"] for row in reply.json()]
        cursor = reply.headers.get(HEADER)
        for hours in (-100, 100):
            await make.task_run(f"{hours}", expected_start_time=NOON + timedelta(hours=hours))
        await make.task_run("x", expected_start_time=None)
        assert len(seen) < 100
    assert [id for id in seen if id in whole] == whole
    assert len(seen) == len(set(seen))


async def test_a_page_takes_as_few_statements_at_any_depth(
    api: httpx.AsyncClient, many: None, statements: list[str]
) -> None:
    for route, sort in SORTS:
        asked = {} if sort is None else {"sort": sort}
        cursor: str | None = ""
        most = 0
        while cursor is not None:
            statements.clear()
            reply = await api.post(f"{route}/filter", json={**asked, "limit": 2, "cursor": cursor})
            cursor = reply.headers.get(HEADER)
            most = max(most, len(statements))
        nullable = sort is not None and "TIME" in sort and route in {"/task_runs", "/flow_runs"}
        assert most == 1 + nullable + BEYOND.get(route, 0), (route, sort)


def written(*content: Any) -> str:
    return urlsafe_b64encode(orjson.dumps(content)).decode().rstrip("=")


ID = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "é",
        "!!!!",
        "AAAA",
        written(),
        written("ID_DESC", None),
        written("ID_DESC", None, "no-uuid"),
        written("ID_DESC", 5, ID),
        written("ID_DESC", None, ID, 1),
        written("NAME_ASC", None, ID),
        written("END_TIME_DESC", 1, ID),
        urlsafe_b64encode(b'["ID_DESC",null,"' + b"\xff" * 36 + b'"]').decode(),
        "A" * 100_000,
    ],
)
async def test_what_is_no_cursor_is_refused(api: httpx.AsyncClient, cursor: str) -> None:
    await refused(api, "cursor", {"sort": "ID_DESC", "cursor": cursor})


@pytest.mark.parametrize(
    ("sort", "value"),
    [
        ("NAME_ASC", None),
        ("NAME_ASC", 5),
        ("NAME_ASC", "a\0b"),
        ("END_TIME_DESC", "text"),
        ("END_TIME_DESC", 10**18),
        ("END_TIME_DESC", 2**63),
        ("END_TIME_DESC", -(10**18)),
        ("END_TIME_DESC", 1.5),
    ],
)
async def test_values_of_another_kind_are_refused(api: httpx.AsyncClient, sort: str, value: Any) -> None:
    await refused(api, "cursor", {"sort": sort, "cursor": written(sort, value, ID)})


@pytest.mark.parametrize("priority", [None, "1", 1.5, 2**31, -(2**63)])
async def test_positions_by_number_are_numbers(api: httpx.AsyncClient, make: Make, priority: Any) -> None:
    await make.work_pool("pool")
    cursor = written("PRIORITY_ASC", priority, ID)
    reply = await api.post("/work_pools/pool/queues/filter", json={"cursor": cursor})
    assert reply.status_code == 422
    assert reply.json()["exception_detail"][0]["loc"] == ["body", "cursor"]


async def test_deep_offsets_stay_in_their_list(
    api: httpx.AsyncClient, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource_query, "DEEP_OFFSET_ROWS", 1)
    mine, other = await make.work_pool("pool"), await make.work_pool()
    for number in range(3):
        await make.work_queue(f"other-{number}", work_pool_id=other, priority=number)
        await make.work_queue(f"{number}", work_pool_id=mine, priority=number)
    reply = await api.post("/work_pools/pool/queues/filter", json={"offset": 1})
    assert [queue["name"] for queue in reply.json()] == ["1", "2"]


async def refused(api: httpx.AsyncClient, field: str, body: Mapping[str, Any]) -> None:
    reply = await api.post("/task_runs/filter", json=body)
    assert reply.status_code == 422
    [problem] = reply.json()["exception_detail"]
    assert problem["loc"] == ["body", field]
    assert reply.json()["request_body"] == cut(body)


async def test_cursors_go_without_offset_and_with_some_limit(api: httpx.AsyncClient) -> None:
    await refused(api, "cursor", {"cursor": "", "offset": 1})
    await refused(api, "limit", {"cursor": "", "limit": 0})
    for body in ({"cursor": "", "offset": 0}, {"cursor": None, "offset": 5}, {"limit": 0}):
        assert (await api.post("/task_runs/filter", json=body)).status_code == 200


@pytest.mark.parametrize("value", [None, NOON, NOON - timedelta(days=700_000), NOON + timedelta(microseconds=1)])
def test_cursors_keep_positions(value: Any) -> None:
    order = queries.TASK_RUNS.orders[TaskRunSort.END_TIME_DESC]
    position = Position(value, uuid7())
    assert read_cursor(write_cursor("END_TIME_DESC", position), "END_TIME_DESC", order) == position


@pytest.fixture
async def thousands(db: Database, make: Make) -> None:
    """4,000 task runs and flow runs, a quarter of them without times, and what the planner learns of them."""
    flow_id = await make.flow()
    rows = [
        {
            "id": uuid7(),
            "name": f"{number:04}",
            "flow_id": flow_id,
            "task_key": "t",
            "dynamic_key": str(number),
            "tags": [],
            **dict.fromkeys(("empirical_policy", "task_inputs", "parameters", "context"), "{}"),
            "total_run_time": timedelta(0),
            **dict.fromkeys(
                ("expected_start_time", "end_time"), NOON + timedelta(minutes=number // 2) if number % 4 else None
            ),
        }
        for number in range(4_000)
    ]
    async with db.write() as tx:
        for table in (task_run, flow_run):
            known = [{name: value for name, value in row.items() if name in table.c} for row in rows]
            await tx.execute(sa.insert(table), known)
        await tx.execute(sa.text("ANALYZE"))


@pytest.mark.parametrize(
    ("listing", "column"),
    [
        (queries.task_run_list({}, TaskRunSort.ID_DESC), None),
        (queries.task_run_list({}, TaskRunSort.NAME_ASC), "name"),
        (queries.task_run_list({}, TaskRunSort.NAME_DESC), "name"),
        (queries.task_run_list({}, TaskRunSort.EXPECTED_START_TIME_ASC), "expected_start_time"),
        (queries.task_run_list({}, TaskRunSort.EXPECTED_START_TIME_DESC), "expected_start_time"),
        (queries.task_run_list({}, TaskRunSort.END_TIME_DESC), "end_time"),
        (flow_run_queries.flow_run_list({}, FlowRunSort.START_TIME_DESC), "started"),
        (flow_run_queries.flow_run_list({}, FlowRunSort.EXPECTED_START_TIME_ASC), "expected_start_time"),
    ],
    ids=lambda value: f"{value.family.name} {value.sort}" if hasattr(value, "sort") else "",
)
async def test_deep_pages_begin_where_they_are(db: Database, thousands: None, listing: Any, column: str | None) -> None:
    """The database steps into an index at the position, reads on from there, and sorts nothing."""
    middle = await db.read.scalar(sa.select(listing.family.table.c.id).order_by("id").offset(2_000).limit(1))
    value = None if column is None else "2000" if column == "name" else NOON + timedelta(minutes=1_000)
    positions = [Position(value, middle)]
    if listing.order.has_nulls:
        positions.append(Position(None, middle))
    for position in positions:
        for statement in listing.parts(200, position, db.dialect):
            plan = await plan_of(db, statement)
            if db.dialect.name == "sqlite":
                [step] = [line for line in plan.splitlines() if f" {listing.family.table.name} USING" in line]
                assert step.startswith("SEARCH"), plan
                # Of an index of an expression SQLite does not see that what lies under NULL is in order.
                assert "TEMP B-TREE" not in plan or "(<expr>=?" in step, plan
            else:
                assert '"Index Cond"' in plan, plan
                assert "Sort" not in plan, plan
                assert "Seq Scan" not in plan or listing.family is flow_run_queries.FLOW_RUNS, plan
        here = await plan_of(db, listing.parts(200, position, db.dialect)[0])
        if position.value is not None:
            # SQLite walks an index of an expression from the value on, and passes over those before the id by itself.
            assert re.search(r"ROW\(|[<>]\(|<expr>[<>]\?", here), here


@pytest.mark.parametrize("sort", [TaskRunSort.DURATION_ASC, TaskRunSort.DURATION_DESC])
@pytest.mark.parametrize("cursor", ["", "x"])
async def test_what_moves_has_no_cursor(api: httpx.AsyncClient, sort: str, cursor: str) -> None:
    """Of what runs the duration grows, so that rows change places."""
    reply = await api.post("/task_runs/filter", json={"sort": sort, "cursor": cursor})
    assert reply.status_code == 422
    assert "change places" in reply.text
    assert (await api.post("/task_runs/export", json={"sort": sort})).status_code == 422
