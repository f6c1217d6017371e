"""What comes over, and what it looks like then."""

import json
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from lictor.db.ids import uuid7
from lictor.resources.concurrency_limits.table import global_limit, tag_limit
from lictor.resources.deployments.table import deployment, deployment_schedule
from lictor.resources.flow_runs.table import flow_run, flow_run_state
from lictor.resources.flows.table import flow
from lictor.resources.states.schemas import StateDetails
from lictor.resources.task_runs.schemas import TaskRunPolicy
from lictor.resources.task_runs.table import task_run, task_run_state, task_run_state_cache
from lictor.resources.work_pools.table import work_pool, work_queue
from lictor.transfer import copying
from tests.transfer.prefect import NOON, OLDEST, Prefect

LATER = NOON + timedelta(hours=1)


async def test_every_column_of_a_task_run(prefect, bring, rows_of):
    details = {"transition_id": str(uuid4()), "deferred": None}
    flow_id = await prefect.add("flow", name="etl")
    parent = await prefect.run("flow", flow_id=flow_id)
    run = await prefect.run(
        "task",
        flow_run_id=parent,
        name="extract-é",
        task_key="extract",
        dynamic_key="0",
        cache_key="key",
        cache_expiration=LATER,
        task_version="v1",
        run_count=2,
        flow_run_run_count=1,
        expected_start_time=NOON,
        next_scheduled_start_time=LATER,
        start_time=NOON,
        end_time=LATER + timedelta(microseconds=1),
        total_run_time=timedelta(days=2, seconds=3, microseconds=4),
        empirical_policy={"retries": 3},
        task_inputs={"x": [{"input_type": "parameter", "name": "p"}]},
        tags=["a", "b"],
        labels={"n": 1, "on": True},
        details=details,
        data={"type": "reference", "nested": [1, 2.5, None]},
    )

    await bring()

    (row,) = await rows_of(task_run)
    assert (row.id, row.flow_run_id, row.flow_id) == (run, parent, flow_id)
    assert (row.created, row.updated) == (NOON, NOON)
    assert (row.name, row.task_key, row.dynamic_key, row.cache_key, row.task_version) == (
        "extract-é",
        "extract",
        "0",
        "key",
        "v1",
    )
    assert (row.run_count, row.flow_run_run_count, row.cache_expiration) == (2, 1, LATER)
    assert (row.expected_start_time, row.next_scheduled_start_time, row.start_time) == (NOON, LATER, NOON)
    assert row.end_time == LATER + timedelta(microseconds=1)
    assert row.total_run_time == timedelta(days=2, seconds=3, microseconds=4)
    assert row.tags == ["a", "b"]
    assert json.loads(row.labels) == {"n": 1, "on": True}
    assert row.empirical_policy == TaskRunPolicy(retries=3).model_dump_json()
    assert json.loads(row.task_inputs) == {"x": [{"input_type": "parameter", "name": "p"}]}
    assert (row.state_type, row.state_name, row.state_timestamp) == ("COMPLETED", "Completed", NOON)
    assert json.loads(row.state_data) == {"type": "reference", "nested": [1, 2.5, None]}
    assert row.state_details == StateDetails(**details).model_dump_json()
    (state,) = await rows_of(task_run_state)
    assert (state.id, state.task_run_id, state.type, state.timestamp) == (row.state_id, run, "COMPLETED", NOON)
    assert (state.data, state.state_details) == (row.state_data, row.state_details)


async def test_every_column_of_a_flow_run(prefect, bring, rows_of):
    flow_id = await prefect.add("flow", name="etl", tags=["nightly"], labels={"team": "data"})
    pool = await prefect.add("work_pool", name="pool")
    queue = await prefect.add("work_queue", name="default", work_pool_id=pool)
    given = {
        "flow_id": flow_id,
        "deployment_id": uuid4(),
        "deployment_version": "2",
        "work_queue_id": queue,
        "work_queue_name": "default",
        "flow_version": "1",
        "idempotency_key": "once",
        "infrastructure_pid": "host:1",
        "infrastructure_document_id": uuid4(),
        "auto_scheduled": True,
    }
    written = {"parameters": {"n": 1}, "context": {"c": []}, "job_variables": {"env": {}}}
    creator = {"id": str(uuid4()), "type": "DEPLOYMENT"}
    run = await prefect.run("flow", created_by=creator, tags=["x"], labels={}, **given, **written)

    await bring()

    (row,) = await rows_of(flow_run)
    assert row.id == run
    assert {name: getattr(row, name) for name in given} == given
    assert {name: json.loads(getattr(row, name)) for name in written} == written
    assert json.loads(row.created_by) == creator | {"display_value": None}
    assert json.loads(row.empirical_policy)["pause_keys"] == []
    assert (row.tags, row.labels, row.parent_task_run_id) == (["x"], "{}", None)
    (state,) = await rows_of(flow_run_state)
    assert (state.id, state.flow_run_id) == (row.state_id, run)
    (flow_row,) = await rows_of(flow)
    assert (flow_row.name, flow_row.tags, json.loads(flow_row.labels)) == ("etl", ["nightly"], {"team": "data"})


