"""What follows from other rows is mended where it does not."""

import sqlalchemy as sa

from lictor.db.engine import Database
from lictor.db.ids import uuid7
from lictor.resources.runs.derived_tables import repair_flows_of_task_runs
from lictor.resources.task_runs.table import task_run
from tests.make import Make


async def test_flows_of_task_runs_are_mended(db: Database, make: Make) -> None:
    flow_id = await make.flow()
    flow_run_id = await make.flow_run(flow_id=flow_id)
    right, missing, wrong = await make.task_runs(3, flow_run_id=flow_run_id)
    outside = await make.task_run()
    async with db.write() as tx:
        assert (await tx.execute(repair_flows_of_task_runs())).rowcount == 0
        for id, flow in ((missing, None), (wrong, uuid7()), (outside, flow_id)):
            await tx.execute(sa.update(task_run).where(task_run.c.id == id).values(flow_id=flow))
        assert (await tx.execute(repair_flows_of_task_runs())).rowcount == 3
    found = {row.id: row.flow_id for row in await db.read.all(sa.select(task_run.c.id, task_run.c.flow_id))}
    assert found == {right: flow_id, missing: flow_id, wrong: flow_id, outside: None}
