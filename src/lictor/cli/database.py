import asyncio
import sys
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.prompt import Confirm

from lictor.cli.configuration import configured
from lictor.db import migrations
from lictor.db.migrations import shown
from lictor.errors import LictorError
from lictor.settings import DatabaseSettings

Yes = Annotated[bool, Parameter(name=["--yes", "-y"], negative="")]
Revision = Annotated[str, Parameter(allow_leading_hyphen=True)]

console = Console(highlight=False, soft_wrap=True)


def upgrade(revision: Revision = "head") -> None:
    """Bring the tables up to date.

    Parameters
    ----------
    revision
        The version to stop at.
    """
    settings = configured().database
    asyncio.run(migrations.upgrade(settings, revision))
    _tell(settings)


def downgrade(revision: Revision = "-1", *, yes: Yes = False) -> None:
    """Take the tables back to an earlier version. What that version has no place for is lost.

    Parameters
    ----------
    revision
        The version to go back to: a number, `-1` for one step, `base` for no tables at all.
    yes
        Do not ask.
    """
    settings = configured().database
    _confirm(f"Take {shown(settings)} back to {revision}? What has no place there is lost.", yes)
    asyncio.run(migrations.downgrade(settings, revision))
    _tell(settings)


def stamp(revision: Revision) -> None:
    """Note a version as the database's own, without touching its tables.

    Parameters
    ----------
    revision
        The version: a number, `head` or `base`.
    """
    settings = configured().database
    asyncio.run(migrations.stamp(settings, revision))
    _tell(settings)


def reset(*, yes: Yes = False) -> None:
    """Throw away everything in the database, and make the tables anew.

    Parameters
    ----------
    yes
        Do not ask.
    """
    settings = configured().database
    _confirm(f"Throw away everything in {shown(settings)}?", yes)
    asyncio.run(migrations.reset(settings))
    _tell(settings)


def _tell(settings: DatabaseSettings) -> None:
    revision = asyncio.run(migrations.look(settings)).revision
    console.print(f"{shown(settings)} is at {revision or 'base: it has no tables'}.")


def _confirm(question: str, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise LictorError(f"{question} Nobody is there to ask: say --yes.")
    if not Confirm.ask(question, console=console, default=False):
        raise LictorError("Nothing was changed.")