async def test_deployments_with_all_that_belongs_to_them(prefect, bring, rows_of):
    flow_id = await prefect.add("flow", name="etl")
    limit = await prefect.add("concurrency_limit_v2", name="deployment:x", limit=3, slot_decay_per_second=0.5)
    pool, queue = uuid7(), uuid7()
    await prefect.add("work_pool", id=pool, name="pool", default_queue_id=queue, base_job_template={"job": {}})
    await prefect.add("work_queue", id=queue, name="default", work_pool_id=pool, priority=2, last_polled=NOON)
    id = await prefect.add(
        "deployment",
        name="nightly",
        flow_id=flow_id,
        infra_overrides={"image": "x"},
        parameters={"a": 1},
        tags=["t"],
        work_queue_id=queue,
        work_queue_name="default",
        concurrency_limit=3,
        concurrency_limit_id=limit,
        concurrency_options={"collision_strategy": "ENQUEUE"},
        pull_steps=[{"step": {}}],
        parameter_openapi_schema={"type": "object"},
        paused=True,
        status="READY",
        enforce_parameter_schema=False,
    )
    schedule = await prefect.add(
        "deployment_schedule",
        deployment_id=id,
        schedule={"cron": "0 0 * * *", "timezone": "UTC"},
        active=False,
        slug="night",
    )
    await prefect.add("concurrency_limit", tag="db", concurrency_limit=2, active_slots=[str(id)])
    cached = await prefect.add("task_run_state_cache", cache_key="k", cache_expiration=LATER, task_run_state_id=uuid4())

    await bring()

    (row,) = await rows_of(deployment)
    assert (row.id, row.flow_id, row.work_queue_id, row.concurrency_limit_id) == (id, flow_id, queue, limit)
    assert (row.paused, row.status, row.enforce_parameter_schema) == (True, "READY", False)
    assert (json.loads(row.job_variables), json.loads(row.parameters)) == ({"image": "x"}, {"a": 1})
    assert json.loads(row.concurrency_options) == {"collision_strategy": "ENQUEUE", "grace_period_seconds": None}
    (row,) = await rows_of(deployment_schedule)
    assert (row.id, row.deployment_id, row.active, row.slug) == (schedule, id, False, "night")
    assert json.loads(row.schedule) == {"cron": "0 0 * * *", "timezone": "UTC", "day_or": True}
    (row,) = await rows_of(work_pool)
    assert (row.id, row.default_queue_id, row.base_job_template) == (pool, queue, '{"job":{}}')
    (row,) = await rows_of(work_queue)
    assert (row.work_pool_id, row.priority, row.last_polled) == (pool, 2, NOON)
    (row,) = await rows_of(global_limit)
    assert (row.limit, row.slot_decay_per_second, row.active) == (3, 0.5, True)
    (row,) = await rows_of(tag_limit)
    assert (row.tag, json.loads(row.active_slots)) == ("db", [str(id)])
    (row,) = await rows_of(task_run_state_cache)
    assert (row.id, row.cache_key, row.cache_expiration) == (cached, "k", LATER)


@pytest.mark.parametrize(
    ("data", "artifact", "shown"),
    [
        pytest.param({"a": 1}, None, {"a": 1}, id="its own"),
        pytest.param(None, None, None, id="none"),
        pytest.param(None, {"from": "artifact"}, {"from": "artifact"}, id="an artifact's"),
        pytest.param([], {"from": "artifact"}, {"from": "artifact"}, id="an empty one counts as none"),
        pytest.param({}, None, None, id="an empty one and no artifact"),
        pytest.param(5, {"from": "artifact"}, 5, id="a number"),
        pytest.param(None, 0, 0, id="a number in an artifact"),
    ],
)
async def test_a_states_data_is_what_prefect_would_show(prefect, bring, rows_of, data, artifact, shown):
    artifact_id = None if artifact is None else await prefect.add("artifact", data=artifact)
    await prefect.run("flow", flow_id=await prefect.add("flow", name="f"), data=data, artifact=artifact_id)

    await bring()

    (run,), (state,) = await rows_of(flow_run), await rows_of(flow_run_state)
    assert run.state_data == state.data
    assert (None if state.data is None else json.loads(state.data)) == shown


