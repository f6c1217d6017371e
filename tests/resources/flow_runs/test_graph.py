"""The graphs of flow runs."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from lictor.settings import DatabaseSettings, ServerSettings, Settings
from tests.make import NOON, Make
from tests.serving import client_of

NOBODY = "00000000-0000-4000-8000-000000000000"
JSON = dict[str, Any]


def of(*runs: UUID | str) -> list[JSON]:
    return [{"input_type": "task_run", "id": str(run)} for run in runs]


def later(minutes: int) -> JSON:
    return {"start_time": NOON + timedelta(minutes=minutes), "end_time": NOON + timedelta(minutes=minutes + 1)}


def edges(node: JSON, kind: str) -> list[str]:
    return [edge["id"] for edge in node[kind]]


async def graph(api: httpx.AsyncClient, run_id: UUID, **asked: Any) -> JSON:
    reply = await api.get(f"/flow_runs/{run_id}/graph-v2", params=asked)
    assert reply.status_code == 200, reply.text
    return reply.json()


async def test_an_edge_for_each_input(api: httpx.AsyncClient, make: Make, statements: list[str]) -> None:
    run = await make.flow_run(state="RUNNING")
    one = await make.task_run("one", "COMPLETED", flow_run_id=run, **later(0))
    two = await make.task_run("two", "RUNNING", flow_run_id=run, **later(1), task_inputs={"x": of(one), "y": of(one)})
    inputs = {"x": of(two, one, NOBODY), "__parents__": of(two), "p": [{"input_type": "parameter", "name": "p"}]}
    three = await make.task_run("three", "PENDING", flow_run_id=run, start_time=NOON + timedelta(9), task_inputs=inputs)
    await make.task_run("not yet", flow_run_id=run)
    await make.task_run("elsewhere", "RUNNING", flow_run_id=await make.flow_run())
    statements.clear()
    drawn = await graph(api, run)
    assert len(statements) == 4
    first, second, third = (node for _, node in drawn["nodes"])
    assert [id for id, _ in drawn["nodes"]] == [str(one), str(two), str(three)]
    assert drawn["root_node_ids"] == [str(one)]
    assert (edges(first, "parents"), edges(first, "children")) == ([], [str(two), str(three)])
    assert (edges(second, "parents"), edges(second, "children")) == ([str(one)], [str(three)])
    assert (edges(third, "parents"), edges(third, "encapsulating")) == ([str(one), str(two)], [str(two)])
    assert (third["kind"], third["label"], third["state_type"], third["end_time"]) == (
        "task-run",
        "three",
        "PENDING",
        None,
    )
    assert [state["type"] for state in drawn["states"]] == ["RUNNING"]


async def test_a_subflow_stands_in_the_place_of_its_task_run(api: httpx.AsyncClient, make: Make) -> None:
    run = await make.flow_run()
    task = await make.task_run("stands for it", "RUNNING", flow_run_id=run)
    subflow = await make.flow_run(
        "child", "COMPLETED", flow_id=await make.flow("etl"), parent_task_run_id=task, **later(0)
    )
    ((id, node),) = (await graph(api, run))["nodes"]
    assert (id, node["kind"], node["label"], node["state_type"]) == (
        str(subflow),
        "flow-run",
        "etl / child",
        "COMPLETED",
    )


async def test_what_ended_before_is_left_out_and_its_edges_are_not(api: httpx.AsyncClient, make: Make) -> None:
    run = await make.flow_run()
    old = await make.task_run("old", "COMPLETED", flow_run_id=run, **later(0))
    await make.task_run("new", "COMPLETED", flow_run_id=run, **later(60), task_inputs={"x": of(old)})
    drawn = await graph(api, run, since=(NOON + timedelta(minutes=30)).isoformat())
    ((_, node),) = drawn["nodes"]
    assert (node["label"], edges(node, "parents"), drawn["root_node_ids"]) == ("new", [str(old)], [])


@pytest.mark.parametrize("since", [{}, {"since": "2020-01-01T00:00:00Z"}])
async def test_a_graph_that_is_too_large(database_url: str, make: Make, since: JSON) -> None:
    run = await make.flow_run()
    await make.task_runs(3, state="RUNNING", flow_run_id=run)
    database = DatabaseSettings(connection_url=database_url)
    for most, status in ((2, 400), (3, 200)):
        server = ServerSettings(flow_run_graph_max_nodes=most)
        async with client_of(Settings(_env_file=None, database=database, server=server)) as api:
            assert (await api.get(f"/flow_runs/{run}/graph-v2", params=since)).status_code == status


async def test_artifacts_stand_beside_who_made_them(api: httpx.AsyncClient, make: Make) -> None:
    run = await make.flow_run()
    task = await make.task_run("one", "RUNNING", flow_run_id=run)
    for body in (
        {"key": "k", "type": "markdown", "data": "old", "task_run_id": str(task)},
        {"key": "k", "type": "progress", "data": 40.0, "task_run_id": str(task)},
        {"type": "table", "data": "[]"},
        {"type": "result", "data": 1},
    ):
        assert (await api.post("/artifacts/", json={"flow_run_id": str(run), **body})).status_code == 201
    drawn = await graph(api, run)
    ((_, node),) = drawn["nodes"]
    assert [(made["key"], made["is_latest"], made["data"]) for made in node["artifacts"]] == [
        ("k", False, None),
        ("k", True, 40.0),
    ]
    assert [(made["type"], made["is_latest"]) for made in drawn["artifacts"]] == [("table", True)]


async def test_the_graph_of_the_first_version(api: httpx.AsyncClient, make: Make) -> None:
    run = await make.flow_run()
    one = await make.task_run("one", "COMPLETED", flow_run_id=run)
    inputs = {"x": of(one), "y": [*of(one), {"input_type": "constant", "type": "int"}]}
    await make.task_run("two", flow_run_id=run, task_inputs=inputs)
    second, first = (await api.get(f"/flow_runs/{run}/graph")).json()
    assert (first["upstream_dependencies"], first["state"]["type"]) == ([], "COMPLETED")
    assert (second["upstream_dependencies"], second["state"], second["untrackable_result"]) == (of(one), None, False)


async def test_the_graph_of_nobody(api: httpx.AsyncClient) -> None:
    for version in ("graph", "graph-v2"):
        reply = await api.get(f"/flow_runs/{NOBODY}/{version}")
        assert (reply.status_code, list(reply.json())) == (404, ["exception_message"])
