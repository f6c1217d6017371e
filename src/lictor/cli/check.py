import asyncio

from lictor.cli.configuration import configured
from lictor.db import migrations
from lictor.db.engine import open_database
from lictor.resources.runs.derived_tables import DERIVED_TABLES, repair_flows_of_task_runs
from lictor.settings import DatabaseSettings


def check() -> None:
    """Compare the tables that are derived from runs with the runs themselves, and repair those that differ.

    They are the counters by flow and type of state, the rollups by the minute, and the names of task runs. Nobody else
    can change runs meanwhile.
    """
    asyncio.run(_check(configured().database))


async def _check(settings: DatabaseSettings) -> None:
    await migrations.prepare(settings)
    async with open_database(settings.model_copy(update={"timeout": None})) as db, db.write() as tx:
        if moved := (await tx.execute(repair_flows_of_task_runs())).rowcount:
            print(f"task_run: {moved} named another flow than their flow runs, repaired")
        for derived in DERIVED_TABLES:
            print(f"{derived.title}: {await derived.repair(tx)}")
