"""Signs of life, for people and for probes."""

import asyncio

import sqlalchemy as sa
from starlette.responses import JSONResponse

from lictor.db.driver_errors import DRIVER_ERRORS
from lictor.db.engine import Reader
from lictor.db.failures import DatabaseUnavailable
from lictor.http.api_version import API_VERSION
from lictor.http.dependencies import ReadDB
from lictor.http.routing import StrictRouter, UnversionedRoute

MAX_WAIT_SECONDS = 5.0  # seconds; probes ask again

probes = StrictRouter(tags=["Root"], route_class=UnversionedRoute)
router = StrictRouter(tags=["Root"])


@probes.get("/health")
async def health_check() -> bool:
    """True as long as the server answers at all."""
    return True


@probes.get("/version")
async def server_version() -> str:
    """The version of the API, which clients name in the header `X-PREFECT-API-VERSION`."""
    return API_VERSION


@router.get("/hello")
async def hello() -> str:
    """A greeting."""
    return "👋"


@router.get("/ready", response_model=None)
async def perform_readiness_check(db: ReadDB) -> JSONResponse:
    """Whether the database answers, so that requests can be served."""
    if await _answers(db):
        return JSONResponse({"message": "OK"})
    return JSONResponse({"message": "Database is not available"}, 503)


async def _answers(db: Reader) -> bool:
    try:
        async with asyncio.timeout(MAX_WAIT_SECONDS):
            await db.scalar(sa.select(1))
            return True
    except (DatabaseUnavailable, *DRIVER_ERRORS):
        return False
