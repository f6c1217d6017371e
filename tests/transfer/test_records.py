"""Inputs of flow runs, logs, artifacts, variables and saved searches come over."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest

from lictor.resources.artifacts.table import artifact, artifact_collection
from lictor.resources.flow_run_inputs.table import flow_run_input
from lictor.resources.logs.table import log
from lictor.resources.saved_searches.table import saved_search
from lictor.resources.variables.table import variable
from tests.transfer.prefect import NOON

LATER = NOON + timedelta(hours=1)


async def test_inputs_of_flow_runs(prefect, bring, rows_of):
    run = await prefect.run("flow", flow_id=await prefect.add("flow", name="etl"))
    told = await prefect.add("flow_run_input", flow_run_id=run, key="a-b", value="ü", sender="me")
    await prefect.add("flow_run_input", flow_run_id=uuid4(), key="of nobody", value="1")

    await bring()

    (row,) = await rows_of(flow_run_input)
    assert (row.id, row.flow_run_id, row.key, row.value, row.sender) == (told, run, "a-b", "ü", "me")


async def test_logs(prefect, bring, rows_of):
    ids = {"flow_run_id": uuid4(), "task_run_id": uuid4()}
    full = await prefect.add("log", message="é\n", name="a", level=-3, timestamp=LATER, **ids)
    bare = await prefect.add("log")

    report = await bring()

    first, second = await rows_of(log)
    assert (first.id, first.message, first.name, first.level) == (full, "é\n", "a", -3)
    assert (first.timestamp, first.created, first.updated) == (LATER, NOON, NOON)
    assert (first.flow_run_id, first.task_run_id) == tuple(ids.values())
    assert (second.id, second.flow_run_id, second.task_run_id) == (bare, None, None)
    assert (report.of("log").new, report.of("log").in_target) == (2, 2)


@pytest.mark.source("sqlite")
async def test_a_log_with_a_nul(prefect, bring, rows_of):
    await prefect.add("log", message="a\0b")
    report = await bring()
    (row,) = await rows_of(log)
    assert row.message == "a\ufffdb"
    assert len(report.of("log").changed) == 1


async def test_artifacts_and_the_latest_of_their_keys(prefect, bring, rows_of):
    run = uuid4()
    old = await prefect.add("artifact", key="report", type="table", data=[{"a": None}], metadata_={"x": "y"})
    new = {"key": "report", "type": "markdown", "data": "# ü", "description": "d", "flow_run_id": run}
    latest = await prefect.add("artifact", created=LATER, updated=LATER, **new)
    await prefect.add("artifact_collection", updated=LATER, latest_id=latest, **new)
    keyless = await prefect.add("artifact", type="result", data=None)

    await bring()

    first, second, third = await rows_of(artifact)
    assert (first.id, second.id, third.id) == (old, latest, keyless)
    assert (json.loads(first.data), json.loads(first.metadata_), first.type) == ([{"a": None}], {"x": "y"}, "table")
    assert (json.loads(second.data), second.description, second.flow_run_id) == ("# ü", "d", run)
    assert (third.data, third.key, third.metadata_) == (None, None, None)
    (collection,) = await rows_of(artifact_collection)
    assert (collection.key, collection.latest_id, collection.type) == ("report", latest, "markdown")
    assert (collection.created, collection.updated, collection.flow_run_id) == (NOON, LATER, run)


async def test_a_key_of_an_artifact_that_is_gone_is_left_out(prefect, bring, rows_of):
    await prefect.add("artifact_collection", key="report", latest_id=uuid4())
    report = await bring()
    assert await rows_of(artifact_collection) == []
    assert list(report.of("artifact_collection").left_out) == ["latest_id names no artifact"]


async def test_a_newer_latest_artifact_comes_over_later(prefect, bring, rows_of):
    first = await prefect.add("artifact", key="report", data=1)
    collection = await prefect.add("artifact_collection", key="report", data=1, latest_id=first)
    await bring()
    second = await prefect.add("artifact", key="report", data=2)
    later = {"sqlite": LATER.replace(tzinfo=None).isoformat(" "), "postgresql": LATER.isoformat()}[prefect.dialect]
    await prefect.execute(
        f"UPDATE artifact_collection SET latest_id = '{second}', updated = '{later}' WHERE id = '{collection}'"
    )
    await bring()
    (row,) = await rows_of(artifact_collection)
    assert (row.id, row.latest_id) == (collection, second)


@pytest.mark.parametrize("value", [None, 5, 1.5, "text", "null", [], {"a": [None, "é"]}, True])
async def test_variables(prefect, bring, rows_of, value):
    await prefect.add("variable", name="region", value=value, tags=["b", "a"])
    await bring()
    (row,) = await rows_of(variable)
    assert (row.name, row.tags) == ("region", ["b", "a"])
    assert (None if row.value is None else json.loads(row.value)) == value


async def test_saved_searches(prefect, bring, rows_of):
    filters = [{"object": "flow", "property": "name", "type": "string", "operation": "equals", "value": {"x": None}}]
    await prefect.add("saved_search", name="mine", filters=filters)
    await prefect.add("saved_search", name="bad", filters=[{"object": "flow"}])
    report = await bring()
    (row,) = await rows_of(saved_search)
    assert (row.name, json.loads(row.filters)) == ("mine", filters)
    assert len(report.of("saved_search").left_out) == 1


async def test_a_name_that_is_taken_stays_the_targets(prefect, bring, rows_of):
    await prefect.add("variable", name="region", value="eu")
    await prefect.add("saved_search", name="mine")
    await bring()
    for table in ("variable", "saved_search"):
        await prefect.execute(f"DELETE FROM {table}")
    await prefect.add("variable", name="region", value="us", updated=LATER)
    await prefect.add("saved_search", name="mine", updated=LATER)
    report = await bring()
    (row,) = await rows_of(variable)
    assert json.loads(row.value) == "eu"
    assert (report.of("variable").merged, report.of("saved_search").merged) == (1, 1)
    assert report.complete
