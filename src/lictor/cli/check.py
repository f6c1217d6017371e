import asyncio

from lictor.cli.configuration import configured
from lictor.db import migrations
from lictor.db.engine import open_database
from lictor.runs.figures import DISTINCT_VALUES, TALLIES, TIMELINES, mend_flows_of_task_runs
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
        if moved := (await tx.execute(mend_flows_of_task_runs())).rowcount:
            print(f"task_run: {moved} said to be of another flow than their flow runs, mended")
        for tally in TALLIES:
            wrong = await tally.mend(tx)
            for (flow_id, value), (figure, truth) in wrong.items():
                said = f"said {figure} {value or 'without a state'} of {f'flow {flow_id}' if flow_id else 'no flow'}"
                print(f"{tally.column.table.name}: {said}, mended to {truth}")
            if not wrong:
                print(f"{tally.column.table.name}: all figures are right")
        for timeline in TIMELINES:
            wrong_ones = await timeline.mend(tx)
            found = f"{wrong_ones} figures were wrong, mended" if wrong_ones else "all figures are right"
            print(f"{timeline.moment.table.name} by the minute of {timeline.moment.name}: {found}")
        for values in DISTINCT_VALUES:
            unknown, unused = await values.mend(tx)
            found = (
                f"{unknown} were not known, {unused} not there any more, mended"
                if unknown or unused
                else "all are known"
            )
            print(f"{values.column.table.name} by {values.column.name}: {found}")
