"""What the services did last."""

from pydantic import BaseModel, Field

from lictor.http.dependencies import ReadDB
from lictor.http.routing import StrictRouter
from lictor.services.queries import last_service_runs
from lictor.validation.fields import DateTime

router = StrictRouter(prefix="/admin", tags=["Admin"])


class ServiceRun(BaseModel):
    """When a service last ran, on whichever replica."""

    name: str = Field(description="The service's name.")
    started: DateTime = Field(description="When it last began.")
    seconds: float | None = Field(description="How long that took.")
    error: str | None = Field(description="What went wrong, if anything did.")


@router.get("/services", openapi_extra={"x-lictor": True})
async def read_services(db: ReadDB) -> list[ServiceRun]:
    """List the services that have run, by name."""
    return [ServiceRun.model_validate(row, from_attributes=True) for row in await db.all(last_service_runs())]
