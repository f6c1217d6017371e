import asyncio
import signal
from datetime import datetime
from logging.config import dictConfig
from typing import Any

import sqlalchemy as sa
from rich.console import Console
from rich.table import Table

from lictor import sandbox
from lictor.app import sandbox_limits
from lictor.cli.configuration import configured
from lictor.cli.log_config import log_config
from lictor.db import migrations
from lictor.db.base import utc_now
from lictor.db.engine import open_database
from lictor.observability.measurements import RetentionMeasurements
from lictor.services.all import services
from lictor.services.at_work import services_at_work
from lictor.services.runner import last_runs
from lictor.settings import Settings


def start() -> None:
    """Run the services, without a server, until told to stop. Servers may run beside with `--no-services`."""
    settings = configured()
    dictConfig(log_config(settings.server.logging_level, sql=settings.database.echo))
    asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    await migrations.prepare(settings.database)
    measurements = RetentionMeasurements()
    async with (
        open_database(settings.database) as db,
        sandbox.open_pool(sandbox_limits(settings.server)),
        services_at_work(db, settings, measurements),
    ):
        names = ", ".join(service.name for service in services(settings, measurements))
        Console(highlight=False, soft_wrap=True).print(
            f"Services at work on {migrations.shown(settings.database)}: {names}"
        )
        await stopping.wait()


def ls() -> None:
    """List the services, when each ran last on any server, and how long that took."""
    settings = configured()
    rows = asyncio.run(_last_runs(settings))
    table = Table("Service", "Every", "Ran last", "Took", "Trouble")
    for service in services(settings, RetentionMeasurements()):
        row = rows.pop(service.name, None)
        table.add_row(service.name, f"{service.seconds:g} s", *_told(row))
    for name, row in sorted(rows.items()):
        table.add_row(name, "not here", *_told(row))
    Console(highlight=False).print(table)


async def _last_runs(settings: Settings) -> dict[str, sa.Row[Any]]:
    await migrations.prepare(settings.database)
    async with open_database(settings.database) as db:
        return await last_runs(db)


def _told(row: sa.Row[Any] | None) -> tuple[str, str, str]:
    if row is None:
        return "never", "", ""
    started: datetime = row.started
    ago = (utc_now() - started).total_seconds()
    return f"{started:%Y-%m-%d %H:%M:%S} UTC, {ago:.0f} s ago", f"{row.seconds:.3f} s", row.error or ""