async def test_a_run_whose_state_is_gone_keeps_its_id_and_shows_none(prefect, bring, rows_of):
    gone = uuid7()
    await prefect.stateless_run("task", "RUNNING", state_id=gone)

    await bring()

    (row,) = await rows_of(task_run)
    assert (row.state_id, row.state_type, row.state_details, row.state_message) == (gone, "RUNNING", None, None)


async def test_a_run_that_never_had_a_state(prefect, bring, rows_of):
    await prefect.add("task_run", name="new", task_key="t", dynamic_key="0")

    await bring()

    (row,) = await rows_of(task_run)
    assert (row.state_id, row.state_type, row.state_details, row.labels) == (None, None, None, None)


async def test_subflow_runs_and_the_task_runs_that_stand_for_them(prefect, bring, rows_of):
    flow_id = await prefect.add("flow", name="f")
    parent = await prefect.run("flow", flow_id=flow_id)
    stand_in = await prefect.run("task", flow_run_id=parent)
    child = await prefect.run("flow", flow_id=flow_id, parent_task_run_id=stand_in)
    inner = await prefect.run("task", flow_run_id=child)

    await bring()

    assert {row.id: row.parent_task_run_id for row in await rows_of(flow_run)} == {parent: None, child: stand_in}
    assert {row.id: row.flow_run_id for row in await rows_of(task_run)} == {stand_in: parent, inner: child}


async def test_more_rows_than_one_batch_holds(prefect, bring, rows_of, monkeypatch):
    monkeypatch.setattr(copying, "BATCH_ROWS", 3)
    flow_id = await prefect.add("flow", name="f")
    runs = [await prefect.run("flow", flow_id=flow_id) for _ in range(10)]

    report = await bring()

    assert [row.id for row in await rows_of(flow_run)] == sorted(runs)
    assert (report.of("flow_run").in_source, report.of("flow_run").new, report.of("flow_run_state").new) == (10, 10, 10)
    assert report.complete


async def test_long_rows_make_short_batches(prefect, bring, rows_of, monkeypatch):
    monkeypatch.setattr(copying, "BATCH_CHARACTERS", 100)
    flow_id = await prefect.add("flow", name="f")
    for _ in range(5):
        await prefect.run("flow", flow_id=flow_id, parameters={"long": "x" * 1000})

    assert (await bring()).of("flow_run").new == 5
    assert len(await rows_of(flow_run)) == 5


async def test_the_oldest_version_lacks_columns_and_gets_their_defaults(source_dialect, source_url, bring, rows_of):
    prefect = Prefect(source_dialect, source_url)
    await prefect.create_tables(OLDEST[source_dialect])
    flow_id = await prefect.add("flow", name="old")
    await prefect.run("task", flow_run_id=await prefect.run("flow", flow_id=flow_id))
    values = {"type": "process", "base_job_template": {}, "is_paused": False, "status": "READY"}
    pool = {"id": uuid7(), "created": NOON, "updated": NOON, "name": "p"} | values
    await prefect.insert("work_pool", pool)
    id = await prefect.add("deployment", name="d", flow_id=flow_id)
    schedule = {"id": uuid7(), "created": NOON, "updated": NOON, "deployment_id": id, "active": True}
    await prefect.insert("deployment_schedule", schedule | {"schedule": {"interval": 60.0}})

    assert (await bring()).complete

    assert [row.labels for table in (flow, flow_run, task_run, deployment) for row in await rows_of(table)] == [
        None
    ] * 4
    (row,) = await rows_of(deployment)
    assert (row.concurrency_options, row.concurrency_limit_id) == (None, None)
    (row,) = await rows_of(deployment_schedule)
    assert (row.parameters, row.slug) == ("{}", None)
    (row,) = await rows_of(work_pool)
    assert isinstance(json.loads(row.storage_configuration), dict)


async def test_what_there_is_no_room_for_is_counted(prefect, bring):
    await prefect.add("agent", name="smith")
    await prefect.add("agent", name="jones")

    report = await bring()

    assert report.without_room == {"agent": 2}


@pytest.mark.source("sqlite")
async def test_tables_that_sqlite_keeps_for_itself_are_none(prefect, bring):
    await prefect.add("flow", name="f")
    await prefect.execute("ANALYZE")

    report = await bring()

    assert report.without_room == {}


async def test_ids_are_kept(prefect, bring, rows_of):
    random = UUID("ffffffff-0000-4000-8000-000000000001")
    await prefect.add("flow", id=random, name="f")
    await bring()
    assert [row.id for row in await rows_of(flow)] == [random]
