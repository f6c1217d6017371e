import asyncio

import lictor.app  # noqa: F401  # brings all tables, for Alembic to compare with
from lictor.cli.configuration import configured
from lictor.db import migrations


def revision(message: str, *, autogenerate: bool = True) -> None:
    """Begin a new migration, in Lictor's work tree.

    Parameters
    ----------
    message
        What it does, in a few words.
    autogenerate
        Fill it with what the tables of the code have and those of the database have not. Then finish it by hand.
    """
    file = asyncio.run(migrations.revision(configured().database, message, autogenerate=autogenerate))
    print(f"Wrote {file}")
