"""All that a server does without being asked: in the process that serves, or in one that does nothing else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from lictor.db.engine import Database
from lictor.events.actions.automating import automating
from lictor.observability.measurements import RetentionMeasurements
from lictor.services.all import services
from lictor.services.runner import running
from lictor.settings import Settings


@asynccontextmanager
async def services_at_work(
    db: Database, settings: Settings, measurements: RetentionMeasurements
) -> AsyncIterator[None]:
    """Runs the services, triggers and actions until the end of the block."""
    async with automating(db, settings), running(services(settings, measurements), db):
        yield
