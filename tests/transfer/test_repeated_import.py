"""Imports that were run before, or were cut short, or meet rows that are there already."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from lictor.db.ids import uuid7
from lictor.resources.deployments.table import deployment
from lictor.resources.flow_runs.table import flow_run, flow_run_state
from lictor.resources.flows.table import flow
from lictor.resources.task_runs.table import task_run, task_run_state
from lictor.resources.work_pools.table import work_pool, work_queue
from lictor.settings import Settings
from lictor.transfer import copying
from lictor.transfer.endpoints import TransferError
from lictor.transfer.opening import import_history
from tests.databases import execute
from tests.transfer.prefect import NOON
from tests.transfer.watchers import Silent

LATER = NOON + timedelta(hours=1)


async def some_history(prefect, runs=3):
    flow_id = await prefect.add("flow", name="f")
    parents = [await prefect.run("flow", flow_id=flow_id) for _ in range(runs)]
    return flow_id, parents, [await prefect.run("task", flow_run_id=parent) for parent in parents]


async def test_again_without_a_change_brings_nothing(prefect, bring, rows_of):
    await some_history(prefect)
    await bring()
    before = await rows_of(task_run)

    report = await bring()

    assert {table.written for table in report.tables} == {0}
    assert report.complete
    assert await rows_of(task_run) == before


async def test_again_after_the_source_has_grown(prefect, bring, rows_of):
    flow_id, _, _ = await some_history(prefect)
    await bring()
    added = await prefect.run("task", flow_run_id=await prefect.run("flow", flow_id=flow_id))

    report = await bring()

    assert [report.of(name).new for name in ("flow", "flow_run", "task_run", "task_run_state")] == [0, 1, 1, 1]
    assert added in {row.id for row in await rows_of(task_run)}


async def test_the_newer_version_of_a_row_wins(prefect, bring, rows_of):
    await some_history(prefect, runs=2)
    await bring()
    later = str(LATER.replace(tzinfo=None)) if prefect.dialect == "sqlite" else str(LATER)
    newest = max(row.id for row in await rows_of(flow_run))
    await prefect.execute("UPDATE flow_run SET name = 'changed without a trace'")
    await prefect.execute(f"UPDATE flow_run SET name = 'changed', updated = '{later}' WHERE id = '{newest}'")

    report = await bring()

    assert report.of("flow_run").updated == 1
    names = {row.id: (row.name, row.updated) for row in await rows_of(flow_run)}
    assert names.pop(newest) == ("changed", LATER)
    assert all(name.startswith("flow-") for name, _ in names.values())
    await prefect.execute("UPDATE flow_run SET name = 'old', updated = created")
    assert (await bring()).of("flow_run").updated == 0


async def test_a_newer_version_in_another_flow_run_has_its_flow(prefect, bring, rows_of):
    flow_id, _, (first, second) = await some_history(prefect, runs=2)
    await bring()
    other = await prefect.run("flow", flow_id=await prefect.add("flow", name="other"))
    later = str(LATER.replace(tzinfo=None)) if prefect.dialect == "sqlite" else str(LATER)
    await prefect.execute(f"UPDATE task_run SET flow_run_id = '{other}', updated = '{later}' WHERE id = '{second}'")

    assert (await bring()).of("task_run").updated == 1

    flows = {row.id: row.flow_id for row in await rows_of(flow_run)}
    assert flows[other] != flow_id
    assert {row.id: row.flow_id for row in await rows_of(task_run)} == {first: flow_id, second: flows[other]}


class Stopping(Silent):
    """Interrupts the import after so many rows."""

    def __init__(self, rows: int) -> None:
        self.left = rows

    def advanced(self, table: str, rows: int) -> None:
        del table
        self.left -= rows
        if self.left < 0:
            raise asyncio.CancelledError


@pytest.mark.parametrize("rows", [1, 5, 9, 14, 20])
async def test_an_interrupted_import_goes_on(
    prefect, source_url, settings: Settings, bring, rows_of, rows, monkeypatch
):
    monkeypatch.setattr(copying, "BATCH_ROWS", 2)
    flow_id, parents, tasks = await some_history(prefect, runs=5)
    child = await prefect.run("flow", flow_id=flow_id, parent_task_run_id=tasks[0])
    with pytest.raises(asyncio.CancelledError):
        await import_history(source_url, settings.database, Stopping(rows))
    already = sum([len(await rows_of(table)) for table in (flow, flow_run, flow_run_state, task_run, task_run_state)])

    report = await bring()

    assert report.complete
    assert sum(table.new for table in report.tables) == 23 - already
    assert {row.id for row in await rows_of(flow_run)} == {*parents, child}
    assert {row.id: row.parent_task_run_id for row in await rows_of(flow_run)}[child] == tasks[0]
    assert [row.id for row in await rows_of(task_run)] == sorted(tasks)


async def test_what_has_a_name_that_is_taken_joins_what_has_it(prefect, bring, rows_of, make):
    own = await make.flow("f")
    own_pool = await make.work_pool("pool")
    own_queue = await make.work_queue("default", work_pool_id=own_pool)
    own_deployment = await make.deployment("d", flow_id=own)
    flow_id = await prefect.add("flow", name="f")
    pool = await prefect.add("work_pool", name="pool")
    queue = await prefect.add("work_queue", name="default", work_pool_id=pool)
    deployed = await prefect.add("deployment", name="d", flow_id=flow_id, work_queue_id=queue)
    await prefect.add("deployment_schedule", deployment_id=deployed, schedule={"interval": 60.0})
    run = await prefect.run("flow", flow_id=flow_id, deployment_id=deployed, work_queue_id=queue)
    task = await prefect.run("task", flow_run_id=run)

    for _ in range(2):
        report = await bring()
        assert report.complete
        merged = {table.name: table.merged for table in report.tables if table.merged}
        assert merged == {"flow": 1, "work_pool": 1, "work_queue": 1, "deployment": 1}

    assert [row.id for row in await rows_of(flow)] == [own]
    assert [row.id for row in await rows_of(work_queue)] == [own_queue]
    assert [row.id for row in await rows_of(work_pool)] == [own_pool]
    assert [row.id for row in await rows_of(deployment)] == [own_deployment]
    (row,) = await rows_of(flow_run)
    assert (row.id, row.flow_id, row.deployment_id, row.work_queue_id) == (run, own, own_deployment, own_queue)
    (row,) = await rows_of(task_run)
    assert (row.id, row.flow_id) == (task, own)


async def test_a_run_whose_place_is_taken_is_left_out_and_named(prefect, bring, rows_of):
    _, parents, tasks = await some_history(prefect, runs=1)
    await bring()
    await prefect.execute("DELETE FROM task_run", "DELETE FROM task_run_state")
    twin = uuid7()
    await prefect.run("task", id=twin, flow_run_id=parents[0], task_key="t", dynamic_key=str(tasks[0]))

    report = await bring()

    assert [row.id for row in await rows_of(task_run)] == tasks
    ((reason, cases),) = report.of("task_run").left_out.items()
    assert reason == "the target has another one with the same flow_run_id and task_key and dynamic_key"
    assert (cases.count, cases.first) == (1, [str(twin)])
    assert report.of("task_run_state").left_out.keys() == {"task_run_id names no task_run"}
    assert report.complete


class Cutting(Silent):
    """Takes the connections to a database away as soon as some rows are there."""

    def __init__(self, url: str) -> None:
        self.url = url

    def advanced(self, table: str, rows: int) -> None:
        del rows
        if table != "flow_run":
            return
        server, _, name = self.url.replace("+asyncpg", "").rpartition("/")
        others = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        with ThreadPoolExecutor() as thread:
            thread.submit(execute, f"{server}/postgres", others).result()


@pytest.mark.source("postgresql")
async def test_a_lost_connection_is_told_and_nothing_is_lost(prefect, source_url, settings: Settings, bring, rows_of):
    _, parents, tasks = await some_history(prefect)
    with pytest.raises(TransferError, match=r"The import was cut short: .* run it again to go on"):
        await import_history(source_url, settings.database, Cutting(source_url))
    assert {row.id for row in await rows_of(flow_run)} == set(parents)

    assert (await bring()).complete
    assert {row.id for row in await rows_of(task_run)} == set(tasks)
