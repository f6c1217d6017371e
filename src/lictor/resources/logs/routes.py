"""The log API."""

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import Body, Path, Response
from starlette.responses import StreamingResponse

from lictor.errors import NotFound
from lictor.http.dependencies import ReadDB, WriteTx
from lictor.http.list_response import list_response
from lictor.http.paging import PageParams
from lictor.http.routing import SanitizingRoute, StrictRouter
from lictor.http.sockets import socket_route
from lictor.resources.logs import queries
from lictor.resources.logs.create import record_logs
from lictor.resources.logs.download import logs_as_csv
from lictor.resources.logs.filters import LogFilter
from lictor.resources.logs.schemas import Log, LogCreate, LogSort
from lictor.resources.logs.stream import stream_logs

intake = StrictRouter(prefix="/logs", tags=["Logs"], route_class=SanitizingRoute)
router = StrictRouter(prefix="/logs", tags=["Logs"])
flow_run_router = StrictRouter(prefix="/flow_runs", tags=["Flow Runs"])


@intake.post("/", status_code=201)
async def create_logs(tx: WriteTx, logs: Annotated[Sequence[LogCreate], Body(description="The logs to keep.")]) -> None:
    """Keep logs. NUL characters are left out of their texts, which otherwise stay as they are."""
    await record_logs(tx, logs)


router.routes.append(socket_route("/logs/out", stream_logs))


@router.post("/filter", response_model=list[Log])
async def read_logs(
    db: ReadDB,
    page_params: PageParams,
    logs: Annotated[LogFilter | None, Body(description="What to ask of the logs.")] = None,
    sort: Annotated[LogSort, Body(description="In which order to list them.")] = LogSort.TIMESTAMP_ASC,
) -> Response:
    """List the logs that match."""
    return await list_response(db, queries.log_list({"logs": logs}, sort), page_params)


@flow_run_router.get("/{id:uuid}/logs/download")
async def download_logs(db: ReadDB, id: Annotated[UUID, Path(description="The flow run's id.")]) -> StreamingResponse:
    """All logs of a flow run in order of time, as a CSV file."""
    name = await db.scalar(queries.name_of_flow_run(id))
    if name is None:
        raise NotFound("Flow run not found")
    file = quote(f"{name}-logs.csv", safe="")
    return StreamingResponse(
        logs_as_csv(db, id),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f"attachment; filename=\"flow-run-logs.csv\"; filename*=UTF-8''{file}"},
    )
