import asyncio

from lictor.cli.configuration import configured
from lictor.db import migrations
from lictor.db.engine import open_database
from lictor.resources.runs.derived_tables import (
    DISTINCT_VALUES,
    GROUPED_COUNTERS,
    MINUTE_ROLLUPS,
    repair_flows_of_task_runs,
)
from lictor.settings import DatabaseSettings


def check() -> None:
    """Count the runs anew, by flow and type of state and by the minute, and mend the figures that say otherwise.

    The list of the names of task runs is mended, too, and rid of names that no task run has any more. Nobody else can
    change runs meanwhile.
    """
    asyncio.run(_check(configured().database))


async def _check(settings: DatabaseSettings) -> None:
    await migrations.prepare(settings)
    async with open_database(settings.model_copy(update={"timeout": None})) as db, db.write() as tx:
        if moved := (await tx.execute(repair_flows_of_task_runs())).rowcount:
            print(f"task_run: {moved} said to be of another flow than their flow runs, mended")
        for counter in GROUPED_COUNTERS:
            wrong = await counter.repair(tx)
            for (flow_id, value), (figure, truth) in wrong.items():
                said = f"said {figure} {value or 'without a state'} of {f'flow {flow_id}' if flow_id else 'no flow'}"
                print(f"{counter.column.table.name}: {said}, mended to {truth}")
            if not wrong:
                print(f"{counter.column.table.name}: all figures are right")
        for rollup in MINUTE_ROLLUPS:
            wrong_ones = await rollup.repair(tx)
            found = f"{wrong_ones} figures were wrong, mended" if wrong_ones else "all figures are right"
            print(f"{rollup.moment.table.name} by the minute of {rollup.moment.name}: {found}")
        for values in DISTINCT_VALUES:
            unknown, unused = await values.repair(tx)
            found = (
                f"{unknown} were not known, {unused} not there any more, mended"
                if unknown or unused
                else "all are known"
            )
            print(f"{values.column.table.name} by {values.column.name}: {found}")
