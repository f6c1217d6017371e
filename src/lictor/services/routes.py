"""What the services did last."""

from datetime import datetime, timedelta

from pydantic import BaseModel, Field

from lictor.db.base import utc_now
from lictor.http.dependencies import CurrentSettings, ReadDB
from lictor.http.routing import StrictRouter
from lictor.observability.measurements import RetentionMeasurements
from lictor.services.all import services
from lictor.services.queries import last_service_runs
from lictor.services.runner import RECORD_SECONDS
from lictor.validation.fields import DateTime

router = StrictRouter(prefix="/admin", tags=["Admin"])

MISSED_TIMES = 3
"""A service that has not run for so many times its interval is behind."""


class ServiceRun(BaseModel):
    """When a service last ran, on whichever replica."""

    name: str = Field(description="The service's name.")
    started: DateTime = Field(description="When it last began.")
    seconds: float | None = Field(description="How long that took.")
    error: str | None = Field(description="What went wrong, if anything did.")
    is_behind: bool = Field(description="Whether it should have run again long ago, by this server's settings.")


@router.get("/services", openapi_extra={"x-lictor": True})
async def read_services(db: ReadDB, settings: CurrentSettings) -> list[ServiceRun]:
    """List the services that have run, by name."""
    intervals = {service.name: service.seconds for service in services(settings, RetentionMeasurements())}
    now = utc_now()
    return [
        ServiceRun(
            name=row.name,
            started=row.started,
            seconds=row.seconds,
            error=row.error,
            is_behind=_is_behind(now, row.started, row.seconds or 0, intervals.get(row.name)),
        )
        for row in await db.all(last_service_runs())
    ]


def _is_behind(now: datetime, started: datetime, seconds: float, interval: float | None) -> bool:
    """Whether a service missed its times; how long it works, and how rarely that is noted, are no delay."""
    if interval is None:
        return False
    return now - started > timedelta(seconds=MISSED_TIMES * interval + seconds + RECORD_SECONDS)
