"""Old runs go with all that is theirs, in small steps; what is young or still under way stays."""

import logging
from datetime import timedelta

import pytest
import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.observability.measurements import RetentionMeasurements
from lictor.resources.artifacts.table import artifact
from lictor.resources.flow_runs.table import flow_run
from lictor.resources.logs.table import log
from lictor.resources.task_runs.table import task_run, task_run_state
from lictor.services.retention import Retention
from lictor.settings.services import RetentionSettings

DAY = timedelta(days=1)
OLD, YOUNG = timedelta(days=100), timedelta(days=10)


async def run_that_ended(make, ago: timedelta, state: str = "COMPLETED", **values):
    moment = utc_now() - ago
    values = {"expected_start_time": moment, "start_time": moment, "end_time": moment} | values
    return await make.flow_run(None, state, **values)


async def count(db, table: sa.Table) -> int:
    return await db.read.scalar(sa.select(sa.func.count()).select_from(table))


async def ids(db, table: sa.Table) -> set:
    return {row.id for row in await db.read.all(sa.select(table.c.id))}


async def clear(db, **settings) -> RetentionMeasurements:
    measurements = RetentionMeasurements()
    retention = Retention(RetentionSettings(deletes="flow_runs", batch_size=2, **settings), measurements)
    for _ in range(50):
        if not await retention.work(db):
            return measurements
    pytest.fail("it never ends")


async def test_old_runs_go_with_all_that_is_theirs(db, make):
    old, young = await run_that_ended(make, OLD), await run_that_ended(make, YOUNG)
    for run in (old, young):
        for _ in range(5):
            await make.task_run(None, "COMPLETED", flow_run_id=run)
        for _ in range(3):
            await make.log(flow_run_id=run)
    measurements = await clear(db)
    assert await ids(db, flow_run) == {young}
    assert await count(db, task_run) == 5
    assert await count(db, log) == 3
    states = sa.select(task_run_state.c.task_run_id).distinct()
    assert len(await db.read.all(states)) == await count(db, task_run)
    assert measurements.deleted == 1 + 5 + 3
    assert measurements.lag == 0


async def test_what_is_not_over_stays(db, make):
    kept = {
        await run_that_ended(make, OLD, "RUNNING", end_time=None),
        await run_that_ended(make, OLD, "SCHEDULED", start_time=None, end_time=None),
        await run_that_ended(make, OLD, end_time=utc_now() - YOUNG),
    }
    await run_that_ended(make, OLD, "CRASHED")
    await clear(db)
    assert await ids(db, flow_run) == kept


async def test_a_period_for_each_type_of_state(db, make):
    failed, completed = await run_that_ended(make, OLD, "FAILED"), await run_that_ended(make, YOUNG)
    cancelled = await run_that_ended(make, YOUNG, "CANCELLED")
    await clear(db, by_state={"FAILED": 365 * DAY, "COMPLETED": 5 * DAY})
    assert await ids(db, flow_run) == {failed, cancelled}
    assert completed not in await ids(db, flow_run)


async def test_subflow_runs_go_after_their_parents(db, make):
    parent = await run_that_ended(make, OLD)
    stands_for_it = await make.task_run(None, "COMPLETED", flow_run_id=parent)
    await run_that_ended(make, OLD + DAY, parent_task_run_id=stands_for_it)
    of_young = await run_that_ended(make, YOUNG)
    in_young = await make.task_run(None, "COMPLETED", flow_run_id=of_young)
    kept = await run_that_ended(make, OLD, parent_task_run_id=in_young)
    await clear(db)
    assert await ids(db, flow_run) == {of_young, kept}


async def test_task_runs_without_a_flow_run(db, make):
    moment = utc_now() - OLD
    await make.task_run(None, "COMPLETED", flow_run_id=None, end_time=moment)
    kept = await make.task_run(None, "COMPLETED", flow_run_id=None, end_time=utc_now())
    await clear(db)
    assert await ids(db, task_run) == {kept}


async def test_logs_can_go_first(db, make):
    run = await run_that_ended(make, YOUNG)
    for ago in (2 * DAY, 3 * DAY, timedelta(0), 4 * DAY):
        await make.log(flow_run_id=run, timestamp=utc_now() - ago)
    await clear(db, logs=DAY)
    assert await count(db, log) == 1
    assert await count(db, flow_run) == 1
    assert await count(db, artifact) == 0


async def test_nothing_goes_unless_asked(db, make):
    await run_that_ended(make, OLD)
    retention = Retention(RetentionSettings(), RetentionMeasurements())
    assert not await retention.work(db)
    assert await count(db, flow_run) == 1


async def test_it_says_when_it_falls_behind(db, make, caplog):
    await run_that_ended(make, OLD + 300 * DAY)
    with caplog.at_level(logging.INFO, logger="lictor.services.retention"):
        await clear(db)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert "behind" in caplog.text


@pytest.mark.parametrize(
    "wrong", [{"deletes": "everything"}, {"by_state": {"RUNNING": DAY}}, {"by_state": "{"}, {"runs": timedelta(0)}]
)
def test_wrong_settings(wrong):
    with pytest.raises(ValueError):
        RetentionSettings(**wrong)
