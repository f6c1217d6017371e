import asyncio

from lictor.cli.configuration import configured
from lictor.db import migrations
from lictor.db.engine import open_database
from lictor.runs.figures import TALLIES
from lictor.settings import DatabaseSettings


def check() -> None:
    """Count the runs in each type of state anew, and mend the figures that say otherwise.

    Nobody else can change runs meanwhile.
    """
    asyncio.run(_check(configured().database))


async def _check(settings: DatabaseSettings) -> None:
    await migrations.prepare(settings)
    async with open_database(settings.model_copy(update={"timeout": None})) as db, db.write() as tx:
        for tally in TALLIES:
            wrong = await tally.mend(tx)
            for value, (figure, truth) in wrong.items():
                print(f"{tally.column.table.name}: said {figure} {value or 'without a state'}, mended to {truth}")
            if not wrong:
                print(f"{tally.column.table.name}: all figures are right")
