"""Rows that Lictor's tables refuse: repaired, or left out and named, and never at the expense of others."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from lictor.resources.flow_runs.table import flow_run, flow_run_state
from lictor.resources.flows.table import flow
from lictor.resources.task_runs.table import task_run, task_run_state
from tests.transfer.prefect import NOON, Raw

MIDNIGHT_OF_AGES = datetime(1, 1, 1, tzinfo=UTC)
LAST_MICROSECOND = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)


async def test_references_to_what_is_not_there(prefect, bring, rows_of):
    flow_id = await prefect.add("flow", name="f")
    good = await prefect.run("flow", flow_id=flow_id)
    lost = await prefect.run("flow", flow_id=uuid4())
    orphan = await prefect.run("task", flow_run_id=uuid4())
    child = await prefect.run("flow", flow_id=flow_id, parent_task_run_id=uuid4())
    idle = await prefect.run("flow", flow_id=flow_id, work_queue_id=uuid4())
    stray = await prefect.add("task_run_state", type="RUNNING", name="Running", timestamp=NOON, task_run_id=uuid4())

    report = await bring()

    assert {row.id for row in await rows_of(flow_run)} == {good, child, idle}
    assert {row.id: row.flow_run_id for row in await rows_of(task_run)} == {orphan: None}
    assert all(row.parent_task_run_id is row.work_queue_id is None for row in await rows_of(flow_run))
    assert told(report.of("flow_run").left_out) == {"flow_id names no flow": [str(lost)]}
    assert told(report.of("flow_run").changed) == {
        "work_queue_id names no work_queue, now empty": [str(idle)],
        "parent_task_run_id names no task_run, now empty": [str(child)],
    }
    assert told(report.of("task_run").changed) == {"flow_run_id names no flow_run, now empty": [str(orphan)]}
    assert told(report.of("task_run_state").left_out) == {"task_run_id names no task_run": [str(stray)]}
    assert report.complete


@pytest.mark.source("sqlite")
@pytest.mark.parametrize(
    ("values", "reason"),
    [
        pytest.param({"state_type": "DREAMING"}, "state_type is 'DREAMING', which is none of", id="unknown state type"),
        pytest.param({"end_time": Raw("10000-01-01 00:00:00")}, "end_time is not of its type", id="year 10000"),
        pytest.param({"end_time": Raw("soon")}, "end_time is not of its type", id="no time"),
        pytest.param({"run_count": 2**31}, "run_count is no integer of 32 bits", id="32 bits"),
        pytest.param({"run_count": Raw("many")}, "run_count is no integer of 32 bits", id="no number"),
        pytest.param({"task_inputs": Raw("{")}, "task_inputs is not the JSON that it should be", id="no JSON"),
        pytest.param({"task_inputs": {"x": 1}}, "task_inputs is not the JSON that it should be", id="other JSON"),
        pytest.param({"tags": {"a": 1}}, "tags is not the JSON that it should be", id="tags that are no list"),
        pytest.param({"flow_run_id": Raw("nobody")}, "flow_run_id is not of its type", id="no UUID"),
        pytest.param({"name": None}, "the database refused it: ", id="no name"),
        pytest.param({"task_key": Raw(b"\xff")}, None, id="bytes that are no text"),
    ],
)
async def test_a_bad_value_costs_its_own_row_only(prefect, bring, rows_of, values, reason):
    before, bad, after = [await prefect.run("task", **extra) for extra in ({}, values, {})]

    report = await bring()

    imported = {row.id for row in await rows_of(task_run)}
    if reason is None:
        assert imported == {before, bad, after}
        return
    assert imported == {before, after}
    ((said, ids),) = told(report.of("task_run").left_out).items()
    assert said.startswith(reason)
    assert ids == [str(bad)]
    assert report.complete


@pytest.mark.source("sqlite")
async def test_an_id_that_is_no_uuid(prefect, bring, rows_of):
    await prefect.insert("flow", {"id": Raw("?"), "created": NOON, "updated": NOON, "name": "a", "tags": []})
    await prefect.add("flow", name="b")

    report = await bring()

    assert [row.name for row in await rows_of(flow)] == ["b"]
    assert told(report.of("flow").left_out) == {"its id is no UUID": ["b'?'"]}


@pytest.mark.source("sqlite")
async def test_characters_that_cannot_be_stored_are_replaced(prefect, bring, rows_of):
    lone = Raw('{"a": "\\ud800!", "b": NaN, "c": "\\u0000"}')
    run = await prefect.run(
        "flow",
        name="a\0b",
        flow_id=await prefect.add("flow", name=Raw(b"caf\xe9")),
        parameters=lone,
        tags=["x\0"],
        context=Raw(b'{"d": "caf\xe9"}'),
        details={"cache_key": "\0"},
    )

    report = await bring()

    assert not report.of("flow_run").left_out
    (row,) = await rows_of(flow_run)
    assert row.name == "a\ufffdb"
    assert json.loads(row.parameters)["a"] == "\ufffd!"
    assert json.loads(row.parameters)["b"] is None
    assert row.tags == ["x\ufffd"]
    assert json.loads(row.context) == {"d": "caf\ufffd"}
    assert json.loads(row.state_details)["cache_key"] == "\ufffd"
    assert [row.name for row in await rows_of(flow)] == ["caf\ufffd"]
    assert str(run) in report.of("flow_run").changed["name held characters that cannot be stored, now U+FFFD"].first


@pytest.mark.source("sqlite")
async def test_a_time_of_change_that_is_none_is_never_newer(prefect, bring, rows_of):
    await prefect.add("flow", name="f")
    await bring()
    await prefect.execute("UPDATE flow SET updated = 'soon', name = 'g'")
    await bring()
    assert [row.name for row in await rows_of(flow)] == ["f"]


@pytest.mark.source("sqlite")
async def test_a_parent_that_is_no_id(prefect, bring, rows_of):
    run = await prefect.run("flow", flow_id=await prefect.add("flow", name="f"), parent_task_run_id=Raw("mother"))
    report = await bring()
    assert [(row.id, row.parent_task_run_id) for row in await rows_of(flow_run)] == [(run, None)]
    assert report.of("flow_run").changed.keys() == {"parent_task_run_id is no UUID, now empty"}


async def test_the_ends_of_the_calendar(prefect, bring, rows_of):
    await prefect.run("task")
    ends = ("'0001-01-01 00:00:00'", "'9999-12-31 23:59:59.999999'")
    first, last = ends if prefect.dialect == "sqlite" else (f"TIMESTAMP {end} AT TIME ZONE 'UTC'" for end in ends)
    await prefect.execute(f"UPDATE task_run SET start_time = {first}, end_time = {last}")
    await bring()
    (row,) = await rows_of(task_run)
    assert (row.start_time, row.end_time) == (MIDNIGHT_OF_AGES, LAST_MICROSECOND)


@pytest.mark.source("postgresql")
@pytest.mark.parametrize("moment", ["infinity", "-infinity", "10000-01-01 00:00:00+00", "0002-01-01 00:00:00+00 BC"])
async def test_moments_that_only_postgresql_has(prefect, bring, rows_of, moment):
    good, bad = await prefect.run("task"), await prefect.run("task")
    await prefect.execute(f"UPDATE task_run SET end_time = '{moment}' WHERE id = '{bad}'")

    report = await bring()

    assert [row.id for row in await rows_of(task_run)] == [good]
    assert told(report.of("task_run").left_out) == {"end_time lies outside of the years 1 to 9999": [str(bad)]}
    assert report.of("task_run_state").left_out.keys() == {"task_run_id names no task_run"}


async def test_a_name_too_long_for_an_index(prefect, bring, rows_of):
    """PostgreSQL has room for 2,704 bytes in an entry of an index; letters by chance cannot be compressed."""
    long = "".join(uuid4().hex for _ in range(400))
    await prefect.run("task", name="short")
    await prefect.run("task", name=long)

    report = await bring()

    names = {row.name for row in await rows_of(task_run)}
    left_out = report.of("task_run").without_place
    assert "short" in names
    assert (long in names) is (left_out == 0)
    assert report.complete


async def test_two_states_at_one_moment(prefect, bring, rows_of):
    """Prefect's own tables do not allow it, but a copy without their indexes may hold it."""
    run = await prefect.run("task")
    await prefect.add("task_run_state", type="RUNNING", name="Running", timestamp=NOON, task_run_id=run)

    report = await bring()

    assert len(await rows_of(task_run_state)) == 2
    assert report.complete


async def test_numbers_beyond_64_bits_in_json(prefect, bring, rows_of):
    await prefect.run(
        "flow", flow_id=await prefect.add("flow", name="f"), parameters={"n": 2**70, "x": 0.1, "d": [[]] * 3}
    )
    await bring()
    (row,) = await rows_of(flow_run)
    assert json.loads(row.parameters) == {"n": 2**70, "x": 0.1, "d": [[], [], []]}


async def test_json_nested_more_deeply_than_the_server_reads(prefect, bring, rows_of):
    flow_id = await prefect.add("flow", name="f")
    good = await prefect.run("flow", flow_id=flow_id, data=nested(100))
    bad = await prefect.run("flow", flow_id=flow_id, data=nested(400))

    report = await bring()

    (state,) = await rows_of(flow_run_state)
    assert (state.flow_run_id, json.loads(state.data)) == (good, nested(100))
    assert told(report.of("flow_run").left_out) == {"state_data is not the JSON that it should be": [str(bad)]}
    assert report.complete


def nested(depth: int) -> Any:
    deep: Any = 1
    for _ in range(depth):
        deep = [deep]
    return deep


def told(cases: dict[str, Any]) -> dict[str, list[str]]:
    return {reason: case.first for reason, case in cases.items()}
